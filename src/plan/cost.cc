#include "plan/cost.h"

#include <map>
#include <set>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr double kMillisPerHour = 3'600'000;

bool IsSpent(const LedgerLine& line) { return line.kind == "accrue" || line.kind == "correct"; }

std::string EnergyText(double watt_hours) {
  if (watt_hours <= 0) return "-";
  return watt_hours >= 1000 ? fmt::format("{:.2f} kWh", watt_hours / 1000)
                            : fmt::format("{:.2f} Wh", watt_hours);
}

}  // namespace

CostTable SumCosts(std::span<const LedgerLine> lines) {
  struct Sum {
    CostRow row;
    std::set<std::string> runs;
  };
  std::map<std::tuple<std::string, std::string, std::string>, Sum> sums;
  CostTable table;
  for (const LedgerLine& line : lines) {
    if (!IsSpent(line)) continue;
    Sum& sum = sums[{line.project, line.step, line.ledger_class}];
    sum.runs.insert(line.run);
    sum.row.amount += line.amount;
    sum.row.time += line.time;
    sum.row.watt_hours += line.watts * static_cast<double>(line.time.count()) / kMillisPerHour;
    if (line.ledger_class != "practice") table.total += line.amount;
  }
  for (auto& [key, sum] : sums) {
    std::tie(sum.row.project, sum.row.step, sum.row.ledger_class) = key;
    sum.row.runs = static_cast<int64_t>(sum.runs.size());
    table.rows.push_back(std::move(sum.row));
  }
  return table;
}

Json CostJson(const CostTable& table) {
  Json rows = Json::MakeArray();
  for (const CostRow& row : table.rows) {
    rows.Push(Json::MakeObject({{"project", row.project},
                                {"step", row.step},
                                {"class", row.ledger_class},
                                {"runs", row.runs},
                                {"time_ms", row.time.count()},
                                {"watt_hours", row.watt_hours},
                                {"micro_usd", row.amount.value()}}));
  }
  return Json::MakeObject({{"rows", rows}, {"total_micro_usd", table.total.value()}});
}

namespace {

// Money of the practice cloud, which no total and no cap counts.
std::string PlayMoneyText(const CostTable& table) {
  MicroUsd play;
  for (const CostRow& row : table.rows) {
    if (row.ledger_class == "practice") play += row.amount;
  }
  return play == MicroUsd() ? "" : fmt::format(", and {} USD of play money", UsdText(play));
}

}  // namespace

std::string CostText(const CostTable& table) {
  if (table.rows.empty()) return "nothing was spent yet\n";
  std::vector<std::vector<std::string>> cells = {
      {"project", "step", "class", "runs", "time", "energy", "USD"}};
  for (const CostRow& row : table.rows) {
    cells.push_back({Printable(row.project), Printable(row.step), row.ledger_class,
                     fmt::format("{}", row.runs), DurationText(row.time),
                     EnergyText(row.watt_hours), UsdText(row.amount)});
  }
  return TextTable(cells) +
         fmt::format("total {} USD{}\n", UsdText(table.total), PlayMoneyText(table));
}

}  // namespace curbstop
