// Memory of llama.cpp (and ollama, LM Studio) for one model, device by device.
//
//   device = weights of its layers + their cache + compute buffer + context of the driver
//
// With a head of its own the token table stays in host memory; a tied one lies on both sides.
// Layers are dealt out by equal shares: slot i of layers + 1 (the head is the last) goes to the
// first GPU whose cumulative share is above i / (layers + 1).
//
// Compute buffer, u = micro-batch, n = cells, all in bytes:
//   no flash attention  max(4u(V + h), 4u(a*n + n + 4h))
//   flash attention     max(4u(V + h), 2u*n + 4u(2f + 2h))
//   more than one GPU   + 3 copies of the mask + 4 * 4u*h, on each
//   not all layers      the head is streamed through the device: + its weights
//   builds before 2000 (2023)  3.19 MiB + max(4u(V + h), 4u(2f + 2h) + 4u*n, 4u(a*n + n + 4h))
//
// Sources: allocator lines of builds b1671 to b2833 in XiongjieDai/GPU-Benchmarks-on-LLM-Inference
// @aa72e0ec; ggml-org/llama.cpp@007dbbf3, src/llama-context.cpp and src/llama-model.cpp; the
// driver's context: ollama/ollama#9988, ggml-org/llama.cpp#15860.
#pragma once

#include <string>
#include <vector>

#include "fit/estimate.h"
#include "fit/kv_cache.h"
#include "fit/weights.h"

namespace curbstop::fit {

struct LlamaCppUse {
  int64_t build = 0;  // "b2824"; 0: today's
  bool flash_attention = true;
  CacheUse cache;
  int64_t gpus = 1;
  int64_t gpu_layers = -1;  // -1: all; layers + 1 counts the head
  bool experts_in_ram = false;
  bool metal = false;
  bool cpu_only = false;  // everything in RAM, one device "host"
};

struct LlamaCppDevice {
  std::string name;  // "gpu0", "host"
  Span weights;
  Wide cache = 0;
  Wide compute = 0;
  Wide output = 0;  // host only: the logits of the last tokens
};

// GPUs in order, then the host.
std::vector<LlamaCppDevice> LlamaCppDevices(const ModelShape& shape, const WeightFormat& format,
                                            const LlamaCppUse& use);

// Which GPU holds each of the layers + 1 slots.
std::vector<int64_t> LayerPlaces(int64_t layers, int64_t gpus);

// With the driver's context on each GPU.
Estimate EstimateLlamaCpp(const ModelShape& shape, const WeightFormat& format,
                          const LlamaCppUse& use, int64_t available);

// What a driver takes for itself on a device, before anything is loaded.
Span DriverContext(bool metal);

}  // namespace curbstop::fit
