// The practice cloud's one state: its machines, its faults, its account. A value: the whole of it
// is written to disk after every change, so that killing the server loses no machine.
//
// Times: wall clock of this computer, in ms; -1: has not happened. Money: micro-dollars.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/field_codecs.h"
#include "base/fields.h"
#include "cloud/practice/practice_market.h"

namespace curbstop {

// What a fault hits: a kind of request, or (kTime) the oldest machine that still exists.
enum class FaultOn { kAny, kSearch, kCreate, kList, kGet, kDestroy, kPause, kLabel, kTime };
std::span<const EnumName<FaultOn>> NamesFor(FaultOn);

enum class FaultDo {
  kTooMany,     // 429, nothing is done
  kError,       // 500, nothing is done
  kLoseAnswer,  // it is done, and 504 is all that comes back
  kNoStock,     // create: as if somebody else had been faster
  kRefuseMade,  // create: an error that names a machine which exists, stopped, and bills its disk
  kBadHost,     // create: the machine never comes up
  kHide,        // list: the newest machine is not shown
  kOutbid,      // time: paused without notice; resumes by itself after `for_s`
  kVanish,      // time: gone without a word, as when a host dies for good
  kOffline,     // time: the host is out of reach for `for_s`, and does not bill
  kLoseGpu,     // time: paused; started again it has no GPU
};
std::span<const EnumName<FaultDo>> NamesFor(FaultDo);

// One line of a fault script (docs/formats/practice.md).
struct PracticeFault {
  FaultOn on = FaultOn::kTime;
  FaultDo action = FaultDo::kError;
  int64_t skip = 0;   // requests of that kind that pass first
  int64_t times = 1;  // then so many are hit
  int64_t at_s = 0;   // kTime: after the start of the script
  int64_t for_s = 10;
};
const FieldTable<PracticeFault>& FieldsOf(const PracticeFault*);

struct FaultScript {
  std::vector<PracticeFault> faults;
};
const FieldTable<FaultScript>& FieldsOf(const FaultScript*);

// How the cloud behaves; the defaults are those of `practice start`.
struct PracticeSettings {
  int64_t seed = 1;
  int64_t boot_ms = 1500;      // half to one and a half of it, by host
  int64_t list_lag_ms = 1000;  // new machines are listed, ended ones unlisted so much later
  int64_t end_ms = 500;        // from an accepted end until it has taken effect
  int64_t bad_percent = 3;
  bool self_end_works = true;  // an account may forbid that machines end themselves
  int64_t idle_ms = 0;         // the server ends so long after its last machine; 0: never
  int64_t disk_mb = 0;         // no machine's disk holds more, whatever it asked for; 0: as asked
  std::string trace;           // the market's bid prices are replayed from it; empty: made up
  bool is_still = false;       // made up, they do not move: nobody is outbid but by a fault
  bool keeps_pace = true;      // calls faster than the provider allows are answered 429
};
const FieldTable<PracticeSettings>& FieldsOf(const PracticeSettings*);

enum class PracticeLife { kBooting, kRunning, kPaused, kStopped, kBroken, kOffline, kGone };
std::span<const EnumName<PracticeLife>> NamesFor(PracticeLife);

// An environment variable that its create request asked for.
struct PracticeVariable {
  std::string name;
  std::string value;
};
const FieldTable<PracticeVariable>& FieldsOf(const PracticeVariable*);

struct PracticeMachine {
  int64_t id = 0;
  int64_t host = 0;
  std::string name;
  std::string image;
  std::string birth;  // what its create request wants run at each boot, by a shell
  std::vector<PracticeVariable> environment;
  std::string key;  // good for this machine alone
  PracticeLife life = PracticeLife::kBooting;
  int64_t gpus = 1;
  int64_t disk_gb = 10;
  int64_t bid = 0;  // 0: on demand
  int64_t micro_usd_per_hour = 0;
  int64_t made_ms = 0;
  int64_t ready_ms = -1;  // when it will be, or was, up
  int64_t until_ms = -1;  // a fault holds it until then
  int64_t ends_ms = -1;   // an accepted end takes effect
  int64_t gone_ms = -1;
  bool lost_gpu = false;
  bool bill_disk_only = false;  // refused, yet made
  bool has_ssh = false;         // asked for
  int64_t ssh_port = 0;         // of this computer, the same over all its boots; 0: none yet
  int64_t boots = 0;            // how often it came up

  // The meter (practice_meter.h): what is settled, and since when the present span runs.
  int64_t ran_s = 0;
  int64_t held_s = 0;  // the disk of a machine that does not run
  int64_t span_from_ms = 0;

  bool Exists() const { return life != PracticeLife::kGone; }
};
const FieldTable<PracticeMachine>& FieldsOf(const PracticeMachine*);

struct PracticeState {
  int64_t version = 1;
  PracticeSettings settings;
  std::string key;     // of the account, for both skins
  int64_t port = 0;    // kept over restarts: machines call back there
  int64_t now_ms = 0;  // up to here all has been worked out
  int64_t script_from_ms = 0;
  int64_t market_from_ms = 0;  // tick 0 of the replayed trace
  int64_t next_id = 1'234'568;
  int64_t settled_micro_usd = 0;  // of machines that were taken off the books
  std::vector<PracticeFault> faults;
  std::vector<PracticeMachine> machines;  // oldest first; ended ones stay for a while
};
const FieldTable<PracticeState>& FieldsOf(const PracticeState*);

}  // namespace curbstop
