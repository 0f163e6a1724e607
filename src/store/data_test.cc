// Adding, status, checkout and collection of data, over the room's own functions.
#include <fcntl.h>
#include <fstream>
#include <optional>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "store/data_add.h"
#include "store/data_checkout.h"
#include "store/data_gc.h"
#include "store/data_status.h"
#include "store/internal/staging.h"
#include "store/internal/store_lock.h"
#include "store/md5.h"
#include "sys/files.h"
#include "sys/testing/fake_file_store.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

using Roots = Result<std::vector<std::string>>;

Roots NoRoots() { return std::vector<std::string>(); }

struct DataTest : testing::Test {
  TemporaryFolder folder;
  FakeFileStore files;
  RealProcessRunner processes;
  DataTools tools{.root = folder.path(), .files = files, .processes = processes};

  void MustAdd(const std::string& path) {
    const auto added = AddData(tools, path);
    ASSERT_TRUE(added.ok()) << added.error().Text();
  }
  std::string ErrorOfAdd(const std::string& path) {
    const auto added = AddData(tools, path);
    return added.ok() ? "added" : added.error().OneLine();
  }
  std::string Changes() {
    const auto status = ReadDataStatus(folder.path(), {});
    if (!status.ok()) return status.error().OneLine();
    std::string text;
    for (const DataChange& change : status->changes)
      text += std::string(NameOf(change.kind)) + " " + change.path + "\n";
    return text;
  }
  fs::path Object(const std::string& bytes) {
    const std::string id = HexOf(Md5Of(bytes));
    return folder / ".dvc/cache/files/md5" / id.substr(0, 2) / id.substr(2);
  }
  void Git(std::vector<std::string> argv) {
    argv.insert(argv.begin(), {"git", "-c", "init.defaultBranch=main", "-c", "user.name=t", "-c",
                               "user.email=t@t"});
    const auto outcome = processes.Run(
        {.argv = std::move(argv), .folder = folder.path(), .environment = {}, .input = {}});
    ASSERT_TRUE(outcome.ok() && outcome->exit_code == 0) << outcome->err;
  }
  void WriteExample() {
    folder.WriteFile("d/a", "one");
    folder.WriteFile("d/s/b", "two");
  }
};

TEST_F(DataTest, AddMakesPointerIgnoreLineAndDvcFolder) {
  folder.WriteFile("sub/f", "one");
  MustAdd("sub/f");
  EXPECT_EQ(*ReadFile(folder / "sub/f.dvc"),
            "outs:\n- md5: f97c5d29941bfb1b2fdab0874906ab82\n  size: 3\n  hash: md5\n  path: f\n");
  EXPECT_EQ(*ReadFile(folder / "sub/.gitignore"), "/f\n");
  EXPECT_EQ(*ReadFile(folder / ".dvc/config"), "");
  EXPECT_TRUE(Exists(folder / ".dvcignore"));
  EXPECT_EQ(Changes(), "");
}

TEST_F(DataTest, AddingAgainChangesNothing) {
  WriteExample();
  MustAdd("d");
  const int changes = files.changes();
  const auto again = AddData(tools, "d");
  ASSERT_TRUE(again.ok());
  EXPECT_FALSE(again->changed);
  EXPECT_EQ(files.changes(), changes);
}

TEST_F(DataTest, StatusTellsWhatHappened) {
  WriteExample();
  MustAdd("d");
  folder.WriteFile("d/a", "ONE");
  folder.WriteFile("d/new", "x");
  fs::remove(folder / "d/s/b");
  EXPECT_EQ(Changes(), "modified d/a\nadded d/new\ndeleted d/s/b\n");
  fs::remove(Object("two"));
  EXPECT_EQ(Changes(), "modified d/a\nadded d/new\nmissing d/s/b\n");
}

TEST_F(DataTest, AWholeFolderThatIsGoneIsOneChange) {
  WriteExample();
  MustAdd("d");
  fs::remove_all(folder / "d");
  EXPECT_EQ(Changes(), "deleted d\n");
  fs::remove_all(folder / ".dvc/cache");
  EXPECT_EQ(Changes(), "missing d\n");
}

TEST_F(DataTest, ATreeWithoutItsListIsStillTold) {
  WriteExample();
  MustAdd("d");
  fs::remove_all(folder / ".dvc/cache");
  EXPECT_EQ(Changes(), "missing d\n");
  folder.WriteFile("d/a", "ONE");
  EXPECT_EQ(Changes(), "modified d\n");
}

