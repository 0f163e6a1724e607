// The market as `plan` and `offers` both see it: the bundled price list or a file, without the rows
// that are refused and those that are set aside.
#pragma once

#include <string>
#include <vector>

#include "face/cli/command.h"
#include "market/offers_file.h"
#include "market/sanity.h"

namespace curbstop {

struct MarketRows {
  std::vector<Offer> offers;
  std::vector<SetAsideOffer> set_aside;
  std::vector<std::string> refused;  // the first ones, with their lines
  int64_t refused_count = 0;
};

// `file`: a path; empty: the bundled list. How many rows are refused, and the first with its line,
// is told on stderr. Errors: the file cannot be read, or its columns are not those of a price list.
Result<MarketRows> ReadMarket(const std::string& file, CommandContext& context);

}  // namespace curbstop
