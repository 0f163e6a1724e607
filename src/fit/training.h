// Memory of training, as the maximum over the events of one step and not as a sum: gradients and
// activations do not peak together.
//
//   peak = W + S + max(A + logits,                          end of the forward pass
//                      over layers, backward: A left + gradients so far + work of a layer,
//                      G + work of the optimizer)           the step
//
// Every technique is an edit of that timeline: accumulating over micro-batches keeps gradients
// alive in the next forward pass, checkpointing keeps 2h bytes for each token and layer, an
// optimizer that runs in the backward pass keeps one layer's gradients, chunked cross entropy has
// no logits, sharding divides.
//
// Activations, in copies of the 16-bit hidden state (2h bytes) for each token and layer, q = a*d/h:
//   gated MLP   4f/h (3f/h under torch.compile) + the stack's own copies
//   plain MLP   2f/h + the stack's own copies - 4 (LayerNorm keeps no 32-bit input)
//   attention that no fused kernel serves: + a*s/h
// The stack's own copies (norms, attention, residuals, adapters) and the bytes for each logit are
// one constant for each training stack, not for each model: table kStacks in training.cc.
//
// In RAM the optimizer goes tensor by tensor (torch updates all at once on devices alone), and
// glibc's heap comes on top: once a large block was freed, blocks up to 32 MiB lie in the heap, and
// what is freed there between longer-lived ones stays the process's. Measured: 0.40 to 1.16 of all
// tensors of that size (docs/benchmarks/fit.md, "What a probe was shown on").
//
// Sources: Korthikanti et al. 2022; torchtune, litgpt, PEFT, LLaMA-Factory and torchtitan tables as
// named in kStacks; bytes for each optimizer: docs/benchmarks/fit.md.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fit/calibrate.h"
#include "fit/estimate.h"
#include "fit/shape.h"
#include "fit/weights.h"

namespace curbstop::fit {

enum class Method { kFull, kLora, kDora, kAdapter };  // QLoRA: LoRA over quantised weights
enum class Optimizer { kAdamW, kAdamW8bit, kPagedAdamW, kAdafactor, kSgdMomentum, kSgd, kLion };
enum class Checkpointing { kNone, kSelective, kFull };
enum class Sharding { kNone, kZero1, kZero2, kZero3 };
enum class Stack {
  kGeneric,
  kLitgpt,
  kLitgpt2023,
  kTorchtune,
  kPeft,
  kLlamaFactory,
  kUnsloth,
  kTorchtitan,
  kMegatron
};

struct TrainingUse {
  Method method = Method::kFull;
  Optimizer optimizer = Optimizer::kAdamW;
  Checkpointing checkpointing = Checkpointing::kNone;
  Sharding sharding = Sharding::kNone;
  Stack stack = Stack::kGeneric;
  int64_t sequence = 2048;
  int64_t batch = 1;         // sequences of one micro-batch on one device
  int64_t accumulation = 1;  // micro-batches of one step: gradients live through all of them
  int64_t gpus = 1;          // that share weights, gradients and states
  int64_t tensor_parallel = 1;
  int64_t pipeline = 1;
  int64_t context_parallel = 1;
  int64_t rank = 16;
  int64_t trainable = 0;    // 0: from rank and targets
  bool adapter_v2 = false;  // scales and biases on every linear layer
  bool all_linear = true;   // adapters on every linear layer; else on q and v
  bool compiled = false;
  bool flash_attention = true;
  bool chunked_loss = false;
  bool optimizer_in_backward = false;
  bool activation_offload = false;
  bool cpu_offload = false;
  bool deepspeed = false;         // gathers parameters ahead
  bool autocast = false;          // 32-bit weights with 16-bit copies of them cached beside
  bool mixed_precision = false;   // 32-bit weights, gradients and states
  bool untied_head = false;       // the stack stores a tied head a second time
  bool reserved = false;          // what the allocator holds and not what tensors use
  bool includes_context = false;  // as `nvidia-smi` sees it
  bool in_ram = false;            // no device: tensors lie in the process's heap
};

struct TrainingParts {
  int64_t weights = 0;
  int64_t trainable = 0;  // parameters
  int64_t gradients = 0;
  int64_t states = 0;
  int64_t activations = 0;  // at the end of the forward pass
  int64_t logits = 0;
  int64_t layer_work = 0;  // live under checkpointing, or of one layer's backward
  int64_t optimizer_work = 0;
  int64_t dequantised = 0;  // the largest matrix in 16 bit
  int64_t host = 0;         // in RAM: offloaded, or paged states
  std::string peak_event;   // "end of forward", "backward", "optimizer step"
  int64_t peak = 0;
};

TrainingParts TrainingPartsOf(const ModelShape& shape, const WeightFormat& format,
                              const TrainingUse& use);

// Copies of the hidden state that one layer holds in its forward pass, saved and temporary, q =
// a*d/h and k = kv*d/h: 4f/h + 9 + 5q, and 3(q + k) where q and k have norms. Within 3 % of the
// five models that stas00/ml-engineering@744d01e1 measured (24 to 38 copies).
double LiveLayerCopies(const ModelShape& shape);

// Trainable parameters of adapters of that rank.
int64_t AdapterParams(const ModelShape& shape, int64_t rank, bool all_linear);
// Outputs of all targets together: one magnitude each in DoRA.
int64_t AdapterOutputs(const ModelShape& shape, bool all_linear);

std::string_view NameOf(Stack stack);  // "litgpt"; "generic" for one of its own
std::string_view NameOf(Method method);
std::string_view NameOf(Optimizer optimizer);
std::string_view NameOf(Checkpointing checkpointing);

// The peak as calibration sees it: bytes that are there whatever the micro-batch, and bytes that
// grow with it.
WorkPoint PeakPointOf(const ModelShape& shape, const WeightFormat& format, const TrainingUse& use);

// What CUDA itself takes of the first GPU under torch.
Component TorchContext();

Estimate EstimateTraining(const ModelShape& shape, const WeightFormat& format,
                          const TrainingUse& use, int64_t available);

}  // namespace curbstop::fit
