#include "market/spot_trace.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include <fmt/format.h>

#include "base/check.h"
#include "base/csv.h"
#include "base/embedded.h"
#include "base/text.h"

namespace curbstop {
namespace {

CURBSTOP_EMBEDDED(spot_zones_csv, EmbeddedZones)
CURBSTOP_EMBEDDED(spot_aws_v100_csv, EmbeddedAwsV100)
CURBSTOP_EMBEDDED(spot_gcp_h100_csv, EmbeddedGcpH100)

struct Bundled {
  std::string_view name;
  std::string_view (*csv)();
  std::string_view short_name;
};
constexpr std::array kBundled = {Bundled{"aws-v100-2023-02", EmbeddedAwsV100, "v100"},
                                 Bundled{"gcp-h100-2025-10", EmbeddedGcpH100, "h100"}};

constexpr std::string_view kZoneColumns = "trace,zone,tick_s,ticks,on_demand_usd_per_hour";
constexpr std::string_view kChangeColumns = "zone,tick,available,spot_usd_per_hour";
constexpr int64_t kMostTicks = 10'000'000;

using Fields = CsvFields;

Error Wrong(int line, std::string_view field, std::string_view expected) {
  return InvalidInput(fmt::format("line {}: `{}` is not {}", line, Printable(field), expected));
}

Result<int64_t> ReadCount(std::string_view field, int line, int64_t least) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
  const bool whole = error == std::errc() && end == field.data() + field.size();
  if (!whole || value < least || value > kMostTicks) return Wrong(line, field, "a count");
  return value;
}

Result<MicroUsd> ReadPrice(std::string_view field, int line) {
  const Result<MicroUsd> price = ParseUsd(field);
  if (!price.ok() || price->value() <= 0) return Wrong(line, field, "a price in USD per hour");
  return *price;
}

std::string_view FullName(std::string_view name) {
  for (const Bundled& bundled : kBundled) {
    if (bundled.short_name == name) return bundled.name;
  }
  return name;
}

Status TakeZone(SpotTrace& trace, const Fields& fields, int line) {
  if (fields[0] != trace.name) return {};
  TRY_ASSIGN(trace.tick_s, ReadCount(fields[2], line, 1));
  TRY_ASSIGN(trace.ticks, ReadCount(fields[3], line, 1));
  TRY_ASSIGN(const MicroUsd on_demand, ReadPrice(fields[4], line));
  trace.zones.push_back(
      {.name = std::string(fields[1]), .on_demand_per_hour = on_demand, .changes = {}});
  return {};
}

Status TakeChange(SpotTrace& trace, const Fields& fields, int line) {
  const auto zone = std::find_if(trace.zones.begin(), trace.zones.end(),
                                 [&](const SpotZone& known) { return known.name == fields[0]; });
  if (zone == trace.zones.end()) return Wrong(line, fields[0], "a zone of this trace");
  TRY_ASSIGN(const int64_t tick, ReadCount(fields[1], line, 0));
  TRY_ASSIGN(const MicroUsd price, ReadPrice(fields[3], line));
  if (fields[2] != "0" && fields[2] != "1") return Wrong(line, fields[2], "0 or 1");
  const bool in_order =
      zone->changes.empty() ? tick == 0 : tick > zone->changes.back().tick && tick < trace.ticks;
  if (!in_order) return Wrong(line, fields[1], "a later tick (the first is 0)");
  zone->changes.push_back({.tick = tick, .is_available = fields[2] == "1", .per_hour = price});
  return {};
}

}  // namespace

const SpotChange& SpotAt(const SpotTrace& trace, const SpotZone& zone, int64_t tick) {
  CHECK(tick >= 0 && !zone.changes.empty());
  const auto next =
      std::upper_bound(zone.changes.begin(), zone.changes.end(), tick % trace.ticks,
                       [](int64_t at, const SpotChange& change) { return at < change.tick; });
  return *std::prev(next);
}

Result<SpotTrace> ParseSpotTrace(std::string_view name, std::string_view zones,
                                 std::string_view changes) {
  SpotTrace trace{.name = std::string(name)};
  TRY(ForEachRecord(zones, kZoneColumns,
                    [&](const Fields& fields, int line) { return TakeZone(trace, fields, line); }));
  TRY(ForEachRecord(changes, kChangeColumns, [&](const Fields& fields, int line) {
    return TakeChange(trace, fields, line);
  }));
  if (trace.zones.empty())
    return InvalidInput(fmt::format("no zone of the trace `{}` is named", name));
  for (const SpotZone& zone : trace.zones) {
    if (zone.changes.empty())
      return InvalidInput(fmt::format("nothing is known of the zone `{}`", zone.name));
  }
  return trace;
}

std::vector<std::string> SpotTraceNames() {
  std::vector<std::string> names;
  for (const Bundled& bundled : kBundled) names.emplace_back(bundled.name);
  return names;
}

Result<std::string_view> BundledSpotTraceCsv(std::string_view name) {
  name = FullName(name);
  for (const Bundled& bundled : kBundled) {
    if (bundled.name == name) return bundled.csv();
  }
  return InvalidInput(fmt::format("there is no trace `{}`{}", Printable(name),
                                  DidYouMean(name, SpotTraceNames())))
      .WithHint(fmt::format("traces: {}", Join(SpotTraceNames(), ", ")));
}

std::string_view BundledSpotZonesCsv() { return EmbeddedZones(); }

Result<const SpotTrace*> BundledSpotTrace(std::string_view name) {
  static const std::map<std::string, Result<SpotTrace>, std::less<>> kTraces = [] {
    std::map<std::string, Result<SpotTrace>, std::less<>> traces;
    for (const Bundled& bundled : kBundled)
      traces.emplace(bundled.name, ParseSpotTrace(bundled.name, EmbeddedZones(), bundled.csv()));
    return traces;
  }();
  const auto found = kTraces.find(FullName(name));
  if (found == kTraces.end()) return BundledSpotTraceCsv(name).error();
  if (!found->second.ok()) return found->second.error();
  return &*found->second;
}

}  // namespace curbstop
