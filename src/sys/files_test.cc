#include "sys/files.h"

#include <filesystem>
#include <signal.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "sys/file_store.h"
#include "sys/mount_kind.h"
#include "sys/process.h"
#include "sys/testing/fake_file_store.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

TEST(ReadFile, ReadsFilesThatTellNoSize) {
  const Result<std::string> text = ReadFile("/proc/self/stat");
  ASSERT_TRUE(text.ok());
  EXPECT_FALSE(text->empty());
}

TEST(ReadFile, RefusesWhatIsNoPlainFileWithoutWaiting) {
  const TemporaryFolder folder;
  ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(folder / "pipe").error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(ReadFile(folder.path()).error().message(), "it is a folder");
  EXPECT_EQ(ReadFile(folder / "none").error().kind(), ErrorKind::kNotFound);
}

TEST(ReadFile, HoldsItsLimit) {
  const TemporaryFolder folder;
  const fs::path file = folder.WriteFile("f", "12345");
  EXPECT_TRUE(ReadFile(file, 5).ok());
  EXPECT_EQ(ReadFile(file, 4).error().kind(), ErrorKind::kInvalidInput);
}

TEST(ReadTail, StartsAtALineWhereOneFits) {
  const TemporaryFolder folder;
  const fs::path file = folder.WriteFile("log", "first\nsecond\nthird\n");
  EXPECT_EQ(*ReadTail(file, 100), "first\nsecond\nthird\n");
  EXPECT_EQ(*ReadTail(file, 13), "second\nthird\n");  // exactly from a line's start
  EXPECT_EQ(*ReadTail(file, 12), "third\n");
  EXPECT_EQ(*ReadTail(file, 3), "rd\n");  // no whole line fits
}

TEST(ListFolder, SortsByBytesAndKnowsKinds) {
  const TemporaryFolder folder;
  folder.WriteFile("b", "");
  folder.WriteFile("B/x", "");
  fs::create_symlink("nowhere", folder / "a");
  const auto entries = ListFolder(folder.path());
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 3u);
  EXPECT_EQ((*entries)[0].name, "B");
  EXPECT_EQ((*entries)[0].kind, EntryKind::kFolder);
  EXPECT_EQ((*entries)[1].kind, EntryKind::kLink);
  EXPECT_EQ((*entries)[2].kind, EntryKind::kFile);
  EXPECT_TRUE(Exists(folder / "a"));
}

TEST(RemoveTree, DoesNotFollowLinks) {
  const TemporaryFolder folder;
  const fs::path kept = folder.WriteFile("kept/file", "x");
  fs::create_directory(folder / "gone");
  fs::create_directory_symlink(folder / "kept", folder / "gone/link");
  EXPECT_TRUE(RemoveTree(folder / "gone").ok());
  EXPECT_TRUE(RemoveTree(folder / "gone").ok());
  EXPECT_TRUE(Exists(kept));
}

