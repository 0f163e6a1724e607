// One thing that can be rented, with its price, source and date.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/result.h"
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

// Rows in the columns of `catalog/offers.csv`, in any order (`licence_note` may be absent).
// Errors: kInvalidInput with line and column name.
Result<std::vector<Offer>> ParseOffers(std::string_view csv);

// Takes out the rows whose spot price is above their on-demand price (such a row contradicts
// itself; in public price lists the on-demand figure then is a commitment's). Returns their number.
int64_t SetAsideContradictions(std::vector<Offer>& offers);

// Cheapest on demand first, without such a price last; equal ones keep their order. Whoever then
// goes through many offers by price reads memory in one direction.
void SortByPrice(std::vector<Offer>& offers);

// The dated snapshot that travels inside the program.
std::string_view BundledOffersCsv();

}  // namespace curbstop
