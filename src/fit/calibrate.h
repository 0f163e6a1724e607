// Estimates corrected by what was measured: on this machine, or of this device.
//
// An estimate is a sum of parts (seconds reading weights, reading the cache, launching; bytes that
// are fixed, bytes for each token), each by the constants of its class. Calibration asks how far
// those constants are off here:
//
//   measured / estimated - 1 = sum over parts of share_i * delta_i + noise
//
// Each delta_i is a sum of independent normal deviations of mean zero: of the device, of its
// kernels for one weight format, of one model, of one setup (engine build and flags). The
// deviations that the measurements imply are their conditional mean (linear regression with that
// prior, solved exactly), so one measurement corrects what is like it and little else, and with
// none the class's estimate stands. The width is the conditional standard deviation, twice.
//
// Standard deviations in calibrate.cc; how they do on published measurements:
// docs/benchmarks/fit.md.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace curbstop::fit {

// kImages, kImagePeak: of fit/conv_net.h. kNetworkPeak: of a file whose header alone is known.
enum class WorkKind { kDecode, kPrefill, kTraining, kPeak, kImages, kImagePeak, kNetworkPeak };
std::string_view NameOf(WorkKind kind);  // "decode", ...
std::optional<WorkKind> WorkKindOf(std::string_view name);
std::string_view UnitOf(WorkKind kind);  // "s/token", "s/image", "bytes"

struct WorkPoint {
  WorkKind kind = WorkKind::kDecode;
  std::string device;         // "RTX-3090 x2"; of kPeak on a GPU: empty, the same on all of them
  std::string engine;         // "llama.cpp", "litgpt"
  std::string setup;          // build and flags, in words
  std::string format;         // "Q4_K_M"
  std::string model;          // "llama-3-8b"
  std::vector<double> parts;  // as estimated: seconds or bytes
};

// Whether one can say anything of the other: of one kind, device and engine, and of a network whose
// layers nobody knows the same model.
bool IsAlike(const WorkPoint& a, const WorkPoint& b);

struct Measured {
  WorkPoint point;
  double ratio = 1;  // measured seconds or bytes by the sum of the estimated parts
  double noise = 0;  // of the measured value, relative: half of its last digit
};

struct Correction {
  double factor = 1;  // of the estimated seconds or bytes
  double width = 0;   // half-width of its interval, relative to the corrected value
  int64_t used = 0;   // measurements that are alike
};

// Nothing where no measurement is alike. At most the last 200 count.
std::optional<Correction> CorrectionFor(const WorkPoint& asked, std::span<const Measured> known);

}  // namespace curbstop::fit
