#include "plan/caps.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

using testing::HasSubstr;

constexpr Millis kHour{3'600'000};

MicroUsd Usd(int64_t dollars) { return MicroUsd(dollars * 1'000'000); }

Budget Monthly(int64_t dollars) {
  Budget budget;
  budget.cap = Usd(dollars);
  budget.include_energy = true;
  budget.marks = {"curbstop.yaml", 2, 0, 0};
  return budget;
}

TEST(RunMoney, HoldsWhatItReservedAndHasNotSpentWhileItIsOpen) {
  struct Case {
    const char* why;
    bool open;
    int64_t reserved;
    int64_t spent;
    int64_t held;
  };
  const Case cases[] = {
      {"nothing spent yet", true, 10, 0, 10},
      {"part of it spent", true, 10, 4, 6},
      {"more spent than reserved", true, 10, 12, 0},
      {"released", true, 0, 4, 0},
      {"over, however it ended", false, 10, 4, 0},
      {"corrected below zero: never more than was reserved", true, 10, -3, 10},
      {"more released than reserved", true, -5, 0, 0},
      {"at the end of 63 bits", true, INT64_MAX, -1, INT64_MAX},
  };
  for (const Case& c : cases) {
    const RunMoney run{
        .run = "r", .open = c.open, .reserved = MicroUsd(c.reserved), .spent = MicroUsd(c.spent)};
    EXPECT_EQ(run.Held(), MicroUsd(c.held)) << c.why;
  }
}

TEST(SumSpending, AddsUpAllRunsAndPicksItsOwn) {
  const std::vector<RunMoney> runs = {
      {"a", true, MicroUsd(100), MicroUsd(30), MicroUsd(20), MicroUsd(5)},
      {"b", true, MicroUsd(50), MicroUsd(10), MicroUsd(10), MicroUsd(10)},
      {"a", true, MicroUsd(0), MicroUsd(8), MicroUsd(8), MicroUsd(0)},  // a rental that is gone
      {"c", false, MicroUsd(50), MicroUsd(7), MicroUsd(7), MicroUsd(0)}};
  const Spending sum = SumSpending(runs, "a");
  EXPECT_EQ(sum.month, MicroUsd(45));
  EXPECT_EQ(sum.day, MicroUsd(15));
  EXPECT_EQ(sum.held, MicroUsd(110));
  EXPECT_EQ(sum.holders, 2);
  EXPECT_EQ(sum.own.spent, MicroUsd(38));
  EXPECT_EQ(sum.own.held, MicroUsd(70));
  EXPECT_EQ(SumSpending(runs, "").own.spent, MicroUsd(0));
}

TEST(SumSpending, StaysAtTheEndOf63Bits) {
  const RunMoney rich{
      .run = "a", .open = true, .reserved = MicroUsd(INT64_MAX), .spent_this_month = Usd(1)};
  const Spending sum = SumSpending({rich, rich}, "");
  EXPECT_EQ(sum.held, MicroUsd(INT64_MAX));
  const CapState month = CapsOf(Monthly(40), sum).at(0);
  EXPECT_EQ(month.Committed(), MicroUsd(INT64_MAX));
  EXPECT_EQ(month.Left(), MicroUsd(0));
  EXPECT_EQ(MissingUnder({Usd(40), month.Committed()}, MicroUsd(INT64_MAX)),
            MicroUsd(INT64_MAX - 40'000'000));
}

TEST(TightestCap, IsTheOneWithTheLeastLeft) {
  Budget budget = Monthly(40);
  EXPECT_FALSE(TightestCap(Budget(), Spending()));
  EXPECT_EQ(TightestCap(budget, Spending())->kind, CapKind::kMonth);
  budget.day = Usd(10);
  EXPECT_EQ(TightestCap(budget, Spending())->kind, CapKind::kDay);
  budget.run = Usd(5);
  EXPECT_EQ(TightestCap(budget, Spending())->kind, CapKind::kRun);
  EXPECT_EQ(TightestCap(budget, {.month = Usd(36)})->kind, CapKind::kMonth);
  EXPECT_EQ(TightestCap(budget, {.day = Usd(9)})->kind, CapKind::kDay);
  EXPECT_EQ(TightestCap(budget, {.held = Usd(9)})->kind, CapKind::kDay);
}

