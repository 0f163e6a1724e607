// Work that blocks on the network, each piece on a thread of its own. What came of it is taken by
// the thread that owns this; nothing is lost when that is slow.
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "run/supervisor/event.h"

namespace curbstop {

class Jobs {
 public:
  using Work = std::function<Event(const std::stop_token&)>;

  Jobs() = default;
  ~Jobs();  // asks all to stop and waits for them

  // The outcome's `effect` is `id`. Nothing where one of that id is under way or not yet taken.
  void Start(EffectId id, Work work);

  std::vector<Event> TakeDone();

 private:
  std::mutex mutex_;
  std::map<EffectId, std::jthread> running_;
  std::vector<Event> done_;  // guarded by mutex_
};

}  // namespace curbstop
