#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"
#include "base/time_text.h"
#include "market/keep.h"
#include "market/link.h"

namespace curbstop {
namespace {

std::map<std::string, MicroUsd> CheapestMachines(const std::vector<Offer>& offers) {
  std::map<std::string, MicroUsd> cheapest;
  for (const Offer& offer : offers) {
    if (!offer.per_hour || offer.gpu_name.empty()) continue;
    const auto [found, is_new] = cheapest.try_emplace(offer.provider, *offer.per_hour);
    if (!is_new) found->second = std::min(found->second, *offer.per_hour);
  }
  return cheapest;
}

std::string CostText(const KeepCost& keep) { return keep.cost ? UsdTextUp(*keep.cost) : "-"; }

// The oldest of the prices that the row stands on.
std::string DateOf(const KeepRow& row) {
  std::string oldest;
  for (const KeepCost& keep : row.ways) {
    if (keep.as_of.empty()) continue;
    if (oldest.empty() || keep.as_of < oldest) oldest = keep.as_of;
  }
  return oldest.empty() ? "-" : oldest;
}

Json WayJson(const KeepCost& keep) {
  return Json::MakeObject(
      {{"way", NameOf(keep.way)},
       {"cost_micro_usd", keep.cost ? Json(keep.cost->value()) : Json()},
       {"micro_usd_per_month",
        keep.cost && keep.way != KeepWay::kHome ? Json(keep.per_month.value()) : Json()},
       {"transfer_ms", keep.transfer.count()},
       {"why_not", keep.why_not.empty() ? Json() : Json(keep.why_not)},
       {"source", keep.source.empty() ? Json() : Json(keep.source)},
       {"as_of", keep.as_of.empty() ? Json() : Json(keep.as_of)}});
}

}  // namespace

Result<std::vector<KeepRow>> KeepRows(const TariffTable& table, const std::vector<Offer>& offers,
                                      std::string_view provider, std::string_view region,
                                      Bytes size, Millis time) {
  std::set<std::string> providers;
  for (const Tariff& tariff : table.all()) {
    const bool is_asked = provider.empty() || tariff.provider == provider;
    const bool rents_machines = table.FindBilling(tariff.provider) != nullptr;
    if (is_asked && rents_machines) providers.insert(tariff.provider);
  }
  const std::map<std::string, MicroUsd> cheapest = CheapestMachines(offers);
  std::vector<KeepRow> rows;
  for (const std::string& name : providers) {
    const auto machine = cheapest.find(name);
    KeepRow row{name, machine == cheapest.end() ? MicroUsd() : machine->second, {}};
    TRY_ASSIGN(row.ways, WaysToKeep(table, {.provider = name,
                                            .region = std::string(region.empty() ? "any" : region),
                                            .size = size,
                                            .time = time,
                                            .per_hour = row.per_hour,
                                            .bytes_per_second = kAssumedBytesPerS}));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::string KeepText(const std::vector<KeepRow>& rows, Bytes size, Millis time) {
  std::vector<std::vector<std::string>> table{
      {"provider", "stopped disk", "volume", "home and back", "cheapest", "prices of"}};
  for (const KeepRow& row : rows) {
    const KeepCost* best = CheapestToKeep(row.ways);
    if (best == nullptr) continue;
    table.push_back({row.provider, CostText(row.ways[0]), CostText(row.ways[1]),
                     CostText(row.ways[2]), std::string(NameOf(best->way)), DateOf(row)});
  }
  const int64_t unknown = static_cast<int64_t>(rows.size() + 1 - table.size());
  const Millis transfer = rows.empty() ? Millis(0) : rows.front().ways[2].transfer;
  std::string text = Paragraph(
      fmt::format(
          "Where {:.6g} GB of data can wait for {} when a machine's work is done, and what that "
          "costs in all.",
          static_cast<double>(size.value) / 1e9, DurationText(time)),
      "", "");
  text += "\n" + TextTable(table) + "\n";
  std::string notes = fmt::format(
      "USD, rounded up. home and back: traffic, and the provider's cheapest GPU machine "
      "while both ways take {} at 100 Mbit/s. -: it cannot be done, or no price is "
      "known; `--json` says which.",
      DurationText(transfer));
  if (unknown > 0)
    notes += fmt::format(" {} of {} providers without any price.", unknown, rows.size());
  return text + Paragraph(notes, "", "");
}

Json KeepJson(const std::vector<KeepRow>& rows, Bytes size, Millis time) {
  Json providers = Json::MakeArray();
  for (const KeepRow& row : rows) {
    Json ways = Json::MakeArray();
    for (const KeepCost& keep : row.ways) ways.Push(WayJson(keep));
    const bool has_machine = row.per_hour != MicroUsd();
    providers.Push(Json::MakeObject(
        {{"provider", row.provider},
         {"machine_micro_usd_per_hour", has_machine ? Json(row.per_hour.value()) : Json()},
         {"ways", ways}}));
  }
  return Json::MakeObject(
      {{"size_bytes", size.value}, {"time_ms", time.count()}, {"providers", providers}});
}

}  // namespace curbstop
