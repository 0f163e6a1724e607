// What the room answers: components with an interval and its evidence, their sum, a verdict.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "fit/checked.h"

namespace curbstop::fit {

// Bytes, or another count; low <= mid <= high. The true value lies within in 95 of 100 cases.
struct Span {
  int64_t low = 0;
  int64_t mid = 0;
  int64_t high = 0;

  bool IsExact() const { return low == high; }
  bool operator==(const Span&) const = default;
};

Span Exact(Wide value);
// mid*(1-below) .. mid*(1+above).
Span Around(Wide mid, double below, double above);
Span operator+(const Span& a, const Span& b);

struct Component {
  std::string name;    // "weights", "cache", "compute", "context", ...
  std::string device;  // "gpu0", "host"
  Span bytes;
  std::string evidence;  // "exact", "formula", "class constant", "measured here", "guess"
  std::string source;    // where the rule or the constant comes from
};

enum class Verdict { kFits, kTight, kNo, kUnknown };  // unknown: no memory was named
std::string_view NameOf(Verdict verdict);             // "fits", "tight", "no", "unknown"

struct Estimate {
  std::vector<Component> components;  // of the fullest device first
  Span peak;                          // of the fullest device
  int64_t available = 0;              // bytes of that device; 0: not known
  Verdict verdict = Verdict::kUnknown;
};

// Sum of the components of one device.
Span SumOf(const std::vector<Component>& components, std::string_view device);

// fits: the interval's high end lies below; tight: its middle does; no: its middle does not.
Verdict Judge(const Span& peak, int64_t available);

// What estimators by components derive from: they add the parts of one device, and this sums and
// judges them.
class ByComponents {
 protected:
  explicit ByComponents(std::string_view device) : device_(device) {}
  ~ByComponents() = default;

  void Add(std::string name, Span bytes, std::string evidence, std::string source) {
    Add({std::move(name), std::string(device_), bytes, std::move(evidence), std::move(source)});
  }
  void Add(Component part) { estimate_.components.push_back(std::move(part)); }

  // All that was added, against what the device has. Once, at the end.
  Estimate Judged(int64_t available);

 private:
  std::string_view device_;
  Estimate estimate_;
};

// Errors: kInvalidInput if a figure reached 2^60 bytes.
Status CheckSize(const Estimate& estimate);

}  // namespace curbstop::fit