TEST(MissingUnder, IsWhatTheReserveLacks) {
  EXPECT_EQ(MissingUnder({Usd(20), Usd(3)}, Usd(17)), MicroUsd(0));
  EXPECT_EQ(MissingUnder({Usd(20), Usd(3)}, Usd(18)), Usd(1));
  EXPECT_EQ(MissingUnder({Usd(2), Usd(3)}, MicroUsd(0)), Usd(1));  // the cap was lowered
}

// What one run may cost in its whole life.
TEST(RunLimit, IsWhatTheOthersLeave) {
  struct Case {
    const char* why;
    Spending spending;
    std::optional<MicroUsd> day;
    std::optional<MicroUsd> run;
    MicroUsd limit;
    CapKind by = CapKind::kMonth;
  };
  const auto own = [](MicroUsd held, MicroUsd spent, MicroUsd month, MicroUsd day) {
    return OwnMoney{spent, month, day, held};
  };
  const OwnMoney mine = own(Usd(3), Usd(2), Usd(2), Usd(2));
  const Case cases[] = {
      {"alone under it",
       {.month = Usd(2), .day = Usd(2), .held = Usd(3), .own = mine},
       {},
       {},
       Usd(40)},
      {"others spent 10",
       {.month = Usd(12), .day = Usd(2), .held = Usd(3), .own = mine},
       {},
       {},
       Usd(30)},
      {"and hold 8",
       {.month = Usd(12), .day = Usd(2), .held = Usd(11), .own = mine},
       {},
       {},
       Usd(22)},
      {"what it spent last month is not this month's",
       {.month = Usd(1), .day = Usd(1), .own = own(MicroUsd(0), Usd(9), Usd(1), Usd(1))},
       {},
       {},
       Usd(48)},
      {"what it spent yesterday is not today's",
       {.month = Usd(9), .day = Usd(1), .own = own(MicroUsd(0), Usd(9), Usd(9), Usd(1))},
       Usd(10),
       {},
       Usd(18),
       CapKind::kDay},
      {"its own cap over all its days",
       {.month = Usd(9), .day = Usd(1), .own = own(MicroUsd(0), Usd(9), Usd(9), Usd(1))},
       Usd(10),
       Usd(11),
       Usd(11),
       CapKind::kRun},
      {"the cap was lowered below what others spent",
       {.month = Usd(52), .day = Usd(2), .held = Usd(3), .own = mine},
       {},
       {},
       MicroUsd(0)},
  };
  for (const Case& c : cases) {
    Budget budget = Monthly(40);
    budget.day = c.day;
    budget.run = c.run;
    EXPECT_EQ(RunLimit(budget, c.spending), c.limit) << c.why;
    EXPECT_EQ(LimitingCap(budget, c.spending).kind, c.by) << c.why;
  }
  EXPECT_EQ(RunLimit(Budget(), {}), std::nullopt);
}

