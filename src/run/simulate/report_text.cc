#include "run/simulate/report_text.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "run/simulate/pairs.h"
#include "run/simulate/sower.h"

namespace curbstop {

namespace {

constexpr std::string_view kRare = "possible; no life of this run met it";

std::string_view WhyNotMet(Phase phase, EventKind kind) {
  const std::string_view why = WhyNever(phase, kind);
  return why.empty() ? kRare : why;
}

bool IsMet(const DisasterReport& report, Phase phase, EventKind kind) {
  return report.pairs[static_cast<size_t>(phase)][static_cast<size_t>(kind)] != 0;
}

Json NotReachedJson(const DisasterReport& report) {
  Json list = Json::MakeArray();
  for (int p = 0; p < kPhases; ++p) {
    for (int k = 0; k < kEventKinds; ++k) {
      const auto phase = static_cast<Phase>(p);
      const auto kind = static_cast<EventKind>(k);
      if (IsMet(report, phase, kind)) continue;
      list.Push(Json::MakeObject(
          {{"state", NameOf(phase)}, {"event", NameOf(kind)}, {"why", WhyNotMet(phase, kind)}}));
    }
  }
  return list;
}

}  // namespace

Json DisasterJson(const DisasterReport& report) {
  const auto count = [&](Invariant invariant) {
    return report.broken[static_cast<size_t>(invariant)];
  };
  const Coverage coverage = CoverageOf(report);
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
                           {"pairs_reached", coverage.reached},
                           {"pairs_total", coverage.possible},
                           {"pairs_not_reached", NotReachedJson(report)},
                           {"events", report.events},
                           {"faults", faults}});
}

namespace {

using PhasesByReason = std::map<std::string_view, std::vector<std::string>>;

PhasesByReason NotMet(const DisasterReport& report, EventKind kind) {
  PhasesByReason phases;
  for (int p = 0; p < kPhases; ++p) {
    const auto phase = static_cast<Phase>(p);
    if (!IsMet(report, phase, kind)) phases[WhyNotMet(phase, kind)].emplace_back(NameOf(phase));
  }
  return phases;
}

}  // namespace

// Reasons that hold for a state or an event as a whole are said once.
std::string PairsText(const DisasterReport& report) {
  std::string rare = "possible, and met by no life of this run:\n";
  std::string never;
  for (int k = 0; k < kEventKinds; ++k) {
    const auto kind = static_cast<EventKind>(k);
    for (const auto& [why, phases] : NotMet(report, kind)) {
      const std::string where = Join(phases, " ");
      if (why == kRare) rare += fmt::format("  {} in {}\n", NameOf(kind), where);
      else if (why != kAtHome && why != kOver)
        never += fmt::format("  {}, because {}\n    {}\n", NameOf(kind), why, where);
    }
  }
  return rare +
         fmt::format(
             "cannot be:\n"
             "  any event in running, ending or crashed, and any word of an agent's process:\n"
             "    {}\n"
             "  anything but recovered in succeeded, failed or cancelled: {}\n",
             kAtHome, kOver) +
         never;
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
  const Coverage coverage = CoverageOf(report);
  text += fmt::format(
      "{} of {} possible pairs of state and event were met; `--pairs` lists the others\n",
      coverage.reached, coverage.possible);
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
