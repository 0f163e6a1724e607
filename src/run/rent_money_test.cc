// The caps of runs away over a real money.db: what is left, and two admissions at one moment.
#include "run/rent_money.h"

#include <algorithm>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "run/spending.h"
#include "run/supervisor/runner.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

constexpr int64_t kNow = 1'795'981'200'000;
constexpr int64_t kReserve = 3'000'000;

class Nothing final : public EffectSink {
 public:
  void Begin(const Effect&) override {}
};

// A run that is about to have its reserve admitted, with a connection of its own as its supervisor
// has; what the shell does for one effect.
class Renting {
 public:
  Renting(const std::filesystem::path& file, std::string id, int64_t cap, int64_t limit = 0)
      : journal_(*Journal::Open(file)), id_(std::move(id)), records_(journal_, id_) {
    ask_ = {.project = "demo", .run = id_, .budget = {.cap = MicroUsd(cap)}, .now_ms = kNow};
    NewRun run;
    run.id = id_, run.project = "demo", run.step = id_, run.root = "/demo", run.place = "vast";
    Event created = Make(EventKind::kCreated);
    created.data = Json::MakeObject({{"away", true},
                                     {"lease_asked_ms", 3'600'000},
                                     {"limit_micro_usd", limit},
                                     {"boot_id", "b"}});
    EXPECT_TRUE(journal_.Create(run, created, {1, 2, "b"}).ok());
    EXPECT_TRUE(runner_.Load().ok());
    Answer(EventKind::kRecordStarted);
    Propose(kReserve);
  }

  void Propose(int64_t reserve) {
    Event decided = Make(EventKind::kDecided);
    decided.facts.decision = static_cast<int64_t>(DecisionKind::kRent);
    decided.facts.offer = "m-1";
    decided.facts.date_ms = kNow;
    decided.facts.lease_ms = 3'600'000;
    decided.facts.reserve_micro_usd = reserve;
    decided.facts.micro_usd_per_hour = 1'000'000;
    decided.facts.grain_ms = 1000;
    Append(decided);
  }

  // The missing money; 0: it is in the ledger now.
  int64_t Admit() {
    const Result<MicroUsd> missing = HoldForProposal(journal_, ask_, runner_.state());
    EXPECT_TRUE(missing.ok()) << (missing.ok() ? "" : missing.error().Text());
    Event judged = Make(*missing == MicroUsd() ? EventKind::kAdmitted : EventKind::kRefused);
    judged.data = Json::MakeObject({{"short_micro_usd", missing->value()}});
    Append(judged);
    journal_.LetGo();
    return missing->value();
  }

  int64_t Left() { return LeftFor(runner_.state()); }
  int64_t LeftFor(const RunState& state) { return LeftForRent(journal_, ask_, state)->value(); }
  const RunState& state() const { return runner_.state(); }
  Journal& journal() { return journal_; }
  RentAsk& ask() { return ask_; }

 private:
  static Event Make(EventKind kind) {
    Event event;
    event.kind = kind;
    event.at_ms = kNow;
    event.facts.boot_ms = 1000;
    return event;
  }
  void Answer(EventKind kind) { Append(Make(kind)); }
  void Append(Event event) {
    if (!runner_.state().pending.empty()) event.effect = runner_.state().pending.back().id;
    const Status written = runner_.Append(event);
    EXPECT_TRUE(written.ok()) << written.error().Text();
  }

  Journal journal_;
  std::string id_;
  MoneyJournal records_;
  Nothing sink_;
  Runner runner_{records_, sink_};
  RentAsk ask_;
};

class RentMoneyTest : public ::testing::Test {
 protected:
  std::unique_ptr<Renting> Begin(const std::string& id, int64_t cap, int64_t limit = 0) {
    return std::make_unique<Renting>(folder_ / "money.db", id, cap, limit);
  }
  MicroUsd Held() {
    Journal journal = *Journal::Open(folder_ / "money.db");
    return ReadSpending(journal.database(), {.project = "demo", .now_ms = kNow})->held;
  }
  TemporaryFolder folder_;
};

