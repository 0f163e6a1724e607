#include "store/internal/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace curbstop {
namespace {

class Shared {
 public:
  Shared(size_t count, size_t grain, const std::function<Status(size_t)>& work)
      : count_(count), grain_(grain), work_(work) {}

  void Work() {
    for (;;) {
      const size_t start = next_.fetch_add(grain_);
      if (start >= count_ || failed_) return;
      for (size_t i = start; i < std::min(count_, start + grain_); ++i) {
        if (Status done = Try(i); !done.ok()) return Keep(i, std::move(done).error());
      }
    }
  }

  Status Outcome() {
    if (error_) return *std::move(error_);
    return {};
  }

 private:
  Status Try(size_t i) {
    try {
      return work_(i);
    } catch (const std::exception& error) {
      return Internal(error.what());
    }
  }

  void Keep(size_t i, Error error) {
    const std::lock_guard lock(mutex_);
    failed_ = true;
    if (error_ && error_at_ < i) return;
    error_ = std::move(error);
    error_at_ = i;
  }

  const size_t count_;
  const size_t grain_;
  const std::function<Status(size_t)>& work_;
  std::atomic<size_t> next_{0};
  std::atomic<bool> failed_{false};
  std::mutex mutex_;
  std::optional<Error> error_;
  size_t error_at_ = 0;
};

}  // namespace

Status ForEachParallel(size_t count, size_t grain, const std::function<Status(size_t)>& work) {
  Shared shared(count, grain, work);
  const size_t cores = std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 8);
  const size_t helpers = std::min(cores, (count + grain - 1) / grain);
  std::vector<std::jthread> threads;
  for (size_t i = 1; i < helpers; ++i) threads.emplace_back([&shared] { shared.Work(); });
  shared.Work();
  threads.clear();  // joins
  return shared.Outcome();
}

}  // namespace curbstop
