#include "cloud/practice/practice_state.h"

namespace curbstop {

std::span<const EnumName<FaultOn>> NamesFor(FaultOn) {
  static constexpr EnumName<FaultOn> kNames[] = {
      {"any", FaultOn::kAny},     {"search", FaultOn::kSearch}, {"create", FaultOn::kCreate},
      {"list", FaultOn::kList},   {"get", FaultOn::kGet},       {"destroy", FaultOn::kDestroy},
      {"pause", FaultOn::kPause}, {"label", FaultOn::kLabel},   {"time", FaultOn::kTime},
  };
  return kNames;
}

std::span<const EnumName<FaultDo>> NamesFor(FaultDo) {
  static constexpr EnumName<FaultDo> kNames[] = {
      {"too_many", FaultDo::kTooMany},
      {"error", FaultDo::kError},
      {"lose_answer", FaultDo::kLoseAnswer},
      {"no_stock", FaultDo::kNoStock},
      {"refuse_made", FaultDo::kRefuseMade},
      {"bad_host", FaultDo::kBadHost},
      {"hide", FaultDo::kHide},
      {"outbid", FaultDo::kOutbid},
      {"vanish", FaultDo::kVanish},
      {"offline", FaultDo::kOffline},
      {"lose_gpu", FaultDo::kLoseGpu},
  };
  return kNames;
}

std::span<const EnumName<PracticeLife>> NamesFor(PracticeLife) {
  static constexpr EnumName<PracticeLife> kNames[] = {
      {"booting", PracticeLife::kBooting}, {"running", PracticeLife::kRunning},
      {"paused", PracticeLife::kPaused},   {"stopped", PracticeLife::kStopped},
      {"broken", PracticeLife::kBroken},   {"offline", PracticeLife::kOffline},
      {"gone", PracticeLife::kGone},
  };
  return kNames;
}

const FieldTable<PracticeFault>& FieldsOf(const PracticeFault*) {
  using Count = IntegerCodec<0, 1'000'000>;
  static const FieldTable<PracticeFault> kTable{
      Field<&PracticeFault::on>("on", "Which requests it hits; `time`: a machine, at `at_s`."),
      Field<&PracticeFault::action>("do", "What happens.", FieldUse::kRequired),
      Field<&PracticeFault::skip, Count>("skip", "Requests of that kind that pass first."),
      Field<&PracticeFault::times, Count>("times", "How many are hit then."),
      Field<&PracticeFault::at_s, Count>("at_s", "Seconds after the start."),
      Field<&PracticeFault::for_s, Count>("for_s", "Seconds that it lasts.")};
  return kTable;
}

const FieldTable<FaultScript>& FieldsOf(const FaultScript*) {
  static const FieldTable<FaultScript> kTable{
      Field<&FaultScript::faults>("faults", "What goes wrong, and when.", FieldUse::kRequired)};
  return kTable;
}

const FieldTable<PracticeSettings>& FieldsOf(const PracticeSettings*) {
  static const FieldTable<PracticeSettings> kTable{
      Field<&PracticeSettings::seed>("seed", "Chooses the market."),
      Field<&PracticeSettings::boot_ms>("boot_ms", "Boot time."),
      Field<&PracticeSettings::list_lag_ms>("list_lag_ms", "How late listings are."),
      Field<&PracticeSettings::end_ms>("end_ms", "How long an accepted end takes."),
      Field<&PracticeSettings::bad_percent>("bad_percent", "Hosts that never come up."),
      Field<&PracticeSettings::self_end_works>("self_end_works", "Machines may end themselves."),
      Field<&PracticeSettings::idle_ms>("idle_ms", "Ends so long after its last machine."),
      Field<&PracticeSettings::disk_mb>("disk_mb", "No disk holds more; 0: as asked for."),
      Field<&PracticeSettings::trace>("trace", "Replayed for bid prices; empty: made up."),
      Field<&PracticeSettings::is_still>("is_still", "Bid prices do not move."),
      Field<&PracticeSettings::keeps_pace>("keeps_pace", "Too fast calls are refused.")};
  return kTable;
}

const FieldTable<PracticeVariable>& FieldsOf(const PracticeVariable*) {
  static const FieldTable<PracticeVariable> kTable{
      Field<&PracticeVariable::name>("name", "Its name."),
      Field<&PracticeVariable::value>("value", "What it is set to.")};
  return kTable;
}

const FieldTable<PracticeMachine>& FieldsOf(const PracticeMachine*) {
  using M = PracticeMachine;
  static const FieldTable<PracticeMachine> kTable{
      Field<&M::id>("id", "Its number."),
      Field<&M::host>("host", "What it runs on."),
      Field<&M::name>("name", "Its label."),
      Field<&M::image>("image", "As asked for."),
      Field<&M::birth>("birth", "As asked for."),
      Field<&M::environment>("environment", "As asked for."),
      Field<&M::key>("key", "Its own key."),
      Field<&M::life>("life", "What it does."),
      Field<&M::gpus>("gpus", "GPUs."),
      Field<&M::disk_gb>("disk_gb", "Disk."),
      Field<&M::bid>("bid", "0: on demand."),
      Field<&M::micro_usd_per_hour>("micro_usd_per_hour", "While it runs, without disk."),
      Field<&M::made_ms>("made_ms", "When it was made."),
      Field<&M::ready_ms>("ready_ms", "When it is up."),
      Field<&M::until_ms>("until_ms", "How long a fault holds it."),
      Field<&M::ends_ms>("ends_ms", "When its end takes effect."),
      Field<&M::gone_ms>("gone_ms", "When it was gone."),
      Field<&M::lost_gpu>("lost_gpu", "Its GPU went to somebody else."),
      Field<&M::bill_disk_only>("bill_disk_only", "Refused, yet made."),
      Field<&M::has_ssh>("has_ssh", "Whether its SSH port is told."),
      Field<&M::ssh_port>("ssh_port", "Of its SSH server."),
      Field<&M::boots>("boots", "How often it came up."),
      Field<&M::ran_s>("ran_s", "Seconds billed as running."),
      Field<&M::held_s>("held_s", "Seconds billed as kept."),
      Field<&M::span_from_ms>("span_from_ms", "Start of the span that runs.")};
  return kTable;
}

const FieldTable<PracticeState>& FieldsOf(const PracticeState*) {
  using S = PracticeState;
  static const FieldTable<PracticeState> kTable{
      Field<&S::version>("version", "1.", FieldUse::kRequired),
      Field<&S::settings>("settings", "How it behaves."),
      Field<&S::key>("key", "The account's key."),
      Field<&S::port>("port", "Where it listens."),
      Field<&S::now_ms>("now_ms", "Worked out up to here."),
      Field<&S::script_from_ms>("script_from_ms", "Start of the fault script."),
      Field<&S::market_from_ms>("market_from_ms", "Start of the replayed trace."),
      Field<&S::next_id>("next_id", "The next machine's number."),
      Field<&S::settled_micro_usd>("settled_micro_usd", "Of machines no longer listed here."),
      Field<&S::faults>("faults", "Still to come."),
      Field<&S::machines>("machines", "Oldest first.")};
  return kTable;
}

}  // namespace curbstop
