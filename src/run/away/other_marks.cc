#include "run/away/other_marks.h"

#include <algorithm>

#include "base/units.h"
#include "market/offer.h"

namespace curbstop {
namespace {

// A mark is read from a name that anybody may have written: no sum may leave its bounds.
constexpr MicroUsd kMost{1'000'000'000'000'000};
constexpr int64_t kLongestMs = int64_t{10} * 366 * 86'400'000;

MicroUsd HeldBy(const Mark& mark, int64_t now_ms) {
  const int64_t now_s = now_ms / 1000;
  if (mark.expires_s <= now_s || mark.per_hour <= MicroUsd()) return {};
  const int64_t left_ms = std::min(mark.expires_s - now_s, kLongestMs / 1000) * 1000;
  return CostOf(std::min(mark.per_hour, kDearestOffer), Millis(left_ms));
}

}  // namespace

MicroUsd HeldByOtherMarks(std::span<const CloudMachine> machines,
                          const std::set<std::string>& known, int64_t now_ms) {
  MicroUsd held;
  for (const CloudMachine& machine : machines) {
    if (!machine.mark || known.contains(machine.mark->run)) continue;
    held = std::min(held + HeldBy(*machine.mark, now_ms), kMost);
  }
  return held;
}

}  // namespace curbstop
