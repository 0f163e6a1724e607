// A price list, read from CSV in the columns of catalog/offers.csv, in any order; `licence_note`
// may be absent.
//
// Lists come from anywhere. What is wrong with one row (a negative price, `nan`, `1e308`, an open
// quote, bytes that are no text, another currency, a date in the future, a key that stands there
// already) refuses that row, with its line and column, and no other. Memory is bounded: at most
// kMostOffers rows are kept, kMostRefusedTold refusals told, and no line read beyond kLongestOffer.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "market/offer.h"

namespace curbstop {

inline constexpr size_t kMostOffers = 1'000'000;
inline constexpr size_t kMostRefusedTold = 100;
inline constexpr size_t kLongestOffer = 4096;                      // bytes of a row
inline constexpr int64_t kLargestOffersFile = int64_t{256} << 20;  // bytes, for whoever reads it

struct OffersFile {
  std::vector<Offer> offers;
  std::vector<uint32_t> lines;       // of each offer, where its row begins
  std::vector<std::string> refused;  // the first: "line 2, column `price_usd_per_hour`: `-1` is …"
  int64_t refused_count = 0;
};

// `latest`: a date ("2026-11-30") after which no row may be dated; empty: any may be.
// Errors: kInvalidInput with the line, if the columns are not those of an offers file.
Result<OffersFile> ReadOffers(std::string_view csv, std::string_view latest);

// When the bundled list was put together; each price has a date of its own.
inline constexpr std::string_view kBundledOffersDate = "2026-11-22";

// The dated snapshot that travels inside the program.
std::string_view BundledOffersCsv();

}  // namespace curbstop
