#include "store/transfer/internal/transfer_pace.h"

#include <algorithm>
#include <chrono>

namespace curbstop {
namespace {

constexpr int64_t kMarkEvery = 64 << 10;
constexpr Ticks kRateOver = std::chrono::milliseconds(200);

double Seconds(Ticks ticks) { return std::chrono::duration<double>(ticks).count(); }

}  // namespace

void TransferPace::Sent(Ticks now, int64_t bytes) {
  if (rate_from_.at < Ticks(0)) rate_from_ = {now, 0};
  if (marks_.empty() || bytes - marks_.back().bytes >= kMarkEvery) marks_.push_back({now, bytes});
}

void TransferPace::Taken(Ticks now, int64_t bytes) {
  while (!marks_.empty() && marks_.front().bytes <= bytes) {
    there_and_back_ = std::min(there_and_back_, now - marks_.front().at);
    marks_.pop_front();
  }
  if (there_and_back_ == Ticks::max() || now - rate_from_.at < kRateOver) return;
  const double rate = static_cast<double>(bytes - rate_from_.bytes) / Seconds(now - rate_from_.at);
  rate_ = std::max(rate_, rate);
  rate_from_ = {now, bytes};
  const double wanted = 2 * rate_ * Seconds(there_and_back_);
  window_ = std::clamp(static_cast<int64_t>(std::min(wanted, 1e12)), kLeastWindow, kMostWindow);
}

}  // namespace curbstop
