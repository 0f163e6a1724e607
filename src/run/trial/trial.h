// A few real steps of a training script, watched and then ended: how much memory they held and how
// long one took.
//
// The script runs under the contract of a step at home (docs/contracts.md §2), in a room of its
// own: outputs, checkpoints and what it logs to MLflow go there and are thrown away. It is ended
// with all that it started as soon as enough steps are seen, when memory runs out, at the limit, or
// when we are interrupted; should this program be killed, a leash ends it and clears the room.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"
#include "run/trial/step_command.h"
#include "run/trial/step_signs.h"
#include "sys/clock.h"
#include "sys/file_store.h"
#include "sys/process.h"
#include "sys/random_bytes.h"

namespace curbstop {

// Within a room.
inline std::filesystem::path TrialOut(const std::filesystem::path& room) { return room / "out"; }

struct TrialRequest {
  StepCommand command;
  std::filesystem::path room;        // does not exist yet, and does not afterwards
  std::string id;                    // CURBSTOP_STEP_ID
  std::optional<int64_t> gpu;        // the one it may use; none: it sees what it sees
  std::optional<int64_t> most_host;  // bytes; beyond it is ended, as out of memory
  int64_t steps = 3;
  Millis limit{600'000};
};

enum class TrialEnd { kEnough, kOutOfMemory, kExited, kLimit, kInterrupted };

struct Trial {
  TrialEnd end = TrialEnd::kExited;
  int exit_code = 0;              // of kExited and kOutOfMemory
  int64_t steps = 0;              // done
  std::optional<double> seconds;  // of a step
  std::optional<int64_t> gpu_peak;
  bool gpu_is_theirs = false;  // else what the device held more than before
  int64_t host_peak = 0;       // bytes, of all its processes
  ToldFigures told;
  std::string tail;  // the last lines of its output
};

// Errors: kNotFound (the folder), kExhausted, kUnavailable, and those of making the room.
Result<Trial> RunTrial(const TrialRequest& request, ProcessRunner& processes, Clock& clock,
                       FileStore& files, Random& random, const std::function<bool()>& interrupted);

}  // namespace curbstop
