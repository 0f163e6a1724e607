// A run as the supervisor knows it: the fold of its events, never stored.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "plan/at_end.h"
#include "plan/decision.h"
#include "plan/lease.h"
#include "run/supervisor/event.h"
#include "run/supervisor/timeline.h"

namespace curbstop {

enum class Phase {
  kCreated,
  kRunning,  // at home
  kEnding,   // at home the agent is gone: what it left behind is being ended
  // Away.
  kDeciding,   // which machine, or none
  kAdmitting,  // its reserve against the caps
  kCreating,   // asked for, not answered
  kSearching,  // no clear answer: looked for by its mark
  kBooting,    // there; its agent has not spoken
  kWorking,
  kSaving,    // told to save; its end follows
  kFetching,  // done: outputs on their way home
  kParking,   // saved; its disk is to be kept
  kParked,
  // Both.
  kCommitting,
  kClosing,
  kWarm,  // away, the verdict is fixed: the machine stays for the next run, or to be looked at
  kSucceeded,
  kFailed,
  kCancelled,
  kCrashed,
};
inline constexpr int kPhases = static_cast<int>(Phase::kCrashed) + 1;

std::string_view NameOf(Phase phase);  // "running"
bool IsFinal(Phase phase);

// One machine on the books: from the moment its reserve is taken until it is seen gone.
struct Rental {
  int64_t number = 0;   // 1, 2, … within the run
  std::string machine;  // the provider's id; empty: not known yet
  std::string account;  // Facts::account
  std::string offer;
  LeaseTerms terms;
  bool spot = false;
  bool ending = false;  // nothing but its end is wanted
  bool stray = false;   // nobody asked for it: found by its mark
  bool paused = false;
  int64_t opened_ms = 0;  // when the call was sent, in Timeline::now_ms like all below
  int64_t paused_ms = 0;
  int64_t interval_ms = 0;  // between checkpoints
  int64_t lease_ms = 0;
  int64_t reserved_lease_ms = 0;  // the longest that it may have been given
  int64_t lease_from_ms = 0;      // the agent's first word; before it: opened_ms
  MicroUsd reserve;
  MicroUsd accrued;
  int64_t metered_ms = 0;
  int64_t seen_ms = 0;  // the latest listing that showed it; 0: none has
  int64_t missed_reads = 0;
  int64_t missed_at_ms = 0;     // when the listing was made that missed it
  int64_t next_destroy_ms = 0;  // in boot time
  int64_t destroys = 0;
  bool taken = false;  // over from the run before, which paid for it until opened_ms
};

// What is known of an account that this run has rented from.
struct AccountView {
  std::string name;          // Facts::account
  int64_t settled_ms = 0;    // a listing later than this shows every machine that any create made
  int64_t looked_ms = 0;     // when its latest listing was made, by the provider's clock
  int64_t failed_looks = 0;  // in a row, while another account answered
  int64_t answers_since_ms = 0;  // in boot time, after it was silent
  std::string refuses;           // why, until a person acts; empty: it does not
};

// What the user agreed to for the whole run; from kCreated.
struct AwayTerms {
  bool away = false;
  bool practice = false;  // play money: of its own ledger class, in no cap
  int64_t lease_asked_ms = 0;
  MicroUsd limit;       // that the plan printed as its worst case; 0: none
  int64_t work_ms = 0;  // estimate for the whole step; 0: unknown
  bool named_place = false;
  bool detached = false;  // the computer may be closed at any time
  SpotUse spot = SpotUse::kAuto;
  bool bids_first = false;  // the plan reckoned a bid as the cheapest until the step is done
  AtEnd at_end = AtEnd::kSave;
  int64_t keep_ms = 0;             // `--keep`: how long the machine stays after a success
  int64_t keep_on_failure_ms = 0;  // after a failure of the step itself
  int64_t deadline_ms = 0;         // from the first decision on; 0: none
  int64_t accounts = 1;            // that it may rent from
};

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
  int64_t committed_at_ms = 0;  // the metrics' time in the record, however often they are told
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
  MicroUsd reserve;     // of electricity, where a cap counts it
  std::string cap;      // that ended the step: "the cap of 20.00 USD per month"
  int64_t busy_ms = 0;  // time that attempts ran

  // Away.
  AwayTerms terms;
  Timeline timeline;
  std::vector<Rental> rentals;  // not yet seen gone
  int64_t rentals_made = 0;
  int64_t current = 0;   // number of the rental that the step runs on; 0: none
  Facts proposal;        // what kAdmit asks for: a rental (rental = 0) or a longer lease
  int64_t refusals = 0;  // creates in a row that came to nothing
  int64_t machines_lost = 0;
  int64_t deadline_at_ms = 0;   // 0: not known yet, no decision was heard
  int64_t spot_lived_ms = 0;    // machines on spot, from the create call until they were gone
  int64_t spot_losses = 0;      // of them, without our doing
  int64_t idle_machines = 0;    // in a row that brought the work no further
  int64_t attempt_from_ms = 0;  // by the awake clock of the machine it runs on
  int64_t work_at_rent_ms = 0;  // safe_work_ms when the current machine was rented
  std::vector<std::string> blocked_offers;  // that refused, or gave what was not agreed on
  bool connected = false;
  bool record_finished = false;
  bool park_asked = false;
  bool panicked = false;
  bool agent_saved = false;    // kSaving: nothing more will be written
  bool step_failed = false;    // by itself: no cap, no person and no machine ended it
  bool lacks_machine = false;  // it failed because none was to be had, or no money for one
  bool recalling = false;  // kFetching: `current` is gone; what it left at the named place is read
  int64_t warm_until_ms = 0;          // when the machine that stays is ended; 0: none has stayed
  std::string taken_from;             // the run whose machine this one began with
  std::string handed_machine;         // which another run has taken over: none of ours any more
  std::string handed_account;         // that it is on
  int64_t saving_timed_out = 0;       // how often a machine was ended before all was safe
  int64_t written_work_ms = 0;        // progress in the newest complete checkpoint on the machine
  int64_t safe_work_ms = 0;           // progress that a surviving place holds
  int64_t failed_looks = 0;           // in a row: no account can be reached
  std::vector<AccountView> accounts;  // rented from; in order of the first time
  // In boot time, which never jumps: what is waited for.
  int64_t phase_since_ms = 0;
  int64_t awake_since_ms = 0;  // before it this computer slept, was cut off, or nobody lived
  int64_t heard_ms = 0;        // when the latest listing was heard
  int64_t cut_ms = 0;          // when the connection to the agent ended
  int64_t next_look_ms = INT64_MAX;
  int64_t next_keep_ms = 0;
  int64_t wake_ms = INT64_MAX;  // WakeAt, as of the latest event
  int64_t next_policy_ms = 0;   // while one works: whether the deadline wants another
  int64_t next_ask_ms = 0;      // the next kDecide, kFetch or kExtend, after one that did not help
};

// What an event led to, beside the state that it changed.
struct Transition {
  std::vector<Effect> effects;  // new intents; also in RunState::pending
  std::vector<LedgerEntry> ledger;
};

const Rental* FindRental(const RunState& state, int64_t number);
const AccountView* FindAccountView(const RunState& state, std::string_view account);
// Whether a look has to ask it: a machine of this run is there, or may still turn up.
bool IsLookedAt(const RunState& state, const AccountView& account);

}  // namespace curbstop
