// The practice cloud's server: brings requests on loopback to the state machine, and keeps its
// state on disk before it answers. Killed and started again, it goes on as if it had only been
// slow.
#pragma once

#include <memory>
#include <stop_token>

#include "base/result.h"
#include "cloud/practice/machines/machine_keeper.h"
#include "cloud/practice/practice_home.h"
#include "sys/clock.h"
#include "sys/file_store.h"

namespace curbstop {

struct PracticePlaces {
  PlaceChoice choice;
  MachinePlaces* machines = nullptr;  // null: machines exist in the state alone
};

class PracticeServer {
 public:
  virtual ~PracticeServer() = default;

  // Serves the state that `home` holds, on its port where that is free. `clock` and `files` outlive
  // it. Errors: kConflict (another one serves it), kNotFound, kCorrupt, kExhausted.
  static Result<std::unique_ptr<PracticeServer>> Start(const PracticeHome& home, FileStore& files,
                                                       Clock& clock, PracticePlaces places = {});

  // Until a stop is asked for, or nothing was rented for `settings.idle_ms`. Machines live on.
  virtual Status Run(std::stop_token stop) = 0;

  virtual int port() const = 0;
};

}  // namespace curbstop
