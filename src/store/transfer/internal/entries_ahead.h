// A source's entries, hashed ahead of the sender by a thread of their own, at most kMostAhead of
// them: the link does not wait for the disk, nor the disk for the link.
#pragma once

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/result.h"
#include "store/transfer/internal/tree_source.h"

namespace curbstop {

class EntriesAhead {
 public:
  static constexpr size_t kMostAhead = 2048;

  // `source` is read by the thread from now on; its Open stays the caller's.
  explicit EntriesAhead(TreeSource& source)
      : thread_([this, &source](const std::stop_token& stop) { Fill(source, stop); }) {}

  // The next in order; empty: there is none now, or AtEnd(). Never waits.
  // Errors: the source's.
  Result<std::optional<WireEntry>> Next();
  bool AtEnd() const { return taken_.empty() && at_end_; }

 private:
  void Fill(TreeSource& source, const std::stop_token& stop);
  bool Add(Result<std::optional<WireEntry>> entry, const std::stop_token& stop);

  std::mutex mutex_;
  std::condition_variable_any room_;
  std::deque<WireEntry> ready_;  // guarded by mutex_
  std::optional<Status> ended_;  // guarded by mutex_; ok: all were read
  std::deque<WireEntry> taken_;  // of ready_, by the caller
  bool at_end_ = false;
  std::jthread thread_;  // last: it uses the others
};

}  // namespace curbstop
