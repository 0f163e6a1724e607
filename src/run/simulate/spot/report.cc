#include "run/simulate/spot/report.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/text_or_null.h"
#include "base/units.h"
#include "plan/spot/ours.h"
#include "plan/spot/skynomad.h"
#include "plan/spot/uniform_progress.h"
#include "run/simulate/spot/optimum.h"

namespace curbstop {
namespace {

struct NamedPolicy {
  std::string_view name;
  SpotPolicy next;  // none: the optimum, which knows the future and is no policy
};
constexpr std::array kPolicies = {
    NamedPolicy{"ours", OursNext},          NamedPolicy{"greedy", GreedyNext},
    NamedPolicy{"up", UniformProgressNext}, NamedPolicy{"up_failover", UniformProgressNext},
    NamedPolicy{"skynomad", SkyNomadNext},  NamedPolicy{"optimum", nullptr},
};

constexpr int64_t kMostStarts = 10'000;

int64_t WindowTicks(const TraceMarket& market, double deadline_s) {
  return static_cast<int64_t>(std::ceil(deadline_s / market.tick_s));
}

double Hours(int64_t ticks, double tick_s) { return static_cast<double>(ticks) * tick_s / 3600; }

Result<std::vector<SpotStart>> Evenly(int64_t count, const TraceMarket& market, int64_t spare) {
  if (count < 1 || count > kMostStarts)
    return InvalidInput(fmt::format("{} starts are not 1 to {}", count, kMostStarts));
  std::vector<SpotStart> starts;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t tick = count == 1 ? 0 : i * spare / (count - 1);
    starts.push_back({Hours(tick, market.tick_s), tick});
  }
  return starts;
}

Result<SpotStart> AtHour(const std::string& word, const TraceMarket& market, int64_t spare) {
  double hours = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), hours);
  const bool whole = error == std::errc() && end == word.data() + word.size();
  if (!whole || !(hours >= 0) || hours > 1e7)
    return InvalidInput(fmt::format("`{}` in `--starts` is no hour", Printable(word)));
  // The ceiling in double arithmetic, as the published windows have it.
  const SpotStart start{hours, static_cast<int64_t>(std::ceil(hours * 3600 / market.tick_s))};
  if (start.tick <= spare) return start;
  return InvalidInput(fmt::format("the window from hour {} on ends after the trace of {:.1f} hours",
                                  word, Hours(market.ticks, market.tick_s)))
      .WithHint(
          fmt::format("the last hour it can start at is {:.1f}", Hours(spare, market.tick_s)));
}

SpotWindow Window(std::string_view policy, SpotStart start, const SpotLife& life) {
  return {.policy = std::string(policy),
          .start = start,
          .usd = Usd(life),
          .missed = life.missed,
          .stopped = life.stopped,
          .cut = life.cut,
          .warned = life.warned,
          .said = life.said,
          .migrations = static_cast<double>(life.migrations),
          .starts = static_cast<double>(life.starts),
          .spot_ticks = static_cast<double>(life.spot_ticks),
          .on_demand_ticks = static_cast<double>(life.on_demand_ticks),
          .probes = static_cast<double>(life.probes)};
}

void AddShare(SpotWindow& sum, const SpotWindow& one, double share) {
  sum.usd += one.usd * share;
  sum.missed = sum.missed || one.missed;
  sum.stopped = sum.stopped || one.stopped;
  sum.cut = sum.cut || one.cut;
  sum.starts += one.starts * share;
  sum.spot_ticks += one.spot_ticks * share;
  sum.on_demand_ticks += one.on_demand_ticks * share;
}

SpotWindow MeanOfSinglePlaces(const TraceMarket& market, const SpotJob& job, SpotStart start) {
  SpotWindow mean{.policy = "up", .start = start};
  std::vector<const TracePlace*> places;
  for (const TracePlace& place : market.places) {
    if (place.place.sells_spot) places.push_back(&place);
  }
  for (const TracePlace* place : places) {
    const TraceMarket one{.tick_s = market.tick_s, .ticks = market.ticks, .places = {*place}};
    AddShare(mean, Window("up", start, Replay(one, job, start.tick, UniformProgressNext)),
             1.0 / static_cast<double>(places.size()));
  }
  return mean;
}

// The published policies know only zones.
TraceMarket ZonesOnly(const TraceMarket& market) {
  TraceMarket zones = market;
  std::erase_if(zones.places, [](const TracePlace& place) { return !place.place.sells_spot; });
  return zones;
}

