// What the practice cloud has on sale: rows of the dated price list, in play money.
//
// A practice second bills as a minute: every price by the hour or month that the market itself
// names is 60 times the list's. Clocks are never sped up. The way of a bid price is a pure function
// of seed, host and time, so that a killed server finds the same market again.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"

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

// What a bid must reach at that time: between a quarter and one and a tenth of the list price.
int64_t BidPriceAt(int64_t seed, const PracticeHost& host, int64_t at_ms);

// Spread evenly over 63 bits.
uint64_t PracticeHash(int64_t seed, int64_t a, int64_t b);

}  // namespace curbstop
