#include "run/supervisor/runner.h"

#include <algorithm>
#include <span>
#include <utility>
#include <vector>

namespace curbstop {
namespace {

Status Decode(const JournalRecord& record, Plants plants, Event& event) {
  Status decoded = DecodeRecord(record, event);
  if (decoded.ok() || !plants.Has(Plant::kTornRecordTaken)) return decoded;
  event = {record.kind, record.at_ms, record.awake_ms, {}, record.agent_seq, {}, {}};
  ReadEffectId(record.effect, event.effect);
  return {};
}

// A full disk or a busy database may be over in a moment.
bool IsHeldBack(const Status& status) { return !status.ok() && IsRetryable(status.error().kind()); }

// Spends nothing, and may be done twice.
bool IsHarmless(const Effect& effect) {
  return effect.kind == EffectKind::kDestroy || effect.kind == EffectKind::kLook ||
         effect.kind == EffectKind::kTellAgent;
}

}  // namespace

Status Runner::Load() {
  TRY_ASSIGN(const std::span<const JournalRecord> records, journal_.Read());
  Event event;
  for (size_t i = 0; i < records.size(); ++i) {
    const Status decoded = Decode(records[i], plants_, event);
    if (!decoded.ok() && i + 1 == records.size()) {
      TRY(journal_.DropLast());
      break;
    }
    if (!decoded.ok()) return decoded;
    last_seq_ = records[i].seq;
    Apply(state_, event, last_seq_, plants_, transition_);
  }
  if (last_seq_ == 0) return NotFound("the journal is empty");
  return {};
}

Status Runner::Append(const Event& event) {
  EncodeEvent(event, ++last_seq_, record_);
  Apply(state_, event, last_seq_, plants_, transition_);
  if (plants_.Has(Plant::kNoIntentBeforeCreate) || plants_.Has(Plant::kEffectBeforeSync)) {
    for (const Effect& effect : std::exchange(transition_.effects, {})) sink_.Begin(effect);
  }
  Status written = unwritten_.empty() ? Status() : Flush();
  if (written.ok()) written = Write(record_, transition_, state_);
  if (written.ok()) BeginWritten(transition_, Begun::kNothing);
  is_broken_ = is_broken_ || (!written.ok() && !IsHeldBack(written));
  if (!IsHeldBack(written)) return written;
  HoldBack({std::move(record_), std::move(transition_), state_});
  return {};
}

Status Runner::Flush() {
  while (!unwritten_.empty()) {
    Unwritten& next = unwritten_.front();
    TRY(Write(next.record, next.transition, next.state));
    const Unwritten done = std::move(next);
    unwritten_.pop_front();
    BeginWritten(done.transition, Begun::kHarmless);
  }
  return {};
}

Status Runner::Write(JournalRecord& record, const Transition& transition, const RunState& state) {
  Status written = journal_.Append(record, transition, state);
  if (written.ok() || !plants_.Has(Plant::kTwoSupervisors)) return written;
  if (written.error().kind() != ErrorKind::kConflict) return written;
  TRY_ASSIGN(const std::span<const JournalRecord> records, journal_.Read());
  last_seq_ = record.seq = records.back().seq + 1;
  return journal_.Append(record, transition, state);
}

// A full disk must not keep a machine alive: to end one needs no intent, and twice is as once.
void Runner::HoldBack(Unwritten next) {
  unwritten_.push_back(std::move(next));
  for (const Effect& effect : unwritten_.back().transition.effects) {
    if (IsHarmless(effect)) sink_.Begin(effect);
  }
}

void Runner::BeginWritten(const Transition& transition, Begun begun) {
  for (const Effect& effect : transition.effects) {
    if (begun == Begun::kHarmless && IsHarmless(effect)) continue;
    const bool is_open =
        std::ranges::find(state_.pending, effect.id, &Effect::id) != state_.pending.end();
    if (is_open) sink_.Begin(effect);
  }
}

Status Runner::TakeOver(const Event& recovered) {
  const std::vector<Effect> before = state_.pending;
  TRY(Append(recovered));
  if (held_back() != 0) return Error(ErrorKind::kExhausted, "the disk is full");
  for (const Effect& effect : before) {
    const bool is_open =
        std::ranges::find(state_.pending, effect.id, &Effect::id) != state_.pending.end();
    if (is_open) sink_.Begin(effect);
  }
  return {};
}

}  // namespace curbstop