TEST(CheckInside, RefusesEveryWayOut) {
  for (const char* good : {"a", "a/b.c", "..a", "a..", "a b"})
    EXPECT_TRUE(CheckInside(good).ok()) << good;
  for (const std::string& bad : {std::string(""), std::string("/a"), std::string(".."),
                                 std::string("a/../b"), std::string("a//b"), std::string("./a"),
                                 std::string("a/"), std::string("a\nb"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(CheckInside(bad).ok()) << bad;
  }
}

TEST(FileStore, ReplacesAWholeFileAndLeavesNothingBeside) {
  const TemporaryFolder folder;
  RealFileStore store;
  ASSERT_TRUE(store.Write(folder / "f", "old", 0644).ok());
  ASSERT_TRUE(store.Write(folder / "f", "new", 0600).ok());
  EXPECT_EQ(*ReadFile(folder / "f"), "new");
  EXPECT_EQ(fs::status(folder / "f").permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(ListFolder(folder.path())->size(), 1u);
}

TEST(FileStore, WritesNamesOfFullLength) {
  const TemporaryFolder folder;
  EXPECT_TRUE(RealFileStore().Write(folder / std::string(255, 'n'), "x", 0644).ok());
}

TEST(FileStore, SaysWhatWentWrong) {
  const TemporaryFolder folder;
  RealFileStore store;
  EXPECT_EQ(store.Write(folder / "none/f", "x", 0644).error().kind(), ErrorKind::kNotFound);
  EXPECT_TRUE(store.Remove(folder / "none").ok());
  EXPECT_EQ(store.Move(folder / "none", folder / "x").error().kind(), ErrorKind::kNotFound);
}

TEST(FileStore, AMoveToAnotherFileSystemIsAnHonestNo) {
  const TemporaryFolder folder;
  const fs::path elsewhere = "/dev/shm";
  struct stat here{};
  struct stat there{};
  const bool known =
      stat(folder.path().c_str(), &here) == 0 && stat(elsewhere.c_str(), &there) == 0;
  if (!known || here.st_dev == there.st_dev) GTEST_SKIP() << "there is one file system only";
  const fs::path file = folder.WriteFile("f", "x");
  const fs::path target = elsewhere / ("curbstop-test-" + std::to_string(getpid()));
  EXPECT_EQ(RealFileStore().Move(file, target).error().kind(), ErrorKind::kNo);
  EXPECT_TRUE(Exists(file));
  EXPECT_FALSE(Exists(target));
}

TEST(FileStore, AppendsRecordsInOrder) {
  const TemporaryFolder folder;
  RealFileStore store;
  ASSERT_TRUE(store.Append(folder / "f", "a\n", 0600).ok());
  ASSERT_TRUE(store.Append(folder / "f", "b\n", 0600).ok());
  EXPECT_EQ(*ReadFile(folder / "f"), "a\nb\n");
}

// /dev/full answers every write with ENOSPC.
TEST(FileStore, AFullDiskIsAnErrorWithAHint) {
  const Status written = RealFileStore().Append("/dev/full", "x", 0600);
  ASSERT_FALSE(written.ok());
  EXPECT_EQ(written.error().kind(), ErrorKind::kExhausted);
  EXPECT_FALSE(written.error().hint().empty());
}

TEST(FakeFileStore, FailsTheChangeThatWasAskedFor) {
  const TemporaryFolder folder;
  FakeFileStore store;
  store.FailAt(2);
  EXPECT_TRUE(store.Write(folder / "a", "x", 0644).ok());
  EXPECT_EQ(store.Write(folder / "b", "x", 0644).error().kind(), ErrorKind::kExhausted);
  EXPECT_TRUE(store.Write(folder / "b", "x", 0644).ok());
  EXPECT_EQ(store.changes(), 3);
}

// Not a test of its own: what the next test starts as a process that dies.
TEST(FileStoreChild, DISABLED_Writes) {
  const char* file = std::getenv("CURBSTOP_TEST_FILE");  // NOLINT(concurrency-mt-unsafe)
  ASSERT_NE(file, nullptr);
  EXPECT_TRUE(RealFileStore().Write(file, "new", 0644).ok());
}

TEST(FileStore, AKillAtAnyPointLeavesTheOldOrTheNewFile) {
  const struct {
    const char* point;
    const char* content;
  } kPoints[] = {{"file.before_rename", "old"}, {"file.after_rename", "new"}};
  for (const auto& [point, content] : kPoints) {
    const TemporaryFolder folder;
    const fs::path file = folder.WriteFile("f", "old");
    EnvironmentList environment = ReadEnvironment();
    environment.emplace_back("CURBSTOP_TEST_FILE", file.string());
    environment.emplace_back("CURBSTOP_FAILPOINT", std::string(point) + ":1:kill");
    const auto outcome =
        RealProcessRunner().Run({.argv = {"/proc/self/exe", "--gtest_filter=FileStoreChild.*",
                                          "--gtest_also_run_disabled_tests"},
                                 .folder = {},
                                 .environment = environment,
                                 .input = {}});
    ASSERT_TRUE(outcome.ok());
    EXPECT_EQ(outcome->exit_code, 128 + SIGKILL) << outcome->out;
    EXPECT_EQ(*ReadFile(file), content) << point;
  }
}

TEST(MountKind, ANetworkMountIsRefusedWithItsName) {
  const auto nfs = [](const fs::path&) -> Result<MountKind> { return MountKind{"nfs", true}; };
  const Status refused = RequireLocalMount("/home/x/money.db", "the money database", nfs);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_NE(refused.error().message().find("it is a `nfs` mount"), std::string::npos);
}

TEST(MountKind, TheNearestFolderThatExistsDecides) {
  const TemporaryFolder folder;
  EXPECT_EQ(ReadMountKind(folder / "not/yet/there")->name, ReadMountKind(folder.path())->name);
  EXPECT_EQ(ReadMountKind("/proc")->is_network, false);
}

}  // namespace
}  // namespace curbstop
