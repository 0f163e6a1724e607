// What an engine said about itself while it ran: sizes of its buffers and its speeds, with the
// conditions that they belong to. Read from
//   llama.cpp and ollama  lines of the loader, the cache, the scheduler, the timings; the memory
//                         breakdown that newer tools end with
//   llama-bench           its Markdown tables
//   PyTorch               the text of torch.cuda.memory_summary(); a memory snapshot
//   (fit/torch_log.h)
//
// A log is foreign text: a line that is not understood is skipped, lines beyond kMostLogLine bytes
// are cut, runs beyond kMostLogRuns are counted and not kept. Prefixes of journals and time stamps
// do not matter. The names of the lines belong to the engines: ggml-org/llama.cpp (builds b1671 to
// b9867 seen), pytorch/pytorch torch/cuda/memory.py.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop::fit {

inline constexpr int64_t kMostLogBytes = int64_t{256} << 20;
inline constexpr size_t kMostLogLine = 4096;
inline constexpr size_t kMostLogRuns = 256;

enum class LogEngine { kLlamaCpp, kLlamaBench, kTorch };
std::string_view NameOf(LogEngine engine);

// One buffer, or what belongs together, on one device.
struct LoggedBytes {
  std::string component;  // "weights", "cache", "compute", "output", "context"; of torch
                          // "allocated", "reserved", "held between steps"
  std::string device;     // "gpu0", "host"
  int64_t bytes = 0;
  int64_t rounding = 0;  // half of the last digit that was printed

  bool operator==(const LoggedBytes&) const = default;
};

struct LoggedSpeed {
  bool prefill = false;
  double tokens_per_second = 0;
  double tokens = 0;  // in all, over all requests of the run
  double depth = 0;   // mean tokens in the cache; of a prefill, before it
  double prompt = 0;  // prefill: tokens of one prompt
};

// One load of one model, or one row of a benchmark's table. What the log leaves out stays empty.
struct LogRun {
  LogEngine engine = LogEngine::kLlamaCpp;
  std::string model;   // as the file names itself
  std::string file;    // path of the weights
  std::string format;  // "Q4_K_M"
  std::string arch;
  std::string hardware;  // "NVIDIA GeForce RTX 4090"
  double params = 0;
  int64_t layers = 0;
  int64_t hidden = 0;
  int64_t gpus = 0;  // that hold weights or cache; 0 with bytes: all of it is on the host
  std::optional<int64_t> build, context, ubatch, slots, gpu_layers;
  std::optional<bool> flash_attention;
  std::string cache_k, cache_v;  // "f16"
  std::vector<LoggedBytes> bytes;
  std::vector<LoggedSpeed> speeds;
  int64_t out_of_memory = 0;  // times that the engine said so
};

struct EngineLog {
  std::vector<LogRun> runs;
  int64_t runs_left_out = 0;  // beyond kMostLogRuns
};

// Errors: kInvalidInput where nothing in it is a log of these engines; kCorrupt for a snapshot with
// the offset; kDenied for a pickle that asks for code to be run.
Result<EngineLog> ReadEngineLog(std::string_view bytes, std::string_view name);

}  // namespace curbstop::fit
