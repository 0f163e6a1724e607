#include "plan/caps.h"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"

namespace curbstop {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

MicroUsd Plus(MicroUsd a, MicroUsd b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a.value(), b.value(), &sum)) return MicroUsd(sum);
  return MicroUsd(a.value() > 0 ? kMost : kLeast);
}

MicroUsd Minus(MicroUsd a, MicroUsd b) {
  int64_t difference = 0;
  if (!__builtin_sub_overflow(a.value(), b.value(), &difference)) return MicroUsd(difference);
  return MicroUsd(a.value() > 0 ? kMost : kLeast);
}

CapState StateOf(CapKind kind, MicroUsd cap, const Spending& spending) {
  CapState state{.kind = kind,
                 .cap = cap,
                 .held = spending.held,
                 .holders = spending.holders,
                 .planned = spending.planned};
  if (kind == CapKind::kMonth) state.spent = spending.month;
  if (kind == CapKind::kDay) state.spent = spending.day;
  if (kind != CapKind::kRun) return state;
  state.spent = spending.own.spent;
  state.held = spending.own.held;
  state.holders = 0;
  state.planned = MicroUsd();
  return state;
}

std::string WhereText(const std::string& key, const std::string& file, int line) {
  const std::string name = file.empty() ? "the project file" : file;
  return line == 0 ? fmt::format("`{}` in {}", key, name)
                   : fmt::format("`{}` in {}, line {}", key, name, line);
}

// What the run in question may cost in all under this cap: what others leave of it, and what the
// run itself spent before the cap's time began.
MicroUsd LimitUnder(const CapState& cap, const OwnMoney& own) {
  const MicroUsd own_in_time = cap.kind == CapKind::kMonth ? own.spent_this_month
                               : cap.kind == CapKind::kDay ? own.spent_today
                                                           : own.spent;
  const MicroUsd taken = Minus(cap.Committed(), Plus(own_in_time, own.held));
  const MicroUsd left = Minus(cap.cap, taken);
  return std::max(MicroUsd(), Plus(left, Minus(own.spent, own_in_time)));
}

// ": 3.10 spent, 0.50 held by a running step".
std::string TakenText(const CapState& cap) {
  std::vector<std::string> parts;
  if (cap.spent > MicroUsd()) parts.push_back(UsdText(cap.spent) + " spent");
  if (cap.held > MicroUsd() && cap.holders > 0) {
    parts.push_back(fmt::format(
        "{} held by {}", UsdTextUp(cap.held),
        cap.holders == 1 ? "a running step" : fmt::format("{} running steps", cap.holders)));
  }
  if (cap.planned > MicroUsd()) {
    parts.push_back(fmt::format("{} for the steps before", UsdTextUp(cap.planned)));
  }
  return parts.empty() ? "" : ": " + Join(parts, ", ");
}

std::string WhatToDo(const CapAsk& ask, const CapState& cap) {
  const Millis lease = TimeFor(cap.Left(), ask.per_hour);
  const bool fits = ask.at_least == ask.reserve && lease >= kTimeToEnd;
  std::string text =
      fits ? fmt::format("`curbstop run --lease \"{}\"` fits; or ", DurationText(lease)) : "";
  if (cap.held > MicroUsd()) text += "wait for what runs (`curbstop ps`), or ";
  return text + "raise " + cap.where;
}

std::string WhyOver(const CapAsk& ask, const CapState& cap, MicroUsd missing) {
  const std::string of = CapName(cap);
  if (ask.at_least < ask.reserve) {
    return fmt::format("too little is left of {} to start a step of unknown time{}", of,
                       TakenText(cap));
  }
  return fmt::format("worst case {} USD ({}), {} more than is left of {}{}", UsdTextUp(ask.reserve),
                     ask.why, UsdTextUp(missing), of, TakenText(cap));
}

}  // namespace

MicroUsd RunMoney::Held() const {
  if (!open) return {};
  return std::max(MicroUsd(), std::min(reserved, Minus(reserved, spent)));
}

namespace {

void AddTo(OwnMoney& own, const RunMoney& part) {
  own.spent = Plus(own.spent, part.spent);
  own.spent_this_month = Plus(own.spent_this_month, part.spent_this_month);
  own.spent_today = Plus(own.spent_today, part.spent_today);
  own.held = Plus(own.held, part.Held());
}

}  // namespace

Spending SumSpending(const std::vector<RunMoney>& parts, const std::string& own) {
  Spending sum;
  std::set<std::string_view> holders;
  for (const RunMoney& part : parts) {
    sum.month = Plus(sum.month, part.spent_this_month);
    sum.day = Plus(sum.day, part.spent_today);
    sum.held = Plus(sum.held, part.Held());
    if (part.Held() > MicroUsd()) holders.insert(part.run);
    if (!own.empty() && part.run == own) AddTo(sum.own, part);
  }
  sum.holders = static_cast<int64_t>(holders.size());
  return sum;
}

std::string_view NameOf(CapKind kind) {
  switch (kind) {
    case CapKind::kMonth: return "month";
    case CapKind::kDay: return "day";
    case CapKind::kRun: break;
  }
  return "run";
}

MicroUsd CapState::Committed() const { return Plus(Plus(spent, held), planned); }
MicroUsd CapState::Left() const { return std::max(MicroUsd(), Minus(cap, Committed())); }

std::vector<CapState> CapsOf(const Budget& budget, const Spending& spending) {
  const CapMarks& marks = budget.marks;
  std::vector<CapState> caps;
  const auto add = [&](CapKind kind, std::optional<MicroUsd> cap, const char* key, int line) {
    if (!cap) return;
    caps.push_back(StateOf(kind, *cap, spending));
    caps.back().where = WhereText(key, marks.file, line);
  };
  add(CapKind::kMonth, budget.cap, "cap", marks.cap);
  add(CapKind::kDay, budget.day, "day", marks.day);
  add(CapKind::kRun, budget.run, "run", marks.run);
  return caps;
}

