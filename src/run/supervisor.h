// The supervisor of a run, as a pure state machine: (state, event) → (state, effects, ledger).
//
// No clock, no files, no network: the shell (run/shell.h) performs the effects and brings the
// events; the journal keeps every event, so that folding them again gives the state. Recovery is
// that fold plus performing the effects whose outcome is missing.
//
//   created ──record_started──▶ running ──finished: done──▶ committing ──committed──▶ closing ─▶
//   succeeded
//                                 │  ▲                           └──commit_failed──▶ closing ─▶
//                                 failed
//                    agent_gone   ▼  │ processes_ended
//                               ending ──(nobody may restart)──▶ closing ─▶ crashed
//   running ──finished: failed | cancelled──▶ closing ─▶ failed | cancelled
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "run/event.h"

namespace curbstop {

enum class Phase {
  kCreated,
  kRunning,
  kEnding,  // the agent is gone: what it left behind is being ended
  kCommitting,
  kClosing,
  kSucceeded,
  kFailed,
  kCancelled,
  kCrashed,
};

std::string_view NameOf(Phase phase);  // "running"
bool IsFinal(Phase phase);

// When something was known to be alive.
struct LifeSign {
  int64_t awake_ms = 0;
  int64_t at_ms = 0;  // the same moment by the wall clock
};

struct RunState {
  Phase phase = Phase::kCreated;
  Phase verdict = Phase::kFailed;    // where kClosing leads
  std::string reason;                // why it ended so, or what it waits for
  std::optional<int64_t> exit_code;  // of the latest process that has ended; none while one runs
  int64_t attempt = 0;
  int64_t lost_agents = 0;
  int64_t last_agent_seq = 0;
  bool agent_started = false;
  bool can_restart = true;  // false: a supervisor that lacks the step's environment took over
  bool cancel_asked = false;
  int64_t checkpoints = 0;
  std::string last_checkpoint;
  std::string resumed_from;  // of the latest attempt
  std::string tail;          // last output of a failed attempt
  int64_t started_at_ms = 0;
  int64_t ended_at_ms = 0;
  int64_t committed_at_ms =
      0;  // the metrics' time in the record, the same however often they are told
  std::string experiment_id;
  Json outputs;
  Json metrics;
  std::vector<Effect> pending;  // intents without an outcome, in order

  // The electricity meter: runs while an attempt does.
  MicroUsd per_hour;
  std::string rate_source;
  std::optional<int64_t> metered_to_awake_ms;
  std::optional<LifeSign> agent_seen;  // a lost agent's attempt is billed up to here
  std::string boot_id;
  MicroUsd spent;
  int64_t busy_ms = 0;  // time that attempts ran
};

struct Transition {
  RunState state;
  std::vector<Effect> effects;  // new intents; also in state.pending
  std::vector<LedgerEntry> ledger;
};

inline constexpr int64_t kMostLostAgents = 5;

// `seq` numbers the event in its run's journal. Events that a phase does not expect change nothing
// but the bookkeeping: late outcomes and repeated reports are normal after a crash.
Transition Apply(const RunState& state, const Event& event, int64_t seq);

}  // namespace curbstop
