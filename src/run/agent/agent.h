// The agent: runs one step to its end, whoever else is alive.
//
// It takes the step's lock and its GPUs, does the setup once, runs attempts with bounded retries
// and backoff, watches for hangs and limits, obeys commands from the spool, tells everything it
// does before and after doing it, and starts a new supervisor when the old one is gone. It keeps
// what it holds until it is released, because the outputs must be committed first.
//
// Words on the wire (spool bodies, key `kind`), agent to supervisor:
//   started · waiting {text} · held {gpus} · setup_started · setup_ended {exit_code, tail} ·
//   attempt_starting {attempt, resume_from} · attempt_started {attempt, pid,
//   start_ticks, boot_id} · checkpoint {name,
//   renamed} · overdue · stopping {why} · attempt_ended {attempt, exit_code, why, killed, tail} ·
//   backoff {wait_ms} ·
//   finished {outcome: done | failed | cancelled, exit_code, reason}
// and back: cancel · kill · release.
//
// Away (agent/away_duties.h) it says `hello` first, `saved {name, work_ms}`, and `lease_over` as
// one more outcome; a checkpoint has {complete, work_ms}. Back comes `save` too, and `release
// {keep}`.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "run/agent/away_duties.h"
#include "run/agent/checkpoints.h"
#include "run/agent/order.h"
#include "run/agent/progress.h"
#include "run/agent/resources.h"
#include "run/agent/revival.h"
#include "run/agent/spool.h"
#include "run/agent/step_process.h"
#include "run/agent/touch_watch.h"
#include "sys/clock.h"
#include "sys/file_store.h"
#include "sys/process.h"
#include "sys/redactor.h"

namespace curbstop {

class Agent {
 public:
  Agent(std::filesystem::path folder, AgentOrder order, AgentSecrets secrets, Clock& clock,
        FileStore& files, ProcessRunner& processes);

  // Blocks until released. Errors: kConflict if another agent of this run is alive.
  Status Run();

 private:
  enum class Wish { kNone, kCancel, kKill };
  struct Ending {
    std::string outcome;
    int exit_code = 0;
    std::string reason;
  };
  struct AttemptEnd {
    int exit_code = 0;
    // Empty: it ended by itself; else cancel, cap, deadline, hang, save, lease, keeper.
    std::string why;
    bool killed = false;  // by SIGKILL, or a signal that nobody of ours sent
  };

  Status TellStarted();
  Status BeginAway();
  Ending OutOfTime(int exit_code) const;
  std::optional<Ending> ReasonToEnd(int exit_code) const;
  Ending EndingOf(const std::string& why, int exit_code) const;
  std::optional<Ending> CutOff(const AttemptEnd& end) const;
  Result<Ending> RunAttempts();
  Result<std::optional<Ending>> TakeResources();
  Result<std::optional<Ending>> SetUp();
  Result<AttemptEnd> RunSetup();
  void RenewEnvironment();
  Status PrepareFolders(int64_t attempt);
  Result<AttemptEnd> RunAttempt(int64_t attempt);
  Result<StepProcess> StartStep(const std::string& command, int64_t attempt);
  AttemptEnd WatchAttempt(StepProcess& process);
  Ticks AskToEnd(const StepProcess& process);
  StepMark Mark() const;
  bool EndStep(std::chrono::milliseconds grace);
  void FinishOutput(StepProcess& process);
  bool Look(StepProcess& process);
  void TellCheckpoint(const std::string& name);
  void LookForFolders(std::chrono::milliseconds quiet);
  void TellSaved();
  std::string ReasonToStop(const Progress& progress) const;
  bool PastLimit() const;
  bool IsBusy(const StepProcess& process);
  void LogStep(std::string_view text);
  void LogOwn(std::string_view line);
  EnvironmentList StepEnvironment(int64_t attempt) const;
  int64_t AttemptsElsewhere() const;
  int64_t LastAttempt() const;
  int64_t CrashesSoFar() const;
  CheckpointTrace TraceCheckpoints() const;

  void Tell(Json body);
  void FlushTold();
  void MakeRoom(const Error& why);
  void ReadCommands();
  void Wishes(const std::string& why);
  void KeepSupervisor();
  void Pause(std::chrono::milliseconds time);
  void AwaitRelease();
  void Depart();
  void TellPlaced();
  void SaveAtPlace();
  std::filesystem::path NewestCheckpoint() const;

  std::filesystem::path folder_;
  AgentOrder order_;
  AgentSecrets secrets_;
  Clock& clock_;
  FileStore& files_;
  ProcessRunner& processes_;
  Redactor redactor_;
  std::optional<SpoolWriter> spool_;
  std::deque<Json> untold_;     // not on disk yet: the disk is full
  bool can_make_room_ = false;  // away: by the outputs of an attempt that has failed
  bool was_full_ = false;
  bool said_full_ = false;
  HeldResources held_;
  std::optional<CheckpointWatch> watch_;
  TouchWatch record_life_;         // moved by the supervisor
  std::set<std::string> renamed_;  // over all attempts of the run, and those it takes over
  std::string resume_from_;
  std::string tail_;  // last output of the step
  Wish wish_ = Wish::kNone;
  std::string wish_why_ =
      "cancel";  // or "cap": what a cap counts is used up; or as AttemptEnd::why
  bool released_ = false;
  bool keeps_machine_ = false;        // with the release
  bool save_asked_ = false;           // and not yet answered
  std::unique_ptr<AwayDuties> away_;  // null at home
  Ticks next_folder_look_{0};
  bool overdue_told_ = false;
  std::optional<ProcessIdentity> leader_;  // of a lost agent's attempt, while it is ended
  AfterKill left_by_ = AfterKill::kYes;    // how the checkpoint folder was left
  int64_t last_command_ = 0;
  Ticks started_;  // of the run's first agent, in boot time
  Ticks next_supervisor_look_{0};
  Revival revival_;  // of the supervisor
  Ticks next_cpu_look_{0};
  std::chrono::milliseconds cpu_time_{0};
};

}  // namespace curbstop
