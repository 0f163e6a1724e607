// What the practice cloud has on sale: rows of the dated price list, in play money.
//
// A practice second bills as a minute: every price by the hour or month that the market itself
// names is 60 times the list's. Clocks are never sped up. The way of a bid price is a pure function
// of market, host and time, so that a killed server finds the same market again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "market/spot_trace.h"

namespace curbstop {

inline constexpr int64_t kPracticeSpeed = 60;
inline constexpr int64_t kMarketTickMs = 2000;  // a bid price holds so long

enum class PracticeSkin { kVast, kRunpod };

struct PracticeHost {
  PracticeSkin skin = PracticeSkin::kVast;
  int64_t id = 0;
  std::string type;  // RunPod's id of the GPU; else empty
  std::string gpu;   // as this provider spells it
  std::string region;
  int64_t gpus = 1;
  int64_t gpu_memory_gb = 0;
  int64_t vcpus = 8;
  int64_t memory_gb = 32;
  int64_t machines = 1;  // that can be rented at once
  int64_t micro_usd_per_hour = 0;
  int64_t disk_micro_usd_per_gb_month = 0;
  bool is_bad = false;  // its machines never come up
};

// `bad_percent` of the hosts are bad, by `seed`. Errors: kCorrupt (the list inside the program).
Result<std::vector<PracticeHost>> PracticeHosts(int64_t seed, int64_t bad_percent);

// What moves the prices that bids must reach.
struct PracticeMarket {
  int64_t seed = 1;
  const SpotTrace* trace =
      nullptr;                // replayed, a tick of it in each of the market's; null: made up
  int64_t trace_from_ms = 0;  // its tick 0
  bool is_still = false;      // made up, and no price ever moves
};

// Above every bid that is taken: nobody gets the machine.
inline constexpr int64_t kNoBidWins = 1'000'000'000;

// What a bid must reach at that time: made up, between three and seven tenths of the list price,
// and a tenth above it while somebody has the host on demand; replayed, the list price times the
// share that spot had of on demand in the host's zone then, and `kNoBidWins` while that zone had no
// machine.
int64_t BidPriceAt(const PracticeMarket& market, const PracticeHost& host, int64_t at_ms);

// Hosts are spread over the trace's zones by their number.
const SpotZone& ZoneOf(const SpotTrace& trace, const PracticeHost& host);

// Spread evenly over 63 bits.
uint64_t PracticeHash(int64_t seed, int64_t a, int64_t b);

}  // namespace curbstop
