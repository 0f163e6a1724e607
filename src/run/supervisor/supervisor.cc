#include "run/supervisor/supervisor.h"

#include <algorithm>

#include "run/supervisor/internal/away.h"
#include "run/supervisor/internal/step.h"

namespace curbstop {
namespace {

constexpr Millis kHoldAhead{120'000};  // two ticks of the shell
constexpr int64_t kShortestSleep = 10'000;
constexpr int64_t kLatest = 90'000;  // after the time that a supervisor which is awake is woken

constexpr std::string_view kPhaseNames[] = {
    "created", "running", "ending",    "deciding", "admitting", "creating", "searching",
    "booting", "working", "saving",    "fetching", "parking",   "parked",   "committing",
    "closing", "warm",    "succeeded", "failed",   "cancelled", "crashed"};

void MeterTo(StepContext& context, const LifeSign& end) {
  RunState& state = context.state();
  if (!state.metered_to_awake_ms || end.awake_ms <= *state.metered_to_awake_ms) return;
  const int64_t time = end.awake_ms - *state.metered_to_awake_ms;
  state.metered_to_awake_ms = end.awake_ms;
  state.busy_ms += time;
  context.Book(LedgerKind::kAccrue, LedgerClass::kEnergy, CostOf(state.per_hour, Millis(time)),
               end.at_ms - time, end.at_ms, state.per_hour, state.rate_source);
}

// When the agent wrote its report; it may be read much later.
LifeSign SaidAt(const Event& event) {
  return {event.data.IntOr("awake_ms", event.awake_ms), event.data.IntOr("at_ms", event.at_ms)};
}

void Hold(StepContext& context, MicroUsd amount) {
  RunState& state = context.state();
  if (amount <= MicroUsd()) return;
  state.reserve += amount;
  context.Book(LedgerKind::kReserve, LedgerClass::kEnergy, amount, context.event.at_ms,
               context.event.at_ms, state.per_hour, state.rate_source);
}

// A step that takes longer than was known holds more before it spends more, while the caps allow.
void HoldAhead(StepContext& context, MicroUsd limit) {
  const RunState& state = context.state();
  if (state.spent + CostOf(state.per_hour, kHoldAhead) < state.reserve) return;
  const MicroUsd wanted = state.spent + CostOf(state.per_hour, kHeldAtATime);
  Hold(context, std::min(wanted, limit) - state.reserve);
}

void EndAtCap(StepContext& context) {
  RunState& state = context.state();
  const MicroUsd limit(context.event.facts.limit_micro_usd);
  if (limit == MicroUsd() || state.phase != Phase::kRunning || !state.cap.empty()) return;
  HoldAhead(context, limit);
  if (TimeUntilSave(state, limit) > Millis(0)) return;
  state.cap = context.Text("cap");
  context.Add(EffectKind::kTellAgent, 0, Json::MakeObject({{"what", "cancel"}, {"why", "cap"}}));
}

// The shell ticks while it sees the agent alive.
void Tick(StepContext& context) {
  const LifeSign now{context.event.awake_ms, context.event.at_ms};
  context.state().agent_seen = now;
  MeterTo(context, now);
  EndAtCap(context);
}

// The user's wish goes before the cap's.
bool EndedByCap(const RunState& state) { return !state.cap.empty() && !state.cancel_asked; }

void CloseAtCap(StepContext& context) {
  context.Close(Phase::kFailed, context.state().cap + " is reached");
}

// Nobody knows when it died: its last sign of life is the end of what is billed, however much later
// its loss is noticed.
void StopMeterOfLost(StepContext& context) {
  if (context.state().agent_seen) MeterTo(context, *context.state().agent_seen);
  context.state().metered_to_awake_ms.reset();
}

// An outcome that ends the run: nothing of the step's work can be kept or begun.
void Stuck(StepContext& context, const char* what) {
  if (context.state().phase >= Phase::kClosing) return;
  context.Close(Phase::kFailed, what + context.Text("error"));
}

void Created(StepContext& context) {
  RunState& state = context.state();
  const Json& data = context.event.data;
  state.per_hour = MicroUsd(data.IntOr("rate_micro_usd_per_hour", 0));
  state.rate_source = context.Text("energy_source");
  Hold(context, MicroUsd(data.IntOr("reserve_micro_usd", 0)));
  state.boot_id = context.Text("boot_id");
  state.terms.away = data.BoolOr("away", false);
  state.terms.lease_asked_ms = data.IntOr("lease_asked_ms", 0);
  state.terms.limit = MicroUsd(data.IntOr("limit_micro_usd", 0));
  state.terms.work_ms = data.IntOr("work_ms", 0);
  state.terms.detached = data.BoolOr("detached", false);
  state.terms.practice = data.BoolOr("practice", false);
  state.terms.named_place = data.BoolOr("named_place", false);
  state.terms.bids_first = data.BoolOr("bids_first", false);
  state.terms.spot = static_cast<SpotUse>(data.IntOr("spot", 0));
  state.terms.at_end = static_cast<AtEnd>(data.IntOr("at_end", 0));
  state.terms.keep_ms = data.IntOr("keep_ms", 0);
  state.terms.keep_on_failure_ms = data.IntOr("keep_on_failure_ms", 0);
  state.terms.deadline_ms = data.IntOr("deadline_ms", 0);
  state.terms.accounts = std::max<int64_t>(data.IntOr("accounts", 1), 1);
  if (!context.event.facts.machine.empty()) TakeMachine(context);
  context.Add(EffectKind::kStartRecord);
}

// A create without an outcome may have been sent by the supervisor that died: it is looked for.
void LookForLostCreates(StepContext& context) {
  RunState& state = context.state();
  const auto lost = std::erase_if(
      state.pending, [](const Effect& effect) { return effect.kind == EffectKind::kCreate; });
  if (lost != 0 && state.phase == Phase::kCreating) context.Enter(Phase::kSearching);
  // A journal whose last record was torn may lack a create: until then one can turn up.
  if (state.rentals_made != 0 || state.phase >= Phase::kAdmitting) {
    const ProviderTiming& timing = TermsOf(state.proposal).timing;
    const int64_t settled_ms = context.now() + (timing.create_limit + timing.list_lag).count();
    if (!state.proposal.offer.empty())  // else it was one of more time
      away::SettlesAt(context, state.proposal.account, settled_ms);
    for (const Rental& rental : state.rentals) away::SettlesAt(context, rental.account, settled_ms);
  }
  // What the one before saw missing, and saw again without writing it down, is no evidence.
  for (Rental& rental : state.rentals) rental.missed_reads = 0;
  state.next_look_ms = context.boot();
}

// Boot time has begun anew: what was waited for is due.
void Rebooted(StepContext& context) {
  RunState& state = context.state();
  StopMeterOfLost(context);
  state.phase_since_ms = context.boot();
  state.next_keep_ms = state.next_ask_ms = state.next_policy_ms = 0;
  for (Rental& rental : state.rentals) rental.next_destroy_ms = 0;
  for (AccountView& account : state.accounts) account.answers_since_ms = 0;
}

void Recovered(StepContext& context) {
  RunState& state = context.state();
  if (context.Text("boot_id") != state.boot_id) Rebooted(context);
  state.boot_id = context.Text("boot_id");
  state.can_restart = context.event.data.BoolOr("can_restart", true);
  state.connected = false;
  state.cut_ms = context.boot();  // what became of its machine meanwhile is to be known soon
  if (state.terms.away) LookForLostCreates(context);
}

void RecordStarted(StepContext& context) {
  RunState& state = context.state();
  if (state.phase != Phase::kCreated) return;
  state.experiment_id = context.Text("experiment_id");
  if (state.cancel_asked) return context.Close(Phase::kCancelled, "cancelled by the user");
  if (state.current != 0) return BootTaken(context);
  context.Enter(state.terms.away ? Phase::kDeciding : Phase::kRunning);
  if (!state.terms.away) context.Add(EffectKind::kStartAgent);
}

void Committed(StepContext& context) {
  RunState& state = context.state();
  if (state.phase != Phase::kCommitting) return;
  if (const Json* outputs = context.event.data.Find("outputs")) state.outputs = *outputs;
  if (const Json* metrics = context.event.data.Find("metrics")) state.metrics = *metrics;
  state.committed_at_ms = context.event.at_ms;
  if (state.terms.away) state.exit_code = 0;
  const std::string no_result = context.Text("no_result");
  CloseOrStay(context, Phase::kSucceeded,
              no_result.empty() ? "" : "not kept as a result: " + no_result);
}

void RecordFinished(StepContext& context) {
  RunState& state = context.state();
  if (state.phase != Phase::kClosing && state.phase != Phase::kWarm) return;
  state.record_finished = true;
  if (state.terms.away) return;
  if (state.reserve > MicroUsd()) {
    context.Book(LedgerKind::kRelease, LedgerClass::kEnergy, state.reserve, context.event.at_ms,
                 context.event.at_ms, state.per_hour, state.rate_source);
    state.reserve = MicroUsd();
  }
  state.phase = state.verdict;
  state.ended_at_ms = context.event.at_ms;
  context.Add(EffectKind::kReleaseAgent);
}

// ---- at home --------------------------------------------------------------------------------

void AttemptStarting(StepContext& context) {
  RunState& state = context.state();
  state.attempt = context.event.data.IntOr("attempt", state.attempt);
  state.exit_code.reset();
  state.resumed_from = context.Text("resume_from");
  if (state.started_at_ms == 0)
    state.started_at_ms = context.event.data.IntOr("at_ms", context.event.at_ms);
}

void AttemptStarted(StepContext& context) {
  RunState& state = context.state();
  if (state.metered_to_awake_ms) return;
  state.metered_to_awake_ms = SaidAt(context.event).awake_ms;
}

void AttemptEnded(StepContext& context) {
  RunState& state = context.state();
  MeterTo(context, SaidAt(context.event));
  state.metered_to_awake_ms.reset();
  state.exit_code = context.event.data.IntOr("exit_code", 0);
  state.tail = context.Text("tail");
}

void AgentFinished(StepContext& context) {
  RunState& state = context.state();
  if (state.phase != Phase::kRunning) return;
  const std::string outcome = context.Text("outcome");
  if (outcome == "done") {
    context.Enter(Phase::kCommitting);
    return context.Add(EffectKind::kCommit);
  }
  if (outcome == "cancelled" && EndedByCap(state)) return CloseAtCap(context);
  context.Close(outcome == "cancelled" ? Phase::kCancelled : Phase::kFailed,
                context.Text("reason"));
}

void AgentReport(StepContext& context) {
  RunState& state = context.state();
  if (context.event.agent_seq <= state.last_agent_seq) return;
  state.last_agent_seq = context.event.agent_seq;
  const std::string kind = context.Text("kind");
  if (kind == "started") StopMeterOfLost(context);
  state.agent_seen = SaidAt(context.event);
  if (kind == "setup_ended") state.exit_code = context.event.data.IntOr("exit_code", 0);
  if (kind == "waiting") state.reason = context.Text("text");
  if (kind == "held") state.reason.clear();
  if (kind == "attempt_starting") AttemptStarting(context);
  if (kind == "attempt_started") AttemptStarted(context);
  if (kind == "checkpoint") ++state.checkpoints, state.last_checkpoint = context.Text("name");
  if (kind == "attempt_ended") AttemptEnded(context);
  if (kind == "finished") AgentFinished(context);
}

void AgentGone(StepContext& context) {
  RunState& state = context.state();
  if (state.phase != Phase::kRunning) return;
  const Json& data = context.event.data;
  if (data.Find("seen_awake_ms") != nullptr) {
    state.agent_seen = {data.IntOr("seen_awake_ms", 0),
                        data.IntOr("seen_at_ms", context.event.at_ms)};
  }
  StopMeterOfLost(context);
  ++state.lost_agents;
  context.Enter(Phase::kEnding);
  context.Add(EffectKind::kEndProcesses);
}

void ProcessesEnded(StepContext& context) {
  RunState& state = context.state();
  if (state.phase != Phase::kEnding) return;
  if (state.cancel_asked) return context.Close(Phase::kCancelled, "cancelled by the user");
  if (EndedByCap(state)) return CloseAtCap(context);
  if (state.can_restart && state.lost_agents < kMostLostAgents) {
    context.Enter(Phase::kRunning);
    state.agent_started = false;
    return context.Add(EffectKind::kStartAgent);
  }
  context.Close(Phase::kCrashed, state.can_restart
                                     ? "its agent was lost too often"
                                     : "this computer or the run's processes went down");
}

void UserAsked(StepContext& context) {
  RunState& state = context.state();
  if (state.phase >= Phase::kCommitting) return;
  state.cancel_asked = true;
  if (state.phase == Phase::kRunning) {
    context.Add(EffectKind::kTellAgent, 0, Json::MakeObject({{"what", context.Text("what")}}));
  }
}

void Handle(StepContext& context) {
  switch (context.event.kind) {
    case EventKind::kCreated: return Created(context);
    case EventKind::kRecovered: return Recovered(context);
    case EventKind::kRecordStarted: return RecordStarted(context);
    case EventKind::kRecordFailed: return Stuck(context, "the record cannot be written: ");
    case EventKind::kAgentStarted: context.state().agent_started = true; return;
    case EventKind::kAgentFailed:
      // Later than that it is a second start of one that runs.
      if (context.state().phase != Phase::kRunning) return;
      return Stuck(context, "the agent cannot be started: ");
    case EventKind::kAgentReport: return AgentReport(context);
    case EventKind::kAgentGone: return AgentGone(context);
    case EventKind::kProcessesEnded: return ProcessesEnded(context);
    case EventKind::kCommitted: return Committed(context);
    case EventKind::kCommitFailed: return Stuck(context, "the outputs cannot be kept: ");
    case EventKind::kRecordFinished: return RecordFinished(context);
    case EventKind::kUserAsked: return UserAsked(context);
    case EventKind::kTick: return Tick(context);
    default: return;  // outcomes that need no answer
  }
}

void ForgetPending(StepContext& context) {
  if (context.event.effect == EffectId()) return;
  std::erase_if(context.state().pending,
                [&](const Effect& effect) { return effect.id == context.event.effect; });
}

std::string StatusOf(Phase verdict) {
  if (verdict == Phase::kSucceeded) return "FINISHED";
  return verdict == Phase::kCancelled ? "KILLED" : "FAILED";
}

}  // namespace

void StepContext::Add(EffectKind kind, int64_t rental, Json data) {
  const EffectId id{seq, static_cast<int64_t>(next.effects.size())};
  next.effects.push_back({id, kind, rental, std::move(data)});
  state().pending.push_back(next.effects.back());
}

bool HasPending(const RunState& state, EffectKind kind, int64_t rental) {
  return std::ranges::any_of(state.pending, [&](const Effect& effect) {
    return effect.kind == kind && (rental == 0 || effect.rental == rental);
  });
}

bool StepContext::IsPending(EffectKind kind, int64_t rental) const {
  return HasPending(folded, kind, rental);
}

void StepContext::Enter(Phase phase) {
  state().phase = phase;
  state().phase_since_ms = boot();
  state().next_ask_ms = 0;
}

void StepContext::Book(LedgerKind kind, LedgerClass ledger_class, MicroUsd amount, int64_t from_ms,
                       int64_t to_ms, MicroUsd per_hour, const std::string& source,
                       int64_t rental) {
  if (kind == LedgerKind::kAccrue || kind == LedgerKind::kCorrect) state().spent += amount;
  next.ledger.push_back({kind, ledger_class, amount, from_ms, to_ms, per_hour, source, rental});
}

void StepContext::Close(Phase verdict, std::string reason) {
  for (Rental& rental : state().rentals) {
    if (!rental.ending) EndRental(*this, rental);
  }
  state().current = 0;
  state().recalling = false;  // what the place still says changes nothing
  Conclude(verdict, std::move(reason));
  Enter(Phase::kClosing);
}

void StepContext::Conclude(Phase verdict, std::string reason) {
  state().verdict = verdict;
  state().reason = std::move(reason);
  if (state().record_finished || IsPending(EffectKind::kFinishRecord)) return;
  Add(EffectKind::kFinishRecord, 0, Json::MakeObject({{"status", StatusOf(verdict)}}));
}

Millis TimeUntilSave(const RunState& state, MicroUsd limit) {
  const MicroUsd at_end = state.spent + CostOf(state.per_hour, kTimeToEnd);
  return at_end >= limit ? Millis(0) : TimeFor(limit - at_end, state.per_hour);
}

std::string_view NameOf(Phase phase) { return kPhaseNames[static_cast<size_t>(phase)]; }
bool IsFinal(Phase phase) { return phase >= Phase::kSucceeded; }

namespace {

// Sleep, or a stopped process: what was waited for came much too late.
void NoteSleep(StepContext& context, const Timeline& before) {
  const int64_t wake_ms = context.state().wake_ms;
  const int64_t passed = context.boot() - before.boot_ms;
  const bool slept = passed - (context.event.awake_ms - before.awake_ms) > kShortestSleep;
  const bool late = wake_ms != kNoWake && context.boot() - wake_ms > kLatest;
  if (!slept && !late && context.event.kind != EventKind::kRecovered) return;
  context.state().awake_since_ms = context.boot();
}

}  // namespace

void Apply(RunState& state, const Event& event, int64_t seq, Plants plants, Transition& next) {
  next.effects.clear();
  next.ledger.clear();
  StepContext context{event, seq, plants, state, next};
  const Timeline before = state.timeline;
  ForgetPending(context);
  const bool rebooted =
      event.kind == EventKind::kRecovered && event.data.StringOr("boot_id", "") != state.boot_id;
  Advance(state.timeline, event, rebooted, plants);
  NoteSleep(context, before);
  const bool is_away = state.terms.away && HandleAway(context);
  if (!is_away) Handle(context);
  if (state.terms.away) DoWhatIsDue(context);
  state.wake_ms = WakeAt(state);
}

Transition Apply(RunState& state, const Event& event, int64_t seq, Plants plants) {
  Transition next;
  Apply(state, event, seq, plants, next);
  return next;
}

}  // namespace curbstop
