#include "run/rent_story.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "plan/decision.h"

namespace curbstop {
namespace {

constexpr double kHourMs = 3'600'000;

// "41" of a saving of 0.41; never "-0".
int64_t Percent(double part) { return std::lround(part * 100); }

double Saved(double paid, double instead) { return 1 - paid / instead; }

}  // namespace

std::string RentStory::Add(const Event& event) {
  now_ms_ = std::max(now_ms_, event.facts.boot_ms);
  switch (event.kind) {
    case EventKind::kDecided: return Decided(event);
    case EventKind::kLooked: return Looked(event);
    case EventKind::kAgentReport: Hear(event.data); break;
    case EventKind::kKept: Safe(event.data.StringOr("name", "")); break;
    case EventKind::kConnected: machine_.cut_ms = -1; break;
    case EventKind::kDisconnected:
      if (machine_.cut_ms < 0) machine_.cut_ms = now_ms_;
      break;
    case EventKind::kPaused: parked_ = true; break;
    default: break;
  }
  return "";
}

void RentStory::Hear(const Json& said) {
  const std::string kind = said.StringOr("kind", "");
  if (kind == "attempt_started") {
    machine_.running_ms = machine_.safe_ms = now_ms_;
    if (machine_.started_ms < 0) machine_.started_ms = now_ms_;
  }
  if (kind == "checkpoint" && said.BoolOr("complete", false))
    machine_.written[said.StringOr("name", "")] = now_ms_;
  if (kind == "safe") Safe(said.StringOr("name", ""));
  if (kind != "attempt_ended" || machine_.running_ms < 0) return;
  worked_ms_ += now_ms_ - machine_.running_ms;
  machine_.running_ms = -1;
  machine_.ended_ms = now_ms_;
}

void RentStory::Safe(const std::string& name) {
  const auto written = machine_.written.find(name);
  if (written == machine_.written.end()) return;
  machine_.safe_ms = std::max(machine_.safe_ms, written->second);
  safe_ = name;
}

// What was done on the latest machine since its newest safe work; it is not heard of any more.
std::string RentStory::Lost() {
  if (machine_.running_ms < 0) return "";
  const int64_t end = machine_.cut_ms < 0 ? now_ms_ : machine_.cut_ms;
  const int64_t lost = std::max<int64_t>(end - machine_.safe_ms, 0);
  worked_ms_ += std::max<int64_t>(end - machine_.running_ms, 0);
  lost_ms_ += lost;
  const std::string since =
      safe_.empty() ? "no checkpoint was home" : fmt::format("since `{}`", Printable(safe_));
  return fmt::format("lost {} of work, {}", DurationText(Millis(lost)), since);
}

std::string RentStory::Decided(const Event& event) {
  if (event.facts.decision != static_cast<int64_t>(DecisionKind::kRent)) return "";
  std::string lost = Lost();
  machine_ = {};
  machine_.decided_ms = now_ms_;
  bids_ = event.facts.spot != 0;
  per_hour_ = MicroUsd(event.facts.micro_usd_per_hour);
  on_demand_per_hour_ = MicroUsd(event.data.IntOr("on_demand_micro_usd_per_hour", 0));
  return lost;
}

std::string RentStory::Looked(const Event& event) {
  const bool paused = std::ranges::any_of(event.facts.seen, &SeenMachine::paused);
  if (!paused || parked_ || machine_.told_paused) return "";
  machine_.told_paused = true;
  return "its provider paused it without notice; its disk still bills";
}

std::string RentStory::Saving(MicroUsd spent) const {
  const bool told = bids_ && on_demand_per_hour_ > MicroUsd() && machine_.ended_ms >= 0;
  if (!told) return "";
  const auto on_demand = static_cast<double>(on_demand_per_hour_.value());
  const int64_t apart = machine_.started_ms - machine_.decided_ms + now_ms_ - machine_.ended_ms;
  const auto alone = static_cast<double>(apart + worked_ms_ - lost_ms_);
  const double saved = Saved(static_cast<double>(spent.value()), on_demand * alone / kHourMs);
  const double listed = Saved(static_cast<double>(per_hour_.value()), on_demand);
  if (saved < 0) {
    return fmt::format("no saving: {} % dearer than on demand, the list said {} % cheaper",
                       Percent(-saved), Percent(listed));
  }
  return fmt::format("effective saving {} %, the list said {} %", Percent(saved), Percent(listed));
}

}  // namespace curbstop
