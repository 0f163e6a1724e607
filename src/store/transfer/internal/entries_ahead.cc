#include "store/transfer/internal/entries_ahead.h"

#include <utility>

namespace curbstop {

Result<std::optional<WireEntry>> EntriesAhead::Next() {
  if (taken_.empty() && !at_end_) {
    const std::scoped_lock lock(mutex_);
    std::swap(taken_, ready_);
    if (taken_.empty() && ended_) {
      at_end_ = true;
      if (!ended_->ok()) return ended_->error();
    }
    room_.notify_one();
  }
  if (taken_.empty()) return std::optional<WireEntry>();
  WireEntry entry = std::move(taken_.front());
  taken_.pop_front();
  return std::optional(std::move(entry));
}

void EntriesAhead::Fill(TreeSource& source, const std::stop_token& stop) {
  while (Add(source.Next(stop), stop)) {
  }
}

// False when no more is to be read.
bool EntriesAhead::Add(Result<std::optional<WireEntry>> entry, const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  if (entry.ok() && *entry) {
    ready_.push_back(**std::move(entry));
    return room_.wait(lock, stop, [this] { return ready_.size() < kMostAhead; });
  }
  ended_ = entry.ok() ? Status() : Status(entry.error());
  return false;
}

}  // namespace curbstop
