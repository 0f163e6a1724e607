// How many bytes a sender may have on their way without an answer: what a cut can cost.
//
// Enough that the link never runs dry, and no more: twice the rate times the time there and back,
// as measured so far, between 1 and 8 MiB. Too small a window shows as a rate of window / time, so
// that the next one is twice as large until the link is full.
// Source: the bandwidth-delay product of RFC 1323, 1.1; the gain of 2 as in BBR (Cardwell et al.,
// "BBR: Congestion-Based Congestion Control", ACM Queue 14(5), 2016).
#pragma once

#include <cstdint>
#include <deque>

#include "sys/clock.h"

namespace curbstop {

inline constexpr int64_t kLeastWindow = 1 << 20;
inline constexpr int64_t kMostWindow = 8 << 20;

class TransferPace {
 public:
  // Both count from the start of the transfer and only grow.
  void Sent(Ticks now, int64_t bytes);
  void Taken(Ticks now, int64_t bytes);

  int64_t window() const { return window_; }

 private:
  struct Mark {
    Ticks at;
    int64_t bytes;
  };
  std::deque<Mark> marks_;  // sent and not yet taken; one for each kMarkEvery
  Mark rate_from_{Ticks(-1), 0};
  Ticks there_and_back_ = Ticks::max();  // the shortest
  double rate_ = 0;                      // bytes a second, the highest
  int64_t window_ = kLeastWindow;
};

}  // namespace curbstop
