// A network of which a file's header is all that is known: no family, no layers. Weights are exact;
// what its nodes make is as large as the header says (ONNX: value_info), else a guess, wide on
// purpose; its time is not known, since no header tells products.
//
//   inference peak = weights + between the largest value and all of them + arena
//   training peak  = weights, gradients and states of 32 bit + kept values + workspace
//   kept           = 0.4 to 1.6 of all values: norms that were folded into convolutions come back,
//                    what is rectified in place is kept once
//   fewer than half of the sizes: by the inputs; all values of ResNet-50 and VGG-19 are 150 and 200
//                    times their image
#pragma once

#include <cstdint>
#include <string>

#include "fit/estimate.h"
#include "fit/training.h"

namespace curbstop::fit {

// Bytes for one input at a time. A first size without a number is that of the batch; a value with
// another one is not sized.
struct NetworkValues {
  int64_t outputs = 0;  // values that its nodes make
  int64_t sized = 0;    // of them with sizes in the header
  int64_t bytes = 0;    // of those
  int64_t largest = 0;
  int64_t inputs = 0;  // bytes that it is given
};

struct NetworkUse {
  NetworkValues values;
  bool training = false;
  bool on_cpu = false;
  int64_t batch = 1;
  Optimizer optimizer = Optimizer::kAdamW;
};

// `weights`: bytes as stored; `parameters`: how many they are.
Estimate EstimateNetwork(int64_t weights, int64_t parameters, const NetworkUse& use,
                         const std::string& source, int64_t available);

}  // namespace curbstop::fit
