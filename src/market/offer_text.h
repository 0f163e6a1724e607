// What an offer is called in a table: hardware, place, price.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/money.h"
#include "base/units.h"
#include "market/offer.h"

namespace curbstop {

// Four decimals, rounded up: list prices differ in the fourth.
std::string RateText(MicroUsd rate);

// Beginning and end of what is too long, "…" between them.
std::string Shortened(const std::string& text, size_t most);

// "provider/region/type" in at most so many columns: the region gives way first.
std::string ShortPlace(const std::string& place, size_t most);

// "8 CPU, 32 GiB", without what is not known.
std::string CpuText(std::optional<double> cpus, std::optional<Bytes> memory);

// "RTX-4090", "2x A10"; without a GPU as CpuText.
std::string HardwareText(const Offer& offer);

// A table's column of places, by its head.
inline constexpr std::string_view kPlaceColumn = "where";

// Shortens the places of a table (its first row is the head) until a line has at most 100 columns;
// "+3" stays at their end.
void FitPlaces(std::vector<std::vector<std::string>>& table);

}  // namespace curbstop
