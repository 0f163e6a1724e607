// The hands of a supervisor whose run lives on rented machines: performs its effects by provider
// and SSH, each on a thread of its own, and brings what comes of them, what the agent says, and
// whether it can be heard.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "run/agent/order.h"
#include "run/away/agent_link.h"
#include "run/away/jobs.h"
#include "run/away/renter.h"
#include "run/supervisor/event.h"
#include "run/supervisor/state.h"
#include "sys/clock.h"
#include "sys/directories.h"
#include "sys/file_store.h"
#include "sys/http/http_client.h"
#include "sys/process.h"
#include "sys/random_bytes.h"
#include "sys/secrets.h"

namespace curbstop {

// The outside world's pieces; they outlive the hands.
struct AwayOutside {
  const Directories& directories;
  Clock& clock;
  FileStore& files;
  ProcessRunner& processes;
  Random& random;
  std::filesystem::path agent;  // folder with curbstop-agent, one file for each architecture
};

class AwayHands {
 public:
  // Errors: kDenied (no key of that account), kNotFound, kCorrupt (what the run wanted).
  // `work.wish` is read from the run's folder.
  static Result<std::unique_ptr<AwayHands>> Open(LinkWork work, const AwayOutside& outside);
  ~AwayHands();

  static bool Performs(EffectKind kind);
  bool IsUnderWay(EffectId effect) const;

  // Its outcome comes later. `money` is for kDecide.
  void Begin(const Effect& effect, const RunState& state, RentMoney money);

  // What marks of other journals hold on the account, as far as is known.
  MicroUsd HeldByOthers() const;

  // Holds the link to the machine that the step runs on by now.
  void Follow(const RunState& state);

  // In the order in which they came; clocks are the caller's to fill in (renter.h).
  std::vector<Event> Take();

 private:
  class Impl;
  explicit AwayHands(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace curbstop
