// When an agent away stops its step, and what it does between the step's end and the machine's.
//
// Before the lease ends there must be time for the step's grace, for saving (as long as the last
// save took, or as the order assumes) and for a margin. A step that has finished waits for the
// release of whoever is connected; where nobody is, `at_end` is done. Where it says `save` and no
// place was named, home is the only place that survives: it is waited for until the lease's end.
//
//   |---- the step runs ----|- grace -|- save -|- margin -| lease ends
#pragma once

#include <optional>

#include "run/agent/away_order.h"
#include "sys/clock.h"

namespace curbstop {

struct MachineEndFacts {
  std::optional<Ticks> lease_left;  // empty: none is known, so that it never forces anything
  Ticks grace{0};
  Ticks save{0};
  Ticks margin{0};
  bool keeper_lives = true;
  bool released = false;
  bool keep_machine = false;  // with the release: for the next run
  bool connected = false;
  Ticks alone_for{0};  // since somebody was connected, or the step finished
  Ticks patience{0};
  EndWish at_end = EndWish::kDestroy;
  bool has_place = false;
  bool is_saved = false;
};

enum class StopWhy { kNone, kLease, kKeeper };
// While the step runs.
StopWhy WhyStop(const MachineEndFacts& facts);

enum class EndAct { kWait, kSave, kEndMachine, kLeave };
// After the step: kLeave means that the machine stays for the next run.
EndAct NextEndAct(const MachineEndFacts& facts);

}  // namespace curbstop
