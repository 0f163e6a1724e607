// What a training script tells of its steps while it runs, read from its output as it comes.
//
// Ways, of which the first that tells of enough steps counts:
//   curbstop: {"step": 3, "tokens": 8192, …}   a line for each step, docs/formats/probe.md
//   step 3 · Step: 3/100 · global_step=3       a trainer's own lines
//   3%|▎  | 3/100 [00:02<…                     a progress bar without a name, as tqdm draws it
//   a metric logged to the step's MLflow endpoint with a step number
//
// The output is foreign text: lines are cut at kMostSignLine, what is no sign is passed over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "sys/clock.h"

namespace curbstop {

inline constexpr size_t kMostSignLine = 4096;

// What its own lines said last. Bytes; empty: not said.
struct ToldFigures {
  std::optional<int64_t> tokens;  // of one step
  std::optional<int64_t> weights, allocated, reserved;
  std::optional<double> seconds;  // of one step, the mean of all but the first
  std::string attention;          // "fused", "eager"
  std::string missing;            // a package that it needs
  std::string out_of_memory;      // in its own words
};

class StepSigns {
 public:
  enum class Way { kOwnLines, kTrainerLines, kBar, kRecord };

  void Feed(std::string_view output, Ticks now);
  // A step number that was seen elsewhere.
  void Note(Way way, int64_t step, Ticks now);

  // So many steps are over, and there are two signs at least, so that a time is known.
  bool HasDone(int64_t steps) const;
  int64_t StepsDone() const;
  // Empty before the second sign.
  std::optional<double> SecondsOfStep() const;
  const ToldFigures& told() const { return told_; }
  // Whether any line says that memory ran out, in the words of torch, CUDA, Python or the kernel.
  bool saw_out_of_memory() const { return out_of_memory_; }

 private:
  struct Sign {
    int64_t step = 0;
    Ticks at{0};
  };
  static constexpr size_t kWays = 4;

  void ReadLine(std::string_view line, Ticks now);
  void ReadOwn(std::string_view json, Ticks now);
  const std::vector<Sign>& Best() const;

  std::string open_line_;
  std::array<std::vector<Sign>, kWays> signs_;
  std::vector<double> seconds_;
  ToldFigures told_;
  bool out_of_memory_ = false;
};

}  // namespace curbstop
