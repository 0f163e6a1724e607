// Brings what must survive a machine to the named place: each checkpoint as it is completed, in the
// background, and at the end outputs and spools.
//
// Checkpoints go to their addresses in turn, so that while one object is replaced the other is
// whole. Of several that wait, the newest goes.
//
// Threads: its own one uploads; the object belongs to one.
#pragma once

#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "run/agent/away_order.h"
#include "run/agent/upload.h"
#include "sys/clock.h"

namespace curbstop {

struct PlacedCheckpoint {
  std::string name;
  int64_t work_ms = 0;
  std::string error;  // empty: it is safe
};

class PlaceSaver {
 public:
  // `placed`: how many were put before, by workers before this one.
  PlaceSaver(std::filesystem::path run_folder, std::string run, AwaySecrets secrets, size_t placed,
             Upload& upload, Clock& clock);
  PlaceSaver(const PlaceSaver&) = delete;
  PlaceSaver& operator=(const PlaceSaver&) = delete;
  ~PlaceSaver();  // waits for the upload in progress

  // Puts a test object. Errors: those of Upload.
  Status Test();
  void Add(const std::filesystem::path& checkpoint, int64_t work_ms);
  // What was put, or failed, since the last call.
  std::vector<PlacedCheckpoint> Take();
  // No checkpoint waits or is on its way.
  bool IsIdle();
  // Whether that was the last one put, as it was then.
  bool HasPlaced(const std::filesystem::path& checkpoint, int64_t work_ms);
  // Outputs (where `has_out`) and spools, within `limit` each; blocks. Errors: those of Upload.
  Status SaveRest(const Json& ending, bool has_out, std::chrono::milliseconds limit);
  // How long the last checkpoint took; empty before there was one.
  std::optional<Ticks> measured();

 private:
  struct Job {
    std::filesystem::path checkpoint;
    int64_t work_ms = 0;
  };
  void Work();
  Status PutCheckpoint(const Job& job);
  Status PutSpools(const Json& about, std::chrono::milliseconds limit);
  Json About(std::string_view kind) const;

  std::filesystem::path folder_;
  std::string run_;
  AwaySecrets secrets_;
  Upload& upload_;
  Clock& clock_;
  std::mutex mutex_;  // guards what follows
  std::condition_variable changed_;
  std::optional<Job> next_;
  std::optional<Job> last_;  // that was put
  bool is_busy_ = false;
  bool ends_ = false;
  size_t placed_;
  std::vector<PlacedCheckpoint> done_;
  std::optional<Ticks> measured_;
  std::thread worker_;
};

}  // namespace curbstop