SpotWindow Live(const NamedPolicy& policy, const TraceMarket& market, const TraceMarket& zones,
                const SpotJob& job, SpotStart start) {
  if (policy.next == nullptr) {
    const SpotOptimum optimum = Optimum(market, job, start.tick);
    return {.policy = std::string(policy.name),
            .start = start,
            .usd = optimum.usd,
            .missed = optimum.missed,
            .exact = optimum.exact};
  }
  if (policy.name == "up") return MeanOfSinglePlaces(zones, job, start);
  const bool knows_home = policy.name == "ours";
  return Window(policy.name, start,
                Replay(knows_home ? market : zones, job, start.tick, policy.next));
}

// What the table says of one policy.
struct Summary {
  double usd = 0, most = 0, migrations = 0, spot_ticks = 0, on_demand_ticks = 0;
  int64_t missed = 0, stopped = 0, cut = 0, at_risk = 0, windows = 0;
  bool exact = true;
};

Summary SummaryOf(std::string_view policy, const std::vector<SpotWindow>& windows) {
  Summary sum;
  for (const SpotWindow& window : windows) {
    if (window.policy != policy) continue;
    ++sum.windows;
    sum.usd += window.usd;
    sum.most = std::max(sum.most, window.usd);
    sum.migrations += window.migrations;
    sum.spot_ticks += window.spot_ticks;
    sum.on_demand_ticks += window.on_demand_ticks;
    sum.missed += window.missed ? 1 : 0;
    sum.stopped += window.stopped ? 1 : 0;
    sum.cut += window.cut ? 1 : 0;
    sum.at_risk += window.warned ? 1 : 0;
    sum.exact = sum.exact && window.exact;
  }
  return sum;
}

std::vector<std::string> PoliciesIn(const std::vector<SpotWindow>& windows) {
  std::vector<std::string> names;
  for (const SpotWindow& window : windows) {
    if (std::ranges::count(names, window.policy) == 0) names.push_back(window.policy);
  }
  return names;
}

std::vector<std::string> TableRow(const std::string& policy, const Summary& sum, double optimum,
                                  double tick_s) {
  const auto count = static_cast<double>(sum.windows);
  const bool plain = policy != "optimum";
  const auto hours = [&](double ticks) {
    return plain ? fmt::format("{:.1f}", ticks * tick_s / 3600 / count) : std::string("-");
  };
  return {policy,
          fmt::format("{:.2f}", sum.usd / count),
          optimum > 0 ? fmt::format("{:.3f}", sum.usd / optimum) : "-",
          fmt::format("{:.2f}", sum.most),
          fmt::format("{} of {}", sum.missed, sum.windows),
          hours(sum.spot_ticks),
          hours(sum.on_demand_ticks),
          plain ? fmt::format("{:.1f}", sum.migrations / count) : "-"};
}

std::string JobText(const SpotQuestion& question) {
  const auto seconds = [](double s) {
    return DurationText(Millis(static_cast<int64_t>(std::llround(s * 1000))));
  };
  const std::optional<MicroUsd>& cap = question.job.cap;
  return fmt::format(
      "{}: {} place{}, ticks of {}\n"
      "work {}, deadline {}, each start {}, each move {} USD{}\n\n",
      Printable(question.trace), question.zones.size(), question.zones.size() == 1 ? "" : "s",
      seconds(question.tick_s), seconds(question.job.work_s), seconds(question.job.deadline_s),
      seconds(question.job.overhead_s), UsdText(question.job.move),
      cap ? fmt::format(", cap {} USD", UsdText(*cap)) : "");
}

std::string_view NameOf(SpotSays says) {
  switch (says) {
    case SpotSays::kNothing: return "";
    case SpotSays::kCapAtRisk: return "cap_at_risk";
    case SpotSays::kCannotBoth: return "cannot_both";
    case SpotSays::kDeadlineLost: return "deadline_lost";
  }
  return "";
}

std::string StoppedText(const Summary& sum) {
  if (sum.stopped == sum.cut) return fmt::format("cut at the cap in {}", sum.cut);
  return fmt::format("stopped with a checkpoint, deadline and cap could not both hold, in {}",
                     sum.stopped);
}

