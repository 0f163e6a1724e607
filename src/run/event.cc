#include "run/event.h"

#include <fmt/format.h>

namespace curbstop {
namespace {

constexpr std::string_view kEventNames[] = {
    "created",         "recovered",      "record_started", "record_failed",
    "agent_started",   "agent_failed",   "agent_report",   "agent_gone",
    "processes_ended", "committed",      "commit_failed",  "record_finished",
    "agent_told",      "agent_released", "user_asked",     "tick"};

constexpr std::string_view kEffectNames[] = {"start_record",  "start_agent", "tell_agent",
                                             "end_processes", "commit",      "finish_record",
                                             "release_agent"};

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
