// What it costs from here to the deadline, in expectation, in each situation that can come up: the
// arithmetic behind `ours`.
//
// The rest of a job is two numbers: the need (work left, seconds) and the slack (time left beyond
// it). A machine that works takes from the need and leaves the slack; waiting and starting take
// from the slack. The table holds, over a grid of both, the expected cost
//
//   Spot(place)     while a spot machine works there: its price, and after a loss Lost
//   Steady(place)   while a machine works that is not lost (on demand, or this computer)
//   Lost(place)     just lost, the checkpoint lies there: take what is up, or wait, or go steady
//   Wait(place)     nothing worth taking is up: hope for arrivals
//
// and is filled from small needs and slacks to large ones, each value from smaller ones. Places
// come and go by SpotOdds, each for itself. Less slack than a start on demand takes is no state:
// there the deadline would hang on luck.
#pragma once

#include <cstddef>
#include <vector>

#include "plan/spot/odds.h"
#include "plan/spot/spot_view.h"

namespace curbstop {

inline constexpr double kNeverFinishes = 1e18;

struct SpotTuning {
  SpotAssumptions assumed;
  int need_steps = 24;
  double slack_growth = 1.1;  // of the grid's steps, beyond four starts
};

class SpotCostTable {
 public:
  SpotCostTable(const SpotView& view, const SpotTuning& tuning);

  // Costs in micro-dollars at the view's need, for a slack; kNeverFinishes where there is no way.
  double Spot(int place, double slack) const;
  double Steady(int place, double slack) const;
  double Wait(int data_at, double slack) const;
  // The same, from the moment before the start: the start is paid and takes its time.
  double EnterSpot(int place, int data_at, double slack) const;
  double EnterSteady(int place, int data_at, double slack) const;

  // The places whose steady machines are worth a thought, by index in the view.
  const std::vector<int>& steady() const { return steady_places_; }

 private:
  // How far a slack falls on the grid: between two of its points.
  struct Fall {
    size_t below = 0;
    double share = 0;  // of the point above
    bool possible = false;
  };
  // A machine of one place.
  struct Seat {
    int place = 0;
    double price = 0;  // per second
    double start_s = 0;
    double stretch = 1;  // seconds for a second of need
    // Over a step of need:
    double paid_s = 0;     // how long it is paid, in the mean
    double keeps = 1;      // the chance that it is not lost
    double done_lost = 0;  // the share of the step that is done when it is lost, in the mean
    std::vector<Fall> after_start;
    std::vector<Fall> after_step;  // where the machine is slower than the need
  };
  // All costs at one need, by slack and then by seat (or, `wait` and `lost`, by where the data is).
  struct Layer {
    std::vector<double> spot, enter_spot, steady, enter_steady, wait, lost;
  };
  using Chances = std::vector<double>;  // of each spot seat

  void AddSeats();
  void AddSteady(int place);
  void MakeGrid();
  void FindChances();
  Layer EmptyLayer() const;
  std::vector<Fall> FallBy(double seconds) const;
  void FillAt(size_t slack);
  void FillSteady(size_t slack, size_t seat);
  void FillSpot(size_t slack, size_t seat);
  void FillEntries(size_t slack);
  void FillIdle(size_t slack, size_t data);
  double LostNow(size_t slack, size_t data) const;
  double SteadyNext(size_t slack, size_t seat) const;
  // The first that is up of the first `seats` in order of price and beats `fallback`; else that.
  double Mixed(const Chances& chances, size_t seats, const double* enter, int data_at,
               double fallback) const;
  double SteadyEntry(const Layer& layer, size_t slack, int data_at) const;
  double After(const std::vector<double>& costs, size_t width, size_t seat, const Fall& fall) const;
  Fall FallTo(double slack) const;
  double Entered(const Seat& seat, const std::vector<double>& costs, size_t width, size_t at,
                 int data_at, double slack) const;
  double Way(int place, int data_at) const { return data_at < 0 || place == data_at ? 0 : move_; }
  size_t DataRow(int data_at) const { return move_ > 0 ? static_cast<size_t>(data_at + 1) : 0; }

  const SpotView& view_;
  SpotTuning tuning_;
  double step_s_ = 1;       // of need
  double least_slack_ = 0;  // what a start on demand takes
  double move_ = 0;
  std::vector<double> slack_;
  std::vector<Seat> spot_;  // by price
  std::vector<Seat> steady_;
  size_t data_rows_ = 1;
  Chances up_, comes_run_;
  std::vector<Chances> comes_wait_;  // over the step of slack that ends at this point
  std::vector<int> steady_places_;
  Layer now_, before_;  // the need that is being filled, and the one a step smaller
};

}  // namespace curbstop
