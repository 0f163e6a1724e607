// The ledger's sums over a real money.db, rule by rule.
#include "run/spending.h"

#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/time_text.h"
#include "run/journal.h"
#include "run/supervisor/runner.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

// 2026-11-29T19:40:00Z, a Sunday in November.
constexpr int64_t kNow = 1'795'981'200'000;
constexpr int64_t kHour = 3'600'000;
constexpr int64_t kDay = 24 * kHour;
const ProcessIdentity kAnybody{1, 2, "boot-a"};

struct Entry {
  const char* run = "a";
  const char* kind = "accrue";
  const char* ledger_class = "rent";
  int64_t micro_usd = 0;
  int64_t at_ms = kNow;
  const char* project = "demo";
  int64_t rental = 0;
};

NewRun RunOf(const std::string& id, const std::string& step) {
  NewRun run;
  run.id = id;
  run.project = "demo";
  run.step = step;
  run.root = "/home/ana/demo";
  return run;
}

Event CreatedAt(int64_t at_ms) {
  Event created;
  created.kind = EventKind::kCreated;
  created.at_ms = at_ms;
  created.data = Json::MakeObject({{"rate_micro_usd_per_hour", 36'000}, {"boot_id", "boot-a"}});
  return created;
}

class SpendingTest : public ::testing::Test {
 protected:
  Journal Open() {
    Result<Journal> journal = Journal::Open(folder_ / "money.db");
    EXPECT_TRUE(journal.ok());
    return *std::move(journal);
  }
  void Add(const Entry& entry) {
    ASSERT_TRUE(
        journal_.database()
            .Execute(fmt::format(
                "INSERT INTO ledger(run, project, step, kind, class, micro_usd, from_ms, to_ms, "
                "micro_usd_per_hour, source, at_ms, rental) VALUES('{}', '{}', 's', '{}', '{}', {}, 0, 0, 0, "
                "'', {}, {})",
                entry.run, entry.project, entry.kind, entry.ledger_class, entry.micro_usd,
                entry.at_ms, entry.rental))
            .ok());
  }
  void OpenRun(const std::string& id, int64_t at_ms = kNow) {
    ASSERT_TRUE(journal_.Create(RunOf(id, "step-" + id), CreatedAt(at_ms), kAnybody).ok());
  }
  Spending Read(bool include_energy = false, const std::string& run = "", int64_t now = kNow) {
    Result<Spending> spending = ReadSpending(
        journal_.database(),
        {.project = "demo", .include_energy = include_energy, .now_ms = now, .run = run});
    EXPECT_TRUE(spending.ok()) << (spending.ok() ? "" : spending.error().Text());
    return spending.ok() ? *std::move(spending) : Spending();
  }

  TemporaryFolder folder_;
  Journal journal_ = Open();
};

TEST_F(SpendingTest, AMonthAndADayBeginAtMidnightUtc) {
  ASSERT_EQ(UtcText(kNow), "2026-11-29T19:40:00Z");
  const int64_t day = kNow - 19 * kHour - 40 * 60'000;  // 2026-11-29T00:00:00Z
  const int64_t month = day - 28 * kDay;
  struct Case {
    int64_t at_ms;
    bool in_month;
    bool in_day;
  };
  const Case cases[] = {
      {month - 1, false, false},
      {month, true, false},
      {day - 1, true, false},
      {day, true, true},
      {day + kDay - 1, true, true},
      {day + kDay, true, false},  // the 30th: its clock was ahead
      {day + 2 * kDay - 1, true, false},
      {day + 2 * kDay, false, false},
  };
  for (const Case& c : cases) {
    ASSERT_TRUE(journal_.database().Execute("DELETE FROM ledger").ok());
    Add({.micro_usd = 7, .at_ms = c.at_ms});
    EXPECT_EQ(Read().month, MicroUsd(c.in_month ? 7 : 0)) << UtcText(c.at_ms);
    EXPECT_EQ(Read().day, MicroUsd(c.in_day ? 7 : 0)) << UtcText(c.at_ms);
  }
}

TEST_F(SpendingTest, WhatCounts) {
  struct Case {
    const char* why;
    Entry entry;
    bool without_energy;
    bool with_energy;
  };
  const Case cases[] = {
      {"rent", {.micro_usd = 5}, true, true},
      {"a correction", {.kind = "correct", .micro_usd = 5}, true, true},
      {"electricity", {.ledger_class = "energy", .micro_usd = 5}, false, true},
      {"practice money", {.ledger_class = "practice", .micro_usd = 5}, false, false},
      {"a reserve is no cost", {.kind = "reserve", .micro_usd = 5}, false, false},
      {"nor is its release", {.kind = "release", .micro_usd = 5}, false, false},
      {"another project's", {.micro_usd = 5, .project = "other"}, false, false},
  };
  for (const Case& c : cases) {
    ASSERT_TRUE(journal_.database().Execute("DELETE FROM ledger").ok());
    Add(c.entry);
    EXPECT_EQ(Read(false).month, MicroUsd(c.without_energy ? 5 : 0)) << c.why;
    EXPECT_EQ(Read(true).month, MicroUsd(c.with_energy ? 5 : 0)) << c.why;
  }
}

TEST_F(SpendingTest, OpenRunsHoldTheirReservesWhateverMonthTheyWereMadeIn) {
  const int64_t last_month = kNow - 40 * kDay;
  OpenRun("old", last_month);
  OpenRun("new");
  Add({.run = "old", .kind = "reserve", .micro_usd = 100, .at_ms = last_month});
  Add({.run = "old", .micro_usd = 30, .at_ms = last_month});
  Add({.run = "old", .micro_usd = 10});
  Add({.run = "new", .kind = "reserve", .micro_usd = 50});
  Add({.run = "gone", .kind = "reserve", .micro_usd = 1'000});  // no such run any more
  Add({.run = "new", .kind = "reserve", .ledger_class = "practice", .micro_usd = 9'000});
  const Spending spending = Read(false, "old");
  EXPECT_EQ(spending.held, MicroUsd(60 + 50));
  EXPECT_EQ(spending.holders, 2);
  EXPECT_EQ(spending.month, MicroUsd(10));
  EXPECT_EQ(spending.own.spent, MicroUsd(40));
  EXPECT_EQ(spending.own.spent_this_month, MicroUsd(10));
  Add({.run = "new", .kind = "release", .micro_usd = 50});
  EXPECT_EQ(Read().held, MicroUsd(60));
}

// A rental's reserve is released whole when it is seen gone; the next one's is not the less for it.
TEST_F(SpendingTest, WhatOneRentalHasCostIsNoPartOfAnothersReserve) {
  OpenRun("a");
  Add({.kind = "reserve", .micro_usd = 100, .rental = 1});
  Add({.micro_usd = 80, .rental = 1});
  Add({.kind = "release", .micro_usd = 100, .rental = 1});
  Add({.kind = "reserve", .micro_usd = 50, .rental = 2});
  Add({.micro_usd = 10, .rental = 2});
  const Spending spending = Read(false, "a");
  EXPECT_EQ(spending.held, MicroUsd(40));
  EXPECT_EQ(spending.holders, 1);
  EXPECT_EQ(spending.own.spent, MicroUsd(90));
  EXPECT_EQ(spending.own.held, MicroUsd(40));
}

TEST_F(SpendingTest, SumsBeyond63BitsAreAnErrorAndNoRoom) {
  Add({.micro_usd = INT64_MAX});
  Add({.micro_usd = INT64_MAX});
  EXPECT_FALSE(ReadSpending(journal_.database(), {.project = "demo", .now_ms = kNow}).ok());
}

CapAsk AskFor(int64_t cap, int64_t reserve) {
  CapAsk ask{.counts = true, .reserve = MicroUsd(reserve), .at_least = MicroUsd(reserve)};
  ask.budget.cap = MicroUsd(cap);
  ask.budget.include_energy = true;
  return ask;
}

TEST_F(SpendingTest, ARefusedStartLeavesNoRunAndNoReserve) {
  const Status refused =
      journal_.Create(RunOf("aaaaaaaaaa", "train"), CreatedAt(kNow), kAnybody, AskFor(99, 100));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind(), ErrorKind::kOverBudget);
  EXPECT_TRUE(journal_.FindRuns({})->empty());
  EXPECT_EQ(Read(true).held, MicroUsd(0));
}

TEST_F(SpendingTest, TheReserveIsHeldFromTheRunsFirstEventOn) {
  ASSERT_TRUE(
      journal_.Create(RunOf("aaaaaaaaaa", "train"), CreatedAt(kNow), kAnybody, AskFor(100, 60))
          .ok());
  EXPECT_EQ(Read(true).held, MicroUsd(60));
  EXPECT_EQ(Read(false).held, MicroUsd(0));
  const Status second =
      journal_.Create(RunOf("bbbbbbbbbb", "eval"), CreatedAt(kNow), kAnybody, AskFor(100, 60));
  EXPECT_EQ(second.error().kind(), ErrorKind::kOverBudget);
}

// Many processes' worth of starts at the same moment: each thread has a connection of its own.
TEST_F(SpendingTest, StartsAtTheSameTimeNeverReserveMoreThanTheCap) {
  constexpr int kStarts = 8;
  std::vector<int> admitted(kStarts, 0);
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kStarts; ++i) {
      threads.emplace_back([&, i] {
        Result<Journal> journal = Journal::Open(folder_ / "money.db");
        if (!journal.ok()) return;
        const std::string name = fmt::format("run{:07}", i);
        admitted[static_cast<size_t>(i)] =
            journal->Create(RunOf(name, name), CreatedAt(kNow), kAnybody, AskFor(1'000, 300)).ok();
      });
    }
  }
  EXPECT_EQ(std::count(admitted.begin(), admitted.end(), 1), 3);
  EXPECT_EQ(Read(true).held, MicroUsd(900));
}

TEST(Budget, IsTheSameAfterItsJson) {
  Budget budget;
  budget.cap = MicroUsd(40);
  budget.run = MicroUsd(0);
  budget.include_energy = true;
  const Budget read = BudgetOf(BudgetJson(budget));
  EXPECT_EQ(read.cap, MicroUsd(40));
  EXPECT_EQ(read.day, std::nullopt);
  EXPECT_EQ(read.run, MicroUsd(0));
  EXPECT_TRUE(read.include_energy);
  EXPECT_FALSE(BudgetOf(Json()).cap);
}

}  // namespace
}  // namespace curbstop
