#include "store/work_tree.h"

#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "store/internal/hash_index.h"
#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr const char* kHello = "b1946ac92492d2347c6235b4d2611184";

std::vector<std::string> PathsOf(const std::vector<HashedFile>& files) {
  std::vector<std::string> paths;
  for (const HashedFile& file : files) paths.push_back(file.path);
  return paths;
}

void Overwrite(const fs::path& file, std::string_view bytes) {
  std::ofstream(file, std::ios::trunc) << bytes;
}

void SetModified(const fs::path& file, int64_t seconds) {
  const timespec times[2] = {{seconds, 5}, {seconds, 5}};
  ASSERT_EQ(utimensat(AT_FDCWD, file.c_str(), times, 0), 0);
}

TEST(HashPaths, GivesFilesOfFoldersSortedByPath) {
  const TemporaryFolder folder;
  folder.WriteFile("d/a/b", "hello\n");
  folder.WriteFile("d/a.txt", "x");
  folder.WriteFile("d/a-b/c", "x");
  const auto hashed = HashPaths(folder.path(), {"d"});
  ASSERT_TRUE(hashed.ok());
  EXPECT_EQ(PathsOf(*hashed), (std::vector<std::string>{"d/a-b/c", "d/a.txt", "d/a/b"}));
  EXPECT_EQ(hashed->at(2).md5, kHello);
  EXPECT_EQ(hashed->at(2).size, 6);
}

