// What happens to a run, and what is to be done about it: the words that the pure supervisor
// (run/supervisor/supervisor.h), the journal and the shell share.
//
// docs/formats/money-db.md lists each kind's data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "base/result.h"

namespace curbstop {

// A kind's number is in the sums of its records: new ones come last.
enum class EventKind {
  kCreated,    // {rate_micro_usd_per_hour, energy_source, boot_id}; away: terms of the whole run
  kRecovered,  // a supervisor took over: {boot_id, can_restart}
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
  kUserAsked,  // {what: cancel | kill | park | panic}
  kTick,       // a minute has gone by, or a moment came that the state waits for

  // Away from home, on a rented machine.
  kDecided,         // what the plan room's rule says to the situation
  kAdmitted,        // the caps leave room for the reserve, which is in the ledger with this event
  kRefused,         // they do not: {short_micro_usd}
  kCreateAnswered,  // the provider made the machine
  kCreateRefused,   // it did not; a machine named all the same exists and bills
  kCreateUnknown,   // no answer, or one that says nothing: it may exist, now or later
  kLooked,          // the provider's listing of this run's machines, and each known one by its id
  kLookFailed,
  kDestroyAccepted,
  kDestroyFailed,
  kMarked,  // the mark at the provider has the later expiry
  kMarkFailed,
  kExtended,  // the machine has the longer lease
  kExtendFailed,
  kFetched,  // the outputs are at home
  kFetchFailed,
  kPaused,  // it runs no more, its disk is kept and bills
  kPauseFailed,
  kKept,  // a checkpoint is at home: {work_ms}
  kKeepFailed,
  kConnected,  // the agent's spool can be read
  kDisconnected,
  kHandedOver,  // another run has the machine from now on, and pays for it: {to}
};
inline constexpr int kEventKinds = static_cast<int>(EventKind::kHandedOver) + 1;

// What a provider's listing shows of one machine.
struct SeenMachine {
  std::string machine;
  int64_t rental = 0;  // by its mark; 0: the mark names no rental
  bool paused = false;
  int64_t micro_usd_per_hour = 0;
  int64_t made_at_ms = 0;    // by the provider's clock
  std::string account = {};  // Facts::account

  bool operator==(const SeenMachine&) const = default;
};

struct ListedAccount {
  std::string account;  // Facts::account
  int64_t date_ms = 0;  // when its listing was made, by its own clock; 0: it did not answer

  bool operator==(const ListedAccount&) const = default;
};

// What an event about rented machines tells, apart from text: each kind uses the members that
// docs/formats/money-db.md names for it. 0 and empty: not told.
struct Facts {
  int64_t boot_ms = 0;      // Clock::Boot of this boot
  int64_t date_ms = 0;      // the provider's clock, from its answer
  int64_t date_age_ms = 0;  // since it was asked: so much later it may be by now
  int64_t rental = 0;       // which of the run's rentals: 1, 2, …
  std::string machine;      // the provider's id
  std::string offer;
  std::string account;   // "runpod": whose offer it is; empty: the run's own place
  int64_t decision = 0;  // DecisionKind
  int64_t reason = 0;    // DecisionReason
  int64_t lease_ms = 0;
  int64_t reserve_micro_usd = 0;
  int64_t limit_micro_usd = 0;  // kTick: all that this run may cost; 0: not looked up
  int64_t micro_usd_per_hour = 0;
  int64_t disk_micro_usd_per_hour = 0;
  int64_t fixed_micro_usd = 0;
  int64_t grain_ms = 0;
  int64_t minimum_ms = 0;
  int64_t grade = 0;  // LeaseGrade
  int64_t guard = 0;
  int64_t spot = 0;
  int64_t boot_limit_ms = 0;
  int64_t create_limit_ms = 0;
  int64_t list_lag_ms = 0;
  int64_t destroy_delay_ms = 0;
  int64_t reads = 0;
  int64_t read_spacing_ms = 0;
  int64_t interval_ms = 0;  // between checkpoints
  std::vector<SeenMachine> seen;
  std::vector<ListedAccount> listed;  // kLooked of a run with several: those that were asked

  bool operator==(const Facts&) const = default;
};

// Names an intent: the number of the event that caused it, and which of that event's it is.
struct EffectId {
  int64_t seq = 0;  // 0: none
  int64_t index = 0;

  auto operator<=>(const EffectId&) const = default;
};
std::string TextOf(EffectId id);  // "4.0"; empty for none
// False: it is no such text.
bool ReadEffectId(std::string_view text, EffectId& id);

struct Event {
  EventKind kind = EventKind::kTick;
  int64_t at_ms = 0;      // wall clock, for people
  int64_t awake_ms = 0;   // Clock::Awake of this boot, for the meter at home
  EffectId effect;        // that this is the outcome of
  int64_t agent_seq = 0;  // kAgentReport: the spool line's number
  Json data;
  Facts facts;
};

enum class EffectKind {
  kStartRecord,
  kStartAgent,
  kTellAgent,  // {what: cancel | kill | save}
  kEndProcesses,
  kCommit,
  kFinishRecord,  // {status: FINISHED | FAILED | KILLED}
  kReleaseAgent,

  // Away; `rental` says of which machine.
  kDecide,  // read the market, put it before the plan room's rule
  kAdmit,   // the proposal's reserve against the caps
  kCreate,  // with mark and lease inside the request
  kLook,    // list by this run's mark, and ask for each known id
  kDestroy,
  kMark,    // write the later expiry on the machine, for others' sweeps
  kExtend,  // hand the longer lease to the machine
  kFetch,   // the outputs; of a machine that is gone all that it left at the named place
  kPause,
  kKeep,  // bring the newest complete checkpoint home
};
inline constexpr int kEffectKinds = static_cast<int>(EffectKind::kKeep) + 1;

// Its intent is in the journal before it is performed; performing it twice has the effect of once.
// kCreate is the exception: what became of it is looked up, never tried again (Recovered).
struct Effect {
  EffectId id;
  EffectKind kind = EffectKind::kStartRecord;
  int64_t rental = 0;
  Json data;  // null: nothing is to be said
};

enum class LedgerKind { kReserve, kAccrue, kRelease, kCorrect };
enum class LedgerClass { kEnergy, kRent, kPractice };

struct LedgerEntry {
  LedgerKind kind = LedgerKind::kReserve;
  LedgerClass ledger_class = LedgerClass::kEnergy;
  MicroUsd amount;
  int64_t from_ms = 0;
  int64_t to_ms = 0;
  MicroUsd per_hour;
  std::string source;
  int64_t rental = 0;  // 0: of no rental
};

std::string_view NameOf(EventKind kind);
std::string_view NameOf(EffectKind kind);
std::string_view NameOf(LedgerKind kind);           // "reserve"
std::string_view NameOf(LedgerClass ledger_class);  // "energy"
// Errors: kCorrupt for a name of another version.
Result<EventKind> EventKindOf(std::string_view name);
Result<EffectKind> EffectKindOf(std::string_view name);

}  // namespace curbstop
