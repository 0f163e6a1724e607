// The options of `model fit` and the question that they ask.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "face/cli/command.h"
#include "fit/answer.h"
#include "fit/ask.h"

namespace curbstop {

struct FitOptions {
  std::string model;
  std::string quant;
  std::string gpu;
  std::string engine = "llama.cpp";
  std::string cache_type = "f16";
  std::string verify;
  std::string technique;
  int64_t context = 4096;
  int64_t ubatch = 512;
  int64_t slots = 1;
  int64_t gpu_layers = -1;
  int64_t build = 0;
  bool no_flash = false;
  bool experts_in_ram = false;

  std::string method;
  std::string optimizer = "adamw";
  std::string checkpointing = "full";
  std::string tokens;
  std::string images;
  int64_t sequence = 2048;
  int64_t batch = 1;
  int64_t accumulation = 1;
  int64_t rank = 16;
  int64_t image = 224;
  std::string rows, columns;  // of a table, as people write counts: "1.2M"
  std::string memory;         // to compare with, instead of this computer's
  int64_t trees = 100;
  int64_t clusters = 8;
  int64_t classes = 2;
  int64_t depth = 0;
  std::string sharding = "zero3";
  bool chunked_loss = false;
  bool optimizer_in_backward = false;
  bool cpu_offload = false;
  bool mixed_precision = false;

  bool max_context = false;
  bool max_batch = false;
  bool ladder = false;
  std::string offers;
  bool explain = false;

  std::string from_log;
  bool remember = false;
  int64_t calibrate = 0;

  bool probe = false;
  std::string step;                  // of curbstop.yaml: its model and its command
  std::string python = "python3";    // runs the probe of our own
  int64_t probe_limit = 10;          // minutes
  std::vector<std::string> command;  // the user's script, after `--`

  std::set<std::string> given;           // the options on the command line: "--context"
  std::optional<fit::ModelShape> shape;  // known already; `model` is then only a name

  bool Gave(std::string_view option) const { return given.contains(std::string(option)); }
};

// The options as words. Errors: kInvalidInput for `--tokens` and `--images`.
Result<fit::Ask> AskOf(const FitOptions& options);

// The words of a step's `model:`, where the command line does not say otherwise.
void TakeAsk(const fit::Ask& ask, FitOptions& options);

// The hardware that `--gpu` names. Errors: kNotFound with "did you mean".
Result<fit::Hardware> NamedHardware(const FitOptions& options);

// From the family table or a file's header, the named hardware or this computer's.
// Errors: kInvalidInput and kNotFound, naming the option.
Result<fit::FitQuestion> ReadFitQuestion(const FitOptions& options, CommandContext& context);

}  // namespace curbstop
