// How fast: decode, prefill, saturated serving, training. Times in seconds, rates in tokens a
// second.
//
//   decode   t = W / (BW * eta) + KV / (BW * eta_kv) + L * tau                     one stream
//            t = max(2 * P_active * B / F, W(B) / (BW * eta) + B * KV / (BW * eta_kv)) + L * tau
//   prefill  t = (2 * P_layers * n + 2 * L * a * d * n^2) / F_eff
//   serving  1/rate = (1 + in/out) * 2P / F + KV / BW + W / (BW * B)               saturated
//   training rate = F_peak * MFU / ((6 or 8, adapters 4 or 6) * P + 12 * L * a * d * s)
//
// W is read for each token without look-ups and idle experts; KV at the depth that is reached, not
// at the size that is allocated. eta, eta_kv, tau and F_eff belong to classes of device and engine
// (tables in speed.cc), never to a single device or model; docs/benchmarks/fit.md holds each device
// out in turn.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fit/hardware.h"
#include "fit/weights.h"

namespace curbstop::fit {

enum class EngineFamily { kLlamaCpp, kMlx, kTorch, kExllama, kAwqFused, kVllm, kTensorRt };

// A rate with the interval that holds 95 of 100 measurements of its class.
struct Rate {
  double low = 0;
  double mid = 0;
  double high = 0;
  int64_t measured = 0;  // runs of this device that corrected it; 0: class constants alone
};

struct SpeedUse {
  EngineFamily engine = EngineFamily::kLlamaCpp;
  int64_t build = 0;   // llama.cpp; 0: today's
  double depth = 256;  // tokens in the cache, on average
  double batch = 1;
  int64_t gpus = 1;
  double prompt = 512;  // prefill: tokens of the prompt
  bool tensor_parallel = false;
  std::optional<double> bandwidth_gbps;  // where the device is not in the catalogue
};

// Where the seconds of one step go by the constants of the device's class: what calibration scales.
//   decode    weights, cache, launches and hops
//   prefill   matrices, attention
//   training  matrices, attention
struct SpeedTerms {
  std::vector<double> seconds;
  double tokens = 1;  // that one step makes
  double width = 0;   // half-width of the class's interval, relative

  double Total() const;
  Rate ToRate() const;
};

// Errors: kNotFound where the device's bandwidth or arithmetic is not known.
Result<SpeedTerms> DecodeTerms(const ModelShape& shape, const WeightFormat& format,
                               const Hardware& hardware, const SpeedUse& use);
Result<SpeedTerms> PrefillTerms(const ModelShape& shape, const WeightFormat& format,
                                const Hardware& hardware, const SpeedUse& use);
Result<Rate> DecodeRate(const ModelShape& shape, const WeightFormat& format,
                        const Hardware& hardware, const SpeedUse& use);
Result<Rate> PrefillRate(const ModelShape& shape, const WeightFormat& format,
                         const Hardware& hardware, const SpeedUse& use);

struct ServingUse {
  double input = 1000;
  double output = 1000;
  int64_t gpus = 1;
};
Result<Rate> ServingRate(const ModelShape& shape, const WeightFormat& format,
                         const Hardware& hardware, const ServingUse& use);

}  // namespace curbstop::fit