TEST(Admit, HoldsTheWholeWorstCaseOrRefuses) {
  const StepTime hour{kHour, kHour, "needs.time", ""};
  const CapAsk ask = AskForEnergy(Monthly(20), hour, Usd(3));
  EXPECT_EQ(*Admit(ask, {.month = Usd(17)}), Usd(3));
  const Result<MicroUsd> over =
      Admit(ask, {.month = Usd(15), .held = Usd(4), .holders = 2, .planned = MicroUsd(500'000)});
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().kind(), ErrorKind::kOverBudget);
  EXPECT_EQ(over.error().message(),
            "worst case 3.00 USD (1 h, by needs.time), 2.50 more than is left of the cap of 20.00 "
            "USD per month: 15.00 spent, 4.00 held by 2 running steps, 0.50 for the steps before");
  // 0.50 USD at 3 USD an hour.
  EXPECT_EQ(
      over.error().hint(),
      "`curbstop run --lease \"10 min\"` fits; or wait for what runs (`curbstop ps`), or raise `cap` in "
      "curbstop.yaml, line 2");
}

TEST(Admit, EnergyIsAskedForOnlyWhereTheBudgetIncludesIt) {
  Budget budget = Monthly(0);
  const StepTime hour{kHour, kHour, "needs.time", ""};
  EXPECT_FALSE(Admit(AskForEnergy(budget, hour, Usd(3)), {}).ok());
  budget.include_energy = false;
  EXPECT_EQ(*Admit(AskForEnergy(budget, hour, Usd(3)), {}), MicroUsd(0));
}

TEST(Admit, AnUnknownTimeHoldsAnHourOrWhatIsLeft) {
  const CapAsk ask = AskForEnergy(Monthly(20), {}, Usd(3));
  EXPECT_EQ(*Admit(ask, {}), Usd(3));
  EXPECT_EQ(*Admit(ask, {.month = Usd(19)}), Usd(1));
  const Result<MicroUsd> over = Admit(ask, {.month = Usd(20)});
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().message(),
            "too little is left of the cap of 20.00 USD per month to start a step of unknown time: "
            "20.00 spent");
  EXPECT_EQ(over.error().hint(), "raise `cap` in curbstop.yaml, line 2");
}

TEST(Admit, TheCapPerRunIsForEachAnew) {
  Budget budget = Monthly(40);
  budget.run = Usd(2);
  budget.marks.run = 7;
  const StepTime hour{kHour, kHour, "deadline", ""};
  EXPECT_TRUE(Admit(AskForEnergy(budget, hour, Usd(2)), {.month = Usd(30), .day = Usd(30)}).ok());
  const Result<MicroUsd> over = Admit(AskForEnergy(budget, hour, Usd(3)), {});
  ASSERT_FALSE(over.ok());
  EXPECT_EQ(over.error().message(),
            "worst case 3.00 USD (1 h, by deadline), 1.00 more than is left of the cap of 2.00 USD "
            "per run");
  EXPECT_EQ(over.error().hint(),
            "`curbstop run --lease \"40 min\"` fits; or raise `run` in curbstop.yaml, line 7");
}

// Whatever is spent and held: what is admitted fits, and the lease that the hint names would be.
RC_GTEST_PROP(Admit, NothingAdmittedCrossesACap, ()) {
  const auto amount = [] { return MicroUsd(*rc::gen::inRange<int64_t>(0, 1'000'000'000)); };
  Budget budget;
  budget.include_energy = true;
  budget.cap = amount();
  if (*rc::gen::arbitrary<bool>()) budget.day = amount();
  if (*rc::gen::arbitrary<bool>()) budget.run = amount();
  const Spending spending{.month = amount(), .day = amount(), .held = amount()};
  StepTime time;
  if (*rc::gen::arbitrary<bool>()) time.worst = Millis(*rc::gen::inRange<int64_t>(1, 100'000'000));
  const MicroUsd per_hour(*rc::gen::inRange<int64_t>(1, 100'000'000));
  const Result<MicroUsd> held = Admit(AskForEnergy(budget, time, per_hour), spending);
  const MicroUsd left = TightestCap(budget, spending)->Left();
  if (held.ok()) {
    RC_ASSERT(*held <= left);
    if (time.worst) RC_ASSERT(*held == CostOf(per_hour, *time.worst));
  } else {
    const Millis lease = TimeFor(left, per_hour);
    RC_ASSERT(CostOf(per_hour, lease) <= left);
    if (time.worst) RC_ASSERT(CostOf(per_hour, *time.worst) > left);
  }
}

TEST(MoneyLine, NamesEveryCap) {
  Budget budget;
  EXPECT_EQ(MoneyLine("2.34", budget, {.month = Usd(3)}), "worst 2.34 · month 3.00, no cap set\n");
  budget = Monthly(20);
  EXPECT_EQ(MoneyLine("", budget, {.month = Usd(3)}), "month 3.00 of 20.00\n");
  budget.day = Usd(10);
  budget.run = Usd(5);
  EXPECT_EQ(
      MoneyLine("2.34", budget, {.month = Usd(3), .day = Usd(1), .held = MicroUsd(500'000)}),
      "worst 2.34 · at most 5.00 a run · day 1.00 of 10.00 · month 3.00 of 20.00 · 0.50 held\n");
}

}  // namespace
}  // namespace curbstop
