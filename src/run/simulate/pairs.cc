#include "run/simulate/pairs.h"

#include <algorithm>
#include <initializer_list>
#include <vector>

namespace curbstop {
namespace {

using enum Phase;

struct Row {
  std::vector<Phase> phases;  // in which the event can come
  std::string_view why;       // it cannot in the others
};

// From the first machine on: what has to do with any machine, however late.
const std::vector<Phase> kWithMachines = {kDeciding,   kAdmitting, kCreating, kSearching, kBooting,
                                          kWorking,    kSaving,    kFetching, kParking,   kParked,
                                          kCommitting, kClosing,   kWarm};

std::vector<Phase> Without(std::initializer_list<Phase> left_out) {
  std::vector<Phase> phases = kWithMachines;
  std::erase_if(phases,
                [&](Phase phase) { return std::ranges::find(left_out, phase) != left_out.end(); });
  return phases;
}

Row RowOf(EventKind kind) {
  using enum EventKind;
  switch (kind) {
    case EventKind::kCreated: return {{Phase::kCreated}, "it is the first event of all"};
    case kRecovered: {
      std::vector<Phase> phases = kWithMachines;
      phases.insert(phases.end(), {Phase::kCreated, kSucceeded, kFailed, kCancelled});
      return {phases, kOver};
    }
    case kRecordStarted:
    case kRecordFailed:
      return {{Phase::kCreated, kClosing}, "the record is begun once, before anything else"};
    case kAgentReport:
      return {{kDeciding, kBooting, kWorking, kSaving, kFetching, kParking, kCommitting, kClosing,
               kWarm},
              "no machine's agent can be heard"};
    case kCommitted:
    case kCommitFailed: return {{kCommitting}, "nothing but the commit ends this state"};
    case kHandedOver: return {{kWarm}, "only a machine that stays is taken over"};
    case kRecordFinished: return {{kClosing, kWarm}, "the record is ended last"};
    case kAgentTold: return {Without({kCommitting}), "an agent is told to save only"};
    case kUserAsked:
    case kTick: {
      std::vector<Phase> phases = kWithMachines;
      phases.push_back(Phase::kCreated);
      return {phases, kOver};
    }
    case kDecided: return {Without({kParked}), "none is asked for here or just before"};
    case kAdmitted:
      return {Without({kParked, kCommitting}), "no reserve is asked for here or just before"};
    case kRefused:
      return {Without({kCreating, kSearching, kFetching, kParked, kCommitting}),
              "no reserve is asked for here or just before"};
    case kCreateAnswered:
    case kCreateUnknown:
      return {Without({kParking, kParked, kCommitting}), "a create call has ended long before"};
    case kCreateRefused:
      return {{kDeciding, kCreating, kSearching, kBooting, kClosing},
              "a create call has ended long before"};
    case kLooked: {
      std::vector<Phase> phases = kWithMachines;
      phases.push_back(Phase::kCreated);
      return {phases, "there is no machine yet, or none any more"};
    }
    case kLookFailed:
    case kDestroyAccepted:
    case kDestroyFailed:
    case kKeepFailed: return {kWithMachines, "there is no machine yet, or none any more"};
    case kMarked:
    case kMarkFailed:
      return {Without({kParking, kParked, kCommitting}),
              "a lease is made longer while the step works, and that takes a minute at most"};
    case kExtended:
    case kExtendFailed:
      return {Without({kParking, kParked}),
              "a lease is made longer while the step works, and that takes a minute at most"};
    case kFetched:
      return {{kFetching, kClosing}, "outputs of a machine that is given up are not taken"};
    case kFetchFailed:
      return {
          {kDeciding, kAdmitting, kCreating, kSearching, kBooting, kWorking, kFetching, kClosing},
          "nothing is fetched here or just before"};
    case kPaused:
    case kPauseFailed: return {{kParking, kClosing}, "a machine is paused to be parked only"};
    case kKept:
      return {{kWorking, kSaving, kFetching, kParking, kCommitting, kWarm},
              "the machine that the checkpoint is on is not this run's any more"};
    case kConnected:
      return {{kBooting, kWorking, kSaving, kFetching, kParking, kCommitting, kWarm},
              "no machine is this run's"};
    case kDisconnected:
      return {{kDeciding, kAdmitting, kBooting, kWorking, kSaving, kFetching, kParking, kParked,
               kCommitting, kClosing, kWarm},
              "there was no connection"};
    case kAgentStarted:
    case kAgentFailed:
    case kAgentGone:
    case kProcessesEnded:
    case kAgentReleased: return {{}, kAtHome};
  }
  return {{}, ""};
}

}  // namespace

std::string_view WhyNever(Phase phase, EventKind kind) {
  static const std::vector<Row> kRows = [] {
    std::vector<Row> rows;
    for (int i = 0; i < kEventKinds; ++i) rows.push_back(RowOf(static_cast<EventKind>(i)));
    return rows;
  }();
  const Row& row = kRows[static_cast<size_t>(kind)];
  if (std::ranges::find(row.phases, phase) != row.phases.end()) return "";
  if (phase == kRunning || phase == kEnding || phase == kCrashed) return kAtHome;
  return IsFinal(phase) ? kOver : row.why;
}

}  // namespace curbstop
