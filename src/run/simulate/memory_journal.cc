#include "run/simulate/memory_journal.h"

#include <utility>

namespace curbstop {

Status MemoryJournal::Append(JournalRecord& record, const Transition& transition,
                             const RunState& state) {
  if (is_full_) return Error(ErrorKind::kExhausted, "the disk is full");
  if (record.seq <= static_cast<int64_t>(count_)) {
    return Conflict("another supervisor wrote this record");
  }
  if (count_ == records_.size()) records_.emplace_back();
  records_[count_++] = std::move(record);
  if (witness_ != nullptr) witness_->Written(transition, state);
  return {};
}

Status MemoryJournal::DropLast() {
  if (count_ != 0) --count_;
  return {};
}

void MemoryJournal::TearLast() {
  if (count_ == 0) return;
  std::string& body = records_[count_ - 1].body;
  body.resize(body.size() / 2);
}

void MemoryJournal::LoseLast() { --count_; }

void MemoryJournal::Begin(JournalWitness* witness) {
  witness_ = witness;
  count_ = 0;
  is_full_ = false;
}

}  // namespace curbstop
