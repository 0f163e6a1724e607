#include <string_view>
#include <utility>

#include "machine/internal/parse_cpu.h"

namespace curbstop {
namespace {

// Thermal design power in watts: Intel's "Processor Base Power" or TDP (ark.intel.com), AMD's
// "Default TDP" (amd.com), as published by the makers.
// The draw under full load can be twice as high for some (Intel K models): a power limit read from
// RAPL goes first.
constexpr std::pair<std::string_view, int64_t> kTdpWatts[] = {
    {"i9-14900K", 125},       {"i7-14700K", 125},       {"i5-14600K", 125},
    {"i9-13900K", 125},       {"i7-13700K", 125},       {"i5-13600K", 125},
    {"i9-12900K", 125},       {"i7-12700K", 125},       {"i5-12600K", 125},
    {"i9-11900K", 125},       {"i7-11700K", 125},       {"i5-11600K", 125},
    {"i9-10900K", 125},       {"i7-10700K", 125},       {"i5-10600K", 125},
    {"i9-9900K", 95},         {"i7-9700K", 95},         {"i5-9600K", 95},
    {"i7-8700K", 95},         {"i5-8600K", 95},         {"i7-7700K", 91},
    {"i7-6700K", 91},         {"i9-14900", 65},         {"i7-14700", 65},
    {"i5-14400", 65},         {"i9-13900", 65},         {"i7-13700", 65},
    {"i5-13400", 65},         {"i9-12900", 65},         {"i7-12700", 65},
    {"i5-12400", 65},         {"i3-12100", 60},         {"i7-11700", 65},
    {"i5-11400", 65},         {"i7-10700", 65},         {"i5-10400", 65},
    {"i7-9700", 65},          {"i5-9400", 65},          {"i7-8700", 65},
    {"i5-8400", 65},          {"Ryzen 9 9950X", 170},   {"Ryzen 9 9900X", 120},
    {"Ryzen 7 9800X3D", 120}, {"Ryzen 7 9700X", 65},    {"Ryzen 5 9600X", 65},
    {"Ryzen 9 7950X3D", 120}, {"Ryzen 9 7950X", 170},   {"Ryzen 9 7900X", 170},
    {"Ryzen 7 7800X3D", 120}, {"Ryzen 7 7700X", 105},   {"Ryzen 7 7700", 65},
    {"Ryzen 5 7600X", 105},   {"Ryzen 5 7600", 65},     {"Ryzen 9 5950X", 105},
    {"Ryzen 9 5900X", 105},   {"Ryzen 7 5800X", 105},   {"Ryzen 7 5700X", 65},
    {"Ryzen 7 5700G", 65},    {"Ryzen 7 5800X3D", 105}, {"Ryzen 5 5600X", 65},
    {"Ryzen 5 5600G", 65},    {"Ryzen 5 5600", 65},     {"Ryzen 9 3950X", 105},
    {"Ryzen 9 3900X", 105},   {"Ryzen 7 3700X", 65},    {"Ryzen 5 3600", 65},
    {"Ryzen 7 2700X", 105},   {"Ryzen 5 2600", 65},     {"Ryzen 7 1700", 65}};

}  // namespace

std::optional<int64_t> LookUpCpuTdp(std::string_view model) {
  for (const auto& [name, watts] : kTdpWatts) {
    const size_t at = model.find(name);
    if (at == model.npos) continue;
    std::string_view suffix = model.substr(at + name.size());
    suffix = suffix.substr(0, suffix.find(' '));
    // "F" lacks the graphics only; any other suffix (HX, KS, X3D) is another power class.
    if (suffix.empty() || suffix == "F") return watts;
  }
  return std::nullopt;
}

}  // namespace curbstop
