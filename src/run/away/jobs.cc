#include "run/away/jobs.h"

#include <utility>

namespace curbstop {

Jobs::~Jobs() {
  for (auto& [id, thread] : running_) thread.request_stop();
  running_.clear();  // waits: they still use the other members
}

void Jobs::Start(EffectId id, Work work) {
  if (running_.contains(id)) return;
  running_.emplace(id, [this, id, work = std::move(work)](const std::stop_token& stop) {
    Event outcome = work(stop);
    outcome.effect = id;
    const std::scoped_lock lock(mutex_);
    done_.push_back(std::move(outcome));
  });
}

std::vector<Event> Jobs::TakeDone() {
  std::vector<Event> done;
  {
    const std::scoped_lock lock(mutex_);
    done = std::exchange(done_, {});
  }
  for (const Event& event : done) running_.erase(event.effect);
  return done;
}

}  // namespace curbstop
