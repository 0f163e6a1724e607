// Where a step may run: `auto | local | cloud | PROVIDER[/REGION[/TYPE]] | practice:PROVIDER |
// ssh:HOST`. One grammar for `where:` and `--on`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

enum class PlaceKind { kAuto, kLocal, kCloud, kProvider, kPractice, kSsh };

struct Place {
  PlaceKind kind = PlaceKind::kAuto;
  std::string provider = {};  // kProvider, kPractice
  std::string region = {};
  std::string type = {};
  std::string host = {};  // kSsh
};

// Errors: kInvalidInput with the list of places and "did you mean".
Result<Place> ParsePlace(std::string_view text);
std::string PlaceText(const Place& place);

// Drivers' names (`vast`, `runpod`, …). Whether a driver exists yet is `market`'s knowledge.
const std::vector<std::string>& KnownProviders();

// Whether a place or a provider, as text, is the practice cloud's: play money.
bool IsPractice(std::string_view place);

}  // namespace curbstop
