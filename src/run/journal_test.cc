#include "run/journal.h"

#include <gtest/gtest.h>

#include "run/supervisor/runner.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

NewRun SomeRun(const std::string& id) {
  NewRun run;
  run.id = id;
  run.project = "demo";
  run.step = "train";
  run.root = "/home/ana/demo";
  run.fingerprint = "f1";
  run.facts = Json::MakeObject({{"command", "python train.py"}});
  return run;
}

Event Created() {
  Event event;
  event.kind = EventKind::kCreated;
  event.at_ms = 1'000;
  event.data = Json::MakeObject({{"rate_micro_usd_per_hour", 3'600'000}, {"boot_id", "boot-a"}});
  return event;
}

Event EventOf(EventKind kind, int64_t awake_ms, Json data = Json::MakeObject()) {
  Event event;
  event.kind = kind;
  event.at_ms = 1'000 + awake_ms;
  event.awake_ms = awake_ms;
  event.data = std::move(data);
  return event;
}

const ProcessIdentity kAnybody{1, 2, "boot-a"};

// A supervisor without a shell: its effects are only written down.
class Quiet final : public EffectSink {
 public:
  Quiet(Journal& journal, const std::string& run)
      : records_(journal, run), runner(records_, *this) {
    EXPECT_TRUE(runner.Load().ok());
  }
  void Begin(const Effect& effect) override { begun.push_back(effect); }

 private:
  MoneyJournal records_;

 public:
  Runner runner;
  std::vector<Effect> begun;
};

class JournalTest : public ::testing::Test {
 protected:
  Journal Open() {
    Result<Journal> journal = Journal::Open(folder_ / "money.db");
    EXPECT_TRUE(journal.ok()) << (journal.ok() ? "" : journal.error().Text());
    return *std::move(journal);
  }
  TemporaryFolder folder_;
};

TEST_F(JournalTest, TheStateIsTheFoldOfTheEventsAfterReopening) {
  {
    Journal journal = Open();
    ASSERT_TRUE(journal.Create(SomeRun("aaaaaaaaaa"), Created(), kAnybody).ok());
    Quiet quiet(journal, "aaaaaaaaaa");
    Event started =
        EventOf(EventKind::kRecordStarted, 0, Json::MakeObject({{"experiment_id", "7"}}));
    started.effect = quiet.runner.state().pending.at(0).id;
    ASSERT_TRUE(quiet.runner.Append(started).ok());
  }
  Journal journal = Open();
  const Quiet quiet(journal, "aaaaaaaaaa");
  EXPECT_EQ(quiet.runner.last_seq(), 2);
  EXPECT_EQ(quiet.runner.state().phase, Phase::kRunning);
  EXPECT_EQ(quiet.runner.state().experiment_id, "7");
  ASSERT_EQ(quiet.runner.state().pending.size(), 1u);
  EXPECT_EQ(quiet.runner.state().pending[0].kind, EffectKind::kStartAgent);
}

TEST_F(JournalTest, AStepHasOneActiveRunAndTheRefusalNamesIt) {
  Journal journal = Open();
  ASSERT_TRUE(journal.Create(SomeRun("aaaaaaaaaa"), Created(), kAnybody).ok());
  const Status second = journal.Create(SomeRun("bbbbbbbbbb"), Created(), kAnybody);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().kind(), ErrorKind::kConflict);
  EXPECT_NE(second.error().message().find("aaaaaaaaaa"), std::string::npos);
  EXPECT_EQ(journal.FindRuns({})->size(), 1u);
}

