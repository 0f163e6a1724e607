#include "run/simulate/trace.h"

#include <fmt/format.h>

#include "base/units.h"
#include "run/supervisor/supervisor.h"

namespace curbstop {
namespace {

constexpr size_t kMostLines = 20'000;

std::string What(const Event& event) {
  if (event.kind == EventKind::kDecided && event.facts.offer != "") {
    return fmt::format("decided {} {} lease {} reserve {} grade {} min {} grain {}",
                       event.facts.offer, UsdText(MicroUsd(event.facts.micro_usd_per_hour)),
                       DurationText(Millis(event.facts.lease_ms)),
                       UsdText(MicroUsd(event.facts.reserve_micro_usd)), event.facts.grade,
                       event.facts.minimum_ms, event.facts.grain_ms);
  }
  if (event.kind == EventKind::kDecided)
    return fmt::format("decided {} {} lease {}", event.facts.decision, event.facts.reason,
                       event.facts.lease_ms);
  if (event.kind == EventKind::kAgentReport) return "agent: " + event.data.StringOr("kind", "");
  if (event.kind == EventKind::kUserAsked) return "user: " + event.data.StringOr("what", "");
  return std::string(NameOf(event.kind));
}

}  // namespace

std::string Trace::Time(int64_t at_ms) const {
  const int64_t s = (at_ms - start_ms_) / 1000;
  return fmt::format("{:3} h {:02} min {:02} s", s / 3600, s / 60 % 60, s % 60);
}

void Trace::World(int64_t at_ms, const std::string& words) {
  lines_.push_back(fmt::format("{}              * {}", Time(at_ms), words));
}

void Trace::Did(int64_t at_ms, const Effect& effect) {
  lines_.push_back(fmt::format(
      "{}      -> {}{}", Time(at_ms), NameOf(effect.kind),
      effect.rental == 0 ? "" : fmt::format(" (machine {} of the run)", effect.rental)));
}

void Trace::Heard(int64_t at_ms, const Event& event, const RunState& after) {
  if (event.kind == EventKind::kTick) return;
  if (lines_.size() > kMostLines) return;
  lines_.push_back(fmt::format("{}  {:<11} {:<20} cost {} held {}{}", Time(at_ms),
                               NameOf(after.phase), What(event), UsdText(after.spent),
                               UsdText(SpentAndHeld(after) - after.spent),
                               after.reason.empty() ? "" : "  (" + after.reason + ")"));
}

}  // namespace curbstop
