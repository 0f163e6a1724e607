#include "fit/conv_net.h"

#include <algorithm>
#include <array>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "fit/training.h"

namespace curbstop::fit {
namespace {

struct Layout {
  std::string_view id;
  std::array<int64_t, 4> blocks;
  int64_t width;     // of the first stage; doubles with each
  int64_t widening;  // of a block's output; 1: two convolutions of 3 x 3; 0: ConvNeXt
};
constexpr Layout kLayouts[] = {
    {"resnet-18", {2, 2, 2, 2}, 64, 1},       {"resnet-34", {3, 4, 6, 3}, 64, 1},
    {"resnet-50", {3, 4, 6, 3}, 64, 4},       {"resnet-101", {3, 4, 23, 3}, 64, 4},
    {"resnet-152", {3, 8, 36, 3}, 64, 4},     {"convnext-tiny", {3, 3, 9, 3}, 96, 0},
    {"convnext-small", {3, 3, 27, 3}, 96, 0}, {"convnext-base", {3, 3, 27, 3}, 128, 0},
    {"convnext-large", {3, 3, 27, 3}, 192, 0}};

constexpr int64_t kClasses = 1000;

// Walks through the layers, adding up.
class Walk {
 public:
  explicit Walk(int64_t size) : size_(size) { net_.kept = Wide{3} * size * size; }

  ConvNet ResNet(const Layout& layout) {
    Convolve(64, 7, 2, 1, false);
    Norm();
    Keep(2);
    size_ = (size_ + 2 - 3) / 2 + 1;  // the pool: its output is the next layer's input
    net_.indices += Places() * channels_;
    net_.kept += Places() * channels_;
    for (size_t stage = 0; stage < 4; ++stage) {
      for (int64_t block = 0; block < layout.blocks[stage]; ++block)
        ResBlock(layout.width << stage, layout.widening, stage > 0 && block == 0 ? 2 : 1);
    }
    return Finish();
  }

  ConvNet ConvNext(const Layout& layout) {
    Convolve(layout.width, 4, 4, 1, true, 0);
    Norm();
    Keep(2);
    for (size_t stage = 0; stage < 4; ++stage) {
      if (stage > 0) {
        Norm();
        Keep(1);
        Convolve(2 * channels_, 2, 2, 1, true, 0);
      }
      for (int64_t block = 0; block < layout.blocks[stage]; ++block) NextBlock();
    }
    Norm();
    return Finish();
  }

 private:
  Wide Places() const { return Wide{size_} * size_; }
  void Keep(int64_t times) { net_.kept += times * Places() * channels_; }

  void Convolve(int64_t to, int64_t kernel, int64_t stride, int64_t groups, bool bias,
                int64_t padding = -1) {
    const int64_t pad = padding < 0 ? kernel / 2 : padding;
    size_ = (size_ + 2 * pad - kernel) / stride + 1;
    const int64_t weights = channels_ / groups * to * kernel * kernel;
    net_.parameters += weights + (bias ? to : 0);
    net_.products += Places() * weights;
    channels_ = to;
    net_.outputs += Places() * to;
    net_.largest = std::max(net_.largest, Places() * to);
  }
  void Norm() { net_.parameters += 2 * channels_; }

  void ResBlock(int64_t width, int64_t widening, int64_t stride) {
    const Wide before = net_.kept;
    net_.block_inputs += Places() * channels_;
    const int64_t from = channels_;
    const int64_t size = size_;
    const int64_t to = width * widening;
    const auto conv = [&](int64_t out, int64_t kernel, int64_t step) {
      Convolve(out, kernel, step, 1, false);
      Norm();
      Keep(2);
    };
    if (widening == 1) {
      conv(width, 3, stride);
      conv(width, 3, 1);
    } else {
      conv(width, 1, 1);
      conv(width, 3, stride);
      conv(to, 1, 1);
    }
    if (stride != 1 || from != to) {
      channels_ = from;
      size_ = size;
      Convolve(to, 1, stride, 1, false);
      Norm();
      Keep(1);
    }
    net_.largest_block = std::max(net_.largest_block, net_.kept - before);
  }

  void NextBlock() {
    const Wide before = net_.kept;
    const int64_t width = channels_;
    net_.block_inputs += Places() * width;
    Convolve(width, 7, 1, width, true);
    Norm();
    Convolve(4 * width, 1, 1, 1, true);
    Convolve(width, 1, 1, 1, true);
    net_.parameters += width;  // the scale of the layer
    Keep(12);
    net_.largest_block = std::max(net_.largest_block, net_.kept - before);
  }

  ConvNet Finish() {
    net_.parameters += channels_ * kClasses + kClasses;
    net_.products += Wide{channels_} * kClasses;
    net_.outputs += kClasses;
    return net_;
  }

