#include "run/simulate/report_text.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "run/simulate/sower.h"

namespace curbstop {

Json DisasterJson(const DisasterReport& report) {
  const auto count = [&](Invariant invariant) {
    return report.broken[static_cast<size_t>(invariant)];
  };
  int64_t reached = 0;
  for (const auto& row : report.pairs)
    reached += std::ranges::count_if(row, [](int64_t n) { return n > 0; });
  Json faults = Json::MakeObject();
  for (int i = 0; i < kFaults; ++i) {
    faults.Set(NameOf(static_cast<Fault>(i)), report.faults[static_cast<size_t>(i)]);
  }
  return Json::MakeObject({{"runs", report.runs},
                           {"over_reserve", count(Invariant::kOverReserve)},
                           {"lost_beyond_print", count(Invariant::kLostBeyondPrint)},
                           {"unseen_machines", count(Invariant::kUnseenMachines)},
                           {"double_commits", count(Invariant::kDoubleCommits)},
                           {"unfinished", count(Invariant::kUnfinished)},
                           {"worst_excess_micro_usd", report.worst_excess},
                           {"pairs_reached", reached},
                           {"pairs_total", int64_t{kPhases} * kEventKinds},
                           {"events", report.events},
                           {"faults", faults}});
}

Json PlantJson(const std::vector<PlantReport>& plants) {
  Json list = Json::MakeArray();
  for (const PlantReport& one : plants) {
    list.Push(
        Json::MakeObject({{"name", NameOf(one.plant)},
                          {"caught", one.caught},
                          {"seed", static_cast<int64_t>(one.seed)},
                          {"broke", one.caught ? Json(NameOf(one.breach.invariant)) : Json()}}));
  }
  return list;
}

std::string DisasterText(const DisasterReport& report) {
  std::vector<std::vector<std::string>> faults = {{"FAULT", "LIVES"}};
  for (int i = 0; i < kFaults; ++i) {
    faults.push_back({std::string(NameOf(static_cast<Fault>(i))),
                      std::to_string(report.faults[static_cast<size_t>(i)])});
  }
  std::string text = TextTable(faults) + "\n";
  text += fmt::format("{} lives, {} events\n", report.runs, report.events);
  for (int i = 1; i <= static_cast<int>(Invariant::kUnfinished); ++i) {
    text += fmt::format("{}: {}\n", NameOf(static_cast<Invariant>(i)),
                        report.broken[static_cast<size_t>(i)]);
  }
  text += fmt::format("beyond a reserve, while a provider broke its contract: at most {} USD\n",
                      UsdTextUp(MicroUsd(report.worst_excess)));
  for (const BrokenLife& life : report.first) {
    text += fmt::format("seed {}: {}; `curbstop simulate --trace --seed {}` tells it\n", life.seed,
                        life.breach.what, life.seed);
  }
  return text;
}

std::string PlantText(const std::vector<PlantReport>& plants) {
  std::vector<std::vector<std::string>> table = {{"PLANT", "SEED", "BROKE"}};
  for (const PlantReport& one : plants) {
    table.push_back({std::string(NameOf(one.plant)), one.caught ? std::to_string(one.seed) : "-",
                     one.caught ? std::string(NameOf(one.breach.invariant)) : "not caught"});
  }
  const auto caught = std::ranges::count_if(plants, &PlantReport::caught);
  return TextTable(table) + fmt::format("\n{} of {} planted bugs caught\n", caught, plants.size());
}

Json TraceJson(const TracedLife& life) {
  const bool broke = life.breach.invariant != Invariant::kNone;
  return Json::MakeObject({{"lines", Json::ArrayOf(life.lines)},
                           {"broke", broke ? Json(NameOf(life.breach.invariant)) : Json()},
                           {"what", broke ? Json(life.breach.what) : Json()}});
}

std::string TraceText(const TracedLife& life) {
  std::string text;
  for (const std::string& line : life.lines) text += line + "\n";
  if (life.breach.invariant == Invariant::kNone) return text + "every promise was kept\n";
  return text + fmt::format("{}: {}\n", NameOf(life.breach.invariant), life.breach.what);
}

}  // namespace curbstop
