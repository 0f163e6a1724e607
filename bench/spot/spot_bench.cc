// Our deadline policy where it was not tuned, and how long it takes. Never a test.
//
//   spot_bench split     two parameters chosen on one half of zones and time, reported on the other
//   spot_bench unseen    markets drawn by seed, with other laws than the policy assumes
//   spot_bench gangs DIR [N]   recordings of machines at once (bench/spot/gangs), N starts each (8)
//   spot_bench time      one decision of the policy, one optimum
//
// bench/spot/bench.py --robust builds and runs it; docs/benchmarks/spot.md has its figures.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "market/spot_trace.h"
#include "plan/spot/ours.h"
#include "plan/spot/uniform_progress.h"
#include "run/simulate/spot/optimum.h"
#include "run/simulate/spot/replay.h"

namespace curbstop {
namespace {

constexpr double kHour = 3600;

SpotTuning tuning;
SpotAction Tuned(const SpotView& view) { return OursNextTuned(view, tuning); }

// Sums over windows.
struct Score {
  double ours = 0, failover = 0, optimum = 0;
  int windows = 0, missed = 0;

  void operator+=(const Score& other) {
    ours += other.ours, failover += other.failover, optimum += other.optimum;
    windows += other.windows, missed += other.missed;
  }
};

// `ours` alone where nothing is compared.
Score Live(const TraceMarket& market, const SpotJob& job, int64_t start, bool compares) {
  const SpotLife life = Replay(market, job, start, Tuned);
  Score score{.ours = Usd(life), .windows = 1, .missed = life.missed ? 1 : 0};
  if (!compares) return score;
  score.failover = Usd(Replay(market, job, start, UniformProgressNext));
  score.optimum = Optimum(market, job, start).usd;
  return score;
}

std::string Line(const std::string& what, const Score& s) {
  return fmt::format("{:<34}{:>8}{:>10.2f}{:>12.2f}{:>10.2f}{:>10.3f}{:>10.3f}{:>8}\n", what,
                     s.windows, s.ours / s.windows, s.failover / s.windows, s.optimum / s.windows,
                     s.ours / s.failover, s.ours / s.optimum, s.missed);
}

std::string Header() {
  return fmt::format("{:<34}{:>8}{:>10}{:>12}{:>10}{:>10}{:>10}{:>8}\n", "market", "windows",
                     "ours", "up_failover", "optimum", "/ failov.", "/ optimum", "missed");
}

// ---- split ------------------------------------------------------------------------------------

// Every second zone by name, and one half of the time.
struct Half {
  const char* trace;
  bool odd_zones = false;
  bool late = false;
};

TraceMarket MarketOfHalf(const Half& half) {
  const auto bundled = BundledSpotTrace(half.trace);
  CHECK(bundled.ok());
  SpotTrace trace = **bundled;
  std::ranges::sort(trace.zones, {}, &SpotZone::name);
  std::vector<SpotZone> kept;
  for (size_t i = half.odd_zones ? 1 : 0; i < trace.zones.size(); i += 2)
    kept.push_back(trace.zones[i]);
  trace.zones = kept;
  return MarketOf(trace, 720);
}

// Four deadlines, six starts each, all zones of the half and its first three.
Score ScoreOf(const Half& half, bool compares) {
  Score sum;
  TraceMarket market = MarketOfHalf(half);
  for (const bool few : {false, true}) {
    if (few) market.places.resize(3);
    for (const double ratio : {1.1, 1.25, 1.5, 2.0}) {
      const SpotJob job{.work_s = 30 * kHour,
                        .deadline_s = 30 * ratio * kHour,
                        .overhead_s = 720,
                        .move = MicroUsd(1'000'000)};
      const auto window = static_cast<int64_t>(std::ceil(job.deadline_s / market.tick_s));
      const int64_t from = half.late ? market.ticks / 2 : 0;
      const int64_t spare = market.ticks / 2 - window;
      for (int64_t i = 0; i < 6; ++i) sum += Live(market, job, from + i * spare / 5, compares);
    }
  }
  return sum;
}

void Split() {
  double best = 1e18;
  SpotTuning chosen;
  fmt::print(
      "half that is chosen on (even zones, first half of the time): sum of USD / USD at 4 h, 1 h\n");
  double base_v100 = 0, base_h100 = 0;
  {
    tuning = {};
    base_v100 = ScoreOf({"v100"}, false).ours;
    base_h100 = ScoreOf({"h100"}, false).ours;
  }
  for (const double life : {1.0, 2.0, 4.0, 8.0}) {
    for (const double away : {0.5, 1.0, 2.0}) {
      tuning = {.assumed = {.life_s = life * kHour, .away_s = away * kHour}};
      const double v100 = ScoreOf({"v100"}, false).ours / base_v100;
      const double h100 = ScoreOf({"h100"}, false).ours / base_h100;
      fmt::print("life {:>4.1f} h, away {:>3.1f} h   v100 {:.4f}   h100 {:.4f}\n", life, away, v100,
                 h100);
      std::fflush(stdout);
      if (v100 + h100 >= best) continue;
      best = v100 + h100;
      chosen = tuning;
    }
  }
  fmt::print("chosen: life {:.1f} h, away {:.1f} h\n\n{}", chosen.assumed.life_s / kHour,
             chosen.assumed.away_s / kHour, Header());
  for (const bool is_default : {false, true}) {
    tuning = is_default ? SpotTuning{} : chosen;
    for (const char* trace : {"v100", "h100"}) {
      for (const bool held_out : {false, true}) {
        fmt::print("{}", Line(fmt::format("{} {}{}", trace, held_out ? "held out" : "chosen on",
                                          is_default ? ", as shipped" : ""),
                              ScoreOf({trace, held_out, held_out}, true)));
        std::fflush(stdout);
      }
    }
  }
}

// ---- unseen -----------------------------------------------------------------------------------

using Draw = std::mt19937_64;

double Uniform(Draw& draw, double low, double high) {
  return low + (high - low) * (static_cast<double>(draw() >> 11) / 9007199254740992.0);
}

struct Family {
  const char* name;
  double shape = 1;     // Weibull, of lives and of absences; 1: as the policy assumes
  double daily = 0;     // how much more is lost by day than by night: 0 to 1
  double together = 0;  // the share of losses that take all zones of a region at once
  double drift = 0;     // how much the price moves in a day
};
constexpr Family kFamilies[] = {
    {"constant hazard"},
    {"infant mortality (Weibull 0.5)", 0.5},
    {"wear-out (Weibull 3)", 3},
    {"day and night", 1, 0.9},
    {"zones fail together", 1, 0, 0.8},
    {"prices drift", 1, 0, 0, 0.3},
    {"all of these", 0.6, 0.7, 0.6, 0.3},
};

// Seconds until the next change, from a mean.
double Weibull(Draw& draw, double mean, double shape) {
  const double scale = mean / std::tgamma(1 + 1 / shape);
  return scale * std::pow(-std::log(Uniform(draw, 1e-12, 1)), 1 / shape);
}

struct DrawnMarket {
  TraceMarket market;
  SpotJob job;
};

DrawnMarket DrawMarket(const Family& family, uint64_t seed) {
  Draw draw(seed * 1'000'003 + 17);
  DrawnMarket drawn;
  TraceMarket& market = drawn.market;
  market.tick_s = 300;
  const double start = std::floor(Uniform(draw, 1, 5)) * 300;
  const double work = std::floor(Uniform(draw, 8, 48) * 12) * 300;
  const double ratio = std::exp(Uniform(draw, std::log(1.1), std::log(3.0)));
  drawn.job = {.work_s = work,
               .deadline_s = std::ceil(work * ratio / 300) * 300 + 2 * start,
               .overhead_s = start,
               .move = MicroUsd(draw() % 2 == 0 ? 0 : static_cast<int64_t>(draw() % 2'000'000))};
  market.ticks = static_cast<int64_t>(drawn.job.deadline_s / 300) + 1;
  const auto zones = 1 + draw() % 6;
  // The common fate of a region.
  const double region_up = Weibull(draw, Uniform(draw, 4, 30) * kHour, 1);
  const double region_away = Uniform(draw, 0.5, 6) * kHour;
  std::vector<bool> fate;
  {
    bool up = true;
    double left = region_up;
    for (int64_t t = 0; t < market.ticks; ++t, left -= 300) {
      if (left <= 0) up = !up, left = Weibull(draw, up ? region_up : region_away, family.shape);
      fate.push_back(up || Uniform(draw, 0, 1) > 1);
    }
  }
  for (uint64_t z = 0; z < zones; ++z) {
    TracePlace zone{.place = {.name = fmt::format("z{}", z),
                              .region = fmt::format("r{}", z / 3),
                              .on_demand = MicroUsd(3'000'000),
                              .overhead_s = start}};
    const double life = std::exp(Uniform(draw, std::log(0.5), std::log(40))) * kHour;
    const double away = std::exp(Uniform(draw, std::log(0.2), std::log(12))) * kHour;
    double price = Uniform(draw, 0.6e6, 2.2e6);
    const bool shares = Uniform(draw, 0, 1) < family.together;
    bool up = Uniform(draw, 0, 1) < life / (life + away);
    double left = Weibull(draw, up ? life : away, family.shape);
    for (int64_t t = 0; t < market.ticks; ++t) {
      const double of_day = std::sin(2 * 3.14159265358979 * static_cast<double>(t) / 288);
      const double haste = up ? 1 + family.daily * of_day : 1 - family.daily * of_day;
      left -= 300 * haste;
      if (left <= 0) up = !up, left = Weibull(draw, up ? life : away, family.shape);
      zone.available.push_back(up && (!shares || fate[static_cast<size_t>(t)]));
      price *= std::exp(family.drift / std::sqrt(288) * Uniform(draw, -1.7, 1.7));
      price = std::clamp(price, 0.4e6, 2.8e6);
      zone.price.push_back(MicroUsd(static_cast<int64_t>(price)));
    }
    market.places.push_back(std::move(zone));
  }
  return drawn;
}

void Unseen() {
  fmt::print("{}", Header());
  Score all;
  for (const Family& family : kFamilies) {
    Score sum;
    for (uint64_t seed = 1; seed <= 150; ++seed) {
      const DrawnMarket drawn = DrawMarket(family, seed);
      sum += Live(drawn.market, drawn.job, 0, true);
    }
    fmt::print("{}", Line(family.name, sum));
    std::fflush(stdout);
    all += sum;
  }
  fmt::print("{}", Line("all", all));
}

// ---- gangs ------------------------------------------------------------------------------------

std::string FileIn(const std::string& folder, const std::string& name) {
  std::ifstream file(folder + "/" + name);
  CHECK(file.good());
  return {std::istreambuf_iterator<char>(file), {}};
}

void Gangs(const std::string& folder, int64_t starts) {
  fmt::print("{}", Header());
  for (const char* name : {"aws-v100-x16", "aws-v100-x4", "gcp-h100-x16"}) {
    const auto trace = ParseSpotTrace(name, FileIn(folder, "zones.csv"),
                                      FileIn(folder, name + std::string(".csv")));
    CHECK(trace.ok());
    const TraceMarket market = MarketOf(*trace, 720);
    for (const double deadline : {36.0, 45.0, 60.0}) {
      const SpotJob job{.work_s = 30 * kHour,
                        .deadline_s = deadline * kHour,
                        .overhead_s = 720,
                        .move = MicroUsd(1'000'000)};
      const auto window = static_cast<int64_t>(std::ceil(job.deadline_s / market.tick_s));
      Score sum;
      for (int64_t i = 0; i < starts; ++i)
        sum += Live(market, job, (market.ticks - window) * i / (starts - 1), true);
      fmt::print("{}", Line(fmt::format("{}, {:.0f} h", name, deadline), sum));
      std::fflush(stdout);
    }
  }
}

// ---- time -------------------------------------------------------------------------------------

template <typename Work>
double MedianMs(int times, Work work) {
  std::vector<double> ms;
  for (int i = 0; i < times; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    work(i);
    ms.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun)
                     .count());
  }
  std::ranges::nth_element(ms, ms.begin() + times / 2);
  return ms[static_cast<size_t>(times) / 2];
}

