#include "fit/calibrate.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

namespace curbstop::fit {
namespace {

constexpr size_t kMostParts = 3;
constexpr size_t kMostKnown = 200;

// Standard deviations of what measurement and class constant differ by, for each part.
struct Spread {
  std::array<double, kMostParts> device;
  std::array<double, kMostParts> format;
  std::array<double, kMostParts> model;
  std::array<double, kMostParts> setup;
  double noise;
};

// Chosen on the tables of docs/benchmarks/fit.md, two digits at most: the widths cover, and one run
// of a device moves its neighbours by about what they have in common.
constexpr Spread SpreadOf(WorkKind kind) {
  switch (kind) {
    case WorkKind::kPrefill:
      return {{0.15, 0.4, 0}, {0.1, 0, 0}, {0.15, 0.1, 0}, {0.3, 0.8, 0}, 0.1};
    case WorkKind::kTraining:
      return {{0.12, 0.3, 0}, {0.1, 0.1, 0}, {0.15, 0.3, 0}, {0.15, 0.3, 0}, 0.06};
    case WorkKind::kPeak:
      return {{0.02, 0.1, 0}, {0.01, 0.05, 0}, {0.02, 0.1, 0}, {0.03, 0.12, 0}, 0.01};
    // No table of measurements is at hand for these three: half of what the estimates' own
    // intervals leave open. What is fixed of an image model is mostly cuDNN's workspace, which a
    // device chooses; what a network of unknown layers keeps, no other network tells.
    case WorkKind::kImages: return {{0.2, 0, 0}, {0.1, 0, 0}, {0.1, 0, 0}, {0.1, 0, 0}, 0.06};
    case WorkKind::kImagePeak:
      return {{0.2, 0.05, 0}, {0.05, 0.02, 0}, {0.1, 0.03, 0}, {0.1, 0.03, 0}, 0.01};
    case WorkKind::kNetworkPeak: return {{0, 0, 0}, {0, 0, 0}, {0.2, 0.3, 0}, {0.2, 0.3, 0}, 0.01};
    case WorkKind::kDecode: break;
  }
  return {{0.2, 0.5, 0.5}, {0.12, 0, 0}, {0.06, 0, 0}, {0.04, 0.1, 0.1}, 0.025};
}

using SharesOfParts = std::array<double, kMostParts>;

SharesOfParts Shares(const WorkPoint& point) {
  double total = 0;
  for (const double part : point.parts) total += part;
  SharesOfParts shares{};
  if (!(total > 0)) return shares;
  for (size_t i = 0; i < std::min(kMostParts, point.parts.size()); ++i)
    shares[i] = point.parts[i] / total;
  return shares;
}

// Covariance of the relative differences of two pieces of work.
double Covariance(const WorkPoint& a, const WorkPoint& b) {
  const Spread spread = SpreadOf(a.kind);
  const bool same_format = a.format == b.format;
  const bool same_model = same_format && a.model == b.model;
  const bool same_setup = same_model && a.setup == b.setup;
  const SharesOfParts fa = Shares(a);
  const SharesOfParts fb = Shares(b);
  double sum = 0;
  for (size_t i = 0; i < kMostParts; ++i) {
    double variance = spread.device[i] * spread.device[i];
    if (same_format) variance += spread.format[i] * spread.format[i];
    if (same_model) variance += spread.model[i] * spread.model[i];
    if (same_setup) variance += spread.setup[i] * spread.setup[i];
    sum += fa[i] * fb[i] * variance;
  }
  return sum;
}

// A symmetric positive matrix, solved by Cholesky's decomposition in place.
class Solver {
 public:
  explicit Solver(size_t size) : size_(size), cells_(size * size) {}
  double& At(size_t row, size_t column) { return cells_[row * size_ + column]; }

  // False where the matrix is not positive; noise on its diagonal makes it so.
  bool Decompose() {
    for (size_t i = 0; i < size_; ++i) {
      for (size_t j = 0; j <= i; ++j) {
        double sum = At(i, j);
        for (size_t k = 0; k < j; ++k) sum -= At(i, k) * At(j, k);
        if (i == j && !(sum > 0)) return false;
        At(i, j) = i == j ? std::sqrt(sum) : sum / At(j, j);
      }
    }
    return true;
  }

