#include "run/simulate/trace.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "run/supervisor/supervisor.h"

namespace curbstop {
namespace {

constexpr size_t kMostLines = 20'000;

std::string Dollars(int64_t micro_usd) { return UsdText(MicroUsd(micro_usd)); }
std::string Time(int64_t ms) { return DurationText(Millis(ms)); }

// ---- what the supervisor does ---------------------------------------------------------------

std::string Words(const Effect& effect) {
  const std::string which = fmt::format("machine {} of the run", effect.rental);
  switch (effect.kind) {
    case EffectKind::kStartRecord: return "begin the record";
    case EffectKind::kFinishRecord: return "end the record";
    case EffectKind::kDecide: return "read the market and decide";
    case EffectKind::kAdmit: return "hold the reserve against the caps";
    case EffectKind::kCreate: return "ask the provider for " + which + ", its lease in the request";
    case EffectKind::kLook: return "look at what the provider lists";
    case EffectKind::kDestroy: return "tell the provider to end " + which;
    case EffectKind::kMark: return "write the new expiry on " + which;
    case EffectKind::kExtend: return "hand the new lease to " + which;
    case EffectKind::kTellAgent:
      return effect.data.StringOr("what", "") == "release" ? "tell the agent to leave its machine"
                                                           : "tell the agent to save";
    case EffectKind::kFetch: return "fetch the outputs from " + which;
    case EffectKind::kPause: return "have the provider keep the disk of " + which;
    case EffectKind::kKeep: return "bring the newest checkpoint home";
    case EffectKind::kCommit: return "put the outputs into the store";
    default: return std::string(NameOf(effect.kind));
  }
}

// ---- what it hears --------------------------------------------------------------------------

std::string DrainText(const Facts& facts) {
  switch (static_cast<DecisionReason>(facts.reason)) {
    case DecisionReason::kSteadyIsBetter: return ": the rest costs less on demand";
    case DecisionReason::kCheaperElsewhere: return ": the rest costs less elsewhere";
    default: return ": there is no money for more time";
  }
}

std::string Decided(const Facts& facts) {
  const std::string lease = "a lease of " + Time(facts.lease_ms);
  switch (static_cast<DecisionKind>(facts.decision)) {
    case DecisionKind::kRent:
      return fmt::format("decides for {} at {} an hour: {}, grade {}, {} in reserve", facts.offer,
                         Dollars(facts.micro_usd_per_hour), lease,
                         NameOf(static_cast<LeaseGrade>(facts.grade)),
                         Dollars(facts.reserve_micro_usd));
    case DecisionKind::kExtend:
      return fmt::format("decides for {}, {} more in reserve", lease,
                         Dollars(facts.reserve_micro_usd));
    case DecisionKind::kKeep: return "decides to keep the machine";
    case DecisionKind::kDrain: return "decides to save" + DrainText(facts);
    case DecisionKind::kWait:
      return "decides to wait for a spot machine, for " + Time(facts.lease_ms);
    case DecisionKind::kHome: return "decides that the computer at home does the rest";
    case DecisionKind::kStop: break;
  }
  const bool waits = static_cast<DecisionReason>(facts.reason) == DecisionReason::kNoOffer;
  return waits ? "finds no offer" : "decides to stop";
}

bool IsSilent(const Facts& facts) {
  return std::ranges::find(facts.listed, 0, &ListedAccount::date_ms) != facts.listed.end();
}

std::string Looked(const std::vector<SeenMachine>& seen) {
  if (seen.empty()) return "the provider lists none of its machines";
  std::vector<std::string> names;
  for (const SeenMachine& one : seen)
    names.push_back(one.machine + (one.paused ? " (paused)" : ""));
  return "the provider lists " + Join(names, ", ");
}

std::string Reported(const Json& data) {
  const std::string kind = data.StringOr("kind", "");
  const std::string work = Time(data.IntOr("work_ms", 0)) + " of work";
  if (kind == "hello") {
    return data.BoolOr("rehearsed", false) ? "the agent speaks, and can end its machine"
                                           : "the agent speaks, and cannot end its machine";
  }
  if (kind == "checkpoint") {
    return fmt::format("a checkpoint of {} {}", work,
                       data.BoolOr("complete", false) ? "is complete" : "is being written");
  }
  if (kind == "safe") return work + " are at the named place";
  if (kind == "saved") return "the agent has saved";
  if (kind != "finished") return "the agent: " + kind;
  if (data.StringOr("outcome", "") == "done") return "the step is done";
  return "the step has ended: " + data.StringOr("reason", data.StringOr("outcome", ""));
}

std::string Words(const Event& event) {
  const Facts& facts = event.facts;
  switch (event.kind) {
    case EventKind::kCreated: return "the run begins";
    case EventKind::kRecovered: return "takes over from the journal";
    case EventKind::kRecordStarted: return "the record is begun";
    case EventKind::kRecordFailed: return "the record cannot be written";
    case EventKind::kRecordFinished: return "the record is ended";
    case EventKind::kAgentReport: return Reported(event.data);
    case EventKind::kAgentTold: return "the agent is told";
    case EventKind::kUserAsked: return "the user says " + event.data.StringOr("what", "");
    case EventKind::kDecided: return Decided(facts);
    case EventKind::kAdmitted: return "the caps leave room for it";
    case EventKind::kRefused: return "a cap leaves no room for it";
    case EventKind::kCreateAnswered: return "the provider has made " + facts.machine;
    case EventKind::kCreateRefused:
      if (facts.machine.empty()) return "the provider refuses";
      return "the provider refuses, and names " + facts.machine + " all the same";
    case EventKind::kCreateUnknown: return "no answer: a machine may exist";
    case EventKind::kLooked:
      return Looked(facts.seen) + (IsSilent(facts) ? "; an account does not answer" : "");
    case EventKind::kLookFailed: return "the provider cannot be reached";
    case EventKind::kDestroyAccepted: return "the provider accepts the end";
    case EventKind::kDestroyFailed: return "the provider does not accept the end";
    case EventKind::kMarked: return "the expiry is written";
    case EventKind::kMarkFailed: return "the expiry cannot be written";
    case EventKind::kExtended: return "the machine has the new lease";
    case EventKind::kExtendFailed: return "the new lease did not arrive";
    case EventKind::kFetched: return "the outputs are at home";
    case EventKind::kFetchFailed: return "the outputs did not come";
    case EventKind::kPaused: return "the disk is kept";
    case EventKind::kPauseFailed: return "the disk is not kept";
    case EventKind::kKept: return "the checkpoint is at home";
    case EventKind::kKeepFailed: return "the checkpoint did not come";
    case EventKind::kConnected: return "the agent can be heard";
    case EventKind::kDisconnected: return "the agent is not heard any more";
    case EventKind::kHandedOver: return "another run takes the machine over";
    case EventKind::kCommitted: return "the outputs are in the store";
    case EventKind::kCommitFailed: return "the outputs cannot be kept";
    default: return std::string(NameOf(event.kind));
  }
}

}  // namespace

std::string Trace::Clock(int64_t at_ms) const {
  const int64_t s = (at_ms - start_ms_) / 1000;
  return fmt::format("{:3} h {:02} min {:02} s", s / 3600, s / 60 % 60, s % 60);
}

void Trace::World(int64_t at_ms, const std::string& words) {
  lines_.push_back(fmt::format("{}  {:<10}  * {}", Clock(at_ms), "", words));
}

void Trace::Did(int64_t at_ms, const Effect& effect) {
  if (lines_.size() > kMostLines) return;
  std::string line = fmt::format("{}  {:<10}  > {}", Clock(at_ms), "", Words(effect));
  if (effect.kind == EffectKind::kDecide) asked_ = std::move(line);
  else lines_.push_back(std::move(line));
}

// Money and reason only where they have changed. That a machine is kept is not told, nor that it
// was asked about.
void Trace::Heard(int64_t at_ms, const Event& event, const RunState& after) {
  if (event.kind == EventKind::kTick || lines_.size() > kMostLines) return;
  if (event.kind == EventKind::kDecided) {
    if (static_cast<DecisionKind>(event.facts.decision) == DecisionKind::kKeep) return;
    if (!asked_.empty()) lines_.push_back(std::move(asked_));
    asked_.clear();
  }
  std::string line = fmt::format("{}  {:<10}  {}", Clock(at_ms), NameOf(after.phase), Words(event));
  const std::string money = fmt::format("{} spent, {} held", UsdText(after.spent),
                                        UsdText(SpentAndHeld(after) - after.spent));
  if (money != money_) line += fmt::format("  [{}]", money_ = money);
  if (after.reason != reason_ && !after.reason.empty()) line += fmt::format("  ({})", after.reason);
  reason_ = after.reason;
  lines_.push_back(std::move(line));
}

}  // namespace curbstop
