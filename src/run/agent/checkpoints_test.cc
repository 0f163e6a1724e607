#include "run/agent/checkpoints.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <gtest/gtest.h>

#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using Names = std::vector<std::string>;

// Both times of the last change become `seconds`, as if it had been written in place then. The
// change time cannot be set, so these tests name renamed entries instead.
void Touch(const std::filesystem::path& path, long seconds) {
  const timespec times[2] = {{seconds, 0}, {seconds, 0}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
}

TEST(Checkpoints, NamesTellWhatIsIncomplete) {
  for (const char* name : {".hidden", "tmp", "tmp-7", "step-1.tmp", "step-1.part"}) {
    EXPECT_TRUE(HasIncompleteName(name)) << name;
  }
  for (const char* name : {"step-1", "attempt", "step.tmp.ok", "part"}) {
    EXPECT_FALSE(HasIncompleteName(name)) << name;
  }
}

TEST(Checkpoints, WithoutAKillEveryGoodNameIsCompleteInNaturalOrder) {
  const TemporaryFolder folder;
  for (const char* name : {"c/step-10", "c/step-9", "c/step-11.tmp"}) folder.WriteFile(name, "x");
  const CheckpointScan scan = *ScanCheckpoints(folder / "c", AfterKill::kNo, {});
  EXPECT_EQ(scan.complete, (Names{"step-9", "step-10"}));
  EXPECT_EQ(scan.incomplete, (Names{"step-11.tmp"}));
}

TEST(Checkpoints, TheEntryLastTouchedBeforeAKillIsNotTrusted) {
  const TemporaryFolder folder;
  folder.WriteFile("c/step-1", "x");
  // Written in place last: its modification is its latest change.
  const auto last = folder.WriteFile("c/step-2", "torn");
  struct stat info{};
  ASSERT_EQ(stat(last.c_str(), &info), 0);
  const CheckpointScan scan = *ScanCheckpoints(folder / "c", AfterKill::kYes, {});
  EXPECT_EQ(scan.incomplete, (Names{"step-2"}));
  EXPECT_EQ(scan.complete, (Names{"step-1"}));
}

TEST(Checkpoints, AnEntrySeenToArriveByRenameIsTrustedAfterAKill) {
  const TemporaryFolder folder;
  folder.WriteFile("c/step-1", "x");
  folder.WriteFile("c/step-2", "x");
  EXPECT_EQ(ScanCheckpoints(folder / "c", AfterKill::kYes, {"step-2"})->complete,
            (Names{"step-1", "step-2"}));
}

TEST(Checkpoints, AFolderWithTheSealIsTrustedAfterAKill) {
  const TemporaryFolder folder;
  folder.WriteFile("c/step-1/weights", "x");
  folder.WriteFile("c/step-1/.complete", "");
  EXPECT_EQ(ScanCheckpoints(folder / "c", AfterKill::kYes, {})->complete, (Names{"step-1"}));
}

TEST(Checkpoints, AChangeTimeAfterTheModificationShowsARename) {
  const TemporaryFolder folder;
  const auto file = folder.WriteFile("c/step-1", "x");
  Touch(file, 1'700'000'000);  // modified then, changed now
  EXPECT_EQ(ScanCheckpoints(folder / "c", AfterKill::kYes, {})->complete, (Names{"step-1"}));
}

TEST(Checkpoints, AMissingFolderHasNoEntries) {
  EXPECT_TRUE(ScanCheckpoints("/nowhere", AfterKill::kYes, {})->complete.empty());
}

TEST(Checkpoints, WhatIsMovedAsideOverwritesNothing) {
  const TemporaryFolder folder;
  RealFileStore files;
  folder.WriteFile("c/a", "new");
  folder.WriteFile("aside/a", "old");
  ASSERT_TRUE(MoveEntriesAside(folder / "c", {"a"}, folder / "aside", files).ok());
  EXPECT_EQ(*ReadFile(folder / "aside/a"), "old");
  EXPECT_EQ(*ReadFile(folder / "aside/a.2"), "new");
  EXPECT_FALSE(Exists(folder / "c/a"));
}

// Moves that cross into `elsewhere` fail.
class CrossingFileStore final : public FileStore {
 public:
  CrossingFileStore(std::filesystem::path elsewhere, ErrorKind kind)
      : elsewhere_(std::move(elsewhere)), kind_(kind) {}
  Status Write(const std::filesystem::path& file, std::string_view bytes, mode_t mode) override {
    return real_.Write(file, bytes, mode);
  }
  Status Append(const std::filesystem::path& file, std::string_view bytes, mode_t mode) override {
    return real_.Append(file, bytes, mode);
  }
  Status Move(const std::filesystem::path& from, const std::filesystem::path& to) override {
    const bool crosses = to.parent_path() == elsewhere_ && from.parent_path() != elsewhere_;
    return crosses ? Status(Error(kind_, "no")) : real_.Move(from, to);
  }
  Status Remove(const std::filesystem::path& file) override { return real_.Remove(file); }

 private:
  std::filesystem::path elsewhere_;
  ErrorKind kind_;
  RealFileStore real_;
};

TEST(Checkpoints, AMoveToAnotherFileSystemIsACopyThatIsWholeBeforeTheSourceGoes) {
  const TemporaryFolder folder;
  CrossingFileStore files(folder / "aside", ErrorKind::kNo);
  folder.WriteFile("c/a/weights", "new");
  folder.WriteFile("aside/a.part/old", "of a move that was killed");
  ASSERT_TRUE(MoveEntriesAside(folder / "c", {"a"}, folder / "aside", files).ok());
  EXPECT_EQ(*ReadFile(folder / "aside/a/weights"), "new");
  EXPECT_EQ(ListFolder(folder / "aside")->size(), 1u);
  EXPECT_EQ(ListFolder(folder / "aside/a")->size(), 1u);
  EXPECT_TRUE(ListFolder(folder / "c")->empty());
}

TEST(Checkpoints, AMoveThatFailsForAnotherReasonCopiesNothing) {
  const TemporaryFolder folder;
  CrossingFileStore files(folder / "aside", ErrorKind::kDenied);
  folder.WriteFile("c/a", "new");
  EXPECT_EQ(MoveEntriesAside(folder / "c", {"a"}, folder / "aside", files).error().kind(),
            ErrorKind::kDenied);
  EXPECT_TRUE(ListFolder(folder / "aside")->empty());
  EXPECT_TRUE(Exists(folder / "c/a"));
}

TEST(Checkpoints, TheWatchSeesRenamesAndClosedFiles) {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "c");
  CheckpointWatch watch(folder / "c");
  EXPECT_FALSE(watch.Poll());
  folder.WriteFile("c/step-1.tmp", "x");
  std::filesystem::rename(folder / "c/step-1.tmp", folder / "c/step-1");
  folder.WriteFile("c/plain", "x");
  EXPECT_TRUE(watch.Poll());
  EXPECT_EQ(watch.renamed(), (std::set<std::string>{"step-1"}));
  EXPECT_EQ(watch.TakeFinished(), (Names{"step-1", "plain"}));
  EXPECT_TRUE(watch.TakeFinished().empty());
}

Json Starting() { return Json::MakeObject({{"kind", "attempt_starting"}, {"attempt", 1}}); }

TEST(CheckpointTrace, AnAttemptWhoseEndNobodySawWasKilled) {
  CheckpointTrace trace(AfterKill::kNo);
  trace.Hear(Starting());
  EXPECT_EQ(trace.left_by(), AfterKill::kYes);
}

TEST(CheckpointTrace, TheLastAttemptThatWasSeenToEndSaysHow) {
  CheckpointTrace trace(AfterKill::kYes);
  for (const bool killed : {true, false}) {
    trace.Hear(Starting());
    trace.Hear(Json::MakeObject({{"kind", "attempt_ended"}, {"killed", killed}}));
    EXPECT_EQ(trace.left_by(), killed ? AfterKill::kYes : AfterKill::kNo);
  }
}

TEST(CheckpointTrace, WithoutAnAttemptNothingHasChanged) {
  for (const AfterKill before : {AfterKill::kNo, AfterKill::kYes}) {
    CheckpointTrace trace(before);
    trace.Hear(Json::MakeObject({{"kind", "waiting"}}));
    EXPECT_EQ(trace.left_by(), before);
  }
}

TEST(CheckpointTrace, AnEndOfAnOlderAgentThatDidNotSayCountsAsAKill) {
  CheckpointTrace trace(AfterKill::kNo);
  trace.Hear(Json::MakeObject({{"kind", "attempt_ended"}, {"exit_code", 143}}));
  EXPECT_EQ(trace.left_by(), AfterKill::kYes);
}

Json Checkpoint(const char* name, bool renamed) {
  return Json::MakeObject({{"kind", "checkpoint"}, {"name", name}, {"renamed", renamed}});
}

TEST(CheckpointTrace, WhatWasRenamedOutlivesWhoSawIt) {
  CheckpointTrace trace(AfterKill::kYes, {"of-the-run-before"});
  trace.Hear(Checkpoint("step-1", true));
  trace.Hear(Checkpoint("step-2", false));
  trace.Hear(Starting());
  EXPECT_EQ(trace.renamed(), (std::set<std::string>{"of-the-run-before", "step-1"}));
}

}  // namespace
}  // namespace curbstop