  std::vector<double> Solve(std::vector<double> x) {
    for (size_t i = 0; i < size_; ++i) {
      for (size_t k = 0; k < i; ++k) x[i] -= At(i, k) * x[k];
      x[i] /= At(i, i);
    }
    for (size_t i = size_; i-- > 0;) {
      for (size_t k = i + 1; k < size_; ++k) x[i] -= At(k, i) * x[k];
      x[i] /= At(i, i);
    }
    return x;
  }

 private:
  size_t size_;
  std::vector<double> cells_;
};

double Dot(const std::vector<double>& a, const std::vector<double>& b) {
  return std::inner_product(a.begin(), a.end(), b.begin(), 0.0);
}

// The last ones count: what a machine did most recently is nearest to what it does now.
std::vector<const Measured*> Alike(const WorkPoint& asked, std::span<const Measured> known) {
  std::vector<const Measured*> alike;
  for (const Measured& one : known) {
    const bool usable = std::isfinite(one.ratio) && one.ratio > 0 && one.ratio < 1000;
    if (usable && IsAlike(asked, one.point)) alike.push_back(&one);
  }
  if (alike.size() > kMostKnown)
    alike.erase(alike.begin(), alike.end() - static_cast<ptrdiff_t>(kMostKnown));
  return alike;
}

// Measured at a tenth of what was estimated, the parts say nothing any more: no further down.
constexpr double kLeastFactor = 0.1;

}  // namespace

std::string_view NameOf(WorkKind kind) {
  switch (kind) {
    case WorkKind::kPrefill: return "prefill";
    case WorkKind::kTraining: return "training";
    case WorkKind::kPeak: return "peak";
    case WorkKind::kImages: return "images";
    case WorkKind::kImagePeak: return "image_peak";
    case WorkKind::kNetworkPeak: return "network_peak";
    case WorkKind::kDecode: break;
  }
  return "decode";
}

std::optional<WorkKind> WorkKindOf(std::string_view name) {
  for (const WorkKind kind :
       {WorkKind::kDecode, WorkKind::kPrefill, WorkKind::kTraining, WorkKind::kPeak,
        WorkKind::kImages, WorkKind::kImagePeak, WorkKind::kNetworkPeak}) {
    if (NameOf(kind) == name) return kind;
  }
  return std::nullopt;
}

std::string_view UnitOf(WorkKind kind) {
  const bool is_peak =
      kind == WorkKind::kPeak || kind == WorkKind::kImagePeak || kind == WorkKind::kNetworkPeak;
  if (is_peak) return "bytes";
  return kind == WorkKind::kImages ? "s/image" : "s/token";
}

bool IsAlike(const WorkPoint& a, const WorkPoint& b) {
  const bool needs_model = a.kind == WorkKind::kNetworkPeak;
  return a.kind == b.kind && a.device == b.device && a.engine == b.engine &&
         (!needs_model || a.model == b.model);
}

std::optional<Correction> CorrectionFor(const WorkPoint& asked, std::span<const Measured> known) {
  const std::vector<const Measured*> alike = Alike(asked, known);
  if (alike.empty() || asked.parts.empty()) return std::nullopt;
  const double noise = SpreadOf(asked.kind).noise;
  const size_t count = alike.size();
  Solver solver(count);
  std::vector<double> differences(count), to_asked(count);
  for (size_t i = 0; i < count; ++i) {
    for (size_t j = 0; j <= i; ++j) solver.At(i, j) = Covariance(alike[i]->point, alike[j]->point);
    solver.At(i, i) += noise * noise + alike[i]->noise * alike[i]->noise;
    differences[i] = alike[i]->ratio - 1;
    to_asked[i] = Covariance(asked, alike[i]->point);
  }
  if (!solver.Decompose()) return std::nullopt;
  Correction correction;
  correction.used = static_cast<int64_t>(count);
  correction.factor = std::max(kLeastFactor, 1 + Dot(to_asked, solver.Solve(differences)));
  const double variance =
      Covariance(asked, asked) + noise * noise - Dot(to_asked, solver.Solve(to_asked));
  correction.width = 2 * std::sqrt(std::max(0.0, variance)) / correction.factor;
  return correction;
}

}  // namespace curbstop::fit
