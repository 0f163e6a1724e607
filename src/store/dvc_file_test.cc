#include "store/dvc_file.h"

#include <gtest/gtest.h>

#include "sys/testing/fuzz_corpus.h"

namespace curbstop {
namespace {

constexpr const char* kHello = "b1946ac92492d2347c6235b4d2611184";

DvcOut FileOut() {
  DvcOut out;
  out.path = "f.bin";
  out.md5 = ParseMd5(kHello);
  out.size = 6;
  return out;
}

// Written by dvc 3.67.1 for the same data.
TEST(DvcFile, IsWrittenInTheBytesOfDvc) {
  EXPECT_EQ(
      WriteDvcFile(FileOut()),
      "outs:\n- md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n  hash: md5\n  path: f.bin\n");
  DvcOut folder = FileOut();
  folder.is_folder = true;
  folder.files = 2;
  folder.path = "123";
  EXPECT_EQ(
      WriteDvcFile(folder),
      "outs:\n- md5: b1946ac92492d2347c6235b4d2611184.dir\n  size: 6\n  nfiles: 2\n  hash: md5\n  path: '123'\n");
  DvcOut script = FileOut();
  script.executable = true;
  script.path = "it's: a # name.txt";
  EXPECT_EQ(
      WriteDvcFile(script),
      "outs:\n- md5: b1946ac92492d2347c6235b4d2611184\n  size: 6\n  isexec: true\n  hash: md5\n"
      "  path: \"it's: a # name.txt\"\n");
}

TEST(DvcFile, ReadsBackWhatItWrote) {
  DvcOut out = FileOut();
  out.is_folder = true;
  out.files = 3;
  out.path = "größe 'x' \"y\" \\z";
  out.executable_members = {"a: b", "run.sh"};
  const auto read = ReadDvcFile(WriteDvcFile(out), "x.dvc");
  ASSERT_TRUE(read.ok()) << read.error().Text();
  const DvcOut& back = read->outs.at(0);
  EXPECT_EQ(back.path, out.path);
  EXPECT_EQ(back.md5, out.md5);
  EXPECT_TRUE(back.is_folder);
  EXPECT_EQ(back.files, 3);
  EXPECT_EQ(back.hash, HashKind::kMd5);
  EXPECT_EQ(back.executable_members, out.executable_members);
}

TEST(DvcFile, TextIsQuotedWhereYamlWouldReadSomethingElse) {
  for (const char* text : {"",
                           "123",
                           "1e5",
                           "12345678901234567890123456789012",
                           "1234567890123456789012345678901e",
                           "true",
                           "No",
                           "~",
                           "null",
                           "2024-01-01",
                           "1:20",
                           "0x1f",
                           "-1",
                           ".5",
                           "- x",
                           "a: b",
                           "a #b",
                           " a",
                           "a ",
                           "*x",
                           "&x",
                           "!x",
                           "@x",
                           "%x",
                           "a:",
                           "{x",
                           "[x",
                           "'x",
                           "?x",
                           "#x",
                           "1_000"}) {
    EXPECT_NE(YamlText(text), text);
  }
  for (const char* text : {"a", "a b", "it's", "a#b", "9dd4e461268c8034f5c8564e155c67a6",
                           "b1946ac92492d2347c6235b4d2611184", "a:b", "größe", "x-1",
                           "d751713988987e9331980363e24189ce.dir"}) {
    EXPECT_EQ(YamlText(text), text);
  }
}

TEST(DvcFile, AnEntryWithoutHashIsOfDvc2) {
  const auto read = ReadDvcFile(
      "outs:\n- md5: B1946AC92492D2347C6235B4D2611184\n  path: f\n  isexec: true\n", "f.dvc");
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->outs.at(0).hash, HashKind::kMd5Dos2Unix);
  EXPECT_EQ(read->outs.at(0).md5, ParseMd5(kHello));
  EXPECT_TRUE(read->outs.at(0).executable);
}

TEST(DvcFile, ReadsImportsWorkingFoldersAndUncachedOuts) {
  const auto read = ReadDvcFile(
      "md5: 0123\nfrozen: true\nwdir: ../data\ndeps:\n- path: x\n  repo: {url: u, rev_lock: abc}\nouts:\n- path: a\n  cache: false\n",
      "f.dvc");
  ASSERT_TRUE(read.ok()) << read.error().Text();
  EXPECT_EQ(read->wdir, "../data");
  EXPECT_TRUE(read->has_sources);
  EXPECT_FALSE(read->outs.at(0).md5);
  EXPECT_FALSE(read->outs.at(0).cached);
}

TEST(DvcFile, ErrorsNameThePlace) {
  const auto error = [](std::string_view text) {
    const auto read = ReadDvcFile(text, "d/f.dvc");
    return read.ok() ? std::string("accepted") : read.error().message();
  };
  EXPECT_EQ(error("outs:\n- md5: xyz\n  path: f\n"),
            "d/f.dvc:2:8: `md5` is `xyz`, expected 32 hex digits, for a folder with `.dir`");
  EXPECT_EQ(error("outs:\n- md5: b1946ac92492d2347c6235b4d2611184\n"),
            "d/f.dvc:2:3: an entry of `outs` has no `path`");
  EXPECT_EQ(error("outs: 3\n").substr(0, 8), "d/f.dvc:");
  EXPECT_EQ(error("outs:\n- path: f\n  hash: sha1\n").substr(0, 12), "d/f.dvc:3:9:");
  EXPECT_EQ(error("outs:\n- path: f\n  size: -1\n").substr(0, 8), "d/f.dvc:");
}

// dvc 3.67.1 makes the same of it.
TEST(DvcFile, UpdatingKeepsCommentsAndOtherKeys) {
  const std::string text =
      "# note\nouts:\n# about f\n- md5: 9dd4e461268c8034f5c8564e155c67a6 # hash\n  size: 1\n  hash: md5\n"
      "  path: f.bin\n  desc: my file\nmeta:\n  who: me\n";
  const auto updated = UpdateDvcFile(text, "f.bin.dvc", FileOut());
  ASSERT_TRUE(updated.ok()) << updated.error().Text();
  EXPECT_EQ(
      *updated,
      "# note\nouts:\n# about f\n- md5: b1946ac92492d2347c6235b4d2611184 # hash\n  size: 6\n  hash: md5\n"
      "  path: f.bin\n  desc: my file\nmeta:\n  who: me\n");
}

TEST(DvcFile, UpdatingAddsAndRemovesKeysInDvcsOrder) {
  DvcOut folder = FileOut();
  folder.is_folder = true;
  folder.files = 2;
  const std::string old_form =
      "outs:\n- md5: 9dd4e461268c8034f5c8564e155c67a6\n  path: f.bin\n- path: other\n  md5: 9dd4e461268c8034f5c8564e155c67a6\n";
  const std::string folder_form =
      "outs:\n- md5: b1946ac92492d2347c6235b4d2611184.dir\n  size: 6\n  nfiles: 2\n  hash: md5\n  path: f.bin\n- path: other\n"
      "  md5: 9dd4e461268c8034f5c8564e155c67a6\n";
  const auto grown = UpdateDvcFile(old_form, "x.dvc", folder);
  ASSERT_TRUE(grown.ok()) << grown.error().Text();
  EXPECT_EQ(*grown, folder_form);
  const auto shrunk = UpdateDvcFile(*grown, "x.dvc", FileOut());
  ASSERT_TRUE(shrunk.ok());
  EXPECT_EQ(shrunk->find("nfiles"), std::string::npos);
}

TEST(DvcFile, UpdatingKeepsTheListOfExecutablesTrue) {
  DvcOut out = FileOut();
  out.is_folder = true;
  out.files = 1;
  const std::string plain = WriteDvcFile(out);
  out.executable_members = {"a.sh", "b.sh"};
  const std::string with_list = WriteDvcFile(out);
  EXPECT_EQ(*UpdateDvcFile(plain, "x.dvc", out), with_list);
  EXPECT_EQ(*UpdateDvcFile(with_list, "x.dvc", out), with_list);
  out.executable_members.clear();
  EXPECT_EQ(*UpdateDvcFile(with_list, "x.dvc", out), plain);
  const std::string own_meta = plain + "  meta:\n    who: me\n";
  out.executable_members = {"a.sh"};
  const auto both = UpdateDvcFile(own_meta, "x.dvc", out);
  ASSERT_TRUE(both.ok());
  EXPECT_EQ(ReadDvcFile(*both, "x.dvc")->outs.at(0).executable_members,
            std::vector<std::string>{"a.sh"});
  out.executable_members.clear();
  EXPECT_EQ(*UpdateDvcFile(*both, "x.dvc", out), own_meta);
}

TEST(DvcFile, UpdatingRefusesWhatItCannotKeep) {
  EXPECT_FALSE(UpdateDvcFile("outs: [{md5: b1946ac92492d2347c6235b4d2611184, path: f.bin}]\n",
                             "x.dvc", FileOut())
                   .ok());
  EXPECT_FALSE(UpdateDvcFile("outs:\n- path: other\n", "x.dvc", FileOut()).ok());
}

TEST(DvcFuzz, TheCorpusPassesAgain) { EXPECT_GE(ReplayFuzzCorpus(CURBSTOP_SOURCE_DIR, "dvc"), 30); }

}  // namespace
}  // namespace curbstop
