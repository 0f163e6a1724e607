// The right to run: one run of a step at a time, one run on a GPU at a time, by flock.
//
// Beside a lock, in `….lock.owner`, lies its owner's row ({"run":…,"step":…,"step_id":…}): who
// waits can say for whom, and who comes after a dead owner ends what that owner's step left
// running.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "run/agent/order.h"
#include "sys/clock.h"
#include "sys/file_lock.h"
#include "sys/file_store.h"

namespace curbstop {

struct HeldResources {
  std::vector<FileLock> locks;
  std::vector<int64_t> gpus;  // indices, as many as needed
};

struct ResourceWait {
  std::string reason;  // "GPU 0 is used by run `4k…` (step `train`)"
};

// All or nothing, so that two runs never wait for each other: with too few free, nothing is kept.
// Errors: kDenied, kExhausted, kUnavailable from the files.
class Resources {
 public:
  // `runs` holds the folders of all runs.
  Resources(const AgentOrder& order, std::filesystem::path runs, FileStore& files, Clock& clock)
      : order_(order), runs_(std::move(runs)), files_(files), clock_(clock) {}
  // Held, or the reason to wait.
  Result<std::optional<HeldResources>> TryTake(ResourceWait& wait);

 private:
  Result<std::optional<FileLock>> TakeAsOwner(const std::filesystem::path& file,
                                              std::string_view what, ResourceWait& wait);
  void EndLeftBehind(const Json& owner);
  const AgentOrder& order_;
  std::filesystem::path runs_;
  FileStore& files_;
  Clock& clock_;
};

}  // namespace curbstop