std::vector<double> decisions_ms;
SpotAction Timed(const SpotView& view) {
  const auto begun = std::chrono::steady_clock::now();
  const SpotAction action = OursNext(view);
  decisions_ms.push_back(
      std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begun).count());
  return action;
}

void TimeDecisions(const char* name, size_t zones) {
  const auto bundled = BundledSpotTrace(name);
  CHECK(bundled.ok());
  TraceMarket market = MarketOf(**bundled, 720);
  market.places.resize(zones);
  const SpotJob job{.work_s = 40 * kHour,
                    .deadline_s = 60 * kHour,
                    .overhead_s = 720,
                    .move = MicroUsd(1'000'000)};
  decisions_ms.clear();
  Replay(market, job, 100, Timed);
  std::ranges::sort(decisions_ms);
  const size_t n = decisions_ms.size();
  fmt::print("a decision, {} zones of {}: median {:.3f} ms, 99th percentile {:.3f} ms, of {}\n",
             zones, name, decisions_ms[n / 2], decisions_ms[n * 99 / 100], n);
  market.places.resize(1);
  const double ms = MedianMs(15, [&](int i) { CHECK(Optimum(market, job, 100 + 37 * i).usd > 0); });
  fmt::print("the optimum of a window of 60 h in one zone of {}: median {:.2f} ms\n", name, ms);
}

}  // namespace
}  // namespace curbstop

int main(int argc, char** argv) {
  using namespace curbstop;
  const std::string what = argc >= 2 ? argv[1] : "";
  if (what == "gangs" && argc >= 3) {
    const int64_t starts = argc == 4 ? std::strtoll(argv[3], nullptr, 10) : 8;
    if (starts < 2) return fmt::print(stderr, "gangs DIR [N]: N is 2 or more\n"), 2;
    return Gangs(argv[2], starts), 0;
  }
  if (what == "split") Split();
  else if (what == "unseen") Unseen();
  else if (what == "time")
    TimeDecisions("v100", 1), TimeDecisions("v100", 3), TimeDecisions("h100", 6),
        TimeDecisions("h100", 13);
  else return fmt::print(stderr, "split, unseen, gangs DIR [N] or time\n"), 2;
  return 0;
}