TEST(HashPaths, NamesWhatIsMissing) {
  const TemporaryFolder folder;
  const auto hashed = HashPaths(folder.path(), {"nothing/here"});
  ASSERT_FALSE(hashed.ok());
  EXPECT_EQ(hashed.error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(hashed.error().message(), "there is no `nothing/here`");
}

TEST(HashPaths, RefusesToLeaveTheRoot) {
  const TemporaryFolder folder;
  folder.WriteFile("p/x", "x");
  fs::create_symlink("../secret", folder / "p/link");
  folder.WriteFile("secret", "s");
  EXPECT_EQ(HashPaths(folder / "p", {"../secret"}).error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(HashPaths(folder / "p", {"link"}).error().kind(), ErrorKind::kInvalidInput);
}

// md5 of "x", the link's text.
TEST(HashPaths, ALinkInsideHasTheHashOfItsText) {
  const TemporaryFolder folder;
  folder.WriteFile("x", "hello\n");
  fs::create_symlink("x", folder / "link");
  EXPECT_EQ(HashPaths(folder.path(), {"link"})->front().md5, "9dd4e461268c8034f5c8564e155c67a6");
}

TEST(HashPaths, WhereContentsCountAChangeBehindALinkIsSeen) {
  const TemporaryFolder folder;
  folder.WriteFile("versions/2/x", "hello\n");
  folder.WriteFile("list", "x");
  fs::create_directory(folder / "data");
  fs::create_symlink("../versions/current", folder / "data/now");
  fs::create_symlink("2", folder / "versions/current");
  fs::create_symlink("../list", folder / "data/list");
  const auto before = HashPaths(folder.path(), {"data"}, LinksAs::kContents);
  ASSERT_TRUE(before.ok());
  EXPECT_EQ(PathsOf(*before),
            (std::vector<std::string>{"data/list", "data/now", "list", "versions/2/x"}));
  EXPECT_EQ(before->at(3).md5, kHello);
  folder.WriteFile("versions/2/x", "HELLO\n");
  folder.WriteFile("versions/2/y", "");
  const auto after = HashPaths(folder.path(), {"data"}, LinksAs::kContents);
  EXPECT_NE(after->at(3).md5, kHello);
  EXPECT_EQ(PathsOf(*after).back(), "versions/2/y");
  EXPECT_EQ(PathsOf(*HashPaths(folder.path(), {"data"})),
            (std::vector<std::string>{"data/list", "data/now"}));
}

TEST(HashPaths, LinksThatLeadRoundOrNowhereAreTheirText) {
  const TemporaryFolder folder;
  folder.WriteFile("d/x", "x");
  fs::create_symlink(".", folder / "d/self");
  fs::create_symlink("../..", folder / "d/above");
  fs::create_symlink("../e", folder / "d/other");
  fs::create_directory(folder / "e");
  fs::create_symlink("../d", folder / "e/back");
  fs::create_symlink("nothing", folder / "d/gone");
  const auto hashed = HashPaths(folder.path(), {"d"}, LinksAs::kContents);
  ASSERT_FALSE(hashed.ok());  // `above` leads out
  fs::remove(folder / "d/above");
  EXPECT_EQ(PathsOf(*HashPaths(folder.path(), {"d"}, LinksAs::kContents)),
            (std::vector<std::string>{"d/gone", "d/other", "d/self", "d/x", "e/back"}));
}

TEST(HashPaths, SeesAChangeOfTheSameSizeInTheSameTick) {
  const TemporaryFolder folder;
  for (int i = 0; i < 50; ++i) {
    Overwrite(folder / "f", std::to_string(1000 + i));
    const std::string before = HashPaths(folder.path(), {"f"})->front().md5;
    Overwrite(folder / "f", std::to_string(2000 + i));
    EXPECT_NE(HashPaths(folder.path(), {"f"})->front().md5, before);
  }
}

TEST(HashPaths, DoesNotReadAFileThatTheIndexKnows) {
  const TemporaryFolder folder;
  const fs::path file = folder.WriteFile("f", "hello\n");
  struct stat info{};
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  // Only a read could tell that the index is wrong, and none happens.
  const fs::path index = folder / ".curbstop/index";
  ASSERT_TRUE(
      HashIndex::Load(index).Save(index, {{"f", StampOf(info), Md5Of("wrong"), false}}, {}).ok());
  EXPECT_EQ(HashPaths(folder.path(), {"f"})->front().md5, HexOf(Md5Of("wrong")));
  fs::remove(index);
  EXPECT_EQ(HashPaths(folder.path(), {"f"})->front().md5, kHello);
}

// What `cp -p` over a file does: inode, size and modification time are the old ones.
TEST(HashPaths, SeesAChangeThatKeepsSizeAndModificationTime) {
  const TemporaryFolder folder;
  const fs::path file = folder.WriteFile("f", "hello\n");
  SetModified(file, 1'000'000'000);
  ASSERT_EQ(HashPaths(folder.path(), {"f"})->front().md5, kHello);
  Overwrite(file, "HELLO\n");
  SetModified(file, 1'000'000'000);
  EXPECT_NE(HashPaths(folder.path(), {"f"})->front().md5, kHello);
}

TEST(HashPaths, RebuildsADamagedIndex) {
  const TemporaryFolder folder;
  SetModified(folder.WriteFile("f", "hello\n"), 1'000'000'000);
  ASSERT_TRUE(HashPaths(folder.path(), {"f"}).ok());
  const std::string good = *ReadFile(folder / ".curbstop/index");
  for (size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    Overwrite(folder / ".curbstop/index", bad);
    ASSERT_EQ(HashPaths(folder.path(), {"f"})->front().md5, kHello) << "byte " << i;
    Overwrite(folder / ".curbstop/index", good.substr(0, i));
    ASSERT_EQ(HashPaths(folder.path(), {"f"})->front().md5, kHello) << "cut at " << i;
  }
}

TEST(HashPaths, HidesItsStateFromGit) {
  const TemporaryFolder folder;
  folder.WriteFile("f", "hello\n");
  ASSERT_TRUE(HashPaths(folder.path(), {"f"}).ok());
  EXPECT_EQ(*ReadFile(folder / ".curbstop/.gitignore"), "*\n");
  EXPECT_EQ(PathsOf(*HashPaths(folder.path(), {"."})), std::vector<std::string>{"f"});
}

std::vector<IndexEntry> Entries(std::initializer_list<const char*> paths, int64_t size) {
  std::vector<IndexEntry> entries;
  for (const char* path : paths) entries.push_back({path, {1, 2, size}, Md5Of(path), false});
  return entries;
}

TEST(HashIndex, SavingReplacesWhatWasScannedAndKeepsTheRest) {
  const TemporaryFolder folder;
  const fs::path file = folder / ".curbstop/index";
  ASSERT_TRUE(HashIndex::Load(file).Save(file, Entries({"a", "d/x", "d/y", "dd"}, 1), {""}).ok());
  ASSERT_TRUE(HashIndex::Load(file).Save(file, Entries({"d/y", "d/z"}, 2), {"d"}).ok());
  const HashIndex index = HashIndex::Load(file);
  HashIndex::Cursor cursor(index);
  EXPECT_NE(cursor.Find("a", {1, 2, 1}), nullptr);
  EXPECT_EQ(cursor.Find("d/x", {1, 2, 1}), nullptr);
  EXPECT_NE(cursor.Find("d/y", {1, 2, 2}), nullptr);
  EXPECT_NE(cursor.Find("d/z", {1, 2, 2}), nullptr);
  EXPECT_NE(cursor.Find("dd", {1, 2, 1}), nullptr);
  EXPECT_EQ(index.size(), 4u);
}

TEST(HashIndex, AnotherInodeSizeOrTimeIsAnotherFile) {
  const TemporaryFolder folder;
  const fs::path file = folder / ".curbstop/index";
  ASSERT_TRUE(HashIndex::Load(file).Save(file, {{"a", {1, 2, 3, 4}, Md5Of("a"), false}}, {}).ok());
  const HashIndex index = HashIndex::Load(file);
  for (const FileStamp& stamp : {FileStamp{9, 2, 3, 4}, FileStamp{1, 9, 3, 4},
                                 FileStamp{1, 2, 9, 4}, FileStamp{1, 2, 3, 9}}) {
    EXPECT_EQ(HashIndex::Cursor(index).Find("a", stamp), nullptr);
  }
  EXPECT_EQ(*HashIndex::Cursor(index).Find("a", {1, 2, 3, 4}), Md5Of("a"));
  EXPECT_EQ(*HashIndex::Cursor(index).Find("a", {1, 2, 3}), Md5Of("a"));  // an object
}

TEST(HashIndex, AFileStampedInTheTickOfTheScanIsRacy) {
  constexpr int64_t kSecond = 1'000'000'000;
  EXPECT_TRUE(IsRacy({1, 5 * kSecond + 7, 0}, 5 * kSecond + 7));
  EXPECT_FALSE(IsRacy({1, 5 * kSecond + 6, 0}, 5 * kSecond + 7));
  // A file system that keeps whole seconds only.
  EXPECT_TRUE(IsRacy({1, 5 * kSecond, 0}, 6 * kSecond));
  EXPECT_FALSE(IsRacy({1, 5 * kSecond, 0}, 7 * kSecond + 1));
  // An old modification time given to a file that was written in that tick.
  EXPECT_TRUE(IsRacy({1, 1, 0, 5 * kSecond + 7}, 5 * kSecond + 7));
  EXPECT_FALSE(IsRacy({1, 1, 0, 5 * kSecond + 6}, 5 * kSecond + 7));
}

TEST(ExpandGlob, MatchesInNaturalOrder) {
  const TemporaryFolder folder;
  for (const char* name : {"d/c10.csv", "d/c9.csv", "d/x.txt", "d/sub/c1.csv", "d/.hidden.csv"})
    folder.WriteFile(name, "");
  EXPECT_EQ(*ExpandGlob(folder.path(), "d/*.csv"),
            (std::vector<std::string>{"d/c9.csv", "d/c10.csv"}));
  EXPECT_EQ(*ExpandGlob(folder.path(), "**/c1.csv"), (std::vector<std::string>{"d/sub/c1.csv"}));
  EXPECT_EQ(*ExpandGlob(folder.path(), "d/**/*.csv"),
            (std::vector<std::string>{"d/c9.csv", "d/c10.csv", "d/sub/c1.csv"}));
  EXPECT_EQ(*ExpandGlob(folder.path(), "d/?.txt"), (std::vector<std::string>{"d/x.txt"}));
  EXPECT_EQ(*ExpandGlob(folder.path(), "d/x.txt"), (std::vector<std::string>{"d/x.txt"}));
  EXPECT_TRUE(ExpandGlob(folder.path(), "nothing")->empty());
  EXPECT_FALSE(ExpandGlob(folder.path(), "../*").ok());
}

struct ListCodeTest : testing::TestWithParam<bool> {
  TemporaryFolder folder;
  RealProcessRunner processes;

  void Git(std::vector<std::string> argv, const std::string& where = ".") {
    argv.insert(argv.begin(), {"git", "-c", "init.defaultBranch=main", "-c", "user.name=t", "-c",
                               "user.email=t@t"});
    const auto outcome = processes.Run(
        {.argv = std::move(argv), .folder = folder / where, .environment = {}, .input = {}});
    ASSERT_TRUE(outcome.ok() && outcome->exit_code == 0);
  }
};

TEST_P(ListCodeTest, IsTheSameWithGitAndWithout) {
  for (const char* name : {"train.py", "lib/a.py", "lib/b.pyc", "curbstop.yaml", "curbstop.lock",
                           "out/train/m", ".curbstop/x", ".dvc/config", "data.dvc",
                           "sub/out/kept.py", "notes/n.md", "ümläut.py", "build/x"}) {
    folder.WriteFile(name, name);
  }
  folder.WriteFile(".gitignore", "*.pyc\nbuild/\n");
  folder.WriteFile(".curbstopignore", "notes/\n");
  if (GetParam()) {
    Git({"init", "-q"});
    Git({"add", "train.py"});
    Git({"commit", "-qm", "x"});
  }
  const auto code = ListCode(folder.path(), processes);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code,
            (std::vector<std::string>{"lib/a.py", "sub/out/kept.py", "train.py", "ümläut.py"}));
}

TEST_P(ListCodeTest, LeavesOutAFileThatGitKnowsButThatIsGone) {
  folder.WriteFile("a.py", "a");
  folder.WriteFile("b.py", "b");
  if (GetParam()) {
    Git({"init", "-q"});
    Git({"add", "."});
  }
  fs::remove(folder / "a.py");
  EXPECT_EQ(*ListCode(folder.path(), processes), std::vector<std::string>{"b.py"});
}

TEST_P(ListCodeTest, HoldsTheFilesOfRepositoriesInside) {
  for (const char* name : {"train.py", "new/a.py", "new/a.pyc", "sub/b.py", "sub/deep/c.py"})
    folder.WriteFile(name, name);
  folder.WriteFile("new/.gitignore", "*.pyc\n");
  if (GetParam()) {
    Git({"init", "-q"});
    for (const char* inner : {"new", "sub", "sub/deep"}) Git({"init", "-q"}, inner);
    Git({"add", "c.py"}, "sub/deep");
    Git({"commit", "-qm", "x"}, "sub/deep");
    Git({"add", "b.py"}, "sub");
    Git({"commit", "-qm", "x"}, "sub");
    Git({"add", "sub"});  // as a submodule is held: a commit, no files
  }
  EXPECT_EQ(*ListCode(folder.path(), processes),
            (std::vector<std::string>{"new/a.py", "sub/b.py", "sub/deep/c.py", "train.py"}));
}

INSTANTIATE_TEST_SUITE_P(Git, ListCodeTest, testing::Bool());

}  // namespace
}  // namespace curbstop
