// Convolutional models by layer arithmetic: ResNet-18/34/50/101/152 and ConvNeXt tiny, small, base,
// large. Parameters are exact; what a pass computes and keeps follows from the size of the image.
//
//   convolution  out = (in + 2p - k) / stride + 1 wide; cin*cout*k*k/groups parameters, as many
//                products for each place of the output
//   kept for the backward pass, elements
//     ResNet     2 for each convolution's output (what the norm was given, what ReLU gave), 1 where
//                the output goes into the sum; the pool's indices, 8 bytes each
//     ConvNeXt   12 d for each place of a block of width d: input, the deep convolution's output
//                and its norm, 4 + 4 around GELU, the output before its scale
//
//   training peak  = weights, gradients and states of 32 bit + 16-bit copies of weights + kept +
//                    twice the largest output (its gradient and the next) + workspace
//   inference peak = weights + input, output and shortcut of the widest layer + workspace
//   time           = max(passes * kept bytes / bandwidth, 6 * products / (0.5 * peak of 16 bit))
//
// Training is bound by memory: each kept byte crosses the bus 23.5 times. The constant is the
// median of five Volta and Turing cards of lambdal/deeplearning-benchmark@000bc82d
// (pytorch-train-throughput-fp16.csv, ResNet-50); docs/benchmarks/fit.md has the newer ones, which
// it was not made from.
//
// Sources: He et al. 2016, Liu et al. 2022 (torchvision's layouts); products and outputs agree with
// timm's model cards.
#pragma once

#include <string_view>

#include "fit/estimate.h"
#include "fit/shape.h"
#include "fit/speed.h"
#include "fit/training.h"

namespace curbstop::fit {

struct ConvNet {
  int64_t parameters = 0;
  Wide products = 0;       // of one image, forward
  Wide outputs = 0;        // elements of all layers' outputs
  Wide kept = 0;           // elements kept for the backward pass
  Wide indices = 0;        // of pools, 8 bytes each
  Wide block_inputs = 0;   // elements: what checkpointing keeps
  Wide largest_block = 0;  // elements that the block with most keeps
  Wide largest = 0;        // elements of the largest output
};

// Errors: kNotFound where the layout is not known; kInvalidInput for images below 32.
Result<ConvNet> ConvNetOf(const ModelShape& shape, int64_t image_size);

struct ImageUse {
  bool training = false;
  int64_t size = 224;
  int64_t batch = 1;  // images at once on one device
  bool half = true;   // 16-bit arithmetic; in training over 32-bit weights
  Optimizer optimizer = Optimizer::kAdamW;
  Checkpointing checkpointing = Checkpointing::kNone;
  int64_t gpus = 1;  // each with the whole model
  bool on_cpu = false;
};

// Bytes of states for each parameter that is trained in 32 bit.
double WideStateBytes(Optimizer optimizer);

Estimate EstimateImages(const ConvNet& net, const ImageUse& use, std::string_view source,
                        int64_t available);

// Seconds for one image, of all devices together. Errors: kNotFound where the device's rates are
// not known.
Result<SpeedTerms> ImageTerms(const ConvNet& net, const Hardware& hardware, const ImageUse& use);

}  // namespace curbstop::fit