TEST_F(DataTest, CheckoutRestoresAndKeepsWhatIsThere) {
  WriteExample();
  MustAdd("d");
  const auto before = fs::last_write_time(folder / "d/a");
  fs::remove_all(folder / "d/s");
  const auto outcome = CheckoutData(folder.path(), {}, Unsaved::kKeep);
  ASSERT_TRUE(outcome.ok()) << outcome.error().Text();
  EXPECT_EQ(outcome->written, 1);
  EXPECT_EQ(*ReadFile(folder / "d/s/b"), "two");
  EXPECT_EQ(fs::last_write_time(folder / "d/a"), before);
  EXPECT_EQ(Changes(), "");
  EXPECT_FALSE(Exists(folder / ".curbstop/tmp"));
}

TEST_F(DataTest, CheckoutDoesNotLoseWhatOnlyTheWorkTreeHas) {
  WriteExample();
  MustAdd("d");
  folder.WriteFile("d/a", "precious");
  const auto refused = CheckoutData(folder.path(), {}, Unsaved::kKeep);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(*ReadFile(folder / "d/a"), "precious");
  ASSERT_TRUE(CheckoutData(folder.path(), {}, Unsaved::kOverwrite).ok());
  EXPECT_EQ(*ReadFile(folder / "d/a"), "one");
}

TEST_F(DataTest, CheckoutTurnsFilesIntoFoldersAndBack) {
  WriteExample();
  MustAdd("d");
  fs::remove_all(folder / "d");
  folder.WriteFile("d/a/deep", "one");
  folder.WriteFile("d/s", "two");
  ASSERT_TRUE(CheckoutData(folder.path(), {}, Unsaved::kKeep).ok());
  EXPECT_EQ(Changes(), "");
  fs::remove_all(folder / "d");
  folder.WriteFile("d", "one");
  ASSERT_TRUE(CheckoutData(folder.path(), {}, Unsaved::kKeep).ok());
  EXPECT_EQ(*ReadFile(folder / "d/s/b"), "two");
}

TEST_F(DataTest, CheckoutNeedsAllObjectsBeforeItTouchesAnything) {
  WriteExample();
  MustAdd("d");
  fs::remove_all(folder / "d");
  fs::remove(Object("two"));
  const auto outcome = CheckoutData(folder.path(), {}, Unsaved::kKeep);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().kind(), ErrorKind::kNotFound);
  EXPECT_FALSE(Exists(folder / "d"));
}

TEST_F(DataTest, ReadsPointersOfDvc2) {
  const std::string id = HexOf(Md5Of("a\nb\n"));
  folder.WriteFile(".dvc/cache/" + id.substr(0, 2) + "/" + id.substr(2), "a\r\nb\r\n");
  folder.WriteFile("f.dvc", "outs:\n- md5: " + id + "\n  path: f\n");
  EXPECT_EQ(Changes(), "deleted f\n");
  ASSERT_TRUE(CheckoutData(folder.path(), {}, Unsaved::kKeep).ok());
  EXPECT_EQ(*ReadFile(folder / "f"), "a\r\nb\r\n");
  EXPECT_EQ(Changes(), "");
  folder.WriteFile("f", "a\nb\n");
  EXPECT_EQ(Changes(), "");
  folder.WriteFile("f", "a\nc\n");
  EXPECT_EQ(Changes(), "modified f\n");
}

TEST_F(DataTest, HardlinksAreMadeOnlyWhereAskedFor) {
  folder.WriteFile(".dvc/config", "[cache]\n    type = hardlink\n");
  WriteExample();
  folder.WriteFile("d/c", "one");
  MustAdd("d");
  EXPECT_EQ(fs::hard_link_count(Object("two")), 2u);
  EXPECT_EQ(fs::hard_link_count(Object("one")), 3u);
  EXPECT_EQ(fs::status(folder / "d/c").permissions(), fs::perms(0444));
  EXPECT_EQ(Changes(), "");
  MustAdd("d");
}

TEST_F(DataTest, SymlinksIntoTheCacheAreTheirFiles) {
  folder.WriteFile(".dvc/config", "[cache]\n    type = symlink\n");
  WriteExample();
  MustAdd("d");
  EXPECT_TRUE(fs::is_symlink(folder / "d/a"));
  EXPECT_EQ(Changes(), "");
  fs::remove_all(folder / "d");
  ASSERT_TRUE(CheckoutData(folder.path(), {}, Unsaved::kKeep).ok());
  EXPECT_TRUE(fs::is_symlink(folder / "d/s/b"));
  EXPECT_EQ(Changes(), "");
}

