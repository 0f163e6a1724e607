// One event of a run as it lies in the journal, and the contract that journals keep.
//
// The body is JSON text: the event's data, and those of its facts that were told, under their
// names. Keys are only added. docs/formats/money-db.md lists them.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "run/supervisor/event.h"
#include "run/supervisor/state.h"

namespace curbstop {

struct JournalRecord {
  int64_t seq = 0;
  EventKind kind = EventKind::kTick;
  int64_t at_ms = 0;
  int64_t awake_ms = 0;
  std::string effect;
  int64_t agent_seq = 0;
  std::string body;
  uint64_t sum = 0;  // over all the others; 0: written by version 1, which had none

  bool operator==(const JournalRecord&) const = default;
};

JournalRecord EncodeEvent(const Event& event, int64_t seq);
// The same into the space of another.
void EncodeEvent(const Event& event, int64_t seq, JournalRecord& record);

// Errors: kCorrupt if the sum is wrong or the body is no JSON object.
Result<Event> DecodeRecord(const JournalRecord& record);
// The same into the space of another, of which nothing is left even if it fails.
Status DecodeRecord(const JournalRecord& record, Event& event);

bool SumIsRight(const JournalRecord& record);

// The journal of one run. Crash-safe: after a crash Read gives a prefix of what Append took, with
// everything that Append answered Ok for. Threads: one.
class RunJournal {
 public:
  virtual ~RunJournal() = default;
  // Oldest first; good until the journal is used again.
  virtual Result<std::span<const JournalRecord>> Read() = 0;
  // The record, what follows from it (intents, ledger entries) and a row of `state`, which is the
  // state after it, all or nothing. Once it is in, the journal may keep the texts of `record` and
  // leave others in their place, whose space is then used again. Errors: kConflict if there is a
  // record of that number: another supervisor lives; kExhausted on a full disk; nothing is added
  // then.
  virtual Status Append(JournalRecord& record, const Transition& transition,
                        const RunState& state) = 0;
  // Takes the last record away, which is torn: it never was.
  virtual Status DropLast() = 0;
};

}  // namespace curbstop