TEST_F(RentMoneyTest, AReserveThatFitsIsInTheLedgerWithItsAdmission) {
  const auto run = Begin("aaaaaaaaaa", kReserve);
  EXPECT_EQ(run->Left(), kReserve);
  EXPECT_EQ(run->Admit(), 0);
  EXPECT_EQ(Held(), MicroUsd(kReserve));
  EXPECT_EQ(run->state().phase, Phase::kCreating);
  EXPECT_EQ(run->Left(), 0);
}

TEST_F(RentMoneyTest, ARefusedOneSaysByHowMuchAndHoldsNothing) {
  const auto run = Begin("aaaaaaaaaa", kReserve - 20'000);
  EXPECT_EQ(run->Admit(), 20'000);
  EXPECT_EQ(Held(), MicroUsd());
  EXPECT_EQ(run->state().reason, "its reserve would cross a cap: 0.02 USD more than is left");
}

TEST_F(RentMoneyTest, NoCapAllowsNothingAndPracticeMoneyIsInNone) {
  const auto run = Begin("aaaaaaaaaa", 1);
  run->ask().budget = {};
  EXPECT_EQ(run->Left(), 0);
  RunState plays = run->state();
  plays.terms.practice = true;
  EXPECT_EQ(run->LeftFor(plays), 1'000'000'000);
}

TEST_F(RentMoneyTest, NeverMoreThanThePlanPrintedWhateverTheCapsLeave) {
  const auto run = Begin("aaaaaaaaaa", 100 * kReserve, kReserve + 500'000);
  EXPECT_EQ(run->Left(), kReserve + 500'000);
  EXPECT_EQ(run->Admit(), 0);
  EXPECT_EQ(run->Left(), 500'000);
  const auto dearer = Begin("bbbbbbbbbb", 100 * kReserve, kReserve - 1);
  EXPECT_EQ(dearer->Admit(), 1);
}

TEST_F(RentMoneyTest, WhatTheRunHasSpentCountsAgainstItsPlan) {
  const auto run = Begin("aaaaaaaaaa", 100 * kReserve, kReserve);
  RunState later = run->state();
  later.spent = MicroUsd(100);
  EXPECT_EQ(run->LeftFor(later), kReserve - 100);
}

TEST_F(RentMoneyTest, MarksOfOtherJournalsAreCommitted) {
  const auto run = Begin("aaaaaaaaaa", kReserve);
  run->ask().elsewhere = MicroUsd(7);
  EXPECT_EQ(run->Admit(), 7);
}

// Held, nobody else enters a reserve: a second journal waits until the first has written.
TEST_F(RentMoneyTest, TwoSupervisorsAtOnceCannotBothTakeTheLastOfACap) {
  constexpr int kRuns = 8;
  std::vector<std::unique_ptr<Renting>> runs;
  for (int i = 0; i < kRuns; ++i)
    runs.push_back(Begin(fmt::format("aaaaaaaaa{}", static_cast<char>('a' + i)), 3 * kReserve));
  for (const auto& run : runs) EXPECT_EQ(run->Left(), 3 * kReserve);  // each alone would fit
  std::vector<int64_t> missing(kRuns, -1);
  {
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < kRuns; ++i)
      threads.emplace_back([&, i] { missing[i] = runs[i]->Admit(); });
  }
  EXPECT_EQ(std::ranges::count(missing, 0), 3);
  EXPECT_EQ(std::ranges::count(missing, kReserve), kRuns - 3);
  EXPECT_EQ(Held(), MicroUsd(3 * kReserve));
}

TEST_F(RentMoneyTest, AJournalThatIsLetGoOfIsFreeForOthers) {
  const auto run = Begin("aaaaaaaaaa", kReserve);
  ASSERT_TRUE(run->journal().Hold().ok());
  run->journal().LetGo();
  const auto other = Begin("bbbbbbbbbb", kReserve);
  EXPECT_EQ(other->Admit(), 0);
}

}  // namespace
}  // namespace curbstop
