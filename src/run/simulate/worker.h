// A modelled step on a modelled machine: work that goes on, checkpoints that take time to write, an
// agent that keeps the lease. Times: the true clock, in ms; work: ms at this machine's speed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"

namespace curbstop {

// What the step is like, the same on every machine.
struct StepModel {
  int64_t work_ms = 0;
  int64_t write_ms = 0;     // a checkpoint
  int64_t bring_ms = 0;     // to a place that survives
  int64_t crashes_at = -1;  // work at which it crashes for good; -1: never
  int64_t hangs_at = -1;
  bool uses_gpu_visibly = true;  // else only its log lines show that it lives
};

struct Written {
  std::string name;
  int64_t work_ms = 0;
  int64_t unable_ms = 0;  // Life::unable_ms when it was begun
  bool complete = false;
  bool torn = false;  // the writer was killed: it never will be complete
};

enum class WorkerState { kAbsent, kWorking, kStopped, kDone, kDead };

struct Worker {
  WorkerState state = WorkerState::kAbsent;
  int64_t started_ms = 0;  // since then it has worked without a pause
  int64_t start_work = 0;
  int64_t interval_ms = 0;
  int64_t lease_end_ms = INT64_MAX;
  bool log_is_life = true;
  bool can_end_itself = true;
  bool rehearsed = true;
  bool as_promised = true;
  bool saving = false;
  bool hangs = false;
  int64_t born_ms = 0;
  int64_t run = 0;  // changes whenever it starts or stops: items of an earlier one are void
  int64_t checkpoints = 0;
  std::vector<Written> written;
  std::vector<Json> reports;  // the spool; the n-th line has number n + 1
  bool ended = false;         // the step, by itself
  size_t placed_reports = 0;  // that are at the named place
  bool out_placed = false;    // the outputs are there
  bool released = false;      // its agent is gone, and the machine stays
  bool judged = false;        // what was lost with it has been counted

  int64_t WorkAt(int64_t now) const {
    return state == WorkerState::kWorking ? start_work + now - started_ms : start_work;
  }
  // The newest complete one, or null.
  const Written* Newest() const;
};

}  // namespace curbstop
