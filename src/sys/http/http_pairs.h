// Names and values as HTTP has them: repeated names stay repeated, in order.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace curbstop {

using HttpPairs = std::vector<std::pair<std::string, std::string>>;

}  // namespace curbstop
