#include "run/simulate/spot/replay.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "base/text.h"

namespace curbstop {
namespace {

constexpr int64_t kProbeSeconds = 60;

class Replayer {
 public:
  Replayer(const TraceMarket& market, const SpotJob& job, int64_t start)
      : market_(market), start_(start) {
    for (const TracePlace& place : market.places) places_.push_back(place.place);
    view_.job = &job;
    view_.tick_s = market.tick_s;
  }

  SpotLife Live(SpotPolicy policy) {
    while (view_.left_s() > kNoWork && view_.now_s() < view_.job->deadline_s) {
      Look();
      const SpotMachine machine = Ask(policy);
      if (!life_.stopped && CrossesCap(machine)) life_.stopped = life_.cut = true;
      if (life_.stopped) break;
      Work(machine);
      ++view_.tick;
    }
    if (view_.left_s() > kNoWork) Miss();
    return life_;
  }

 private:
  bool Available(int place) const {
    const std::vector<bool>& available = market_.places[static_cast<size_t>(place)].available;
    const size_t at = static_cast<size_t>(start_ + view_.tick);
    return at < available.size() && available[at];
  }

  SpotPlace& At(int place) { return places_[static_cast<size_t>(place)]; }

  bool See(int place) {
    const bool up = Available(place);
    At(place).now = up;
    AddSighting(At(place).spells, view_.tick, up);
    return up;
  }

  // A new tick: prices, and whether the spot machine is still there.
  void Look() {
    for (size_t i = 0; i < places_.size(); ++i) {
      places_[i].now.reset();
      const std::vector<MicroUsd>& price = market_.places[i].price;
      if (price.empty()) continue;
      const size_t at = static_cast<size_t>(start_ + view_.tick);
      places_[i].spot = price[std::min(at, price.size() - 1)];
    }
    view_.was_on_demand = view_.held.kind == SpotKind::kOnDemand;
    if (view_.held.kind == SpotKind::kSpot && !See(view_.held.place)) view_.held = {};
  }

  SpotMachine Ask(SpotPolicy policy) {
    // Each place is asked at most once by try and once by probe in a tick.
    for (size_t asked = 0; asked <= 2 * places_.size(); ++asked) {
      view_.places = places_;
      view_.spent = Spent();
      const SpotAction action = policy(view_);
      if (action.says != SpotSays::kNothing) life_.said = action.says;
      life_.warned = life_.warned || action.says == SpotSays::kCapAtRisk;
      if (action.step == SpotStep::kStop) {
        life_.stopped = true;
        return {};
      }
      if (action.step == SpotStep::kRun) return action.machine;
      const bool up = See(action.machine.place);
      if (action.step == SpotStep::kTry && up) return action.machine;
      if (action.step == SpotStep::kProbe && up) {
        Bill(At(action.machine.place).spot, kProbeSeconds);
        ++life_.probes;
      }
    }
    CHECK(false && "the policy never decides");
    return {};
  }

  bool CrossesCap(SpotMachine machine) {
    if (!view_.job->cap || machine.kind == SpotKind::kIdle) return false;
    const bool moves =
        machine != view_.held && view_.data_at >= 0 && view_.data_at != machine.place;
    const SpotPlace& place = At(machine.place);
    const MicroUsd price = machine.kind == SpotKind::kSpot ? place.spot : place.on_demand;
    const int64_t tick = price.value() * static_cast<int64_t>(view_.tick_s);
    return SpentBy(life_.micro_usd_seconds + tick) + (moves ? view_.job->move : MicroUsd()) >
           *view_.job->cap;
  }

  void Start(SpotMachine machine) {
    view_.pending_s = At(machine.place).overhead_s;
    ++life_.starts;
    if (view_.data_at >= 0 && view_.data_at != machine.place) {
      ++life_.migrations;
      life_.moved += view_.job->move;
    }
    view_.data_at = machine.place;
  }

  void Work(SpotMachine machine) {
    const bool starts = machine != view_.held && machine.kind != SpotKind::kIdle;
    view_.held = machine;
    if (starts) Start(machine);
    if (machine.kind == SpotKind::kIdle) return;
    CHECK(machine.kind == SpotKind::kOnDemand || Available(machine.place));
    const SpotPlace& place = At(machine.place);
    const double worked = std::max(view_.tick_s - view_.pending_s, 0.0) * place.speed;
    view_.done_s += std::min(worked, view_.left_s());
    view_.pending_s = std::max(view_.pending_s - view_.tick_s, 0.0);
    const bool spot = machine.kind == SpotKind::kSpot;
    Bill(spot ? place.spot : place.on_demand, static_cast<int64_t>(view_.tick_s));
    ++(spot ? life_.spot_ticks : life_.on_demand_ticks);
  }

  void Miss() {
    life_.missed = true;
    life_.unfinished_s = view_.left_s();
    if (view_.job->cap) return;
    const SpotPlace& place = At(CheapestOnDemand(view_));
    life_.micro_usd_seconds += static_cast<int64_t>(std::llround(
        static_cast<double>(place.on_demand.value()) * life_.unfinished_s / place.speed));
  }

  void Bill(MicroUsd per_hour, int64_t seconds) {
    life_.micro_usd_seconds += per_hour.value() * seconds;
  }

  // Up to the next micro-dollar.
  MicroUsd SpentBy(int64_t micro_usd_seconds) const {
    return MicroUsd((micro_usd_seconds + 3599) / 3600) + life_.moved;
  }
  MicroUsd Spent() const { return SpentBy(life_.micro_usd_seconds); }

  const TraceMarket& market_;
  int64_t start_;
  std::vector<SpotPlace> places_;
  SpotView view_;
  SpotLife life_;
};

std::string_view WithoutMachine(std::string_view zone) { return zone.substr(0, zone.find('_')); }

}  // namespace

std::string RegionOfZone(std::string_view zone) {
  zone = WithoutMachine(zone);
  if (zone.size() < 3 || !IsLetter(zone.back())) return std::string(zone);
  const std::string_view before = zone.substr(0, zone.size() - 1);
  if (IsDigit(before.back())) return std::string(before);
  const bool dashed = before.back() == '-' && IsDigit(before[before.size() - 2]);
  return std::string(dashed ? before.substr(0, before.size() - 1) : zone);
}

TraceMarket MarketOf(const SpotTrace& trace, double overhead_s) {
  TraceMarket market{.tick_s = static_cast<double>(trace.tick_s), .ticks = trace.ticks};
  for (const SpotZone& zone : trace.zones) {
    TracePlace place{.place = {.name = zone.name,
                               .region = RegionOfZone(zone.name),
                               .on_demand = zone.on_demand_per_hour,
                               .overhead_s = overhead_s}};
    for (size_t i = 0; i < zone.changes.size(); ++i) {
      const bool last = i + 1 == zone.changes.size();
      const int64_t until = last ? trace.ticks : zone.changes[i + 1].tick;
      for (int64_t tick = zone.changes[i].tick; tick < until; ++tick) {
        place.available.push_back(zone.changes[i].is_available);
        place.price.push_back(zone.changes[i].per_hour);
      }
    }
    market.places.push_back(std::move(place));
  }
  return market;
}

double Usd(const SpotLife& life) {
  return static_cast<double>(life.micro_usd_seconds) / 3600e6 +
         static_cast<double>(life.moved.value()) / 1e6;
}

SpotLife Replay(const TraceMarket& market, const SpotJob& job, int64_t start_tick,
                SpotPolicy policy) {
  return Replayer(market, job, start_tick).Live(policy);
}

}  // namespace curbstop
