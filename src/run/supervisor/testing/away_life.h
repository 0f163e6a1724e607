// A run on rented machines, driven event by event: for tests of the supervisor's rules.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "run/supervisor/supervisor.h"

namespace curbstop {

inline constexpr int64_t kSecond = 1000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;
inline constexpr int64_t kRate = 3'600'000;  // per hour: 1,000 micro-dollars a second

// A machine by the second, grade B: k = 2 reads, 10 s apart, listed 30 s after the create's limit.
inline Facts RentOffer() {
  Facts offer;
  offer.decision = static_cast<int64_t>(DecisionKind::kRent);
  offer.offer = "m-1";
  offer.lease_ms = 2 * kHour;
  offer.reserve_micro_usd = 9'000'000;
  offer.micro_usd_per_hour = kRate;
  offer.grain_ms = kSecond;
  offer.grade = static_cast<int64_t>(LeaseGrade::kB);
  offer.boot_limit_ms = 10 * kMinute;
  offer.create_limit_ms = kMinute;
  offer.list_lag_ms = 30 * kSecond;
  offer.destroy_delay_ms = kMinute;
  offer.reads = 2;
  offer.read_spacing_ms = 10 * kSecond;
  offer.interval_ms = 10 * kMinute;
  return offer;
}

inline const SeenMachine kSeen{"i-1", 1, false, kRate, 0};

// Feeds events as a shell does; an outcome answers the open intent of that kind.
class Away {
 public:
  explicit Away(Json terms = Json::MakeObject()) {
    terms.Set("boot_id", "boot").Set("away", true).Set("lease_asked_ms", 2 * kHour);
    terms.Set("work_ms", 90 * kMinute);
    Say(EventKind::kCreated, terms);
    Answer(EffectKind::kStartRecord, EventKind::kRecordStarted);
  }

  Transition Say(EventKind kind, Json data = Json::MakeObject(), Facts facts = {}) {
    return Feed(kind, {}, std::move(data), std::move(facts));
  }
  Transition Answer(EffectKind effect, EventKind kind, Facts facts = {},
                    Json data = Json::MakeObject()) {
    EffectId id;
    for (const Effect& pending : state.pending) {
      if (pending.kind != effect) continue;
      id = pending.id;
      facts.rental = pending.rental;
    }
    EXPECT_NE(id, EffectId()) << NameOf(effect) << " is not open in " << NameOf(state.phase);
    facts.date_ms = Now();
    return Feed(kind, id, std::move(data), std::move(facts));
  }
  Transition Report(const char* kind, Json data = Json::MakeObject()) {
    return Say(EventKind::kAgentReport, std::move(data.Set("kind", kind)));
  }
  Transition Ask(const char* what) {
    return Say(EventKind::kUserAsked, Json::MakeObject({{"what", what}}));
  }
  // A look that shows these, whenever it was asked for.
  Transition Look(std::vector<SeenMachine> seen) {
    Facts facts;
    facts.seen = std::move(seen);
    facts.date_ms = Now();
    EffectId id;
    for (const Effect& pending : state.pending) {
      if (pending.kind == EffectKind::kLook) id = pending.id;
    }
    return Feed(EventKind::kLooked, id, Json::MakeObject(), std::move(facts));
  }
  // Time in which the shell ticks whenever it is asked to.
  void Pass(int64_t ms) {
    const int64_t end = ms_ + ms;
    while (WakeAt(state) < end) {
      ms_ = std::max(WakeAt(state), ms_ + kSecond);
      Say(EventKind::kTick);
    }
    ms_ = end;
  }
  void Sleep(int64_t ms) { ms_ += ms, slept_ms_ += ms; }

  void Rent(Facts offer = RentOffer()) {
    Answer(EffectKind::kDecide, EventKind::kDecided, offer);
    Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  }
  void Boot(Facts offer = RentOffer()) {
    Rent(offer);
    Facts made;
    made.machine = "i-1";
    made.micro_usd_per_hour = kRate;
    Answer(EffectKind::kCreate, EventKind::kCreateAnswered, made);
  }
  void Work(Facts offer = RentOffer()) {
    Boot(offer);
    Say(EventKind::kConnected);
    Report("hello", Json::MakeObject({{"rehearsed", true}, {"as_promised", true}}));
  }
  void Checkpoint(const char* name, int64_t work_ms) {
    Report("checkpoint",
           Json::MakeObject({{"name", name}, {"complete", true}, {"work_ms", work_ms}}));
  }
  // From the beginning to there.
  void UpTo(Phase phase) {
    if (phase == Phase::kAdmitting) Answer(EffectKind::kDecide, EventKind::kDecided, RentOffer());
    if (phase == Phase::kCreating || phase == Phase::kSearching) Rent();
    if (phase == Phase::kSearching) Answer(EffectKind::kCreate, EventKind::kCreateUnknown);
    if (phase == Phase::kBooting) Boot();
    if (phase >= Phase::kWorking) Work();
    if (phase == Phase::kSaving) Report("finished", Json::MakeObject({{"outcome", "failed"}}));
    if (phase == Phase::kFetching || phase == Phase::kCommitting)
      Report("finished", Json::MakeObject({{"outcome", "done"}}));
    if (phase == Phase::kCommitting) Answer(EffectKind::kFetch, EventKind::kFetched);
    if (phase != Phase::kParked) return;
    Pass(kMinute);
    Ask("park");
    Report("saved");
    Answer(EffectKind::kAdmit, EventKind::kAdmitted);
    Answer(EffectKind::kPause, EventKind::kPaused);
  }

  int64_t Now() const { return 1'700'000'000'000 + ms_; }
  const Rental& rental(size_t i = 0) const { return state.rentals.at(i); }
  bool Wants(EffectKind kind) const {
    return std::ranges::find(state.pending, kind, &Effect::kind) != state.pending.end();
  }

  RunState state;
  MicroUsd accrued;

 private:
  Transition Feed(EventKind kind, EffectId effect, Json data, Facts facts) {
    Event event{kind, Now(), ms_ - slept_ms_, effect, 0, std::move(data), facts};
    event.facts.boot_ms = ms_;
    if (kind == EventKind::kAgentReport) event.agent_seq = state.last_agent_seq + 1;
    Transition transition = Apply(state, event, ++seq_);
    for (const LedgerEntry& entry : transition.ledger) {
      if (entry.kind == LedgerKind::kAccrue) accrued += entry.amount;
    }
    return transition;
  }

  int64_t seq_ = 0;
  int64_t ms_ = kMinute;
  int64_t slept_ms_ = 0;
};

inline bool Begins(const Transition& transition, EffectKind kind) {
  return std::ranges::find(transition.effects, kind, &Effect::kind) != transition.effects.end();
}

}  // namespace curbstop
