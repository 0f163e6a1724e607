// A question about a model in words, as the command line and `model:` of curbstop.yaml put it, with
// the defaults that both share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace curbstop::fit {

struct Ask {
  std::string name;    // a family and size, as people write them: "Qwen2.5-7B"
  std::string method;  // of training: "full", "lora", "qlora"; empty: inference
  std::string engine = "llama.cpp";
  std::string quant;  // empty: FormatOf decides
  std::string cache_type = "f16";
  std::string optimizer = "adamw";
  std::string checkpointing = "full";
  int64_t context = 4096;  // tokens in the cache, over all slots
  int64_t slots = 1;
  int64_t sequence = 2048;
  int64_t batch = 1;
  int64_t accumulation = 1;
  int64_t rank = 16;
  int64_t image = 224;             // of a convolutional model: pixels of a side
  int64_t tokens = 0;              // to train on, or to write, in all; 0: no time is asked for
  int64_t images = 0;              // of a model that reads images, the same
  std::string sharding = "zero3";  // where several GPUs train
  bool chunked_loss = false;
  bool optimizer_in_backward = false;
  bool cpu_offload = false;
  bool mixed_precision = false;
};

// What may be said, for whoever reads such words.
std::vector<std::string> MethodNames();
std::vector<std::string> EngineNames();
std::vector<std::string> OptimizerNames();
std::vector<std::string> CheckpointingNames();
std::vector<std::string> ShardingNames();

}  // namespace curbstop::fit
