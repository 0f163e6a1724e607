// What every shell does with a journal: fold it, append to it, and only then let effects begin.
//
// The real shell (run/shell.h) and the simulator hold one each; there is no other way to the
// supervisor. Threads: one.
#pragma once

#include <cstdint>
#include <list>

#include "base/result.h"
#include "run/supervisor/plants.h"
#include "run/supervisor/record.h"
#include "run/supervisor/supervisor.h"

namespace curbstop {

// Where effects go when their intent is durable.
class EffectSink {
 public:
  virtual ~EffectSink() = default;
  virtual void Begin(const Effect& effect) = 0;
};

class Runner {
 public:
  Runner(RunJournal& journal, EffectSink& sink, Plants plants = {})
      : journal_(journal), sink_(sink), plants_(plants) {}

  // Folds the journal. A last record that is torn never was: its event did not get as far as to
  // lead to anything. Begins nothing: TakeOver does.
  // Errors: kNotFound for an empty journal, kCorrupt if a record before the last one is torn.
  Status Load();

  // One event: journal, state, effects, in this order. What may be over in a moment (a full disk, a
  // busy database) holds the event back, to be written by a later Append or Flush; until then only
  // what spends nothing begins: looking, saving, ending. A crash forgets what was held back, as if
  // it had not happened. Errors: kConflict if another supervisor writes this journal; those of
  // RunJournal::Append.
  Status Append(const Event& event);

  // Errors: kExhausted while the disk is still full.
  Status Flush();

  // After Load: the event kRecovered, then everything that has no outcome yet.
  Status TakeOver(const Event& recovered);

  const RunState& state() const { return state_; }
  int64_t last_seq() const { return last_seq_; }
  // An Append has failed for good: the state is ahead of the journal, and only folding it anew
  // helps.
  bool is_broken() const { return is_broken_; }
  size_t held_back() const { return unwritten_.size(); }
  Plants plants() const { return plants_; }

 private:
  struct Unwritten {
    JournalRecord record;
    Transition transition;
    RunState state;  // after it
  };
  enum class Begun { kNothing, kHarmless };

  Status Write(JournalRecord& record, const Transition& transition, const RunState& state);
  void HoldBack(Unwritten next);
  void BeginWritten(const Transition& transition, Begun begun);

  RunJournal& journal_;
  EffectSink& sink_;
  Plants plants_;
  RunState state_;
  int64_t last_seq_ = 0;
  bool is_broken_ = false;
  JournalRecord record_;  // of the latest event, as is the next; kept for their space
  Transition transition_;
  std::list<Unwritten> unwritten_;
};

}  // namespace curbstop
