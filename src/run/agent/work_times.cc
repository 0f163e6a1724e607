#include "run/agent/work_times.h"

#include <utility>

namespace curbstop {

WorkTimes::WorkTimes(std::map<std::string, int64_t> brought, const std::vector<SpoolLine>& told)
    : work_ms_(std::move(brought)) {
  for (const SpoolLine& line : told) {
    if (line.body.StringOr("kind", "") != "checkpoint") continue;
    work_ms_[line.body.StringOr("name", "")] = line.body.IntOr("work_ms", 0);
  }
}

void WorkTimes::AttemptStarts(const std::string& resume_from, Ticks now) {
  base_ms_ = Of(resume_from);
  started_ = now;
}

void WorkTimes::AttemptEnds(Ticks now) {
  base_ms_ = WorkMs(now);
  started_ = Ticks(-1);
}

int64_t WorkTimes::WorkMs(Ticks now) const {
  if (started_ < Ticks(0)) return base_ms_;
  return base_ms_ + std::chrono::duration_cast<std::chrono::milliseconds>(now - started_).count();
}

int64_t WorkTimes::Note(const std::string& name, Ticks now) { return work_ms_[name] = WorkMs(now); }

int64_t WorkTimes::Of(const std::string& name) const {
  const auto found = work_ms_.find(name);
  return found == work_ms_.end() ? 0 : found->second;
}

}  // namespace curbstop
