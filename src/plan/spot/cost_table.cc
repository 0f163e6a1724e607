#include "plan/spot/cost_table.h"

#include <algorithm>
#include <cmath>

namespace curbstop {
namespace {

double PerSecond(MicroUsd per_hour) { return static_cast<double>(per_hour.value()) / 3600.0; }

double ChanceWithin(double rate, double seconds) { return 1 - std::exp(-rate * seconds); }

}  // namespace

SpotCostTable::SpotCostTable(const SpotView& view, const SpotTuning& tuning)
    : view_(view), tuning_(tuning) {
  step_s_ = view.left_s() / tuning.need_steps;
  move_ = static_cast<double>(view.job->move.value());
  data_rows_ = move_ > 0 ? view.places.size() + 1 : 1;
  AddSeats();
  MakeGrid();
  FindChances();
  before_ = now_ = EmptyLayer();
  for (int need = 1; need <= tuning.need_steps; ++need) {
    std::swap(now_, before_);
    for (size_t slack = 0; slack < slack_.size(); ++slack) FillAt(slack);
  }
}

void SpotCostTable::AddSeats() {
  for (size_t i = 0; i < view_.places.size(); ++i) {
    const SpotPlace& place = view_.places[i];
    if (!place.sells_spot) {
      AddSteady(static_cast<int>(i));
      continue;
    }
    spot_.push_back({.place = static_cast<int>(i),
                     .price = PerSecond(place.spot),
                     .start_s = place.overhead_s,
                     .stretch = 1 / place.speed});
  }
  std::stable_sort(spot_.begin(), spot_.end(),
                   [](const Seat& a, const Seat& b) { return a.price < b.price; });
  const int rescue = CheapestOnDemand(view_);
  least_slack_ = view_.places[static_cast<size_t>(rescue)].overhead_s;
  AddSteady(rescue);
  if (view_.held.kind == SpotKind::kOnDemand) AddSteady(view_.held.place);
}

void SpotCostTable::AddSteady(int place) {
  if (std::find(steady_places_.begin(), steady_places_.end(), place) != steady_places_.end())
    return;
  const SpotPlace& there = view_.places[static_cast<size_t>(place)];
  steady_places_.push_back(place);
  steady_.push_back({.place = place,
                     .price = PerSecond(there.on_demand),
                     .start_s = there.overhead_s,
                     .stretch = 1 / there.speed});
}

// Fine where a start more or less decides, coarse where there is much slack.
void SpotCostTable::MakeGrid() {
  const double start = std::max(least_slack_, view_.tick_s / 4);
  const double most = std::max(view_.job->deadline_s - view_.now_s() - view_.left_s(), 2 * start);
  double step = start / 2;
  slack_ = {0, start};
  while (slack_.back() < most) {
    if (slack_.back() >= 4 * start) step *= tuning_.slack_growth;
    slack_.push_back(std::min(slack_.back() + step, most));
  }
  for (std::vector<Seat>* seats : {&spot_, &steady_}) {
    for (Seat& seat : *seats) {
      seat.after_start = FallBy(seat.start_s);
      seat.after_step = FallBy(step_s_ * (seat.stretch - 1));
      seat.paid_s = step_s_ * seat.stretch;
    }
  }
}

void SpotCostTable::FindChances() {
  comes_wait_.resize(slack_.size());
  for (Seat& seat : spot_) {
    const SpotOdds odds =
        OddsOf(view_.places[static_cast<size_t>(seat.place)], view_.tick_s, tuning_.assumed);
    const double step = seat.paid_s;
    const double lost = ChanceWithin(odds.loss, step);
    seat.keeps = 1 - lost;
    seat.paid_s = lost / odds.loss;
    seat.done_lost = lost > 1e-9 ? (seat.paid_s / step - seat.keeps) / lost : 0.5;
    up_.push_back(odds.up());
    comes_run_.push_back(ChanceWithin(odds.comes, step));
    for (size_t s = 1; s < slack_.size(); ++s)
      comes_wait_[s].push_back(ChanceWithin(odds.comes, slack_[s] - slack_[s - 1]));
  }
}

SpotCostTable::Layer SpotCostTable::EmptyLayer() const {
  const std::vector<double> spot(slack_.size() * spot_.size(), 0);
  const std::vector<double> steady(slack_.size() * steady_.size(), 0);
  const std::vector<double> data(slack_.size() * data_rows_, 0);
  return {spot, spot, steady, steady, data, data};
}

SpotCostTable::Fall SpotCostTable::FallTo(double slack) const {
  if (slack < -1e-9) return {};
  const auto above = std::upper_bound(slack_.begin() + 1, slack_.end() - 1, slack);
  const auto below = above - 1;
  return {static_cast<size_t>(below - slack_.begin()),
          std::clamp((slack - *below) / (*above - *below), 0.0, 1.0), true};
}

std::vector<SpotCostTable::Fall> SpotCostTable::FallBy(double seconds) const {
  std::vector<Fall> falls;
  for (const double slack : slack_) falls.push_back(FallTo(slack - seconds));
  return falls;
}

double SpotCostTable::After(const std::vector<double>& costs, size_t width, size_t seat,
                            const Fall& fall) const {
  if (!fall.possible) return kNeverFinishes;
  const double below = costs[fall.below * width + seat];
  if (fall.share <= 1e-9) return below;
  return below * (1 - fall.share) + costs[(fall.below + 1) * width + seat] * fall.share;
}

// Each value needs only a smaller need, or the same need at a smaller slack.
void SpotCostTable::FillAt(size_t slack) {
  for (size_t seat = 0; seat < steady_.size(); ++seat) FillSteady(slack, seat);
  for (size_t seat = 0; seat < spot_.size(); ++seat) FillSpot(slack, seat);
  FillEntries(slack);
  for (size_t data = 0; data < data_rows_; ++data) FillIdle(slack, data);
}

double SpotCostTable::SteadyNext(size_t slack, size_t seat) const {
  const int place = steady_[seat].place;
  const double stays = before_.steady[slack * steady_.size() + seat];
  return Mixed(comes_run_, spot_.size(), before_.enter_spot.data() + slack * spot_.size(), place,
               std::min(stays, SteadyEntry(before_, slack, place)));
}

void SpotCostTable::FillSteady(size_t slack, size_t at) {
  const Seat& seat = steady_[at];
  const Fall& fall = seat.after_step[slack];
  double& cost = now_.steady[slack * steady_.size() + at];
  cost = kNeverFinishes;
  const bool hangs_on_luck = seat.stretch > 1 && slack_[slack] < least_slack_;
  if (hangs_on_luck || !fall.possible) return;
  cost = seat.price * seat.paid_s + (1 - fall.share) * SteadyNext(fall.below, at);
  if (fall.share > 1e-9) cost += fall.share * SteadyNext(fall.below + 1, at);
}

// Lost at the need that is being filled. Not known yet at this slack: it grows with the need as it
// did at the slack below.
double SpotCostTable::LostNow(size_t slack, size_t data) const {
  const double before = before_.lost[slack * data_rows_ + data];
  const size_t below = (slack - 1) * data_rows_ + data;
  if (slack_[slack - 1] < least_slack_) return before + steady_.front().price * step_s_;
  return before + now_.lost[below] - before_.lost[below];
}

void SpotCostTable::FillSpot(size_t slack, size_t at) {
  const Seat& seat = spot_[at];
  double& cost = now_.spot[slack * spot_.size() + at];
  cost = kNeverFinishes;
  if (slack == 0 || slack_[slack] < least_slack_) return;
  const size_t data = DataRow(seat.place);
  // Only cheaper ones are worth leaving it for.
  const double stays = Mixed(comes_run_, at, before_.enter_spot.data() + slack * spot_.size(),
                             seat.place, before_.spot[slack * spot_.size() + at]);
  const double lost = (1 - seat.done_lost) * LostNow(slack, data) +
                      seat.done_lost * before_.lost[slack * data_rows_ + data];
  cost = seat.price * seat.paid_s + seat.keeps * stays + (1 - seat.keeps) * lost;
}

void SpotCostTable::FillEntries(size_t slack) {
  for (size_t i = 0; i < spot_.size(); ++i) {
    now_.enter_spot[slack * spot_.size() + i] =
        spot_[i].price * spot_[i].start_s +
        After(now_.spot, spot_.size(), i, spot_[i].after_start[slack]);
  }
  for (size_t i = 0; i < steady_.size(); ++i) {
    now_.enter_steady[slack * steady_.size() + i] =
        steady_[i].price * steady_[i].start_s +
        After(now_.steady, steady_.size(), i, steady_[i].after_start[slack]);
  }
}

void SpotCostTable::FillIdle(size_t slack, size_t data) {
  const int data_at = move_ > 0 ? static_cast<int>(data) - 1 : -1;
  double& wait = now_.wait[slack * data_rows_ + data];
  wait = kNeverFinishes;
  if (slack > 0 && slack_[slack - 1] >= least_slack_) {
    const double longer =
        std::min(now_.wait[(slack - 1) * data_rows_ + data], SteadyEntry(now_, slack - 1, data_at));
    wait = Mixed(comes_wait_[slack], spot_.size(),
                 now_.enter_spot.data() + (slack - 1) * spot_.size(), data_at, longer);
  }
  now_.lost[slack * data_rows_ + data] =
      Mixed(up_, spot_.size(), now_.enter_spot.data() + slack * spot_.size(), data_at,
            std::min(wait, SteadyEntry(now_, slack, data_at)));
}

double SpotCostTable::Mixed(const Chances& chances, size_t seats, const double* enter, int data_at,
                            double fallback) const {
  double cost = 0, rest = 1;
  for (size_t i = 0; i < seats && rest > 1e-4; ++i) {
    const double entered = enter[i] + Way(spot_[i].place, data_at);
    if (entered >= fallback) continue;
    cost += rest * chances[i] * entered;
    rest *= 1 - chances[i];
  }
  return cost + rest * fallback;
}

double SpotCostTable::SteadyEntry(const Layer& layer, size_t slack, int data_at) const {
  double least = kNeverFinishes;
  for (size_t i = 0; i < steady_.size(); ++i) {
    const double entered =
        layer.enter_steady[slack * steady_.size() + i] + Way(steady_[i].place, data_at);
    least = std::min(least, entered);
  }
  return least;
}

double SpotCostTable::Entered(const Seat& seat, const std::vector<double>& costs, size_t width,
                              size_t at, int data_at, double slack) const {
  return seat.price * seat.start_s + Way(seat.place, data_at) +
         After(costs, width, at, FallTo(slack - seat.start_s));
}

double SpotCostTable::Spot(int place, double slack) const {
  for (size_t i = 0; i < spot_.size(); ++i) {
    if (spot_[i].place == place) return After(now_.spot, spot_.size(), i, FallTo(slack));
  }
  return kNeverFinishes;
}

double SpotCostTable::Steady(int place, double slack) const {
  for (size_t i = 0; i < steady_.size(); ++i) {
    if (steady_[i].place == place) return After(now_.steady, steady_.size(), i, FallTo(slack));
  }
  return kNeverFinishes;
}

double SpotCostTable::Wait(int data_at, double slack) const {
  return After(now_.wait, data_rows_, DataRow(data_at), FallTo(slack));
}

double SpotCostTable::EnterSpot(int place, int data_at, double slack) const {
  for (size_t i = 0; i < spot_.size(); ++i) {
    if (spot_[i].place == place)
      return Entered(spot_[i], now_.spot, spot_.size(), i, data_at, slack);
  }
  return kNeverFinishes;
}

double SpotCostTable::EnterSteady(int place, int data_at, double slack) const {
  for (size_t i = 0; i < steady_.size(); ++i) {
    if (steady_[i].place == place)
      return Entered(steady_[i], now_.steady, steady_.size(), i, data_at, slack);
  }
  return kNeverFinishes;
}

}  // namespace curbstop
