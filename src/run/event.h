// What happens to a run, and what is to be done about it: the words that the pure supervisor
// (run/supervisor.h), the journal and the shell share.
//
// docs/formats/money-db.md lists each kind's data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/money.h"
#include "base/result.h"

namespace curbstop {

enum class EventKind {
  kCreated,        // {rate_micro_usd_per_hour, energy_source, boot_id}
  kRecovered,      // a supervisor took over: {boot_id, can_restart}
  kRecordStarted,  // {experiment_id}
  kRecordFailed,   // {error}
  kAgentStarted,   // {pid}
  kAgentFailed,    // it could not be started: {error}
  kAgentReport,    // a line of the agent's spool
  kAgentGone,      // its lock is free though it had not finished: {seen_awake_ms, seen_at_ms}
  kProcessesEnded,
  kCommitted,     // {outputs, metrics, no_result, hid_out}
  kCommitFailed,  // {error}
  kRecordFinished,
  kAgentTold,
  kAgentReleased,
  kUserAsked,  // {what: cancel | kill}
  kTick,       // a minute has gone by
};

struct Event {
  EventKind kind = EventKind::kTick;
  int64_t at_ms = 0;      // wall clock, for people
  int64_t awake_ms = 0;   // Clock::Awake of this boot, for the meter
  std::string effect;     // id of the effect that this is the outcome of, or empty
  int64_t agent_seq = 0;  // kAgentReport: the spool line's number
  Json data;
};

enum class EffectKind {
  kStartRecord,
  kStartAgent,
  kTellAgent,  // {what: cancel | kill}
  kEndProcesses,
  kCommit,
  kFinishRecord,  // {status: FINISHED | FAILED | KILLED}
  kReleaseAgent,
};

// Its intent is in the journal before it is performed; performing it twice has the effect of once.
struct Effect {
  std::string id;  // "<seq of the event that caused it>.<index>"
  EffectKind kind = EffectKind::kStartRecord;
  Json data;
};

struct LedgerEntry {
  std::string kind;          // reserve · accrue · release · correct
  std::string ledger_class;  // energy · rent · practice
  MicroUsd amount;
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  MicroUsd per_hour;
  std::string source;
};

std::string_view NameOf(EventKind kind);
std::string_view NameOf(EffectKind kind);
// Errors: kCorrupt for a name of another version.
Result<EventKind> EventKindOf(std::string_view name);
Result<EffectKind> EffectKindOf(std::string_view name);

}  // namespace curbstop
