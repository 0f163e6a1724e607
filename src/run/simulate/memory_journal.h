// A journal in memory with the faults of a real disk: full, a torn last record, a lost fsync.
#pragma once

#include <span>
#include <vector>

#include "run/supervisor/record.h"

namespace curbstop {

// Whoever wants to know what the ledger got; called after a record is in.
class JournalWitness {
 public:
  virtual ~JournalWitness() = default;
  virtual void Written(const Transition& transition, const RunState& state) = 0;
};

class MemoryJournal final : public RunJournal {
 public:
  explicit MemoryJournal(JournalWitness* witness = nullptr) : witness_(witness) {
    records_.reserve(128);
  }

  Result<std::span<const JournalRecord>> Read() override { return records(); }
  Status Append(JournalRecord& record, const Transition& transition,
                const RunState& state) override;
  Status DropLast() override;

  void SetFull(bool is_full) { is_full_ = is_full; }
  void TearLast();  // half of the last record's body is gone, its sum is not
  void LoseLast();
  std::span<const JournalRecord> records() const { return {records_.data(), count_}; }
  // For the next life: empty, with room; nothing is wrong with the disk.
  void Begin(JournalWitness* witness);

 private:
  JournalWitness* witness_;
  std::vector<JournalRecord> records_;  // those from `count_` on are spare
  size_t count_ = 0;
  bool is_full_ = false;
};

}  // namespace curbstop
