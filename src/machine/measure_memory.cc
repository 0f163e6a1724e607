#include <algorithm>
#include <barrier>
#include <memory>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "machine/internal/triad.h"
#include "machine/measure.h"

namespace curbstop {
namespace {

constexpr double kBytesPerElement = 24;  // two doubles read, one written
constexpr int kLeastPasses = 3;          // the first one also maps the pages

struct Arrays {
  explicit Arrays(size_t count)
      : a(std::make_unique_for_overwrite<double[]>(count)),
        b(std::make_unique_for_overwrite<double[]>(count)),
        c(std::make_unique_for_overwrite<double[]>(count)) {}
  std::unique_ptr<double[]> a, b, c;
};

// All threads make each pass together; the barrier's step between passes takes the time.
class Passes {
 public:
  Passes(Clock& clock, Millis most)
      : clock_(clock), most_(most), begun_(clock.Awake()), last_(begun_) {}

  void Done() noexcept {
    const Ticks now = clock_.Awake();
    const Ticks took = now - last_;
    if (count_ > 0 && took.count() > 0 && (best_.count() == 0 || took < best_)) best_ = took;
    last_ = now;
    ++count_;
    over_ = count_ > kLeastPasses && now - begun_ > most_;
  }
  bool over() const { return over_; }
  Ticks best() const { return best_; }

 private:
  Clock& clock_;
  Millis most_;
  Ticks begun_;
  Ticks last_;
  Ticks best_{0};
  int count_ = 0;
  bool over_ = false;
};

double RunPasses(size_t count, int threads, Passes& passes) {
  Arrays arrays(count);
  const auto done = [&passes]() noexcept { passes.Done(); };
  std::barrier barrier(threads, done);
  const auto work = [&](size_t part) {
    const size_t first = count * part / static_cast<size_t>(threads);
    const size_t size = count * (part + 1) / static_cast<size_t>(threads) - first;
    // Each thread touches its own part first, so that the pages lie near its CPU.
    std::fill_n(arrays.b.get() + first, size, 1.0);
    std::fill_n(arrays.c.get() + first, size, 2.0);
    while (!passes.over()) {
      Triad(arrays.a.get() + first, arrays.b.get() + first, arrays.c.get() + first, 3.0, size);
      barrier.arrive_and_wait();
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (int part = 1; part < threads; ++part)
      helpers.emplace_back(work, static_cast<size_t>(part));
    work(0);
  }
  return std::chrono::duration<double>(passes.best()).count();
}

}  // namespace

Result<double> MeasureMemory(const MemorySize& size, Clock& clock) {
  const auto count = static_cast<size_t>(size.array.value) / sizeof(double);
  Passes passes(clock, size.time);
  try {
    const double seconds = RunPasses(count, std::max(1, size.threads), passes);
    if (seconds <= 0) return Internal("the clock stood still while memory was measured");
    return static_cast<double>(count) * kBytesPerElement / seconds / 1e9;
  } catch (const std::bad_alloc&) {
    return Exhausted(fmt::format("cannot get 3 x {} of memory", BytesText(size.array)))
        .WithHint("close other programs, then measure again");
  }
}

}  // namespace curbstop
