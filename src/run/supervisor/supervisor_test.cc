#include "run/supervisor/supervisor.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

// Feeds events one by one, numbering them as the journal does.
class Life {
 public:
  Life() {
    Add(EventKind::kCreated,
        Json::MakeObject({{"rate_micro_usd_per_hour", 36'000}, {"boot_id", "boot-a"}}));
  }

  Transition Add(EventKind kind, Json data = Json::MakeObject()) {
    Event event;
    event.kind = kind;
    event.at_ms = 1'000'000 + awake_ms_;
    event.awake_ms = awake_ms_;
    event.data = std::move(data);
    if (kind == EventKind::kAgentReport) event.agent_seq = ++agent_seq_;
    // An outcome answers the oldest open intent of its kind, as the shell's do.
    const EffectKind answered = AnsweredBy(kind);
    for (const Effect& effect : state.pending) {
      if (IsOutcome(kind) && effect.kind == answered) event.effect = effect.id;
    }
    return Feed(event);
  }
  Transition Report(std::string_view what, Json data = Json::MakeObject()) {
    data.Set("kind", what).Set("awake_ms", awake_ms_).Set("at_ms", 1'000'000 + awake_ms_);
    return Add(EventKind::kAgentReport, data);
  }
  Transition Feed(const Event& event) {
    Transition transition = Apply(state, event, ++seq_);
    for (const LedgerEntry& entry : transition.ledger) booked += entry.amount;
    return transition;
  }
  void Pass(int64_t ms) { awake_ms_ += ms; }

  void Start() {
    Add(EventKind::kRecordStarted, Json::MakeObject({{"experiment_id", "1"}}));
    Add(EventKind::kAgentStarted);
    Report("attempt_starting", Json::MakeObject({{"attempt", 1}, {"resume_from", ""}}));
    Report("attempt_started", Json::MakeObject({{"attempt", 1}, {"pid", 42}}));
  }

  RunState state;
  MicroUsd booked;

 private:
  static bool IsOutcome(EventKind kind) {
    return kind != EventKind::kAgentReport && kind != EventKind::kAgentGone &&
           kind != EventKind::kUserAsked && kind != EventKind::kTick &&
           kind != EventKind::kRecovered && kind != EventKind::kCreated;
  }
  static EffectKind AnsweredBy(EventKind kind) {
    switch (kind) {
      case EventKind::kRecordStarted:
      case EventKind::kRecordFailed: return EffectKind::kStartRecord;
      case EventKind::kAgentStarted:
      case EventKind::kAgentFailed: return EffectKind::kStartAgent;
      case EventKind::kProcessesEnded: return EffectKind::kEndProcesses;
      case EventKind::kCommitted:
      case EventKind::kCommitFailed: return EffectKind::kCommit;
      case EventKind::kRecordFinished: return EffectKind::kFinishRecord;
      case EventKind::kAgentReleased: return EffectKind::kReleaseAgent;
      default: return EffectKind::kTellAgent;
    }
  }

  int64_t seq_ = 0;
  int64_t agent_seq_ = 0;
  int64_t awake_ms_ = 0;
};

bool HasEffect(const Transition& transition, EffectKind kind) {
  for (const Effect& effect : transition.effects) {
    if (effect.kind == kind) return true;
  }
  return false;
}

Json Finished(const char* outcome, int exit_code = 0) {
  return Json::MakeObject({{"outcome", outcome}, {"exit_code", exit_code}, {"reason", "because"}});
}

TEST(Supervisor, ALifeWithoutTroubleCommitsOnceAndReleasesTheAgent) {
  Life life;
  life.Start();
  EXPECT_EQ(life.state.phase, Phase::kRunning);
  EXPECT_TRUE(HasEffect(life.Report("finished", Finished("done")), EffectKind::kCommit));
  EXPECT_EQ(life.state.phase, Phase::kCommitting);
  EXPECT_TRUE(HasEffect(life.Add(EventKind::kCommitted), EffectKind::kFinishRecord));
  EXPECT_TRUE(HasEffect(life.Add(EventKind::kRecordFinished), EffectKind::kReleaseAgent));
  life.Add(EventKind::kAgentReleased);
  EXPECT_EQ(life.state.phase, Phase::kSucceeded);
  EXPECT_TRUE(life.state.pending.empty());
}

TEST(Supervisor, TheMetricsTimeIsThatOfTheCommitHoweverLateTheyAreTold) {
  Life life;
  life.Start();
  life.Report("finished", Finished("done"));
  life.Pass(70);
  life.Add(EventKind::kCommitted);
  life.Pass(5'000);
  life.Add(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot-b"}}));
  EXPECT_EQ(life.state.committed_at_ms, 1'000'070);
}

TEST(Supervisor, OutputsThatAreNoResultAreASuccessWithAReason) {
  Life life;
  life.Start();
  life.Report("finished", Finished("done"));
  life.Add(EventKind::kCommitted, Json::MakeObject({{"no_result", "`a.py` changed while it ran"}}));
  EXPECT_EQ(life.state.verdict, Phase::kSucceeded);
  EXPECT_EQ(life.state.reason, "not kept as a result: `a.py` changed while it ran");
}

TEST(Supervisor, ARepeatedReportChangesNothing) {
  Life life;
  life.Start();
  Event again;
  again.kind = EventKind::kAgentReport;
  again.agent_seq = 1;
  again.data = Finished("failed").Set("kind", "finished");
  const Transition transition = life.Feed(again);
  EXPECT_TRUE(transition.effects.empty());
  EXPECT_EQ(life.state.phase, Phase::kRunning);
}

TEST(Supervisor, ALostAgentIsReplacedOnlyAfterItsProcessesHaveEnded) {
  Life life;
  life.Start();
  const Transition gone = life.Add(EventKind::kAgentGone);
  EXPECT_TRUE(HasEffect(gone, EffectKind::kEndProcesses));
  EXPECT_FALSE(HasEffect(gone, EffectKind::kStartAgent));
  EXPECT_TRUE(HasEffect(life.Add(EventKind::kProcessesEnded), EffectKind::kStartAgent));
  EXPECT_EQ(life.state.phase, Phase::kRunning);
}

TEST(Supervisor, AnAdoptedRunWhoseAgentIsLostHasCrashed) {
  Life life;
  life.Start();
  life.Add(EventKind::kRecovered,
           Json::MakeObject({{"boot_id", "boot-b"}, {"can_restart", false}}));
  life.Add(EventKind::kAgentGone);
  EXPECT_FALSE(HasEffect(life.Add(EventKind::kProcessesEnded), EffectKind::kStartAgent));
  life.Add(EventKind::kRecordFinished);
  EXPECT_EQ(life.state.phase, Phase::kCrashed);
}

TEST(Supervisor, AnAgentLostAgainAndAgainEndsTheRun) {
  Life life;
  life.Start();
  for (int64_t i = 0; i < kMostLostAgents; ++i) {
    life.Add(EventKind::kAgentGone);
    life.Add(EventKind::kProcessesEnded);
    life.Add(EventKind::kAgentStarted);
  }
  EXPECT_EQ(life.state.phase, Phase::kClosing);
  EXPECT_EQ(life.state.verdict, Phase::kCrashed);
}

TEST(Supervisor, CancelIsToldToTheAgentAndEndsAsCancelled) {
  Life life;
  life.Start();
  EXPECT_TRUE(HasEffect(life.Add(EventKind::kUserAsked, Json::MakeObject({{"what", "cancel"}})),
                        EffectKind::kTellAgent));
  life.Add(EventKind::kAgentTold);
  life.Report("attempt_ended", Json::MakeObject({{"attempt", 1}, {"exit_code", 143}}));
  life.Report("finished", Finished("cancelled", 143));
  life.Add(EventKind::kRecordFinished);
  EXPECT_EQ(life.state.phase, Phase::kCancelled);
  EXPECT_EQ(life.state.exit_code, 143);
}

TEST(Supervisor, OnlyAProcessThatHasEndedHasAnExitCode) {
  Life life;
  life.Add(EventKind::kRecordStarted, Json::MakeObject({{"experiment_id", "1"}}));
  life.Report("setup_ended", Json::MakeObject({{"exit_code", 0}}));
  EXPECT_EQ(life.state.exit_code, 0);
  life.Report("attempt_starting", Json::MakeObject({{"attempt", 1}}));
  EXPECT_EQ(life.state.exit_code, std::nullopt);
  life.Report("attempt_ended", Json::MakeObject({{"attempt", 1}, {"exit_code", 3}}));
  EXPECT_EQ(life.state.exit_code, 3);
  life.Report("attempt_starting", Json::MakeObject({{"attempt", 2}}));
  EXPECT_EQ(life.state.exit_code, std::nullopt);
}

TEST(Supervisor, ARunCancelledWhileItWaitedHasNoExitCode) {
  Life life;
  life.Add(EventKind::kRecordStarted, Json::MakeObject({{"experiment_id", "1"}}));
  life.Report("finished", Finished("cancelled", 0));
  life.Add(EventKind::kRecordFinished);
  EXPECT_EQ(life.state.phase, Phase::kCancelled);
  EXPECT_EQ(life.state.exit_code, std::nullopt);
}

TEST(Supervisor, CancelBeforeTheAgentStartsNeverStartsIt) {
  Life life;
  life.Add(EventKind::kUserAsked, Json::MakeObject({{"what", "cancel"}}));
  EXPECT_FALSE(HasEffect(life.Add(EventKind::kRecordStarted), EffectKind::kStartAgent));
  EXPECT_EQ(life.state.verdict, Phase::kCancelled);
}

TEST(Supervisor, ACancelWhileALostAgentIsEndedStartsNoOther) {
  Life life;
  life.Start();
  life.Add(EventKind::kAgentGone);
  life.Add(EventKind::kUserAsked, Json::MakeObject({{"what", "cancel"}}));
  EXPECT_FALSE(HasEffect(life.Add(EventKind::kProcessesEnded), EffectKind::kStartAgent));
  EXPECT_EQ(life.state.verdict, Phase::kCancelled);
}

TEST(Supervisor, TheRecordsEndIsHeardOnlyWhenItWasAskedFor) {
  Life life;
  life.Start();
  life.Add(EventKind::kRecordFinished);
  EXPECT_EQ(life.state.phase, Phase::kRunning);
}

TEST(Supervisor, AnAttemptToldTwiceIsMeteredFromItsFirstWord) {
  Life life;
  life.Start();
  life.Pass(60'000);
  life.Report("attempt_started", Json::MakeObject({{"attempt", 1}}));
  life.Pass(60'000);
  life.Add(EventKind::kTick);
  EXPECT_EQ(life.booked, CostOf(life.state.per_hour, Millis(120'000)));
}

TEST(Supervisor, ALimitBelowWhatIsHeldTakesNothingBack) {
  Life life;
  life.Start();
  life.Pass(60'000);
  Event tick;
  tick.kind = EventKind::kTick;
  tick.awake_ms = 60'000;
  tick.facts.limit_micro_usd = 1;
  life.state.reserve = MicroUsd(500);
  for (const LedgerEntry& entry : life.Feed(tick).ledger)
    EXPECT_NE(entry.kind, LedgerKind::kReserve);
  EXPECT_EQ(life.state.reserve, MicroUsd(500));
}

TEST(Supervisor, TheRecordIsToldHowItEnded) {
  const auto status_of = [](const char* outcome) {
    Life life;
    life.Start();
    Transition last = life.Report("finished", Finished(outcome));
    if (life.state.phase == Phase::kCommitting) last = life.Add(EventKind::kCommitted);
    for (const Effect& effect : last.effects) {
      if (effect.kind == EffectKind::kFinishRecord) return effect.data.StringOr("status", "");
    }
    return std::string("none");
  };
  EXPECT_EQ(status_of("done"), "FINISHED");
  EXPECT_EQ(status_of("failed"), "FAILED");
  EXPECT_EQ(status_of("cancelled"), "KILLED");
}

TEST(Supervisor, CancelDuringTheCommitIsTooLate) {
  Life life;
  life.Start();
  life.Report("finished", Finished("done"));
  EXPECT_TRUE(
      life.Add(EventKind::kUserAsked, Json::MakeObject({{"what", "cancel"}})).effects.empty());
  life.Add(EventKind::kCommitted);
  EXPECT_EQ(life.state.verdict, Phase::kSucceeded);
}

TEST(Supervisor, OutputsThatCannotBeKeptFailTheRun) {
  Life life;
  life.Start();
  life.Report("finished", Finished("done"));
  life.Add(EventKind::kCommitFailed, Json::MakeObject({{"error", "`model` is missing"}}));
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
  EXPECT_NE(life.state.reason.find("`model` is missing"), std::string::npos);
}

TEST(Supervisor, TheMeterRunsOnlyWhileAnAttemptDoes) {
  // 36,000 micro-dollars an hour are 10 a second.
  Life life;
  life.Pass(5'000);
  life.Start();
  EXPECT_EQ(life.booked, MicroUsd(0));
  life.Pass(3'000);
  life.Add(EventKind::kTick);
  EXPECT_EQ(life.booked, MicroUsd(30));
  life.Pass(1'500);
  life.Report("attempt_ended", Json::MakeObject({{"attempt", 1}, {"exit_code", 1}}));
  EXPECT_EQ(life.booked, MicroUsd(45));
  life.Pass(60'000);
  life.Add(EventKind::kTick);
  EXPECT_EQ(life.booked, MicroUsd(45));
  EXPECT_EQ(life.state.busy_ms, 4'500);
}

TEST(Supervisor, ALostAgentIsBilledUpToItsLastSignOfLife) {
  Life life;
  life.Start();
  life.Pass(1'500);
  life.Report("checkpoint", Json::MakeObject({{"name", "step-1"}}));
  life.Pass(int64_t{48} * 3'600'000);  // a weekend, until somebody adopts the run
  life.Add(EventKind::kRecovered,
           Json::MakeObject({{"boot_id", "boot-a"}, {"can_restart", false}}));
  const Transition gone = life.Add(EventKind::kAgentGone);
  EXPECT_EQ(life.booked, MicroUsd(15));
  EXPECT_EQ(life.state.busy_ms, 1'500);
  ASSERT_EQ(gone.ledger.size(), 1u);
  EXPECT_EQ(gone.ledger[0].to_ms, 1'001'500);  // the month that it ran in
}

TEST(Supervisor, WhatTheShellSawOfALostAgentIsBilled) {
  Life life;
  life.Start();
  life.Pass(30'000);
  life.Add(EventKind::kAgentGone,
           Json::MakeObject({{"seen_awake_ms", 29'900}, {"seen_at_ms", 1'029'900}}));
  EXPECT_EQ(life.booked, MicroUsd(299));
}

TEST(Supervisor, ATickShowsThatTheAgentLived) {
  Life life;
  life.Start();
  life.Pass(60'000);
  life.Add(EventKind::kTick);
  life.Pass(3'600'000);
  life.Add(EventKind::kAgentGone);
  EXPECT_EQ(life.booked, MicroUsd(600));
}

TEST(Supervisor, ANewAgentsFirstWordEndsTheBillOfTheOneBefore) {
  Life life;
  life.Start();
  life.Pass(1'000);
  life.Report("checkpoint", Json::MakeObject({{"name", "step-1"}}));
  life.Pass(3'600'000);
  life.Report("started");
  life.Pass(1'000);
  life.Report("attempt_started", Json::MakeObject({{"attempt", 2}}));
  life.Pass(1'000);
  life.Report("attempt_ended", Json::MakeObject({{"attempt", 2}, {"exit_code", 0}}));
  EXPECT_EQ(life.booked, MicroUsd(20));
}

TEST(Supervisor, WhatAnAgentRanBeforeARebootIsBilled) {
  Life life;
  life.Start();
  life.Pass(2'000);
  life.Report("checkpoint", Json::MakeObject({{"name", "step-1"}}));
  life.Pass(60'000);
  life.Add(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot-b"}}));
  EXPECT_EQ(life.booked, MicroUsd(20));
}

TEST(Supervisor, AnotherBootStartsTheMeterAnew) {
  Life life;
  life.Start();
  life.Add(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot-b"}}));
  life.Pass(3'600'000);
  life.Add(EventKind::kTick);
  EXPECT_EQ(life.booked, MicroUsd(0));
}

RC_GTEST_PROP(Supervisor, AnyOrderOfEventsKeepsItsPromises, ()) {
  Life life;
  int commits = 0;
  bool was_final = false;
  const int length = *rc::gen::inRange(0, 60);
  for (int i = 0; i < length; ++i) {
    const auto kind = static_cast<EventKind>(*rc::gen::inRange(1, 16));
    Json data = Json::MakeObject({{"what", "cancel"},
                                  {"error", "x"},
                                  {"boot_id", "boot-a"},
                                  {"can_restart", *rc::gen::arbitrary<bool>()}});
    const char* const words[] = {"waiting",       "held",     "attempt_starting", "attempt_started",
                                 "attempt_ended", "finished", "checkpoint"};
    data.Set("outcome", *rc::gen::element("done", "failed", "cancelled"));
    life.Pass(*rc::gen::inRange(0, 5000));
    const Phase before = life.state.phase;
    const Transition transition = kind == EventKind::kAgentReport
                                      ? life.Report(words[*rc::gen::inRange(0, 7)], data)
                                      : life.Add(kind, data);
    if (HasEffect(transition, EffectKind::kCommit)) ++commits;
    if (was_final) RC_ASSERT(life.state.phase == before);
    was_final = IsFinal(life.state.phase);
  }
  RC_ASSERT(commits <= 1);
  RC_ASSERT(life.booked == life.state.spent);
}

// ---- caps at home: 36,000 micro-dollars an hour are 10 a second ---------------------------------

Event TickWithLimit(int64_t awake_ms, int64_t limit) {
  Event event;
  event.at_ms = 1'000'000 + awake_ms;
  event.awake_ms = awake_ms;
  event.facts.limit_micro_usd = limit;
  event.data = Json::MakeObject({{"cap", "the cap of 0.01 USD per month"}});
  return event;
}

int64_t Reserved(const Transition& transition, LedgerKind kind) {
  int64_t sum = 0;
  for (const LedgerEntry& entry : transition.ledger) {
    if (entry.kind == kind && entry.ledger_class == LedgerClass::kEnergy)
      sum += entry.amount.value();
  }
  return sum;
}

TEST(SupervisorCaps, TheStepIsToldToSaveSoThatItIsGoneAtTheLimit) {
  Life life;
  life.Start();
  // 35 s to end cost 350: with 630 spent, 20 of the 1,000 are left, two seconds of work.
  EXPECT_FALSE(HasEffect(life.Feed(TickWithLimit(63'000, 1'000)), EffectKind::kTellAgent));
  EXPECT_EQ(TimeUntilSave(life.state, MicroUsd(1'000)), Millis(2'000));
  const Transition saves = life.Feed(TickWithLimit(65'000, 1'000));
  ASSERT_TRUE(HasEffect(saves, EffectKind::kTellAgent));
  EXPECT_EQ(saves.effects.at(0).data.StringOr("why", ""), "cap");
  EXPECT_FALSE(HasEffect(life.Feed(TickWithLimit(66'000, 1'000)), EffectKind::kTellAgent));
  life.Report("finished", Finished("cancelled", 143));
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
  EXPECT_EQ(life.state.reason, "the cap of 0.01 USD per month is reached");
}

TEST(SupervisorCaps, AStepThatFinishesMeanwhileIsASuccess) {
  Life life;
  life.Start();
  life.Feed(TickWithLimit(90'000, 1'000));
  EXPECT_TRUE(HasEffect(life.Report("finished", Finished("done")), EffectKind::kCommit));
}

TEST(SupervisorCaps, TheUsersCancelGoesBeforeTheCaps) {
  Life life;
  life.Start();
  life.Feed(TickWithLimit(90'000, 1'000));
  life.Add(EventKind::kUserAsked, Json::MakeObject({{"what", "cancel"}}));
  life.Report("finished", Finished("cancelled", 143));
  EXPECT_EQ(life.state.verdict, Phase::kCancelled);
}

TEST(SupervisorCaps, NoAttemptFollowsWhereTheAgentDiedAtTheCap) {
  Life life;
  life.Start();
  life.Feed(TickWithLimit(90'000, 1'000));
  life.Add(EventKind::kAgentGone);
  EXPECT_FALSE(HasEffect(life.Add(EventKind::kProcessesEnded), EffectKind::kStartAgent));
  EXPECT_EQ(life.state.verdict, Phase::kFailed);
}

TEST(SupervisorCaps, ATickThatNobodyLookedForEndsNothing) {
  Life life;
  life.Start();
  EXPECT_FALSE(HasEffect(life.Feed(TickWithLimit(9'000'000, 0)), EffectKind::kTellAgent));
}

TEST(SupervisorCaps, TheReserveIsBookedGrowsAheadAndIsReleasedWhole) {
  RunState state;
  Event created;
  created.kind = EventKind::kCreated;
  created.data = Json::MakeObject(
      {{"rate_micro_usd_per_hour", 36'000}, {"boot_id", "boot-a"}, {"reserve_micro_usd", 2'000}});
  EXPECT_EQ(Reserved(Apply(state, created, 1), LedgerKind::kReserve), 2'000);
  Life life;
  life.state = state;
  life.Start();
  // Two ticks ahead are 1,200: at 700 spent it holds enough, at 900 not.
  EXPECT_EQ(Reserved(life.Feed(TickWithLimit(70'000, 50'000)), LedgerKind::kReserve), 0);
  EXPECT_EQ(Reserved(life.Feed(TickWithLimit(90'000, 50'000)), LedgerKind::kReserve),
            900 + 36'000 - 2'000);
  // Never above the limit.
  EXPECT_EQ(Reserved(life.Feed(TickWithLimit(3'600'000, 50'000)), LedgerKind::kReserve),
            50'000 - 36'900);
  life.Pass(3'700'000);
  life.Report("attempt_ended", Json::MakeObject({{"exit_code", 0}}));
  life.Report("finished", Finished("done"));
  life.Add(EventKind::kCommitted);
  EXPECT_EQ(Reserved(life.Add(EventKind::kRecordFinished), LedgerKind::kRelease), 50'000);
  EXPECT_EQ(life.state.reserve, MicroUsd(0));
}

}  // namespace
}  // namespace curbstop
