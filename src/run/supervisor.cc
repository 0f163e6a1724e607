#include "run/supervisor.h"

#include <algorithm>

#include "base/check.h"

namespace curbstop {
namespace {

constexpr std::string_view kPhaseNames[] = {"created",    "running",   "ending",
                                            "committing", "closing",   "succeeded",
                                            "failed",     "cancelled", "crashed"};

// One application of one event; each handler changes `next_`.
class Step {
 public:
  Step(const RunState& state, const Event& event, int64_t seq) : event_(event), seq_(seq) {
    next_.state = state;
  }

  Transition Take() {
    ForgetPending();
    Handle();
    return std::move(next_);
  }

 private:
  RunState& state() { return next_.state; }

  void ForgetPending() {
    if (event_.effect.empty()) return;
    std::erase_if(state().pending,
                  [&](const Effect& effect) { return effect.id == event_.effect; });
  }

  void Add(EffectKind kind, Json data = Json::MakeObject()) {
    Effect effect{std::to_string(seq_) + "." + std::to_string(next_.effects.size()), kind,
                  std::move(data)};
    next_.effects.push_back(effect);
    state().pending.push_back(std::move(effect));
  }

  std::string Text(std::string_view key) const { return event_.data.StringOr(key, ""); }

  void Handle() {
    switch (event_.kind) {
      case EventKind::kCreated: return Created();
      case EventKind::kRecovered: return Recovered();
      case EventKind::kRecordStarted: return RecordStarted();
      case EventKind::kRecordFailed: return Stuck("the record cannot be written: ");
      case EventKind::kAgentStarted: state().agent_started = true; return;
      case EventKind::kAgentFailed: return Stuck("the agent cannot be started: ");
      case EventKind::kAgentReport: return AgentReport();
      case EventKind::kAgentGone: return AgentGone();
      case EventKind::kProcessesEnded: return ProcessesEnded();
      case EventKind::kCommitted: return Committed();
      case EventKind::kCommitFailed: return Stuck("the outputs cannot be kept: ");
      case EventKind::kRecordFinished: return RecordFinished();
      case EventKind::kUserAsked: return UserAsked();
      case EventKind::kTick: return Tick();
      case EventKind::kAgentTold:
      case EventKind::kAgentReleased: return;
    }
  }

  void Created() {
    state().per_hour = MicroUsd(event_.data.IntOr("rate_micro_usd_per_hour", 0));
    state().rate_source = Text("energy_source");
    state().boot_id = Text("boot_id");
    Add(EffectKind::kStartRecord);
  }

  void Recovered() {
    if (Text("boot_id") != state().boot_id) StopMeterOfLost();
    state().boot_id = Text("boot_id");
    state().can_restart = event_.data.BoolOr("can_restart", true);
  }

  void RecordStarted() {
    if (state().phase != Phase::kCreated) return;
    state().experiment_id = Text("experiment_id");
    if (state().cancel_asked) return Close(Phase::kCancelled, "cancelled by the user");
    state().phase = Phase::kRunning;
    Add(EffectKind::kStartAgent);
  }

  // An outcome that ends the run: nothing of the step's work can be kept or begun.
  void Stuck(const char* what) {
    if (state().phase >= Phase::kClosing) return;
    Close(Phase::kFailed, what + Text("error"));
  }

  void AgentReport() {
    if (event_.agent_seq <= state().last_agent_seq) return;
    state().last_agent_seq = event_.agent_seq;
    const std::string kind = Text("kind");
    if (kind == "started") StopMeterOfLost();
    state().agent_seen = SaidAt();
    if (kind == "waiting") state().reason = Text("text");
    if (kind == "held") state().reason.clear();
    if (kind == "setup_ended") state().exit_code = event_.data.IntOr("exit_code", 0);
    if (kind == "attempt_starting") AttemptStarting();
    if (kind == "attempt_started") MeterFrom(SaidAt().awake_ms);
    if (kind == "checkpoint") ++state().checkpoints, state().last_checkpoint = Text("name");
    if (kind == "attempt_ended") AttemptEnded();
    if (kind == "finished") AgentFinished();
  }

  void AttemptStarting() {
    state().attempt = event_.data.IntOr("attempt", state().attempt);
    state().exit_code.reset();
    state().resumed_from = Text("resume_from");
    if (state().started_at_ms == 0)
      state().started_at_ms = event_.data.IntOr("at_ms", event_.at_ms);
  }

  void AttemptEnded() {
    MeterTo(SaidAt());
    state().metered_to_awake_ms.reset();
    state().exit_code = event_.data.IntOr("exit_code", 0);
    state().tail = Text("tail");
  }

