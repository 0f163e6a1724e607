#include "run/prepare.h"

#include <gtest/gtest.h>

#include "run/supervisor/runner.h"
#include "sys/files.h"
#include "sys/testing/fake_clock.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

struct NoEffects final : EffectSink {
  void Begin(const Effect&) override {}
};

struct PrepareTest : testing::Test {
  PrepareTest() {
    project.name = "demo";
    project.root = folder / "project";
    folder.WriteFile("project/train.py", "print()\n");
    Step step;
    step.name = "train";
    step.run = "python3 train.py --lr {lr}";
    step.params = {{"lr", "1"}};
    step.checkpoint = CheckpointRule{.dir = "ckpt", .every = {}};
    project.steps = {step};
  }

  Result<PreparedRun> Prepare(const std::string& lr) {
    TRY_ASSIGN(const Step step, WithParams(project.steps[0], {{"lr", lr}}));
    return PrepareRun(project, step, Machine(), {}, journal, outside);
  }

  void Append(const std::string& run, Event event) {
    MoneyJournal records(journal, run);
    NoEffects none;
    Runner runner(records, none);
    ASSERT_TRUE(runner.Load().ok());
    const RunState& state = runner.state();
    event.agent_seq = event.kind == EventKind::kAgentReport ? state.last_agent_seq + 1 : 0;
    if (!state.pending.empty()) event.effect = state.pending[0].id;
    ASSERT_TRUE(runner.Append(event).ok());
  }
  void Report(const std::string& run, Json data) {
    Event event;
    event.kind = EventKind::kAgentReport;
    event.data = std::move(data);
    Append(run, std::move(event));
  }
  // An attempt that ended by itself: nothing that it closed is suspect.
  void Fail(const std::string& run, int attempt) {
    Report(run, Json::MakeObject({{"kind", "attempt_starting"}, {"attempt", attempt}}));
    Report(run, Json::MakeObject({{"kind", "attempt_ended"},
                                  {"attempt", attempt},
                                  {"exit_code", 1},
                                  {"killed", false}}));
  }
  void Tell(const std::string& run, EventKind kind) {
    Event event;
    event.kind = kind;
    Append(run, std::move(event));
  }

  std::string StartedRun(const std::string& lr) {
    clock.Advance(std::chrono::seconds(1));
    const Result<PreparedRun> prepared = Prepare(lr);
    EXPECT_TRUE(prepared.ok() && CreateRun(*prepared, {}, {}, journal, outside).ok());
    Tell(prepared->run.id, EventKind::kRecordStarted);
    return prepared->run.id;
  }

  // All its processes at once, in an attempt.
  void Crash(const std::string& run) {
    Report(run, Json::MakeObject({{"kind", "attempt_starting"}, {"attempt", 1}}));
    Event adopted;
    adopted.kind = EventKind::kRecovered;
    adopted.data.Set("can_restart", false);
    Append(run, std::move(adopted));
    Tell(run, EventKind::kAgentGone);
    Tell(run, EventKind::kProcessesEnded);
    Tell(run, EventKind::kRecordFinished);
    EXPECT_EQ(journal.GetRun(run)->state, "crashed");
  }

  // A run from its creation to its failure, with an attempt or before one.
  std::string FailedRun(const std::string& lr, int attempts) {
    const std::string run = StartedRun(lr);
    for (int attempt = 1; attempt <= attempts; ++attempt) Fail(run, attempt);
    Report(run, Json::MakeObject({{"kind", "finished"}, {"outcome", "failed"}}));
    Tell(run, EventKind::kRecordFinished);
    EXPECT_EQ(journal.GetRun(run)->state, "failed");
    return run;
  }

  std::vector<FolderEntry> RunFolders() {
    const auto entries = ListFolder(directories.Runs());
    return entries.ok() ? *entries : std::vector<FolderEntry>();
  }

  TemporaryFolder folder;
  Project project;
  Directories directories{folder / "config", folder / "data", folder / "state", folder / "cache"};
  FakeClock clock;
  RealFileStore files;
  RealProcessRunner processes;
  RealRandom random;
  RunOutside outside{directories, clock, files, processes, random, "/usr/bin/curbstop"};
  Journal journal = *Journal::Open(folder / "money.db");
};

TEST_F(PrepareTest, AnEqualRunContinuesFromTheCheckpointsOfTheOneThatFailed) {
  const std::string failed = FailedRun("1", 1);
  folder.WriteFile("project/ckpt/ck1", "x");
  const Result<PreparedRun> next = Prepare("1");
  ASSERT_TRUE(next.ok());
  EXPECT_TRUE(next->order.keep_checkpoints);
  EXPECT_EQ(next->takes_over, failed);
}

