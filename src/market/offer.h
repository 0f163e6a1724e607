// One thing that can be rented, with its price, source and date.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/units.h"

namespace curbstop {

struct Offer {
  std::string provider;  // the driver's name: `vast`, `thunder`
  std::string region;
  std::string zone;
  std::string type;
  std::string gpu_name;             // of the accelerator catalogue; empty: CPU only
  double gpu_count = 0;             // may be a fraction
  std::optional<Bytes> gpu_memory;  // nominal, of one whole GPU
  std::optional<double> vcpus;
  std::optional<Bytes> memory;
  std::optional<MicroUsd> per_hour;  // on demand, for the whole row
  std::optional<MicroUsd> spot_per_hour;
  std::string source;
  std::string as_of;  // "2026-10-10"
};

// No row may cost more per hour: ten years at this price still fit MicroUsd.
inline constexpr MicroUsd kDearestOffer{1'000'000'000'000};

// A catalogue's name of a provider as everywhere else: `vastai` and `thundercompute` become `vast`
// and `thunder`.
std::string DriverNameOf(std::string_view provider);

}  // namespace curbstop
