// One application of one event: the state that changes, and what follows from it. Shared by the
// parts of the supervisor; nobody else includes it.
#pragma once

#include <string>
#include <utility>

#include "run/supervisor/supervisor.h"

namespace curbstop {

struct StepContext {
  const Event& event;
  int64_t seq = 0;
  Plants plants;
  RunState& folded;
  Transition& next;

  RunState& state() { return folded; }
  const RunState& state() const { return folded; }
  int64_t now() const { return folded.timeline.now_ms; }    // for money
  int64_t boot() const { return folded.timeline.boot_ms; }  // for waiting: it never jumps
  std::string Text(std::string_view key) const { return event.data.StringOr(key, ""); }

  void Add(EffectKind kind, int64_t rental = 0, Json data = {});
  bool IsPending(EffectKind kind, int64_t rental = 0) const;
  void Enter(Phase phase);
  void Book(LedgerKind kind, LedgerClass ledger_class, MicroUsd amount, int64_t from_ms,
            int64_t to_ms, MicroUsd per_hour, const std::string& source, int64_t rental = 0);
  // The verdict is fixed, and the record told; machines still on the books are ended.
  void Close(Phase verdict, std::string reason);
  // Only the verdict: what is still there is not touched.
  void Conclude(Phase verdict, std::string reason);
};

// `rental` 0: of any.
bool HasPending(const RunState& state, EffectKind kind, int64_t rental = 0);

// Events of a run away from home. False: the event is none of its business.
bool HandleAway(StepContext& context);
// At every event of a run away, after its handler: what is due by now.
void DoWhatIsDue(StepContext& context);
LeaseTerms TermsOf(const Facts& facts);
void EndRental(StepContext& context, Rental& rental);
// Close, unless the machine is to stay for a while.
void CloseOrStay(StepContext& context, Phase verdict, std::string reason);
// The run begins with a machine that it takes over from the run before it: its first event says
// which, and until when it was paid for.
void TakeMachine(StepContext& context);
void BootTaken(StepContext& context);

// The money of rentals (internal/books.cc).
void TakeReserve(StepContext& context, Rental& rental, MicroUsd amount);
void Meter(StepContext& context, Rental& rental);
void MeterAll(StepContext& context);
// Seen gone: metered for the last time, its reserve given back, off the books.
void CloseRental(StepContext& context, int64_t number);

}  // namespace curbstop
