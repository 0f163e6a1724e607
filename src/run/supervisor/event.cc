#include "run/supervisor/event.h"

#include <iterator>

#include <fmt/format.h>

namespace curbstop {
namespace {

constexpr std::string_view kEventNames[] = {
    "created",        "recovered",       "record_started", "record_failed",   "agent_started",
    "agent_failed",   "agent_report",    "agent_gone",     "processes_ended", "committed",
    "commit_failed",  "record_finished", "agent_told",     "agent_released",  "user_asked",
    "tick",           "decided",         "admitted",       "refused",         "create_answered",
    "create_refused", "create_unknown",  "looked",         "look_failed",     "destroy_accepted",
    "destroy_failed", "marked",          "mark_failed",    "extended",        "extend_failed",
    "fetched",        "fetch_failed",    "paused",         "pause_failed",    "kept",
    "keep_failed",    "connected",       "disconnected"};
static_assert(std::size(kEventNames) == kEventKinds);

constexpr std::string_view kEffectNames[] = {
    "start_record",  "start_agent", "tell_agent", "end_processes", "commit", "finish_record",
    "release_agent", "decide",      "admit",      "create",        "look",   "destroy",
    "mark",          "extend",      "fetch",      "pause",         "keep"};
static_assert(std::size(kEffectNames) == kEffectKinds);

template <typename Kind, size_t kCount>
Result<Kind> Find(const std::string_view (&names)[kCount], std::string_view name,
                  std::string_view what) {
  for (size_t i = 0; i < kCount; ++i) {
    if (names[i] == name) return static_cast<Kind>(i);
  }
  return Corrupt(fmt::format("the journal has an unknown {} `{}`", what, name))
      .WithHint("it was written by a newer curbstop: use that one");
}

}  // namespace

std::string_view NameOf(EventKind kind) { return kEventNames[static_cast<size_t>(kind)]; }
std::string_view NameOf(EffectKind kind) { return kEffectNames[static_cast<size_t>(kind)]; }

Result<EventKind> EventKindOf(std::string_view name) {
  return Find<EventKind>(kEventNames, name, "event");
}
Result<EffectKind> EffectKindOf(std::string_view name) {
  return Find<EffectKind>(kEffectNames, name, "effect");
}

}  // namespace curbstop
