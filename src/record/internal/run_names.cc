#include "record/internal/run_names.h"

#include <array>
#include <string_view>

#include <fmt/format.h>

namespace curbstop {
namespace {

constexpr std::array<std::string_view, 24> kAdjectives = {
    "amber", "brisk", "calm",  "clear", "copper", "crisp", "deep",   "dry",
    "even",  "fine",  "firm",  "fresh", "gentle", "green", "level",  "mellow",
    "quiet", "rapid", "round", "sharp", "smooth", "solid", "steady", "tidy"};

constexpr std::array<std::string_view, 24> kNouns = {
    "basin", "boiler", "brook", "canal",  "cistern", "creek", "drain", "elbow",
    "ferry", "flange", "float", "gauge",  "gasket",  "main",  "meter", "otter",
    "pipe",  "pump",   "river", "sluice", "spring",  "tap",   "valve", "weir"};

}  // namespace

std::string RunNameFrom(uint64_t seed) {
  const uint64_t number = seed % 1000;
  seed /= 1000;
  const std::string_view adjective = kAdjectives[seed % kAdjectives.size()];
  seed /= kAdjectives.size();
  return fmt::format("{}-{}-{}", adjective, kNouns[seed % kNouns.size()], number);
}

}  // namespace curbstop
