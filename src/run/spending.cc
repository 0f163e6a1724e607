#include "run/spending.h"

#include <string_view>

#include <fmt/format.h>

#include "base/time_text.h"

namespace curbstop {
namespace {

// Per run and rental of the project that the month or an open run touches: a rental's reserve is
// released whole, so that what another one of the run has cost is no part of it. Open runs may be
// older than the month: their reserves hold whatever month they were made in.
constexpr std::string_view kMoneyOfRuns =
    "SELECT l.run, coalesce(r.active, 0), "
    "sum(CASE l.kind WHEN 'reserve' THEN l.micro_usd WHEN 'release' THEN -l.micro_usd ELSE 0 END), "
    "sum(iif(l.kind IN ('accrue', 'correct'), l.micro_usd, 0)), "
    "sum(iif(l.kind IN ('accrue', 'correct') AND l.at_ms >= ?2 AND l.at_ms < ?3, l.micro_usd, 0)), "
    "sum(iif(l.kind IN ('accrue', 'correct') AND l.at_ms >= ?4 AND l.at_ms < ?5, l.micro_usd, 0)) "
    "FROM ledger l LEFT JOIN runs r ON r.id = l.run "
    "WHERE l.project = ?1 AND l.class <> 'practice' AND (l.class <> 'energy' OR ?6) "
    "AND l.at_ms >= min(?2, coalesce((SELECT min(created_at_ms) FROM runs "
    "WHERE project = ?1 AND active > 0), ?2)) "
    "GROUP BY l.run, l.rental";

constexpr int64_t kDay = 86'400'000;

int64_t DayStart(int64_t at_ms) {
  const int64_t since = at_ms % kDay;
  return at_ms - (since < 0 ? since + kDay : since);
}

RunMoney MoneyOf(const Statement& row) {
  return {.run = row.Text(0),
          .open = row.Int(1) != 0,
          .reserved = MicroUsd(row.Int(2)),
          .spent = MicroUsd(row.Int(3)),
          .spent_this_month = MicroUsd(row.Int(4)),
          .spent_today = MicroUsd(row.Int(5))};
}

std::optional<MicroUsd> AmountOf(const Json& json, std::string_view key) {
  const Json* value = json.Find(key);
  if (value == nullptr || value->IsNull()) return std::nullopt;
  return MicroUsd(json.IntOr(key, 0));
}

Json AmountJson(std::optional<MicroUsd> amount) { return amount ? Json(amount->value()) : Json(); }

}  // namespace

Result<Spending> ReadSpending(Database& database, const SpendingQuery& query) {
  TRY_ASSIGN(Statement select, database.Prepare(kMoneyOfRuns));
  const int64_t day = DayStart(query.now_ms);
  select.BindAll(std::string_view(query.project), MonthStart(query.now_ms),
                 NextMonthStart(query.now_ms), day, day + kDay, int64_t{query.include_energy});
  std::vector<RunMoney> runs;
  for (;;) {
    TRY_ASSIGN(const bool row, select.Step());
    if (!row) return SumSpending(runs, query.run);
    runs.push_back(MoneyOf(select));
  }
}

Status TakeReserve(Database& database, const std::string& project, const std::string& step,
                   const CapAsk& ask, Event& created) {
  if (!ask.counts) return {};
  TRY_ASSIGN(const Spending spending,
             ReadSpending(database, {.project = project,
                                     .include_energy = ask.budget.include_energy,
                                     .now_ms = created.at_ms}));
  Result<MicroUsd> held = Admit(ask, spending);
  if (!held.ok()) return std::move(held).error().While(fmt::format("cannot start step `{}`", step));
  created.data.Set("reserve_micro_usd", held->value()).Set("reserve_why", ask.why);
  return {};
}

Json BudgetJson(const Budget& budget) {
  return Json::MakeObject({{"cap_micro_usd", AmountJson(budget.cap)},
                           {"day_micro_usd", AmountJson(budget.day)},
                           {"run_micro_usd", AmountJson(budget.run)},
                           {"include_energy", budget.include_energy}});
}

Budget BudgetOf(const Json& json) {
  return {.cap = AmountOf(json, "cap_micro_usd"),
          .day = AmountOf(json, "day_micro_usd"),
          .run = AmountOf(json, "run_micro_usd"),
          .include_energy = json.BoolOr("include_energy", false),
          .marks = {}};
}

}  // namespace curbstop
