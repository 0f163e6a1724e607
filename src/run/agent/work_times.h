// How much work a checkpoint holds: time of progress in attempts, beginning with what the
// checkpoint that an attempt resumed from had. It survives the agent in its spool, and the machine
// in the order of the next one (checkpoint_work_ms).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "run/agent/spool.h"
#include "sys/clock.h"

namespace curbstop {

class WorkTimes {
 public:
  // `brought`: of checkpoints from before this machine; `told`: what agents here said of others.
  WorkTimes(std::map<std::string, int64_t> brought, const std::vector<SpoolLine>& told);

  void AttemptStarts(const std::string& resume_from, Ticks now);
  void AttemptEnds(Ticks now);
  // Work done by now; outside attempts what the last one came to.
  int64_t WorkMs(Ticks now) const;
  // `name` was completed now.
  int64_t Note(const std::string& name, Ticks now);
  int64_t Of(const std::string& name) const;  // 0: unknown
  // There before the attempt, and nobody knows how much work it holds.
  void Add(const std::string& name) { work_ms_.try_emplace(name, 0); }
  bool Knows(const std::string& name) const { return work_ms_.contains(name); }

 private:
  std::map<std::string, int64_t> work_ms_;
  int64_t base_ms_ = 0;
  Ticks started_{-1};
};

}  // namespace curbstop