  void AgentFinished() {
    if (state().phase != Phase::kRunning) return;
    const std::string outcome = Text("outcome");
    if (outcome == "done") {
      state().phase = Phase::kCommitting;
      return Add(EffectKind::kCommit);
    }
    Close(outcome == "cancelled" ? Phase::kCancelled : Phase::kFailed, Text("reason"));
  }

  void AgentGone() {
    if (state().phase != Phase::kRunning) return;
    if (event_.data.Find("seen_awake_ms") != nullptr) {
      state().agent_seen = {event_.data.IntOr("seen_awake_ms", 0),
                            event_.data.IntOr("seen_at_ms", event_.at_ms)};
    }
    StopMeterOfLost();
    ++state().lost_agents;
    state().phase = Phase::kEnding;
    Add(EffectKind::kEndProcesses);
  }

  void ProcessesEnded() {
    if (state().phase != Phase::kEnding) return;
    if (state().cancel_asked) return Close(Phase::kCancelled, "cancelled by the user");
    if (state().can_restart && state().lost_agents < kMostLostAgents) {
      state().phase = Phase::kRunning;
      state().agent_started = false;
      return Add(EffectKind::kStartAgent);
    }
    Close(Phase::kCrashed, state().can_restart ? "its agent was lost too often"
                                               : "this computer or the run's processes went down");
  }

  void Committed() {
    if (state().phase != Phase::kCommitting) return;
    if (const Json* outputs = event_.data.Find("outputs")) state().outputs = *outputs;
    if (const Json* metrics = event_.data.Find("metrics")) state().metrics = *metrics;
    state().committed_at_ms = event_.at_ms;
    const std::string no_result = Text("no_result");
    Close(Phase::kSucceeded, no_result.empty() ? "" : "not kept as a result: " + no_result);
  }

  void Close(Phase verdict, std::string reason) {
    state().phase = Phase::kClosing;
    state().verdict = verdict;
    state().reason = std::move(reason);
    const char* status = verdict == Phase::kSucceeded   ? "FINISHED"
                         : verdict == Phase::kCancelled ? "KILLED"
                                                        : "FAILED";
    Add(EffectKind::kFinishRecord, Json::MakeObject({{"status", status}}));
  }

  void RecordFinished() {
    if (state().phase != Phase::kClosing) return;
    state().phase = state().verdict;
    state().ended_at_ms = event_.at_ms;
    Add(EffectKind::kReleaseAgent);
  }

  void UserAsked() {
    if (state().phase >= Phase::kCommitting) return;
    state().cancel_asked = true;
    if (state().phase == Phase::kRunning) {
      Add(EffectKind::kTellAgent, Json::MakeObject({{"what", Text("what")}}));
    }
  }

  void MeterFrom(int64_t awake_ms) {
    if (!state().metered_to_awake_ms) state().metered_to_awake_ms = awake_ms;
  }

  LifeSign Now() const { return {event_.awake_ms, event_.at_ms}; }

  // When the agent wrote its report; it may be read much later.
  LifeSign SaidAt() const {
    return {event_.data.IntOr("awake_ms", event_.awake_ms),
            event_.data.IntOr("at_ms", event_.at_ms)};
  }

  // The shell ticks while it sees the agent alive.
  void Tick() {
    state().agent_seen = Now();
    MeterTo(Now());
  }

  // Nobody knows when it died: its last sign of life is the end of what is billed, however much
  // later its loss is noticed.
  void StopMeterOfLost() {
    if (state().agent_seen) MeterTo(*state().agent_seen);
    state().metered_to_awake_ms.reset();
  }

  void MeterTo(const LifeSign& end) {
    if (!state().metered_to_awake_ms || end.awake_ms <= *state().metered_to_awake_ms) return;
    const int64_t time = end.awake_ms - *state().metered_to_awake_ms;
    state().metered_to_awake_ms = end.awake_ms;
    state().busy_ms += time;
    LedgerEntry entry;
    entry.kind = "accrue";
    entry.ledger_class = "energy";
    entry.amount = CostOf(state().per_hour, std::chrono::milliseconds(time));
    entry.to_ms = end.at_ms;
    entry.from_ms = end.at_ms - time;
    entry.per_hour = state().per_hour;
    entry.source = state().rate_source;
    state().spent += entry.amount;
    next_.ledger.push_back(std::move(entry));
  }

  const Event& event_;
  int64_t seq_;
  Transition next_;
};

}  // namespace

std::string_view NameOf(Phase phase) { return kPhaseNames[static_cast<size_t>(phase)]; }
bool IsFinal(Phase phase) { return phase >= Phase::kSucceeded; }

Transition Apply(const RunState& state, const Event& event, int64_t seq) {
  return Step(state, event, seq).Take();
}

}  // namespace curbstop
