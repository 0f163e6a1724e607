#include "fit/estimate.h"

#include <algorithm>

#include "base/units.h"

namespace curbstop::fit {

Span Exact(Wide value) { return {Clamp(value), Clamp(value), Clamp(value)}; }

Span Around(Wide mid, double below, double above) {
  const int64_t middle = Clamp(mid);
  return {Scale(middle, 1 - below), middle, Scale(middle, 1 + above)};
}

Span operator+(const Span& a, const Span& b) {
  return {Clamp(Wide{a.low} + b.low), Clamp(Wide{a.mid} + b.mid), Clamp(Wide{a.high} + b.high)};
}

std::string_view NameOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kFits: return "fits";
    case Verdict::kTight: return "tight";
    case Verdict::kNo: return "no";
    case Verdict::kUnknown: break;
  }
  return "unknown";
}

Span SumOf(const std::vector<Component>& components, std::string_view device) {
  Span sum;
  for (const Component& one : components) {
    if (one.device == device) sum = sum + one.bytes;
  }
  return sum;
}

Verdict Judge(const Span& peak, int64_t available) {
  if (available <= 0) return Verdict::kUnknown;
  if (peak.high <= available) return Verdict::kFits;
  return peak.mid > available ? Verdict::kNo : Verdict::kTight;
}

Estimate ByComponents::Judged(int64_t available) {
  estimate_.available = available;
  estimate_.peak = SumOf(estimate_.components, device_);
  estimate_.verdict = Judge(estimate_.peak, available);
  return std::move(estimate_);
}

Status CheckSize(const Estimate& estimate) {
  if (!TooLarge(estimate.peak.high)) return {};
  return InvalidInput("the estimate is above 2^60 bytes; no machine holds that");
}

}  // namespace curbstop::fit
