// What an agent on a rented machine is told beyond the order that it has at home: the object `away`
// of order.json, and what comes by stdin beside the step's secrets.
//
// Format: docs/formats/agent-away.md.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/units.h"

namespace curbstop {

enum class EndWish { kDestroy, kSave };

struct AwayOrder {
  std::filesystem::path home = "/var/lib/curbstop";  // holds `end-machine` and `lease`
  EndWish at_end = EndWish::kDestroy;
  Millis lease_at_birth{0};     // what the birth script armed; 0: unknown
  Millis interval{0};           // wished between checkpoints; 0: the step's own
  Millis lease_margin{15'000};  // kept free between the last thing done and the lease's end
  Millis save_time{60'000};     // taken for saving until one save was measured
  Millis unconnected{60'000};   // how long a finished step waits for somebody who is away
  Millis end_pause{5'000};      // between two calls of `end-machine`
  bool accepted = false;        // home has just probed and rehearsed: `hello` need not
  int64_t attempts_before = 0;  // of the run, on other machines
  int64_t worker_starts = 5;    // in a row, none of which lived for a minute
  std::map<std::string, int64_t> checkpoint_work_ms;  // of those brought here before the start
  Json promise;                                       // what the offer said (agent/probe.h)
  Json record;  // what the step's endpoint begins with (agent/record_spool.h)
};

Json AwayJson(const AwayOrder& away);
// A missing member keeps its default.
AwayOrder AwayOf(const Json& json);

// Presigned addresses: whoever has one may write that object. They stay in memory.
struct AwaySecrets {
  std::vector<std::string> put_checkpoint;  // used in turn, so that one is always whole
  std::string put_out;
  std::string put_spools;
  bool HasPlace() const { return !put_spools.empty(); }
};

Json AwaySecretsJson(const AwaySecrets& secrets);
AwaySecrets AwaySecretsOf(const Json& json);

}  // namespace curbstop