TEST_F(PrepareTest, CheckpointsOfAnotherFingerprintStayAsideThoughAnEqualRunEndedBeforeItsAttempt) {
  const std::string wrote = FailedRun("1", 1);
  folder.WriteFile("project/ckpt/ck1", "x");
  FailedRun("2", 0);
  const Result<PreparedRun> next = Prepare("2");
  ASSERT_TRUE(next.ok());
  EXPECT_FALSE(next->order.keep_checkpoints);
  EXPECT_EQ(next->takes_over, "");
  EXPECT_EQ(next->order.old_checkpoints, directories.RunFolder(wrote) / "checkpoints");
}

TEST_F(PrepareTest, ARunThatEndedBeforeItsAttemptDoesNotHideWhoseCheckpointsThereAre) {
  const std::string wrote = FailedRun("1", 2);
  folder.WriteFile("project/ckpt/ck1", "x");
  FailedRun("2", 0);
  const Result<PreparedRun> next = Prepare("1");
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->takes_over, wrote);
}

// The agent's memory of the rename died with it, and both times of the file may be equal.
TEST_F(PrepareTest, ACheckpointSeenToArriveByRenameIsTakenOverFromRunToRunAfterAKill) {
  const std::string first = StartedRun("1");
  Report(first, Json::MakeObject({{"kind", "checkpoint"}, {"name", "ck1"}, {"renamed", true}}));
  Crash(first);
  folder.WriteFile("project/ckpt/ck1", "x");
  Crash(StartedRun("1"));  // knows it from its order alone
  const Result<PreparedRun> next = Prepare("1");
  ASSERT_TRUE(next.ok());
  EXPECT_TRUE(next->order.checkpoints_after_kill);
  EXPECT_EQ(next->newest_checkpoint, "ck1");
  EXPECT_EQ(next->order.checkpoints_renamed, std::vector<std::string>{"ck1"});
}

// Of a machine that was lost with nobody connected: no agent's report tells of it.
TEST_F(PrepareTest, ACheckpointThatWasBroughtHomeIsTakenOver) {
  const std::string first = StartedRun("1");
  Event kept;
  kept.kind = EventKind::kKept;
  kept.data = Json::MakeObject({{"name", "ck1"}, {"work_ms", 5000}});
  Append(first, std::move(kept));
  Crash(first);
  folder.WriteFile("project/ckpt/ck1", "x");
  const Result<PreparedRun> next = Prepare("1");
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next->newest_checkpoint, "ck1");
}

TEST_F(PrepareTest, LookingChangesNothing) {
  ASSERT_TRUE(Prepare("1").ok());
  EXPECT_TRUE(RunFolders().empty());
}

TEST_F(PrepareTest, ARefusedRunLeavesNoFolder) {
  const Result<PreparedRun> first = Prepare("1");
  ASSERT_TRUE(CreateRun(*first, {}, {}, journal, outside).ok());
  EXPECT_TRUE(Exists(directories.RunFolder(first->run.id) / "order.json"));
  EXPECT_TRUE(Exists(directories.RunFolder(first->run.id) / "code.json"));
  const Result<PreparedRun> second = Prepare("2");
  EXPECT_EQ(CreateRun(*second, {}, {}, journal, outside).error().kind(), ErrorKind::kConflict);
  ASSERT_EQ(RunFolders().size(), 1u);
  EXPECT_EQ(RunFolders()[0].name, first->run.id);
}

TEST_F(PrepareTest, WhereThePlanReckonedABidAsDearerTheRunMakesNone) {
  RentedPlace place{.place = {PlaceKind::kPractice, "vast", {}, {}},
                    .lease = std::chrono::hours(1)};
  const auto spot_of = [&](const Step& step) {
    RunWishes wishes;
    wishes.away = {{step.name, place}};
    const Result<PreparedRun> prepared =
        PrepareRun(project, step, Machine(), wishes, journal, outside);
    EXPECT_TRUE(prepared.ok());
    EXPECT_EQ(prepared->rent->spot, prepared->away.spot);
    return prepared->away.spot;
  };
  Step step = project.steps[0];
  EXPECT_EQ(spot_of(step), SpotUse::kAuto);
  place.pay = PlannedPay::kOnDemand;
  EXPECT_EQ(spot_of(step), SpotUse::kNever);
  step.deadline = std::chrono::hours(5);  // its policy weighs bids anew
  EXPECT_EQ(spot_of(step), SpotUse::kAuto);
  step.deadline.reset();
  step.spot = SpotUse::kOnly;
  EXPECT_EQ(spot_of(step), SpotUse::kOnly);
}

}  // namespace
}  // namespace curbstop
