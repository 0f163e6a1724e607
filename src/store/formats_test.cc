// The formats that DVC defines; vectors of its own bytes, see the comments.
#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "store/dir_object.h"
#include "store/ignore.h"
#include "store/md5.h"
#include "store/names.h"

namespace curbstop {
namespace {

using namespace std::string_literals;

// RFC 1321, A.5 (empty); the others by `md5sum`.
TEST(Md5, MatchesPublishedDigests) {
  EXPECT_EQ(HexOf(Md5Of("")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(HexOf(Md5Of("hello\n")), "b1946ac92492d2347c6235b4d2611184");
}

TEST(Md5, OneHasherServesManyContents) {
  Md5Hasher hasher;
  hasher.Update("hel");
  hasher.Update("lo\n");
  EXPECT_EQ(HexOf(hasher.Finish()), "b1946ac92492d2347c6235b4d2611184");
  EXPECT_EQ(HexOf(hasher.Finish()), "d41d8cd98f00b204e9800998ecf8427e");
}

TEST(Md5, ReadsEitherCaseAndRefusesTheRest) {
  EXPECT_EQ(ParseMd5("B1946AC92492D2347C6235B4D2611184"), Md5Of("hello\n"));
  EXPECT_FALSE(ParseMd5("b1946ac92492d2347c6235b4d261118"));
  EXPECT_FALSE(ParseMd5("b1946ac92492d2347c6235b4d261118g"));
}

// Computed with dvc-data's own function, dvc 3.67.1.
TEST(Md5Dos2Unix, TurnsLineEndsOfText) {
  EXPECT_EQ(HexOf(Md5Of("a\r\nb\r\n", HashKind::kMd5Dos2Unix)), "dd8c6a395b5dd36c56d23275028f526c");
  EXPECT_EQ(HexOf(Md5Of("a\r\nb\r\n")), "59b0d7772f0561efb95518f3cb8abc60");
}

TEST(Md5Dos2Unix, LeavesAPairThatStraddlesTwoBlocks) {
  const std::string text = std::string(kHashBlock - 1, 'a') + "\r\nb";
  EXPECT_EQ(Md5Of(text, HashKind::kMd5Dos2Unix), Md5Of(text));
}

TEST(Md5Dos2Unix, LeavesBytesWithANulNearTheStart) {
  EXPECT_EQ(Md5Of("a\0\r\n"s, HashKind::kMd5Dos2Unix), Md5Of("a\0\r\n"s));
  const std::string late = std::string(512, 'a') + "\0\r\n"s;
  EXPECT_EQ(Md5Of(late, HashKind::kMd5Dos2Unix), Md5Of(std::string(512, 'a') + "\0\n"s));
}

// 30 % of foreign bytes is still text: 3 of 10.
TEST(Md5Dos2Unix, CountsForeignBytes) {
  EXPECT_EQ(Md5Of("\x80\x80\x80"
                  "abcde\r\n",
                  HashKind::kMd5Dos2Unix),
            Md5Of("\x80\x80\x80"
                  "abcde\n"));
  EXPECT_EQ(Md5Of("\x80\x80\x80\x80"
                  "abcd\r\n",
                  HashKind::kMd5Dos2Unix),
            Md5Of("\x80\x80\x80\x80"
                  "abcd\r\n"));
}

// The folder that dvc 3.67.1 wrote: 269 bytes, 3ba72c11b427052851162f59572a8f9d.
TEST(DirObject, HasTheBytesThatDvcWrites) {
  const std::vector<DirMember> members = {{"a.txt", Md5Of("x")},
                                          {"a/b.txt", Md5Of("y")},
                                          {"a/é.txt", Md5Of("")},
                                          {"b.txt", Md5Of("hello\n")}};
  const std::string bytes = WriteDirObject(members);
  EXPECT_EQ(bytes.size(), 269u);
  EXPECT_EQ(HexOf(Md5Of(bytes)), "3ba72c11b427052851162f59572a8f9d");
  EXPECT_NE(bytes.find(R"("relpath": "a/\u00e9.txt")"), bytes.npos);
  const auto read = ReadDirObject(bytes);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, members);
}

TEST(DirObject, OfAnEmptyFolderIsAnEmptyList) {
  EXPECT_EQ(HexOf(Md5Of(WriteDirObject({}))), "d751713988987e9331980363e24189ce");
  EXPECT_TRUE(ReadDirObject("[]")->empty());
}

// As Python: json.dumps("\"\t\x7f\U0001f600").
TEST(DirObject, EscapesAsPythonDoes) {
  const std::string bytes = WriteDirObject({{"\"\t\x7f\xF0\x9F\x98\x80", Md5Of("")}});
  EXPECT_NE(bytes.find(R"(: "\"\t\u007f\ud83d\ude00"})"), bytes.npos) << bytes;
}

std::string ListOf(std::initializer_list<const char*> paths) {
  std::string text;
  for (const char* path : paths) {
    text += (text.empty() ? "[" : ", ") +
            R"({"md5": "d41d8cd98f00b204e9800998ecf8427e", "relpath": ")"s + path + "\"}";
  }
  return text + "]";
}

TEST(DirObject, ReadsOtherOrdersSpacesAndKeys) {
  const auto read = ReadDirObject(
      R"([ {"relpath":"b","size":3,"md5":"D41D8CD98F00B204E9800998ECF8427E"},{"md5":"d41d8cd98f00b204e9800998ecf8427e","relpath":"a"}])");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->at(0).path, "a");
  EXPECT_EQ(read->at(1).path, "b");
}

TEST(DirObject, RefusesHostileNames) {
  for (const char* name :
       {"", "/etc/passwd", "../x", "a/../../x", "a//b", "./a", "a/", "a\\\\..\\\\b", "a\\nb",
        "a\\u0000b", ".git/config", "x/.GIT/hooks/pre-commit", ".dvc/config", ".curbstop/index"}) {
    const auto read = ReadDirObject(ListOf({name}));
    ASSERT_FALSE(read.ok()) << name;
    EXPECT_EQ(read.error().kind(), ErrorKind::kCorrupt) << name;
  }
}

TEST(DirObject, RefusesANameThatIsFileAndFolder) {
  EXPECT_FALSE(ReadDirObject(ListOf({"a", "a"})).ok());
  EXPECT_FALSE(ReadDirObject(ListOf({"a", "a.txt", "a/b"})).ok());
  EXPECT_FALSE(ReadDirObject(ListOf({"x/a", "x/a-b", "x/a/c/d"})).ok());
  EXPECT_TRUE(ReadDirObject(ListOf({"a.txt", "a/b", "ab"})).ok());
}

TEST(DirObject, RefusesWhatIsNoList) {
  for (const char* text : {"", "{}", "null", "[1]", "[{}]", "[{\"relpath\": \"a\"}]",
                           "[{\"relpath\": \"a\", \"md5\": \"x\"}]", "[", "[]x"}) {
    EXPECT_FALSE(ReadDirObject(text).ok()) << text;
  }
}

RC_GTEST_PROP(DirObject, ReadsBackWhatItWrote,
              (const std::map<std::string, std::string>& content)) {
  std::vector<DirMember> members;
  for (const auto& [name, bytes] : content) {
    const std::string path = "p-" + HexOf(Md5Of(name)) + (name.size() % 2 == 0 ? "/é" : "~");
    members.push_back({path, Md5Of(bytes)});
  }
  std::sort(members.begin(), members.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  const auto read = ReadDirObject(WriteDirObject(members));
  RC_ASSERT(read.ok());
  RC_ASSERT(*read == members);
}

struct IgnoreCase {
  const char* rules;
  const char* path;  // a final slash: a folder
  bool ignored;
};

// Each row was checked with `git check-ignore`, git 2.39.
TEST(Ignore, FollowsGit) {
  const IgnoreCase cases[] = {
      {"*.o", "a/b.o", true},
      {"*.o\n!b.o", "a/b.o", false},
      {"/b.o", "a/b.o", false},
      {"/b.o", "b.o", true},
      {"a/b", "x/a/b", false},
      {"a/b", "a/b", true},
      {"**/b", "x/y/b", true},
      {"a/**", "a/x/y", true},
      {"a/**", "a/", false},
      {"a/**/b", "a/b", true},
      {"a/**/b", "a/x/y/b", true},
      {"b/", "b", false},
      {"b/", "b/", true},
      {"# x", "# x", false},
      {"\\# x", "# x", true},
      {"\\!x", "!x", true},
      {"x  ", "x", true},
      {"x\\ ", "x ", true},
      {"a?c", "abc", true},
      {"a?c", "a/c", false},
      {"[a-c].txt", "b.txt", true},
      {"[!a-c].txt", "b.txt", false},
      {"a**b", "axxb", true},
      {"foo*/bar", "foox/bar", true},
      {"foo*/bar", "foox/y/bar", false},
      {"x\r", "x", true},
  };
  for (const IgnoreCase& row : cases) {
    IgnoreRules rules;
    rules.Add(row.rules);
    std::string path = row.path;
    const bool is_folder = path.ends_with('/');
    if (is_folder) path.pop_back();
    EXPECT_EQ(rules.Ignores(path, is_folder), row.ignored) << row.rules << " on " << row.path;
  }
}

TEST(Ignore, RulesOfAFolderHoldBelowItOnlyAndWinOverHigherOnes) {
  IgnoreRules rules;
  rules.Add("*.log");
  rules.Add("!keep.log\n/top", "sub");
  EXPECT_TRUE(rules.Ignores("keep.log", false));
  EXPECT_FALSE(rules.Ignores("sub/keep.log", false));
  EXPECT_TRUE(rules.Ignores("sub/top", false));
  EXPECT_FALSE(rules.Ignores("sub/x/top", false));
  EXPECT_FALSE(rules.Ignores("subway/top", false));
}

TEST(Ignore, NothingComesBackBelowAnIgnoredFolder) {
  IgnoreRules rules;
  rules.Add("build/\n!build/keep");
  EXPECT_TRUE(rules.IgnoresOrAbove("build/keep"));
}

TEST(MemberName, SaysWhy) {
  const Status status = CheckMemberName("a\xFF");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(),
            "the path `a\\xff` is not UTF-8, which DVC's folder lists cannot hold");
  EXPECT_TRUE(CheckMemberName(".gitignore").ok());
  EXPECT_TRUE(CheckMemberName("größe/日本.txt").ok());
}

}  // namespace
}  // namespace curbstop