// Only where a cap is set: who was stopped by it, and in how many windows `ours` warned.
std::string CapText(const std::vector<SpotWindow>& windows) {
  std::string text;
  for (const std::string& policy : PoliciesIn(windows)) {
    const Summary sum = SummaryOf(policy, windows);
    if (sum.stopped != 0)
      text += fmt::format("{}: {} of {}\n", policy, StoppedText(sum), sum.windows);
    if (sum.at_risk != 0)
      text += fmt::format("{}: warned in {} of {} that the cap pays for spot alone\n", policy,
                          sum.at_risk, sum.windows);
  }
  return text.empty() ? text : "\n" + text;
}

}  // namespace

std::vector<std::string> SpotPolicyNames() {
  std::vector<std::string> names;
  for (const NamedPolicy& policy : kPolicies) names.emplace_back(policy.name);
  return names;
}

Result<std::vector<SpotStart>> SpotStarts(std::string_view wish, const TraceMarket& market,
                                          double deadline_s) {
  const int64_t spare = market.ticks - WindowTicks(market, deadline_s);
  if (spare < 0)
    return InvalidInput(
        fmt::format("the trace of {:.1f} hours is shorter than the deadline of {:.1f}",
                    Hours(market.ticks, market.tick_s), deadline_s / 3600));
  if (IsDigits(wish)) {
    int64_t count = 0;
    std::from_chars(wish.data(), wish.data() + wish.size(), count);
    return Evenly(count, market, spare);
  }
  std::vector<SpotStart> starts;
  for (const std::string& part : Split(std::string(wish), ',')) {
    const std::string word(Trim(part));
    if (word.empty() && !starts.empty()) continue;
    TRY_ASSIGN(const SpotStart start, AtHour(word, market, spare));
    starts.push_back(start);
  }
  return starts;
}

std::vector<SpotWindow> ReplayPolicies(const TraceMarket& market, const SpotJob& job,
                                       const std::vector<std::string>& policies,
                                       const std::vector<SpotStart>& starts) {
  const TraceMarket zones = ZonesOnly(market);
  std::vector<SpotWindow> windows;
  for (const NamedPolicy& policy : kPolicies) {
    if (std::ranges::count(policies, policy.name) == 0) continue;
    for (const SpotStart& start : starts)
      windows.push_back(Live(policy, market, zones, job, start));
  }
  return windows;
}

Json SpotJson(const SpotQuestion& question, const std::vector<SpotWindow>& windows) {
  Json mean = Json::MakeObject();
  Json rows = Json::MakeArray();
  for (const std::string& policy : PoliciesIn(windows)) {
    const Summary sum = SummaryOf(policy, windows);
    mean.Set(policy, sum.usd / static_cast<double>(sum.windows));
  }
  for (const SpotWindow& window : windows) {
    Json row = Json::MakeObject({{"policy", window.policy},
                                 {"start_h", window.start.hours},
                                 {"cost_usd", window.usd},
                                 {"missed", window.missed},
                                 {"migrations", static_cast<int64_t>(window.migrations)}});
    if (window.policy == "optimum") {
      row.Set("exact", window.exact);
    } else {
      row.Set("stopped", window.stopped);
      row.Set("said", TextOrNull(std::string(NameOf(window.said))));
      row.Set("starts", window.starts);
      row.Set("spot_ticks", window.spot_ticks);
      row.Set("on_demand_ticks", window.on_demand_ticks);
      row.Set("probes", window.probes);
    }
    rows.Push(std::move(row));
  }
  return Json::MakeObject({{"mean", mean},
                           {"windows", rows},
                           {"trace", question.trace},
                           {"zones", Json::ArrayOf(question.zones)}});
}

std::string SpotText(const SpotQuestion& question, const std::vector<SpotWindow>& windows) {
  const Summary optimum = SummaryOf("optimum", windows);
  std::vector<std::vector<std::string>> table = {{"policy", "mean USD", "of optimum", "worst USD",
                                                  "missed", "spot h", "on demand h", "moves"}};
  for (const std::string& policy : PoliciesIn(windows))
    table.push_back(TableRow(policy, SummaryOf(policy, windows), optimum.usd, question.tick_s));
  std::string text = JobText(question) + TextTable(table);
  if (question.job.cap) text += CapText(windows);
  if (!optimum.exact)
    text += "\nthe optimum is a bound: no plan is cheaper (starts too fine to count exactly)\n";
  return text;
}

}  // namespace curbstop
