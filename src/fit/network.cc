#include "fit/network.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "fit/conv_net.h"
#include "fit/training.h"

namespace curbstop::fit {
namespace {

constexpr const char* kHeader = "sizes in the file's header, fit/network.h";

class Network : ByComponents {
 public:
  Network(int64_t weights, int64_t parameters, const NetworkUse& use, const std::string& source)
      : ByComponents("gpu0"),
        weights_(weights),
        parameters_(parameters),
        use_(use),
        source_(source) {}

  Estimate Run(int64_t available) {
    use_.training ? Training() : Inference();
    if (!use_.on_cpu) Add(TorchContext());
    return Judged(available);
  }

 private:
  // Of fewer the rest is not told from: often the outputs alone have sizes.
  bool HasSizes() const {
    return use_.values.sized > 0 && 2 * use_.values.sized >= use_.values.outputs;
  }
  double Batch() const { return static_cast<double>(use_.batch); }
  double Inputs() const { return Batch() * static_cast<double>(use_.values.inputs); }
  // Values without sizes are taken to be as large as the others are on average.
  double AllValues() const {
    const NetworkValues& values = use_.values;
    const double share = static_cast<double>(std::max(values.outputs, values.sized)) /
                         static_cast<double>(std::max<int64_t>(1, values.sized));
    return Batch() * static_cast<double>(values.bytes) * share;
  }
  double Largest() const { return Batch() * static_cast<double>(use_.values.largest); }

  static Span Between(double low, double mid, double high) {
    return {Scale(1, low), Scale(1, std::max(low, mid)), Scale(1, std::max({low, mid, high}))};
  }

  std::string Evidence() const {
    const NetworkValues& values = use_.values;
    if (values.sized >= values.outputs && HasSizes()) return "formula";
    return fmt::format("{}{} of {} sizes in the header", HasSizes() ? "" : "guess: ", values.sized,
                       values.outputs);
  }

  void Activations(Span sized, Span guessed) {
    Add("activations", HasSizes() ? sized : guessed, Evidence(), kHeader);
  }

  void Inference() {
    Add("weights", Exact(weights_), "exact", source_);
    if (use_.on_cpu)
      Add("weights packed for the kernels", {0, weights_ / 2, weights_}, "guess", kHeader);
    const double all = Inputs() + AllValues();
    Activations(
        Between(std::max(Inputs(), Largest()), std::min(all, Inputs() + 3 * Largest()), all),
        Between(Inputs(), 20 * Inputs(), 200 * Inputs() + Batch() * 64e6));
    Add("arena", {MiB(8).value, MiB(48).value, MiB(256).value}, "guess", "no measurement at hand");
  }

  void Training() {
    const Wide count = parameters_;
    Add("weights", Exact(4 * count), "exact", "32 bit; " + source_);
    Add("gradients", {Clamp(2 * count), Clamp(4 * count), Clamp(4 * count)}, "formula", source_);
    Add("optimizer states",
        Exact(static_cast<Wide>(WideStateBytes(use_.optimizer) * static_cast<double>(count))),
        "exact", "fit/conv_net.h");
    const double all = AllValues();
    Activations(Between(Inputs() + 0.4 * all, Inputs() + 0.8 * all, Inputs() + 1.6 * all),
                Between(20 * Inputs(), 150 * Inputs(), 600 * Inputs() + Batch() * 256e6));
    Add("workspace", {MiB(16).value, MiB(256).value, MiB(1200).value}, "guess",
        "no measurement at hand");
  }

  const int64_t weights_;
  const int64_t parameters_;
  const NetworkUse& use_;
  const std::string& source_;
};

}  // namespace

Estimate EstimateNetwork(int64_t weights, int64_t parameters, const NetworkUse& use,
                         const std::string& source, int64_t available) {
  return Network(weights, parameters, use, source).Run(available);
}

}  // namespace curbstop::fit