  ConvNet net_;
  int64_t channels_ = 3;
  int64_t size_;
};

double Real(Wide value) { return static_cast<double>(value); }

Wide KeptBytes(const ConvNet& net, const ImageUse& use) {
  const Wide element = use.half ? 2 : 4;
  if (use.checkpointing == Checkpointing::kFull)
    return (net.block_inputs + net.largest_block) * element + net.indices * 8;
  const Wide all = net.kept * element + net.indices * 8;
  return use.checkpointing == Checkpointing::kSelective ? all / 2 : all;
}

class Images : ByComponents {
 public:
  Images(const ConvNet& net, const ImageUse& use, std::string_view source)
      : ByComponents("gpu0"), net_(net), use_(use), source_(source) {}

  Estimate Run(int64_t available) {
    use_.training ? Training() : Inference();
    Add("workspace", {MiB(16).value, MiB(256).value, MiB(1200).value}, "guess",
        fmt::format("{}'s choice of algorithm; no measurement at hand",
                    use_.on_cpu ? "oneDNN" : "cuDNN"));
    if (!use_.on_cpu) Add(TorchContext());
    return Judged(available);
  }

 private:
  void Training() {
    const Wide count = net_.parameters;
    const std::string source(source_);
    Add("weights", Exact((use_.half ? 6 : 4) * count), "exact",
        (use_.half ? "32 bit and copies of 16 bit; " : "32 bit; ") + source);
    // Most parameters are in the late layers, whose gradients come first.
    Add("gradients", {Clamp(2 * count), Clamp(4 * count), Clamp(4 * count)}, "formula", source);
    Add("optimizer states", Exact(static_cast<Wide>(WideStateBytes(use_.optimizer) * Real(count))),
        "exact", "fit/conv_net.h");
    const Wide kept = KeptBytes(net_, use_) * use_.batch;
    Add("activations", Around(kept, 0.08, 0.12), "formula", "fit/conv_net.h");
    const Wide largest = 2 * net_.largest * (use_.half ? 2 : 4) * use_.batch;
    Add("largest gradients", Around(largest, 0.5, 0.5), "formula", "fit/conv_net.h");
    const int64_t slack = Scale(Clamp(kept + largest), 0.03);
    Add("allocator", {0, slack, 2 * slack}, "class constant", "torch caching allocator");
  }

  void Inference() {
    const Wide element = use_.half ? 2 : 4;
    Add("weights", Exact(element * net_.parameters), "exact", std::string(source_));
    Add("activations", Around(3 * net_.largest * element * use_.batch, 0.3, 0.35), "formula",
        "fit/conv_net.h");
  }

  const ConvNet& net_;
  const ImageUse& use_;
  std::string_view source_;
};

}  // namespace

double WideStateBytes(Optimizer optimizer) {
  switch (optimizer) {
    case Optimizer::kAdamW: return 8;
    case Optimizer::kAdamW8bit: return 2 + 8.0 / 256;
    case Optimizer::kSgdMomentum:
    case Optimizer::kLion: return 4;
    case Optimizer::kAdafactor: return 0.04;
    case Optimizer::kPagedAdamW:
    case Optimizer::kSgd: break;
  }
  return 0;
}

Result<ConvNet> ConvNetOf(const ModelShape& shape, int64_t image_size) {
  const auto* layout = std::find_if(std::begin(kLayouts), std::end(kLayouts),
                                    [&](const Layout& one) { return one.id == shape.id; });
  if (layout == std::end(kLayouts))
    return NotFound(fmt::format("the layers of `{}` are not known", Printable(shape.id)));
  if (image_size < 32)
    return InvalidInput(fmt::format("images of {0} x {0}, expected at least 32 x 32", image_size));
  Walk walk(image_size);
  return layout->widening == 0 ? walk.ConvNext(*layout) : walk.ResNet(*layout);
}

Estimate EstimateImages(const ConvNet& net, const ImageUse& use, std::string_view source,
                        int64_t available) {
  return Images(net, use, source).Run(available);
}

Result<SpeedTerms> ImageTerms(const ConvNet& net, const Hardware& hardware, const ImageUse& use) {
  const Accelerator* gpu = hardware.accelerator;
  if (gpu == nullptr || !gpu->bandwidth_gbps || !gpu->fp16_tflops)
    return NotFound(fmt::format("the rates of `{}` are not known", Printable(hardware.text)));
  constexpr double kPasses = 23.5;      // fit/conv_net.h
  constexpr double kForwardPasses = 6;  // written, normalised, rectified, read; not measured
  const double element = use.half ? 2 : 4;
  const double bandwidth = *gpu->bandwidth_gbps * 1e9;
  // 32-bit products run on tensor cores at half the rate at best.
  const double arithmetic = (use.half ? 0.5 : 0.15) * *gpu->fp16_tflops * 1e12;
  const double moved = use.training ? kPasses * Real(net.kept) : kForwardPasses * Real(net.outputs);
  const double computed = (use.training ? 6 : 2) * Real(net.products);
  double seconds = std::max(moved * element / bandwidth, computed / arithmetic);
  if (use.training && use.checkpointing == Checkpointing::kFull) seconds *= 4.0 / 3;
  seconds /= static_cast<double>(std::max<int64_t>(1, use.gpus));
  return SpeedTerms{.seconds = {seconds}, .width = use.training ? 0.45 : 1};
}

}  // namespace curbstop::fit
