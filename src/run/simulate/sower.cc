#include "run/simulate/sower.h"

#include <iterator>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr std::string_view kNames[] = {"none",
                                       "no_intent_before_create",
                                       "create_repeated_blindly",
                                       "late_answer_dropped",
                                       "machine_in_refusal_ignored",
                                       "price_rise_accepted",
                                       "cap_checked_after_create",
                                       "lease_armed_after_ssh",
                                       "rehearsal_ignored",
                                       "unproven_end_trusted",
                                       "guard_assumed",
                                       "boot_waited_for_ever",
                                       "single_404_is_gone",
                                       "list_lag_ignored",
                                       "destroy_tried_once",
                                       "destroy_accepted_is_gone",
                                       "sweep_by_database_only",
                                       "paused_is_gone",
                                       "panic_trusts_journal",
                                       "silent_account_is_empty",
                                       "ledger_rounds_down",
                                       "minimum_forgotten",
                                       "grain_forgotten",
                                       "paused_disk_forgotten",
                                       "fixed_forgotten",
                                       "meter_starts_at_answer",
                                       "wall_clock_for_boot_time",
                                       "extend_before_reserve",
                                       "park_without_reserve",
                                       "kept_without_reserve",
                                       "kept_is_off_the_books",
                                       "taken_meter_starts_late",
                                       "handed_over_ended",
                                       "lowered_cap_ignored",
                                       "incomplete_checkpoint_counted",
                                       "home_counted_with_lid_closed",
                                       "hang_blind_to_log",
                                       "at_end_skipped_after_crash",
                                       "destroyed_before_fetch",
                                       "checkpoint_interval_forgotten",
                                       "named_place_not_read",
                                       "two_supervisors",
                                       "torn_record_taken",
                                       "effect_before_sync"};
static_assert(std::size(kNames) == kPlants);

}  // namespace

std::string_view NameOf(Plant plant) { return kNames[static_cast<size_t>(plant)]; }

Result<Plant> PlantOf(std::string_view name) {
  std::vector<std::string> names;
  for (int i = 1; i < kPlants; ++i) {
    if (kNames[i] == name) return static_cast<Plant>(i);
    names.emplace_back(kNames[i]);
  }
  return InvalidInput(fmt::format("there is no planted bug `{}`{}", Printable(name),
                                  DidYouMean(name, names)))
      .WithHint("`curbstop simulate --plant all` tries all of them, with their names");
}

}  // namespace curbstop
