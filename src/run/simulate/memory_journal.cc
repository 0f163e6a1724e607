#include "run/simulate/memory_journal.h"

#include <utility>

namespace curbstop {

Status MemoryJournal::Append(JournalRecord record, const Transition& transition,
                             const RunState& state) {
  if (is_full_) return Error(ErrorKind::kExhausted, "the disk is full");
  if (record.seq <= static_cast<int64_t>(records_.size())) {
    return Conflict("another supervisor wrote this record");
  }
  records_.push_back(std::move(record));
  if (witness_ != nullptr) witness_->Written(transition, state);
  return {};
}

Status MemoryJournal::DropLast() {
  if (!records_.empty()) records_.pop_back();
  return {};
}

void MemoryJournal::TearLast() {
  if (records_.empty()) return;
  std::string& body = records_.back().body;
  body.resize(body.size() / 2);
}

void MemoryJournal::LoseLast() { records_.pop_back(); }

}  // namespace curbstop
