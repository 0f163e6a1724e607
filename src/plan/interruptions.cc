#include "plan/interruptions.h"

#include <cmath>

#include "base/check.h"

namespace curbstop {
namespace {

constexpr double kYear = 366.0 * 24 * 3'600'000;  // in milliseconds

double InMillis(Millis time) { return static_cast<double>(time.count()); }

Millis Rounded(double millis) { return Millis(static_cast<int64_t>(std::ceil(millis))); }

// The smallest count that at least `share` of all cases do not exceed.
int64_t PoissonQuantile(double mean, double share) {
  constexpr double kNormalFrom = 500;  // above it e^-mean leaves nothing to add up
  if (mean > kNormalFrom) {
    constexpr double kNinth = 1.2816;  // of ten tenths of a normal distribution
    return std::llround(mean + (share > 0.5 ? kNinth : -kNinth) * std::sqrt(mean));
  }
  double at = std::exp(-mean);
  double sum = at;
  int64_t count = 0;
  while (sum < share) {
    ++count;
    at *= mean / static_cast<double>(count);
    sum += at;
  }
  return count;
}

}  // namespace

Millis TimeOfWriting(Millis work, std::optional<Millis> every, Millis write) {
  if (!every || every->count() <= 0) return Millis(0);
  return Rounded(InMillis(work) / InMillis(*every) * InMillis(write));
}

std::optional<Interrupted> WorkInterrupted(Millis work, const BidLife& life) {
  CHECK(life.mtbf.count() > 0);
  if (work.count() <= 0) return Interrupted{};
  const double mtbf = InMillis(life.mtbf);
  const double whole = InMillis(work);
  const double interval = life.every ? std::min(InMillis(*life.every), whole) : whole;
  const double write = life.every ? InMillis(life.write) : 0;
  const double expected = mtbf * std::exp(InMillis(life.restart) / mtbf) *
                          std::expm1((interval + write) / mtbf) * whole / interval;
  if (!(expected < kYear)) return std::nullopt;
  const double least = whole + whole / interval * write;
  // Each one costs its restart and half an interval on average, at most a whole one.
  const double once = InMillis(life.restart) + (interval + write) / 2;
  const double mean = std::max(0.0, (expected - least) / once);
  Interrupted all{.usual = Rounded(expected), .count = mean};
  all.early = Rounded(least + static_cast<double>(PoissonQuantile(mean, 0.1)) * once);
  const double most = InMillis(life.restart) + interval + write;
  all.late = Rounded(least + static_cast<double>(PoissonQuantile(mean, 0.9)) * most);
  all.early = std::min(all.early, all.usual);
  all.late = std::max(all.late, all.usual);
  return all;
}

}  // namespace curbstop
