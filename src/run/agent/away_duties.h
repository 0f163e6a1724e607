// What an agent on a rented machine does beyond what it does at home: it greets, rehearses the
// machine's end, keeps the lease, notices that its keeper is gone, knows how much work a checkpoint
// holds, and ends the machine when all is done.
//
// Threads: one.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "run/agent/away_order.h"
#include "run/agent/end_plan.h"
#include "run/agent/lease_watch.h"
#include "run/agent/record_spool.h"
#include "run/agent/spool.h"
#include "run/agent/work_times.h"
#include "sys/clock.h"
#include "sys/environment.h"
#include "sys/process.h"

namespace curbstop {

class AwayDuties {
 public:
  AwayDuties(std::filesystem::path folder, AwayOrder order, AwaySecrets secrets, Ticks grace,
             const std::vector<SpoolLine>& told, Clock& clock, ProcessRunner& processes);

  // By a worker before this one.
  bool has_greeted() const { return has_greeted_; }
  bool has_finished() const { return has_finished_; }

  // The step's MLflow endpoint, where the order has a record. Errors: as RecordSpool::Start.
  Status ServeRecord(const Secret& token, FileStore& files);

  // {kind: hello, rehearsed, as_promised, age_ms, why}; blocks for as long as the rehearsal takes.
  Json Hello();
  // Why the step has to stop now: `lease`, `keeper`, or empty. Looks a few times a second.
  std::string WhyStop();
  WorkTimes& work() { return work_; }
  EnvironmentList Variables() const;

  // What to do after the step; `keep_machine` came with the release.
  EndAct NextAct(bool is_released, bool keep_machine);
  void EndMachine();  // one call of `end-machine`; returns where it did not work at once

 private:
  MachineEndFacts Facts();
  int64_t AgeMs();

  std::filesystem::path folder_;
  AwayOrder order_;
  AwaySecrets secrets_;
  Ticks grace_;
  Clock& clock_;
  ProcessRunner& processes_;
  LeaseWatch lease_;
  WorkTimes work_;
  RealRandom random_;
  std::unique_ptr<RecordSpool> record_;
  Ticks next_look_{0};
  Ticks last_company_;  // when somebody was connected, or the step ended
  bool is_saved_ = false;
  bool has_greeted_ = false;
  bool has_finished_ = false;
  bool has_ended_ = false;  // the step, for good
};

// Ends this machine, again and again until that takes this process with it.
[[noreturn]] void EndMachineForGood(const AwayOrder& order, Clock& clock, ProcessRunner& processes);

}  // namespace curbstop
