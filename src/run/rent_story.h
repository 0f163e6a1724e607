// What the renting of one run came to, told from its events: work that went with a machine, and
// what bidding saved in the end. Fed with the events of the run, in order. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/money.h"
#include "run/supervisor/event.h"

namespace curbstop {

class RentStory {
 public:
  // What this event adds, a line for people; mostly empty.
  std::string Add(const Event& event);

  // Once it is over, where it bid: "effective saving 41 %, the list said 50 %"; else empty. What
  // was paid (`spent`) is held against one machine on demand, at the price of the last offer, that
  // is never taken away: the same boot and end, and the work without what was lost.
  std::string Saving(MicroUsd spent) const;

 private:
  struct Machine {
    int64_t decided_ms = 0;
    int64_t running_ms = -1;  // the attempt on it began; -1: none runs
    int64_t safe_ms = 0;      // its newest safe work was written, or the attempt began
    int64_t cut_ms = -1;      // the connection to it ended; -1: it stands
    int64_t started_ms = -1;  // its first attempt
    int64_t ended_ms = -1;    // its last attempt
    bool told_paused = false;
    std::map<std::string, int64_t> written;  // checkpoints, and when each was complete
  };

  void Hear(const Json& said);
  void Safe(const std::string& name);
  std::string Lost();
  std::string Decided(const Event& event);
  std::string Looked(const Event& event);

  // In boot time of this computer, milliseconds.
  int64_t now_ms_ = 0;
  Machine machine_;   // the latest
  std::string safe_;  // the newest checkpoint that survives
  int64_t worked_ms_ = 0;
  int64_t lost_ms_ = 0;  // of it
  bool parked_ = false;
  bool bids_ = false;
  MicroUsd per_hour_;            // as agreed on
  MicroUsd on_demand_per_hour_;  // of the same offer
};

}  // namespace curbstop
