// What a step brings to a rented machine and home again, as far as it is known before it runs.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/units.h"
#include "market/link.h"
#include "market/tariff.h"

namespace curbstop {

struct MovedInput {
  std::string path;  // relative to the project root
  Bytes size;
};

struct StepMoves {
  Bytes code;                        // files of the project that go with it
  std::vector<MovedInput> inputs;    // that are there now
  std::vector<std::string> unknown;  // inputs that nobody made yet: "out/train/model"
  std::optional<Bytes> outputs;      // of its latest success; empty: it never had one
  std::optional<Bytes> checkpoint;   // its newest; empty: none was written yet
  std::optional<Millis> setup;       // as long as it took last; empty: unknown, or there is none
};

// What is known of moving data in general.
struct MoveFacts {
  std::map<std::string, Link> links;     // by provider; others: 100 Mbit/s, assumed
  const TariffTable* tariffs = nullptr;  // null: traffic is not priced

  const Link& LinkTo(const std::string& provider) const;
};

// Code and inputs.
Bytes UploadOf(const StepMoves& moves);

// What is asked for bringing that home from there; empty: no price is known.
std::optional<MicroUsd> TrafficOf(const MoveFacts& facts, const std::string& provider,
                                  const std::string& region, Bytes size);

}  // namespace curbstop
