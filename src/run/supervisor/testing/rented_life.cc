#include "run/supervisor/testing/rented_life.h"

#include <string_view>
#include <utility>

namespace curbstop {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;

class Script {
 public:
  Script() {
    Say(EventKind::kCreated, Json::MakeObject({{"rate_micro_usd_per_hour", 19'080},
                                               {"energy_source", "106 W x 0.18 USD/kWh"},
                                               {"boot_id", "boot-a"},
                                               {"away", true},
                                               {"lease_asked_ms", 60 * kMinute},
                                               {"work_ms", 90 * kMinute}}));
  }

  void Pass(int64_t ms) { awake_ms_ += ms; }
  void Say(EventKind kind, Json data = Json::MakeObject(), Facts facts = {}) {
    Add(kind, {}, std::move(data), std::move(facts));
  }
  // An outcome of the open intent of that kind.
  void Answer(EffectKind effect, EventKind kind, Facts facts = {}, Json data = Json::MakeObject()) {
    EffectId id;
    for (const Effect& pending : state_.pending) {
      if (pending.kind == effect) id = pending.id, facts.rental = pending.rental;
    }
    facts.date_ms = Now();
    Add(kind, id, std::move(data), std::move(facts));
  }
  void Report(std::string_view kind, Json data = Json::MakeObject()) {
    data.Set("seq", ++agent_seq_).Set("kind", kind).Set("awake_ms", awake_ms_);
    Add(EventKind::kAgentReport, {}, std::move(data), {});
  }
  void Looked(std::vector<SeenMachine> seen) {
    Facts facts;
    facts.seen = std::move(seen);
    Answer(EffectKind::kLook, EventKind::kLooked, std::move(facts));
  }
  int64_t Now() const { return 1'700'000'000'000 + awake_ms_; }

  std::vector<LifeStep> steps;

 private:
  void Add(EventKind kind, EffectId effect, Json data, Facts facts) {
    Event event;
    event.kind = kind;
    event.at_ms = Now();
    event.awake_ms = facts.boot_ms = awake_ms_;
    event.effect = effect;
    event.agent_seq = kind == EventKind::kAgentReport ? agent_seq_ : 0;
    event.data = std::move(data);
    event.facts = std::move(facts);
    steps.push_back(StepAfter(state_, event, static_cast<int64_t>(steps.size()) + 1));
    state_ = steps.back().state;
  }

  RunState state_;
  int64_t awake_ms_ = 5 * kSecond;
  int64_t agent_seq_ = 0;
};

// The list price of an H100 by the minute, grade C, with the lags of a slow provider.
Facts Offer() {
  Facts facts;
  facts.decision = static_cast<int64_t>(DecisionKind::kRent);
  facts.reason = static_cast<int64_t>(DecisionReason::kCheapest);
  facts.offer = "m-4410";
  facts.lease_ms = 60 * kMinute;
  facts.reserve_micro_usd = 2'750'000;
  facts.micro_usd_per_hour = 2'490'000;
  facts.disk_micro_usd_per_hour = 14'000;
  facts.grain_ms = kMinute;
  facts.minimum_ms = kMinute;
  facts.grade = static_cast<int64_t>(LeaseGrade::kC);
  facts.guard = 1;
  facts.boot_limit_ms = 10 * kMinute;
  facts.create_limit_ms = kMinute;
  facts.list_lag_ms = 30 * kSecond;
  facts.destroy_delay_ms = kMinute;
  facts.reads = 2;
  facts.read_spacing_ms = 10 * kSecond;
  facts.interval_ms = 10 * kMinute;
  return facts;
}

const SeenMachine kMachine{"i-0e9f\u00fc\"8", 1, false, 2'490'000, 1'700'000'010'000};

void Rent(Script& life) {
  life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot-a"}, {"can_restart", true}}));
  life.Answer(EffectKind::kStartRecord, EventKind::kRecordStarted, {},
              Json::MakeObject({{"experiment_id", "7"}}));
  life.Answer(EffectKind::kDecide, EventKind::kDecided, Offer());
  life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  life.Pass(30 * kSecond);
  life.Answer(EffectKind::kCreate, EventKind::kCreateUnknown);
  life.Looked({});
  life.Pass(kMinute);
  life.Say(EventKind::kTick);
  life.Looked({kMachine});
}

void Work(Script& life) {
  life.Pass(2 * kMinute);
  life.Say(EventKind::kConnected);
  life.Report("hello", Json::MakeObject({{"rehearsed", true}, {"age_ms", 90'000}}));
  life.Report("attempt_starting", Json::MakeObject({{"attempt", 1}, {"resume_from", ""}}));
  life.Pass(12 * kMinute);
  life.Report(
      "checkpoint",
      Json::MakeObject({{"name", "step-100"}, {"complete", true}, {"work_ms", 11 * kMinute}}));
  life.Answer(EffectKind::kKeep, EventKind::kKept, {},
              Json::MakeObject({{"work_ms", 11 * kMinute}}));
  life.Say(EventKind::kDisconnected);
  life.Say(EventKind::kRecovered, Json::MakeObject({{"boot_id", "boot-b"}, {"can_restart", true}}));
  life.Looked({kMachine});
  life.Say(EventKind::kConnected);
  life.Pass(40 * kMinute);
  life.Say(EventKind::kTick);
}

void Extend(Script& life) {
  Facts longer;
  longer.decision = static_cast<int64_t>(DecisionKind::kExtend);
  longer.reason = static_cast<int64_t>(DecisionReason::kNeedsTime);
  longer.lease_ms = 120 * kMinute;
  longer.reserve_micro_usd = 2'490'000;
  life.Looked({kMachine});
  life.Pass(kMinute);
  life.Say(EventKind::kTick);
  life.Answer(EffectKind::kDecide, EventKind::kDecided, longer);
  life.Answer(EffectKind::kAdmit, EventKind::kAdmitted);
  life.Answer(EffectKind::kMark, EventKind::kMarked);
  life.Answer(EffectKind::kExtend, EventKind::kExtended);
}

void Finish(Script& life) {
  life.Pass(20 * kMinute);
  life.Report("finished", Json::MakeObject({{"outcome", "done"}, {"tail", "loss 0.31 \u2713"}}));
  life.Answer(EffectKind::kFetch, EventKind::kFetched);
  life.Answer(EffectKind::kCommit, EventKind::kCommitted, {},
              Json::MakeObject({{"outputs", Json::MakeArray()},
                                {"metrics", Json::MakeObject({{"score", 0.5}})},
                                {"no_result", ""}}));
  life.Answer(EffectKind::kFinishRecord, EventKind::kRecordFinished);
  life.Answer(EffectKind::kDestroy, EventKind::kDestroyAccepted);
  for (int read = 0; read < 2; ++read) {
    life.Pass(kMinute);
    life.Say(EventKind::kTick);
    life.Looked({});
  }
}

}  // namespace

LifeStep StepAfter(const RunState& state, const Event& event, int64_t seq) {
  LifeStep step{event, EncodeEvent(event, seq), {}, state};
  step.transition = Apply(step.state, event, seq);
  return step;
}

std::vector<LifeStep> RentedLife() {
  Script life;
  Rent(life);
  Work(life);
  Extend(life);
  Finish(life);
  return std::move(life.steps);
}

}  // namespace curbstop
