#include "fit/measured_runs.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "fit/work_points.h"

namespace curbstop::fit {
namespace {

double Total(const WorkPoint& point) {
  return std::accumulate(point.parts.begin(), point.parts.end(), 0.0);
}

bool IsSensible(const MeasuredRun& run) {
  const double ratio = run.measured / Total(run.point);
  return std::isfinite(ratio) && ratio > 1e-3 && ratio < 1e3 && run.point.parts.size() <= 3;
}

std::optional<MeasuredRun> ReadRun(const Json& json) {
  const auto kind = WorkKindOf(json.StringOr("kind", ""));
  if (!kind || json.IntOr("rules", 0) != kRules) return std::nullopt;
  MeasuredRun run;
  run.point.kind = *kind;
  run.point.device = json.StringOr("device", "");
  run.point.engine = json.StringOr("engine", "");
  run.point.setup = json.StringOr("setup", "");
  run.point.format = json.StringOr("format", "");
  run.point.model = json.StringOr("model", "");
  const Json* parts = json.Find("estimated");
  const Json* measured = json.Find("measured");
  if (parts == nullptr || measured == nullptr) return std::nullopt;
  for (const Json& part : parts->items())
    run.point.parts.push_back(std::max(0.0, part.AsDouble().value_or(0)));
  run.measured = measured->AsDouble().value_or(0);
  run.from = json.StringOr("from", "");
  run.at_ms = json.IntOr("at_ms", 0);
  if (!IsSensible(run)) return std::nullopt;
  return run;
}

// Seven digits: what was measured has fewer.
double Short(double number) { return std::stod(fmt::format("{:.7g}", number)); }

Json RunJson(const MeasuredRun& run) {
  Json parts = Json::MakeArray();
  for (const double part : run.point.parts) parts.Push(Short(part));
  return Json::MakeObject({{"kind", NameOf(run.point.kind)},
                           {"device", run.point.device},
                           {"engine", run.point.engine},
                           {"setup", run.point.setup},
                           {"format", run.point.format},
                           {"model", run.point.model},
                           {"estimated", parts},
                           {"measured", Short(run.measured)},
                           {"unit", UnitOf(run.point.kind)},
                           {"rules", kRules},
                           {"from", run.from},
                           {"at_ms", run.at_ms}});
}

bool IsSameWork(const WorkPoint& a, const WorkPoint& b) {
  return IsAlike(a, b) && a.setup == b.setup && a.format == b.format && a.model == b.model &&
         std::abs(Total(a) / Total(b) - 1) < 1e-5;
}

// The oldest of its kind goes where there are too many, then the oldest of all.
void Trim(std::vector<MeasuredRun>& runs) {
  std::vector<MeasuredRun> kept;
  for (size_t i = 0; i < runs.size(); ++i) {
    const auto newer = std::count_if(
        runs.begin() + static_cast<ptrdiff_t>(i) + 1, runs.end(),
        [&](const MeasuredRun& other) { return IsAlike(runs[i].point, other.point); });
    if (static_cast<size_t>(newer) < kMostRunsAlike) kept.push_back(runs[i]);
  }
  if (kept.size() > kMostRuns)
    kept.erase(kept.begin(), kept.end() - static_cast<ptrdiff_t>(kMostRuns));
  runs = std::move(kept);
}

}  // namespace

std::vector<MeasuredRun> ReadRuns(const Json& array) {
  std::vector<MeasuredRun> runs;
  for (const Json& json : array.items()) {
    if (auto run = ReadRun(json)) runs.push_back(*std::move(run));
    if (runs.size() >= kMostRuns) break;
  }
  return runs;
}

Json RunsJson(const std::vector<MeasuredRun>& runs) {
  Json array = Json::MakeArray();
  for (const MeasuredRun& run : runs) array.Push(RunJson(run));
  return array;
}

std::vector<MeasuredRun> Merge(std::vector<MeasuredRun> known,
                               const std::vector<MeasuredRun>& more) {
  for (const MeasuredRun& run : more) {
    std::erase_if(known, [&](const MeasuredRun& old) { return IsSameWork(old.point, run.point); });
    if (IsSensible(run)) known.push_back(run);
  }
  Trim(known);
  return known;
}

std::vector<Measured> MeasuredOf(const std::vector<MeasuredRun>& runs) {
  std::vector<Measured> measured;
  for (const MeasuredRun& run : runs)
    measured.push_back({run.point, run.measured / Total(run.point), 0});
  return measured;
}

SharedMeasured KnownOf(const std::vector<MeasuredRun>& runs) {
  if (runs.empty()) return nullptr;
  return std::make_shared<const std::vector<Measured>>(MeasuredOf(runs));
}

SharedMeasured KnownOf(const Machine& machine) {
  return machine.calibration ? KnownOf(ReadRuns(machine.calibration->runs)) : nullptr;
}

std::vector<MeasuredRun> RunsOf(const LogComparison& comparison, const std::string& from,
                                int64_t at_ms) {
  std::vector<MeasuredRun> runs;
  // Weights that lie elsewhere than estimated (a part in RAM) say nothing about this device.
  for (const ComparedBytes& one : comparison.bytes) {
    if (one.component == "weights" && !one.agrees) return runs;
    if (one.component == "allocated" && one.device == "gpu0" && one.measured > 0) {
      const FitQuestion& question = comparison.question;
      runs.push_back({AllocatedPoint(question), static_cast<double>(one.measured), from, at_ms});
    }
  }
  for (const ComparedSpeed& one : comparison.speeds) {
    if (!one.work.parts.empty())
      runs.push_back({one.work, 1 / one.measured.tokens_per_second, from, at_ms});
  }
  return runs;
}

}  // namespace curbstop::fit
