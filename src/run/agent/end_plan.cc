#include "run/agent/end_plan.h"

namespace curbstop {
namespace {

bool WillSave(const MachineEndFacts& facts) {
  return facts.at_end == EndWish::kSave && facts.has_place && !facts.is_saved;
}

bool LeaseNeeds(const MachineEndFacts& facts, Ticks time) {
  return facts.lease_left && *facts.lease_left <= time + facts.margin;
}

EndAct DoAtEnd(const MachineEndFacts& facts) {
  return WillSave(facts) ? EndAct::kSave : EndAct::kEndMachine;
}

}  // namespace

StopWhy WhyStop(const MachineEndFacts& facts) {
  if (!facts.keeper_lives) return StopWhy::kKeeper;
  const Ticks save = WillSave(facts) ? facts.save : Ticks(0);
  return LeaseNeeds(facts, facts.grace + save) ? StopWhy::kLease : StopWhy::kNone;
}

EndAct NextEndAct(const MachineEndFacts& facts) {
  if (facts.released) return facts.keep_machine ? EndAct::kLeave : EndAct::kEndMachine;
  if (LeaseNeeds(facts, Ticks(0))) return EndAct::kEndMachine;
  if (LeaseNeeds(facts, WillSave(facts) ? facts.save : Ticks(0))) return DoAtEnd(facts);
  if (facts.connected || facts.alone_for < facts.patience) return EndAct::kWait;
  const bool only_home_survives = facts.at_end == EndWish::kSave && !facts.has_place;
  return only_home_survives ? EndAct::kWait : DoAtEnd(facts);
}

}  // namespace curbstop
