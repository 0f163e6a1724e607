#include "market/offer.h"

namespace curbstop {

std::string DriverNameOf(std::string_view provider) {
  if (provider == "vastai") return "vast";
  if (provider == "thundercompute") return "thunder";
  return std::string(provider);
}

}  // namespace curbstop