TEST_F(DataTest, RefusesWhatIsTrackedAlready) {
  WriteExample();
  MustAdd("d");
  EXPECT_EQ(ErrorOfAdd("d/a"), "cannot add `d/a`: it is part of `d`, which `d.dvc` tracks");
  folder.WriteFile("e/x", "x");
  MustAdd("e/x");
  EXPECT_EQ(ErrorOfAdd("e"), "cannot add `e`: `e/x` in it is already tracked by `e/x.dvc`");
  Git({"init", "-q"});
  folder.WriteFile("g", "g");
  Git({"add", "g"});
  EXPECT_EQ(ErrorOfAdd("g"), "cannot add `g`: git tracks it");
}

TEST_F(DataTest, DvcignoreHoldsInsideDataToo) {
  WriteExample();
  folder.WriteFile("d/x.tmp", "t");
  folder.WriteFile(".dvcignore", "*.tmp\n/private\n");
  folder.WriteFile("private", "p");
  MustAdd("d");
  fs::remove(folder / "d/x.tmp");
  EXPECT_EQ(Changes(), "");
  EXPECT_EQ(ErrorOfAdd("private"), "cannot add `private`: `.dvcignore` leaves it out");
}

TEST_F(DataTest, APathBehindALinkIsRefused) {
  const TemporaryFolder elsewhere;
  elsewhere.WriteFile("f", "x");
  fs::create_directory_symlink(elsewhere.path(), folder / "link");
  folder.WriteFile("f.dvc",
                   "outs:\n- md5: 9dd4e461268c8034f5c8564e155c67a6\n  hash: md5\n  path: link/f\n");
  EXPECT_NE(Changes().find("`link/f` lies behind the link `link`"), std::string::npos);
  EXPECT_FALSE(RelativeToRoot(folder.path(), folder.path(), "link/f").ok());
}

TEST_F(DataTest, PointersThatLeadOutAreLeftOutAndSaidSo) {
  folder.WriteFile(
      "f.dvc",
      "outs:\n- md5: 9dd4e461268c8034f5c8564e155c67a6\n  hash: md5\n  path: ../../etc/x\n");
  const auto status = ReadDataStatus(folder.path(), {});
  ASSERT_TRUE(status.ok());
  EXPECT_EQ(status->notes.size(), 1u);
  EXPECT_EQ(status->pointers, 0);
}

TEST_F(DataTest, AFailedPointerLeavesTheOldOne) {
  WriteExample();
  MustAdd("d");
  const std::string before = *ReadFile(folder / "d.dvc");
  folder.WriteFile("d/a", "changed");
  files.FailAt(1);
  EXPECT_NE(ErrorOfAdd("d").find("No space left"), std::string::npos);
  EXPECT_EQ(*ReadFile(folder / "d.dvc"), before);
  files.FailAt(0);
  MustAdd("d");
  EXPECT_EQ(Changes(), "");
}

std::vector<std::string> GcNames(const GcPlan& plan) {
  std::vector<std::string> contents;
  for (const fs::path& object : plan.objects) contents.push_back(*ReadFile(object));
  return contents;
}

TEST_F(DataTest, GcRemovesOnlyWhatNothingNames) {
  folder.WriteFile("f", "kept");
  MustAdd("f");
  folder.WriteFile("old", "gone");
  MustAdd("old");
  fs::remove(folder / "old.dvc");
  const auto plan = CollectGarbage(folder.path(), processes, NoRoots);
  ASSERT_TRUE(plan.ok()) << plan.error().Text();
  EXPECT_FALSE(Exists(Object("gone")));
  EXPECT_TRUE(Exists(Object("kept")));
  EXPECT_EQ(plan->notes.size(), 1u);  // no git
}

TEST_F(DataTest, GcKeepsWhatLocksRunsAndHistoryName) {
  Git({"init", "-q"});
  for (const char* name :
       {"lock", "ours", "run", "branch", "stash", "staged", "amended", "garbage"}) {
    folder.WriteFile(name, name);
    MustAdd(name);
  }
  folder.WriteFile("tree/member", "member");
  MustAdd("tree");
  const auto id = [](const char* text) { return HexOf(Md5Of(text)); };
  folder.WriteFile("dvc.lock", "stages:\n  s:\n    outs:\n    - md5: " + id("lock"));
  folder.WriteFile(
      "curbstop.lock",
      R"({"version":1,"results":{"s":{"outputs":[{"path":"o","md5":")" + id("ours") + "\"}]}}}");
  const auto commit = [&](const char* file) {
    Git({"add", "-f", file});
    Git({"commit", "-qm", file});
  };
  commit(".dvcignore");
  Git({"checkout", "-qb", "side"});
  commit("branch.dvc");
  commit("tree.dvc");
  Git({"checkout", "-q", "main"});
  commit("amended.dvc");
  Git({"reset", "-q", "--hard", "HEAD~1"});
  Git({"add", "-f", "stash.dvc"});
  Git({"stash", "-q"});
  Git({"add", "-f", "staged.dvc"});
  for (const char* name :
       {"run", "branch", "stash", "staged", "amended", "garbage", "lock", "ours", "tree"}) {
    fs::remove(folder / (std::string(name) + ".dvc"));
  }
  const auto plan = PlanGc(folder.path(), processes, [&] { return Roots{{id("run")}}; });
  ASSERT_TRUE(plan.ok()) << plan.error().Text();
  EXPECT_EQ(GcNames(*plan), std::vector<std::string>{"garbage"});
}

