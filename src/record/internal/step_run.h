// The run that curbstop made for a step, as the step's script meets it.
//
// A stock client that has MLFLOW_RUN_ID refuses to start that run after `set_experiment("x")`
// unless the run lies in x. On the wire such a call is experiments/get-by-name (or create, or get)
// and then runs/get of the run; so the first runs/get moves the run, as long as nothing has been
// logged to it, into the experiment the script named last. After its first use it stays.
#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "record/internal/message.h"
#include "sys/sqlite/database.h"

namespace curbstop {

class StepRun {
 public:
  StepRun(std::string run_uuid, std::string step_id)
      : run_uuid_(std::move(run_uuid)), step_id_(std::move(step_id)) {}

  const std::string& run_uuid() const { return run_uuid_; }
  const std::string& step_id() const { return step_id_; }

  // Threads: any. Told of every successful call, in the order of the answers.
  void Notice(std::string_view route, const Message& request, const Json& answer);
  // The experiment into which this call must move the run before it is answered.
  std::optional<std::string> WantsMove(std::string_view route, const Message& request) const;

 private:
  std::string run_uuid_;
  std::string step_id_;
  mutable std::mutex mutex_;
  bool is_used_ = false;
  std::string named_experiment_;
};

// Nothing happens if the run has metrics, or the experiment is not active.
Status MoveEmptyRun(Database& database, const std::string& run_uuid,
                    const std::string& experiment_id);

}  // namespace curbstop