std::optional<CapState> TightestCap(const Budget& budget, const Spending& spending) {
  const std::vector<CapState> caps = CapsOf(budget, spending);
  const auto tightest = std::ranges::min_element(caps, {}, &CapState::Left);
  if (tightest == caps.end()) return std::nullopt;
  return *tightest;
}

MicroUsd MissingUnder(const Caps& caps, MicroUsd reserve) {
  return std::max(Minus(Plus(caps.committed, reserve), caps.cap), MicroUsd());
}

CapState LimitingCap(const Budget& budget, const Spending& spending) {
  const std::vector<CapState> caps = CapsOf(budget, spending);
  CHECK(!caps.empty());
  return *std::ranges::min_element(
      caps, {}, [&](const CapState& cap) { return LimitUnder(cap, spending.own); });
}

std::optional<MicroUsd> RunLimit(const Budget& budget, const Spending& spending) {
  if (CapsOf(budget, spending).empty()) return std::nullopt;
  return LimitUnder(LimitingCap(budget, spending), spending.own);
}

Millis TimeFor(MicroUsd money, MicroUsd per_hour) {
  if (per_hour <= MicroUsd() || money <= MicroUsd()) return Millis(0);
  __extension__ using Wide = __int128;
  const Wide seconds = Wide{money.value()} * 3600 / per_hour.value();
  constexpr Wide kTenYears = Wide{10} * 365 * 86'400;
  return Millis(static_cast<int64_t>(std::min(seconds, kTenYears)) * 1000);
}

CapAsk AskForEnergy(const Budget& budget, const StepTime& time, MicroUsd per_hour) {
  CapAsk ask{.counts = budget.include_energy, .budget = budget, .per_hour = per_hour};
  if (time.worst) {
    ask.reserve = ask.at_least = CostOf(per_hour, *time.worst);
    ask.why = fmt::format("{}, by {}", DurationText(*time.worst), time.source);
    return ask;
  }
  ask.reserve = CostOf(per_hour, kHeldAtATime);
  ask.at_least = CostOf(per_hour, kTimeToEnd) + MicroUsd(1);
  ask.why = "its time is unknown: an hour's worth, more as it goes";
  return ask;
}

Result<MicroUsd> Admit(const CapAsk& ask, const Spending& spending) {
  if (!ask.counts) return MicroUsd();
  const std::optional<CapState> tightest = TightestCap(ask.budget, spending);
  if (!tightest) return MicroUsd();
  const Caps caps{tightest->cap, tightest->Committed()};
  const MicroUsd missing = MissingUnder(caps, ask.at_least);
  if (missing > MicroUsd()) {
    return OverBudget(WhyOver(ask, *tightest, missing)).WithHint(WhatToDo(ask, *tightest));
  }
  return std::min(ask.reserve, tightest->Left());
}

std::string CapName(const CapState& cap) {
  return fmt::format("the cap of {} USD per {}", UsdText(cap.cap), NameOf(cap.kind));
}

std::string CapText(const CapState& cap) {
  return fmt::format("{} {} of {}", NameOf(cap.kind), UsdText(cap.spent), UsdText(cap.cap));
}

std::string CapsText(const std::vector<CapState>& caps) {
  if (caps.empty()) return "";
  std::vector<std::vector<std::string>> cells = {{"cap", "USD", "spent", "held", "left"}};
  for (const CapState& cap : caps) {
    const bool each = cap.kind == CapKind::kRun;
    const char* when = each ? "each run" : cap.kind == CapKind::kDay ? "today" : "this month";
    cells.push_back({when, UsdText(cap.cap), each ? "" : UsdText(cap.spent),
                     each ? "" : UsdTextUp(cap.held), each ? "" : UsdText(cap.Left())});
  }
  return "\n" + TextTable(cells);
}

Json CapsJson(const std::vector<CapState>& caps) {
  Json list = Json::MakeArray();
  for (const CapState& cap : caps) {
    list.Push(Json::MakeObject({{"per", NameOf(cap.kind)},
                                {"cap_micro_usd", cap.cap.value()},
                                {"spent_micro_usd", cap.spent.value()},
                                {"held_micro_usd", cap.held.value()},
                                {"left_micro_usd", cap.Left().value()}}));
  }
  return list;
}

Json MonthJson(const Budget& budget, const Spending& spending) {
  Json cap;  // g++ 12 warns of the conditional expression
  if (budget.cap) cap = budget.cap->value();
  return Json::MakeObject({{"spent_micro_usd", spending.month.value()},
                           {"cap_micro_usd", cap},
                           {"held_micro_usd", spending.held.value()}});
}

std::string MoneyLine(const std::string& worst, const Budget& budget, const Spending& spending) {
  std::vector<std::string> parts;
  if (!worst.empty()) parts.push_back("worst " + worst);
  if (budget.run) parts.push_back(fmt::format("at most {} a run", UsdText(*budget.run)));
  std::string month = fmt::format("month {}, no cap set", UsdText(spending.month));
  for (const CapState& cap : CapsOf(budget, spending)) {
    if (cap.kind == CapKind::kDay) parts.push_back(CapText(cap));
    if (cap.kind == CapKind::kMonth) month = CapText(cap);
  }
  parts.push_back(month);
  if (spending.held > MicroUsd()) parts.push_back(UsdTextUp(spending.held) + " held");
  return Join(parts, " · ") + "\n";
}

}  // namespace curbstop
