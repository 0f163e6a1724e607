// Runner over the simulator's journal, which can be full, torn or shared.
#include "run/supervisor/runner.h"

#include <gtest/gtest.h>

#include "run/simulate/memory_journal.h"

namespace curbstop {
namespace {

class Noted final : public EffectSink {
 public:
  void Begin(const Effect& effect) override { kinds.push_back(effect.kind); }
  std::vector<EffectKind> kinds;
};

Event Happens(EventKind kind, Json data = Json::MakeObject()) {
  Event event;
  event.kind = kind;
  event.at_ms = 1'000'000;
  event.data = std::move(data);
  return event;
}

class RunnerTest : public testing::Test {
 protected:
  RunnerTest() {
    EXPECT_TRUE(runner.Append(Happens(EventKind::kCreated)).ok());
    EXPECT_TRUE(runner.Append(Happens(EventKind::kRecordStarted)).ok());
    sink.kinds.clear();
  }
  MemoryJournal journal;
  Noted sink;
  Runner runner{journal, sink};
};

TEST_F(RunnerTest, OnAFullDiskOnlyWhatSpendsNothingBeginsAndNothingIsLost) {
  journal.SetFull(true);
  EXPECT_TRUE(
      runner.Append(Happens(EventKind::kUserAsked, Json::MakeObject({{"what", "cancel"}}))).ok());
  EXPECT_EQ(sink.kinds, std::vector{EffectKind::kTellAgent});
  EXPECT_TRUE(runner.Append(Happens(EventKind::kAgentGone)).ok());  // wants kEndProcesses
  EXPECT_EQ(sink.kinds.size(), 1u);
  EXPECT_EQ(runner.held_back(), 2u);
  EXPECT_EQ(runner.Flush().error().kind(), ErrorKind::kExhausted);
  EXPECT_EQ(journal.records().size(), 2u);

  journal.SetFull(false);
  EXPECT_TRUE(runner.Flush().ok());
  EXPECT_EQ(journal.records().size(), 4u);
  EXPECT_EQ(sink.kinds, (std::vector{EffectKind::kTellAgent, EffectKind::kEndProcesses}));
}

TEST_F(RunnerTest, WhatWasHeldBackAndNotWrittenNeverHappened) {
  journal.SetFull(true);
  EXPECT_TRUE(runner.Append(Happens(EventKind::kAgentGone)).ok());
  Runner next{journal, sink};
  ASSERT_TRUE(next.Load().ok());
  EXPECT_EQ(next.state().phase, Phase::kRunning);
}

TEST_F(RunnerTest, ATornLastRecordNeverWas) {
  EXPECT_TRUE(runner.Append(Happens(EventKind::kAgentGone)).ok());
  journal.TearLast();
  Runner next{journal, sink};
  ASSERT_TRUE(next.Load().ok());
  EXPECT_EQ(next.state().phase, Phase::kRunning);
  EXPECT_TRUE(next.Append(Happens(EventKind::kTick)).ok());
  EXPECT_EQ(journal.records().size(), 3u);
}

TEST_F(RunnerTest, ARecordTornBeforeTheLastIsNamed) {
  EXPECT_TRUE(runner.Append(Happens(EventKind::kUserAsked)).ok());
  journal.TearLast();
  EXPECT_TRUE(runner.Append(Happens(EventKind::kTick)).ok());
  Runner next{journal, sink};
  const Status loaded = next.Load();
  ASSERT_EQ(loaded.error().kind(), ErrorKind::kCorrupt);
  EXPECT_NE(loaded.error().OneLine().find("record 3"), std::string::npos);
}

TEST_F(RunnerTest, AnEmptyJournalIsNoRun) {
  MemoryJournal empty;
  Runner next{empty, sink};
  EXPECT_EQ(next.Load().error().kind(), ErrorKind::kNotFound);
}

TEST_F(RunnerTest, OnAFullDiskNobodyTakesOver) {
  Noted anew;
  Runner next{journal, anew};
  ASSERT_TRUE(next.Load().ok());
  journal.SetFull(true);
  EXPECT_EQ(next.TakeOver(Happens(EventKind::kRecovered)).error().kind(), ErrorKind::kExhausted);
  EXPECT_TRUE(anew.kinds.empty());
}

TEST_F(RunnerTest, OfTwoSupervisorsTheSecondToWriteANumberIsRefused) {
  Runner other{journal, sink};
  ASSERT_TRUE(other.Load().ok());
  EXPECT_TRUE(other.Append(Happens(EventKind::kTick)).ok());
  EXPECT_EQ(runner.Append(Happens(EventKind::kTick)).error().kind(), ErrorKind::kConflict);
}

TEST_F(RunnerTest, WhoeverTakesOverBeginsWhatHasNoOutcomeOnce) {
  Noted anew;
  Runner next{journal, anew};
  ASSERT_TRUE(next.Load().ok());
  EXPECT_TRUE(anew.kinds.empty());
  EXPECT_TRUE(next.TakeOver(Happens(EventKind::kRecovered)).ok());
  EXPECT_EQ(anew.kinds, (std::vector{EffectKind::kStartRecord, EffectKind::kStartAgent}));
}

}  // namespace
}  // namespace curbstop
