// What the agent is told before it starts: everything it needs to run a step to its end with no
// supervisor alive. Written once as `order.json` in the run's folder; holds no secret.
//
// The run's folder, shared by agent and supervisor:
//   order.json       this                       written by whoever creates the run
//   agent.events     what happened, JSON lines  written by the agent        (agent/spool.h)
//   agent.commands   what is wished, JSON lines written by the supervisor
//   agent.lock       flock, held by the agent   supervisor.lock  flock, held by the supervisor
//   step.log         the step's output, secrets replaced
//   out/             CURBSTOP_OUT
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "run/agent/away_order.h"
#include "sys/environment.h"

namespace curbstop {

struct GpuSlot {
  int64_t index = 0;  // as the driver counts
  std::string lock;   // file whose flock is the right to use it
};

struct AgentOrder {
  int64_t version = 1;
  std::string run;
  std::string step_id;  // the same over attempts
  std::string project;
  std::string step;
  std::filesystem::path root;            // working folder
  std::string command;                   // for /bin/sh -euc
  std::string setup;                     // the same; empty: nothing to do
  std::filesystem::path setup_marker;    // there = setup was done for this environment lock
  std::filesystem::path checkpoint_dir;  // empty: the step keeps none
  bool keep_checkpoints = false;  // take over what lies there, else move it to `old_checkpoints`
  bool checkpoints_after_kill = true;            // what is taken over was left by a kill
  std::vector<std::string> checkpoints_renamed;  // of those: which were seen to arrive by rename
  std::filesystem::path old_checkpoints;
  EnvironmentList environment;       // added to the inherited one
  std::vector<std::string> secrets;  // names; values come by stdin
  std::filesystem::path step_lock;   // one run of a step at a time
  std::vector<GpuSlot> gpus;         // candidates
  int64_t gpus_needed = 0;
  int64_t retries = 0;
  Millis time_limit{0};  // from the run's start, sleep included; 0: none
  Millis expected_time{0};
  Millis grace{30'000};                 // between SIGTERM and SIGKILL
  Millis hang_floor{900'000};           // least silence that counts as a hang
  std::vector<std::string> supervisor;  // argv that starts a new supervisor
  std::optional<AwayOrder> away;        // on a rented machine
};

Json OrderJson(const AgentOrder& order);
// Errors: kInvalidInput (a key is missing or of another type), kCorrupt for another version.
Result<AgentOrder> ReadOrder(const std::filesystem::path& run_folder);

// What travels on the agent's stdin: values that may not touch a disk. One JSON object: texts are
// secrets by name; an object named `away` holds the addresses of the named place.
struct AgentSecrets {
  std::map<std::string, std::string> environment;  // user secrets and the record's token, by name
  AwaySecrets away;
};
std::string SecretsText(const AgentSecrets& secrets);
Result<AgentSecrets> ParseSecrets(std::string_view text);

}  // namespace curbstop
