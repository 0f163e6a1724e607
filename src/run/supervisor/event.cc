#include "run/supervisor/event.h"

#include <array>
#include <charconv>
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
    "keep_failed",    "connected",       "disconnected",   "handed_over"};
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

std::string_view NameOf(LedgerKind kind) {
  constexpr std::string_view kNames[] = {"reserve", "accrue", "release", "correct"};
  return kNames[static_cast<size_t>(kind)];
}

std::string_view NameOf(LedgerClass ledger_class) {
  constexpr std::string_view kNames[] = {"energy", "rent", "practice"};
  return kNames[static_cast<size_t>(ledger_class)];
}

std::string TextOf(EffectId id) {
  if (id.seq == 0) return {};
  std::array<char, 48> text;
  char* const end = text.data() + text.size();
  char* at = std::to_chars(text.data(), end, id.seq).ptr;
  *at++ = '.';
  return {text.data(), std::to_chars(at, end, id.index).ptr};
}

bool ReadEffectId(std::string_view text, EffectId& id) {
  id = {};
  if (text.empty()) return true;
  const char* const end = text.data() + text.size();
  const auto seq = std::from_chars(text.data(), end, id.seq);
  if (seq.ec != std::errc() || seq.ptr == end || *seq.ptr != '.') return false;
  const auto index = std::from_chars(seq.ptr + 1, end, id.index);
  return index.ec == std::errc() && index.ptr == end && id.seq > 0 && id.index >= 0;
}

Result<EventKind> EventKindOf(std::string_view name) {
  return Find<EventKind>(kEventNames, name, "event");
}
Result<EffectKind> EffectKindOf(std::string_view name) {
  return Find<EffectKind>(kEffectNames, name, "effect");
}

}  // namespace curbstop
