// "Will it fit, how fast, how sure": one question, one answer, for the command line and for plans.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "fit/calibrate.h"
#include "fit/conv_net.h"
#include "fit/engines.h"
#include "fit/estimate.h"
#include "fit/hardware.h"
#include "fit/llama_cpp.h"
#include "fit/network.h"
#include "fit/shape.h"
#include "fit/speed.h"
#include "fit/tabular.h"
#include "fit/training.h"
#include "fit/vllm.h"
#include "fit/weights.h"

namespace curbstop::fit {

// kTensorEngine: inference in an engine of fit/engines.h.
// kImages: a convolutional model, either way; kNetwork: a header alone, either way. kTable: a model
// of fit/tabular.h, whose `table` alone counts.
enum class Task { kLlamaCpp, kVllm, kTensorEngine, kTraining, kImages, kNetwork, kTable };

// What was measured (fit/measured_runs.h) and corrects the answer; null: nothing. Shared, as many
// questions are asked with the same.
using SharedMeasured = std::shared_ptr<const std::vector<Measured>>;

struct FitQuestion {
  ModelShape shape;
  WeightFormat format;
  Task task = Task::kLlamaCpp;
  LlamaCppUse llama;
  VllmUse vllm;
  TensorUse tensor;
  TrainingUse training;  // of kImages too: the micro-batch is of images
  ImageUse images;
  NetworkUse network;
  TableUse table;
  int64_t tokens = 0;      // to train on, or to write, in all; 0: no time is asked for
  int64_t all_images = 0;  // of a model that reads images, the same
  Hardware hardware;
  int64_t free_memory = 0;         // read from this machine just now; 0: not known
  bool here = false;               // the hardware is this computer's
  std::optional<double> cpu_gbps;  // memory's bandwidth, where there is no GPU
  SharedMeasured measured;

  int64_t Available() const { return free_memory > 0 ? free_memory : hardware.Available(); }
};

// An edit of the question and what it would come to.
struct Change {
  std::string text;  // "--batch 2"
  Span peak;
  Verdict verdict = Verdict::kUnknown;
  std::optional<double> speed;  // of the speed without it: 0.96
};

// What a few real steps of the work measured. Bytes are peaks on the fullest device.
struct ProbeFigures {
  int64_t steps = 0;
  bool on_gpu = false;  // else in RAM
  bool out_of_memory = false;
  std::optional<int64_t> weights;    // as the script tells
  std::optional<int64_t> allocated;  // of all tensors
  std::optional<int64_t> reserved;   // what the allocator took
  std::optional<int64_t> whole;      // of all its processes, seen from outside
  std::optional<int64_t> tokens;     // of a step; empty: as the question says
  std::optional<double> seconds;     // of a step
};

struct FitAnswer {
  FitQuestion question;
  Estimate estimate;
  std::optional<Rate> decode;  // tokens a second, one stream
  std::optional<Rate> prefill;
  std::optional<Rate> training;      // all devices together
  std::optional<Rate> images;        // a second, all devices together
  std::optional<Rate> fit_seconds;   // of a model for tables, on one core
  std::optional<Span> cache_tokens;  // vLLM
  std::vector<Change> changes;       // the smallest first; only where it does not fit well
  int64_t peaks_measured = 0;        // runs that corrected the peak
  std::optional<ProbeFigures> probe;
};

// How much there is to do, and how fast: what the time of a question is made of.
struct TimedWork {
  double amount = 0;
  Rate rate;                       // of `amount`, a second
  std::string_view unit;           // "tokens", "images"
  std::string AmountText() const;  // "40 M tokens"
  std::string RateText() const;    // "407 tokens/s (375..442)"
};
// Empty: nothing is asked for, or the device's speed is not known.
std::optional<TimedWork> WorkOf(const FitAnswer& answer);

// Errors: kInvalidInput if a figure is beyond any machine.
Result<FitAnswer> AnswerFit(const FitQuestion& question);

// The answer without changes: what a search asks many times.
Result<FitAnswer> QuickFit(const FitQuestion& question);

// The largest context or micro-batch that fits; 0: none does.
int64_t LargestContext(const FitQuestion& question);
int64_t LargestBatch(const FitQuestion& question);

// Bytes that one process must have of each device: at least `low`, and `high` does for sure.
Span MemoryNeeded(const FitAnswer& answer);

// The verdict is no, and yet the low end of the estimate would fit: worth a try where a try is
// free.
bool MightFit(const FitAnswer& answer);

// "8.5 GiB (8.1..8.9) of 9.1".
std::string PeakText(const Estimate& estimate);
// "3 runs".
std::string RunsText(int64_t count);
// "QLoRA of rank 16, sequence 2048, batch 4".
std::string TaskText(const FitQuestion& question);

// {"verdict":…, "peak_bytes":{low, mid, high}, "components":[…], …}
Json FitJson(const FitAnswer& answer);
std::string FitText(const FitAnswer& answer, bool explain);

}  // namespace curbstop::fit
