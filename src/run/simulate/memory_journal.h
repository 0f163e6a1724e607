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

  Result<std::span<const JournalRecord>> Read() override {
    return std::span<const JournalRecord>(records_);
  }
  Status Append(JournalRecord record, const Transition& transition, const RunState& state) override;
  Status DropLast() override;

  void SetFull(bool is_full) { is_full_ = is_full; }
  void TearLast();  // half of the last record's body is gone, its sum is not
  void LoseLast();
  const std::vector<JournalRecord>& records() const { return records_; }

 private:
  JournalWitness* witness_;
  std::vector<JournalRecord> records_;
  bool is_full_ = false;
};

}  // namespace curbstop
