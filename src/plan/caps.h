// What a project may still spend: its caps against what the ledger says. Pure.
//
// A cap holds for a calendar month, a day (both UTC) or one run. Under it stand
//
//   committed = spent in its time + held by every open run, whenever that was reserved
//
// and nothing starts whose reserve is above cap - committed. What counts (contracts §3): rent
// always, electricity at home with `include: energy`, practice money never. Sums that would leave
// 63 bits stay at their end: a cap can only look fuller by it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "base/result.h"
#include "base/units.h"
#include "plan/step_time.h"
#include "project/project.h"

namespace curbstop {

// What one run has of a budget key's money: one of its rentals, or what it costs at home.
struct RunMoney {
  std::string run;
  bool open = false;  // not over: what it has reserved and not spent is held
  MicroUsd reserved;  // less what was released
  MicroUsd spent;     // since it was created
  MicroUsd spent_this_month;
  MicroUsd spent_today;

  MicroUsd Held() const;
};

// Of one run, all its rentals together.
struct OwnMoney {
  MicroUsd spent;  // since it was created
  MicroUsd spent_this_month;
  MicroUsd spent_today;
  MicroUsd held;
};

struct Spending {
  MicroUsd month;  // spent in it
  MicroUsd day;
  MicroUsd held;
  int64_t holders = 0;  // open runs that hold something
  MicroUsd planned;     // what steps planned before it will hold, beside `held`
  OwnMoney own;         // of the run in question, part of the above; of none: zeros
};

// `own`: the run in question, or empty.
Spending SumSpending(const std::vector<RunMoney>& parts, const std::string& own);

enum class CapKind { kMonth, kDay, kRun };
std::string_view NameOf(CapKind kind);  // "month", "day", "run"

// A cap as it stands.
struct CapState {
  CapKind kind = CapKind::kMonth;
  MicroUsd cap;
  MicroUsd spent;
  MicroUsd held;
  int64_t holders = 0;
  MicroUsd planned;
  std::string where;  // "`cap` in curbstop.yaml, line 3"

  MicroUsd Committed() const;
  MicroUsd Left() const;
};

// Those that the budget sets, in the order of CapKind.
std::vector<CapState> CapsOf(const Budget& budget, const Spending& spending);
// The one with the least left; none where no cap is set.
std::optional<CapState> TightestCap(const Budget& budget, const Spending& spending);

// The caps that a reserve has to fit, and what is taken already.
struct Caps {
  MicroUsd cap;        // of the tightest one: what it allows in all
  MicroUsd committed;  // spent under it, and reserved by every run, other journals' marks too
};
// How much is missing; 0: it fits.
MicroUsd MissingUnder(const Caps& caps, MicroUsd reserve);

// All that the run in question may cost over its whole life, other runs' reserves left to them.
// None where no cap is set; never below 0.
std::optional<MicroUsd> RunLimit(const Budget& budget, const Spending& spending);
// The cap that makes it so. The budget must set one.
CapState LimitingCap(const Budget& budget, const Spending& spending);

// ---- starting a step at home -----------------------------------------------------------------

// From a step's being told to save until its last process is gone: the grace of
// run/agent/order.h, and a look of its supervisor.
inline constexpr Millis kTimeToEnd{35'000};
// What is held at a time where nothing says how long a step takes.
inline constexpr Millis kHeldAtATime{3'600'000};

// How long the money lasts, in whole seconds, so that the text of it is never the longer time; at
// most ten years. 0: nothing is left, or it costs nothing.
Millis TimeFor(MicroUsd money, MicroUsd per_hour);

// What a start asks of the caps.
struct CapAsk {
  bool counts = false;  // false: it costs nothing that a cap is for
  Budget budget;
  MicroUsd reserve;
  MicroUsd at_least;  // where the time is unknown: less than the reserve will do
  MicroUsd per_hour;
  std::string why;  // "12 h, by deadline"
};

// Electricity at home. A known worst case is held in full. Without one the step may run until the
// cap ends it: an hour's worth is held, and more while it runs.
CapAsk AskForEnergy(const Budget& budget, const StepTime& time, MicroUsd per_hour);

// What is to be held. Errors: kOverBudget, with by how much and what to do.
Result<MicroUsd> Admit(const CapAsk& ask, const Spending& spending);

// "month 3.10 of 20.00": spent and allowed.
std::string CapText(const CapState& cap);
// "the cap of 20.00 USD per month".
std::string CapName(const CapState& cap);

// "worst 2.34 · day 1.20 of 10.00 · month 3.10 of 20.00 · 0.50 held": what stands at the end of
// each answer that can cost. `worst` is left out where it is empty.
std::string MoneyLine(const std::string& worst, const Budget& budget, const Spending& spending);
// {spent_micro_usd, cap_micro_usd, held_micro_usd}
Json MonthJson(const Budget& budget, const Spending& spending);

// A table of them, for `cost`; empty where there are none.
std::string CapsText(const std::vector<CapState>& caps);
// {per, cap_micro_usd, spent_micro_usd, held_micro_usd, left_micro_usd} each; of the cap per run
// what a run may cost, nothing spent.
Json CapsJson(const std::vector<CapState>& caps);

}  // namespace curbstop
