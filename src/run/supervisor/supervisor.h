// The supervisor of a run, as a pure state machine: (state, event) → (state, effects, ledger). The
// state is folded in place, because millions are (run/simulate): nothing else is read or changed.
//
// No clock, no files, no network: a shell (run/shell.h; the simulator's) performs the effects and
// brings the events; the journal keeps every event, so that folding them again gives the state.
// Recovery is that fold plus performing the effects whose outcome is missing.
//
// docs/reference/supervisor.md is drawn from this code: each phase, the events it has met, and what
// they led to. supervisor.cc holds what every run does and the life at home, internal/away.cc the
// life on rented machines, internal/books.cc their money.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "plan/caps.h"
#include "run/supervisor/event.h"
#include "run/supervisor/plants.h"
#include "run/supervisor/state.h"

namespace curbstop {

inline constexpr int64_t kMostLostAgents = 5;
inline constexpr int64_t kMostLostMachines = 8;
inline constexpr int64_t kMostIdleMachines = 3;  // in a row that brought the work no further
inline constexpr int64_t kMostRefusals = 8;      // creates in a row that come to nothing

// `seq` numbers the event in its run's journal. Events that a phase does not expect change nothing
// but the bookkeeping: late outcomes and repeated reports are normal after a crash.
Transition Apply(RunState& state, const Event& event, int64_t seq, Plants plants = {});
// The same; what `next` held is forgotten, but not its space.
void Apply(RunState& state, const Event& event, int64_t seq, Plants plants, Transition& next);

// When the next kTick is due at the latest, in boot time; kNoWake: nothing is waited for but
// outcomes. An event that comes much later tells that this computer slept. While a machine
// is on the books the shell ticks each minute all the same, which keeps ledger and caps up to date.
inline constexpr int64_t kNoWake = INT64_MAX;
int64_t WakeAt(const RunState& state);

// At home: how long the step may go on before it must be told to save, so that it is gone when it
// has cost `limit`. 0: now.
Millis TimeUntilSave(const RunState& state, MicroUsd limit);

// The situation that kDecide is about. `places.home_connected`, `left` and the candidates are the
// shell's to fill in; it needs a connection to know them.
Situation SituationOf(const RunState& state, Plants plants = {});

// What travels inside the create request, so that nothing depends on a later connection.
struct BirthOrder {
  int64_t lease_ms = 0;         // from the machine's birth
  int64_t mark_expires_ms = 0;  // when it is over at the latest, for whoever sweeps
  int64_t interval_ms = 0;      // between checkpoints
  bool log_is_life = true;      // a log line counts as a sign of life
  AtEnd at_end = AtEnd::kSave;  // when the lease ends and nobody is there
};
BirthOrder BirthOrderOf(const AwayTerms& terms, const Rental& rental, Plants plants = {});

// Why another run can't take over the machine that stays; empty: it can. `now_ms` as in
// Timeline::now_ms, by NowOf.
std::string WhyNotTaken(const RunState& state, int64_t now_ms);

// The one reason that is over in moments.
inline constexpr std::string_view kStillBusy = "its run is still being put in order";

// What an event would find as Timeline::now_ms at that boot time, of the boot of the latest one.
int64_t NowOf(const RunState& state, int64_t boot_ms);

// A machine that a run takes over from the one before it.
struct Taking {
  std::string machine;
  std::string account = {};
  std::string offer;
  bool spot = false;
  LeaseTerms terms;      // as the run before agreed on them
  int64_t lease_ms = 0;  // that is left
  int64_t interval_ms = 0;
};
// Of a state that WhyNotTaken has no objection to.
Taking TakingOf(const RunState& state, int64_t now_ms);
// What will be held for it: what is billed but once was paid by the run before.
MicroUsd ReserveToTake(const Taking& taking);
// Makes `created`, the first event of a run, say that it begins with that machine. `now_ms` is the
// moment of the hand-over, by the clock of the run before.
void BeginWith(const Taking& taking, int64_t now_ms, Event& created);

// The terms of a rental as the members of kDecided carry them.
void FillTerms(Facts& facts, const LeaseTerms& terms);

// How much is missing; 0: it fits.
MicroUsd ShortOf(const Caps& caps, MicroUsd reserve, Plants plants = {});

// What is known of a provider and this account; decides by whom a machine there is ended.
struct EndFacts {
  LeaseGrade declared = LeaseGrade::kC;
  bool self_end_proven = false;  // by `machine selftest` on this account
  bool guard_installed = false;
};
void GradeTerms(LeaseTerms& terms, const EndFacts& facts, Plants plants = {});

// What this run takes of the caps: all it has cost, and of each machine on the books what its
// reserve still holds beyond that.
MicroUsd SpentAndHeld(const RunState& state);

// What an open rental has cost by then, as the ledger would say.
MicroUsd DueAt(const Rental& rental, int64_t now_ms, Plants plants = {});

}  // namespace curbstop