TEST_F(DataTest, GcRefusesACacheThatOthersMayUse) {
  folder.WriteFile(".dvc/config", "[cache]\n    dir = ../../shared\n");
  EXPECT_EQ(PlanGc(folder.path(), processes, NoRoots).error().kind(), ErrorKind::kInvalidInput);
}

TEST_F(DataTest, GcWaitsForNobodyWhoAdds) {
  const auto adding = LockStore(folder.path(), LockUse::kShared);
  ASSERT_TRUE(adding.ok());
  EXPECT_EQ(CollectGarbage(folder.path(), processes, NoRoots).error().kind(), ErrorKind::kConflict);
}

TEST_F(DataTest, WhoAddsAfterGcHasLookedWaitsUntilItIsOver) {
  folder.WriteFile("a", "1");
  MustAdd("a");
  std::optional<ErrorKind> refused;
  const auto collected = CollectGarbage(folder.path(), processes, [&]() -> Roots {
    const auto adding = LockStore(folder.path(), LockUse::kShared, std::chrono::milliseconds(0));
    if (!adding.ok()) refused = adding.error().kind();
    return std::vector<std::string>();
  });
  EXPECT_TRUE(collected.ok());
  EXPECT_EQ(refused, ErrorKind::kUnavailable);
  EXPECT_TRUE(LockStore(folder.path(), LockUse::kShared, std::chrono::milliseconds(0)).ok());
}

TEST_F(DataTest, GcRemovesOnlyWhatWasShownAndIsGarbageStill) {
  for (const char* name : {"shown", "named", "later"}) {
    folder.WriteFile(name, std::string(name) + " content");
    MustAdd(name);
  }
  fs::remove(folder / "shown.dvc");
  fs::remove(folder / "named.dvc");
  const auto shown = PlanGc(folder.path(), processes, NoRoots);
  ASSERT_EQ(shown->objects.size(), 2u);
  // While the question waits a run ends that names one, and a pointer goes.
  fs::remove(folder / "later.dvc");
  const auto roots = [&] { return Roots{{HexOf(Md5Of("named content"))}}; };
  const auto plan = CollectGarbage(folder.path(), processes, roots, *shown);
  ASSERT_TRUE(plan.ok()) << plan.error().Text();
  EXPECT_EQ(plan->objects.size(), 1u);
  EXPECT_EQ(plan->bytes, 13);
  EXPECT_EQ(plan->kept_objects, 2);
  EXPECT_FALSE(Exists(Object("shown content")));
  EXPECT_TRUE(Exists(Object("named content")));
  EXPECT_TRUE(Exists(Object("later content")));
}

TEST_F(DataTest, GcRemovesNothingWhereTheRootsCannotBeRead) {
  folder.WriteFile("a", "1");
  MustAdd("a");
  fs::remove(folder / "a.dvc");
  const auto collected = CollectGarbage(folder.path(), processes,
                                        []() -> Roots { return Conflict("a run is active"); });
  EXPECT_EQ(collected.error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(PlanGc(folder.path(), processes, NoRoots)->objects.size(), 1u);
}

TEST_F(DataTest, UsageCountsSharedBytes) {
  folder.WriteFile("a", "12345");
  folder.WriteFile("t/x", "12345");
  folder.WriteFile("t/y", "123");
  MustAdd("a");
  MustAdd("t");
  folder.WriteFile("old", "1234567");
  MustAdd("old");
  fs::remove(folder / "old.dvc");
  const auto usage = MeasureStore(folder.path());
  ASSERT_TRUE(usage.ok());
  ASSERT_EQ(usage->uses.size(), 2u);
  EXPECT_EQ(usage->uses[0].name, "t");
  EXPECT_EQ(usage->uses[0].shared, 5);
  EXPECT_EQ(usage->uses[1].bytes, 5);
  EXPECT_EQ(usage->unreferenced_bytes, 7);
  EXPECT_EQ(usage->unreferenced_objects, 1);
}

}  // namespace
}  // namespace curbstop