TEST_F(JournalTest, LedgerEntriesAreWrittenWithTheirEvent) {
  Journal journal = Open();
  ASSERT_TRUE(journal.Create(SomeRun("aaaaaaaaaa"), Created(), kAnybody).ok());
  Quiet quiet(journal, "aaaaaaaaaa");
  Event report = EventOf(EventKind::kAgentReport, 0,
                         Json::MakeObject({{"kind", "attempt_started"}, {"awake_ms", 0}}));
  report.agent_seq = 1;
  ASSERT_TRUE(quiet.runner.Append(report).ok());
  ASSERT_TRUE(quiet.runner.Append(EventOf(EventKind::kTick, 2'000)).ok());
  Statement sum = *journal.database().Prepare("SELECT sum(micro_usd), max(class) FROM ledger");
  ASSERT_TRUE(*sum.Step());
  EXPECT_EQ(sum.Int(0), 2'000);  // 3.6 USD an hour are 1000 micro-dollars a second
  EXPECT_EQ(sum.Text(1), "energy");
  EXPECT_EQ(journal.GetRun("aaaaaaaaaa")->spent, MicroUsd(2'000));
}

TEST_F(JournalTest, TheSameReportCannotBeWrittenTwice) {
  Journal journal = Open();
  ASSERT_TRUE(journal.Create(SomeRun("aaaaaaaaaa"), Created(), kAnybody).ok());
  Quiet quiet(journal, "aaaaaaaaaa");
  Event report = EventOf(EventKind::kAgentReport, 0, Json::MakeObject({{"kind", "held"}}));
  report.agent_seq = 1;
  ASSERT_TRUE(quiet.runner.Append(report).ok());
  EXPECT_EQ(quiet.runner.Append(report).error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(Quiet(journal, "aaaaaaaaaa").runner.last_seq(), 2);
}

TEST_F(JournalTest, ARequestIsOpenUntilItIsClosed) {
  Journal journal = Open();
  ASSERT_TRUE(journal.Create(SomeRun("aaaaaaaaaa"), Created(), kAnybody).ok());
  ASSERT_TRUE(journal.Ask("aaaaaaaaaa", "cancel", 5).ok());
  const auto open = *journal.OpenRequests("aaaaaaaaaa");
  ASSERT_EQ(open.size(), 1u);
  EXPECT_EQ(open[0].kind, "cancel");
  ASSERT_TRUE(journal.CloseRequest(open[0].seq, 3).ok());
  EXPECT_TRUE(journal.OpenRequests("aaaaaaaaaa")->empty());
}

TEST_F(JournalTest, AnUnknownRunIsNamedWithTheNearestOne) {
  Journal journal = Open();
  ASSERT_TRUE(journal.Create(SomeRun("aaaaaaaaaa"), Created(), kAnybody).ok());
  const Result<RunRow> row = journal.GetRun("aaaaaaaaab");
  ASSERT_FALSE(row.ok());
  EXPECT_EQ(row.error().kind(), ErrorKind::kNotFound);
  EXPECT_NE(row.error().message().find("did you mean `aaaaaaaaaa`"), std::string::npos);
}

TEST_F(JournalTest, ANewerVersionIsRefusedAndLeftAsItIs) {
  {
    Journal journal = Open();
    ASSERT_TRUE(journal.database().Execute("UPDATE meta SET value = '99'").ok());
  }
  const Result<Journal> journal = Journal::Open(folder_ / "money.db");
  ASSERT_FALSE(journal.ok());
  EXPECT_EQ(journal.error().kind(), ErrorKind::kCorrupt);
  EXPECT_NE(journal.error().Text().find("99"), std::string::npos);
}

TEST_F(JournalTest, RemovingARunLeavesTheLedger) {
  Journal journal = Open();
  ASSERT_TRUE(journal.Create(SomeRun("aaaaaaaaaa"), Created(), kAnybody).ok());
  ASSERT_TRUE(journal.database()
                  .Execute("INSERT INTO ledger(run,project,step,kind,class,micro_usd,from_ms,to_ms,"
                           "micro_usd_per_hour,source,at_ms) "
                           "VALUES('aaaaaaaaaa','demo','train','accrue','energy',9,0,1,1,'x',1)")
                  .ok());
  ASSERT_TRUE(journal.RemoveRun("aaaaaaaaaa").ok());
  EXPECT_FALSE(journal.GetRun("aaaaaaaaaa").ok());
  Statement count = *journal.database().Prepare("SELECT count(*) FROM ledger");
  ASSERT_TRUE(*count.Step());
  EXPECT_EQ(count.Int(0), 1);
}

}  // namespace
}  // namespace curbstop
