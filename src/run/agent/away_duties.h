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
#include "run/agent/place_saver.h"
#include "run/agent/record_spool.h"
#include "run/agent/spool.h"
#include "run/agent/work_times.h"
#include "sys/clock.h"
#include "sys/environment.h"
#include "sys/process.h"

namespace curbstop {

class AwayDuties {
 public:
  AwayDuties(std::filesystem::path folder, const std::string& run, AwayOrder order,
             AwaySecrets secrets, Ticks grace, const std::vector<SpoolLine>& told, Clock& clock,
             ProcessRunner& processes);

  // By a worker before this one.
  bool has_greeted() const { return has_greeted_; }
  bool has_finished() const { return has_finished_; }

  // The step's MLflow endpoint, where the order has a record. Errors: as RecordSpool::Start.
  Status ServeRecord(const Secret& token, FileStore& files);

  // {kind: hello, rehearsed, as_promised, age_ms, why}; blocks for as long as the rehearsal takes.
  // What home has accepted already is not tried again.
  Json Hello();
  // Why the step has to stop now: `lease`, `keeper`, or empty. Looks a few times a second.
  std::string WhyStop();
  WorkTimes& work() { return work_; }
  EnvironmentList Variables() const;

  // It is whole: it goes to the named place, if there is one, in the background.
  void CheckpointDone(const std::filesystem::path& checkpoint, int64_t work_ms);
  // {kind: safe} or {kind: not_safe, why}, for each that has arrived there since the last call.
  std::vector<Json> TakePlaced();
  // The newest checkpoint (or none: empty), outputs of a step that is done, and the spools;
  // `finished` is the word of the step's end. Blocks, at most until the lease's end is near.
  // Errors: those of Upload; it is tried again by the next kSave.
  Status Save(const std::filesystem::path& newest, const Json& finished);

  // What to do after the step; `keep_machine` came with the release.
  EndAct NextAct(bool is_released, bool keep_machine);
  // Again and again, until that takes this process with it.
  [[noreturn]] void EndMachine();

 private:
  Json Acceptance();
  Json WithPlace(Json hello);
  MachineEndFacts Facts();
  Ticks SaveTime();
  Ticks TimeToSave();
  bool IsPlaced(const std::filesystem::path& newest, int64_t work_ms);
  Status AwaitPlace(const std::filesystem::path& newest);
  int64_t AgeMs();

  std::filesystem::path folder_;
  AwayOrder order_;
  AwaySecrets secrets_;
  Ticks grace_;
  Clock& clock_;
  ProcessRunner& processes_;
  LeaseWatch lease_;
  WorkTimes work_;
  UploadByTool upload_;
  std::unique_ptr<PlaceSaver> place_;
  std::string last_safe_;
  bool has_added_ = false;  // a checkpoint, by this worker
  int failed_saves_ = 0;
  RealRandom random_;
  std::unique_ptr<RecordSpool> record_;
  Ticks next_look_{0};
  Ticks last_company_;  // when somebody was connected, or the step ended
  bool is_saved_ = false;
  bool has_greeted_ = false;
  bool has_finished_ = false;
  bool has_ended_ = false;  // the step, for good
};

}  // namespace curbstop
