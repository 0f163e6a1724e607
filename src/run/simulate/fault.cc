#include "run/simulate/fault.h"

#include <iterator>

namespace curbstop {
namespace {

constexpr std::string_view kNames[] = {
    "create_lost",       "create_late",       "create_twice",    "list_lag",
    "read_404",          "terminate_500",     "slow_destroy",    "preempted_noticed",
    "preempted_silent",  "preempted_paused",  "zombie",          "price_rise",
    "stock_out",         "refused_but_made",  "bad_host",        "wrong_gpu",
    "clock_skew",        "clock_jump",        "sleep",           "power_cut",
    "network_out",       "supervisor_killed", "agent_killed",    "two_supervisors",
    "two_computers",     "disk_full",         "journal_torn",    "fsync_lost",
    "cap_lowered",       "extension_lost",    "self_end_fails",  "rehearsal_fails",
    "guard_absent",      "guard_late",        "checkpoint_torn", "place_unreachable",
    "record_unwritable", "commit_fails",      "mark_fails",      "step_crashes",
    "step_hangs",        "user_cancels",      "user_kills",      "user_parks",
    "user_panics",       "account_silent"};
static_assert(std::size(kNames) == kFaults);

}  // namespace

std::string_view NameOf(Fault fault) { return kNames[static_cast<size_t>(fault)]; }

FaultSet DrawFaults(Dice& dice) {
  FaultSet faults;
  const bool is_bad_day = dice.Chance(25);
  for (int64_t n = is_bad_day ? dice.Between(6, 12) : dice.Between(1, 5); n > 0; --n) {
    faults.Add(static_cast<Fault>(dice.Between(0, static_cast<int>(Fault::kUserPanics))));
  }
  return faults;
}

}  // namespace curbstop
