#include "market/spot_files.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "base/csv.h"
#include "base/text.h"

namespace curbstop {
namespace {

constexpr int64_t kMostTicks = 10'000'000;
constexpr size_t kMostZones = 1000;
constexpr double kDearest = 1e6;  // USD per hour

using Fields = std::vector<std::string_view>;

Error AtLine(int line, std::string_view what) {
  return InvalidInput(fmt::format("line {}: {}", line, what));
}

std::string_view WithoutMachine(std::string_view zone) { return zone.substr(0, zone.find('_')); }

std::vector<std::string> NamesOf(const SpotTrace& trace) {
  std::vector<std::string> names;
  for (const SpotZone& zone : trace.zones) names.push_back(zone.name);
  return names;
}

SpotZone* FindZone(SpotTrace& trace, std::string_view name) {
  for (SpotZone& zone : trace.zones) {
    if (zone.name == name) return &zone;
  }
  for (SpotZone& zone : trace.zones) {
    if (WithoutMachine(zone.name) == WithoutMachine(name)) return &zone;
  }
  return nullptr;
}

std::optional<int64_t> WholeNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

std::optional<MicroUsd> Price(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || !std::isfinite(value) || value <= 0 || value > kDearest) return std::nullopt;
  const MicroUsd price(std::llround(value * 1e6));
  return price.value() > 0 ? std::optional(price) : std::nullopt;
}

Result<MicroUsd> PriceAt(std::string_view text, int line) {
  if (const auto price = Price(text)) return *price;
  return AtLine(line, fmt::format("`{}` is no price in USD per hour above 0", Printable(text)));
}

Result<Fields> Header(CsvReader& reader) {
  Fields header;
  TRY_ASSIGN(const bool any, reader.Next(header));
  if (!any) return InvalidInput("the file is empty");
  if (header.size() < 2 || header.size() > kMostZones + 1)
    return AtLine(1, fmt::format("a label and 1 to {} zones were expected, {} columns found",
                                 kMostZones, header.size()));
  return header;
}

// Each further record, which must be as wide as the header.
template <typename Take>
Status ForEachRow(CsvReader& reader, size_t width, Take take) {
  Fields fields;
  while (true) {
    TRY_ASSIGN(const bool more, reader.Next(fields));
    if (!more) return {};
    if (fields.size() != width)
      return AtLine(reader.line(), fmt::format("{} fields, expected {}", fields.size(), width));
    TRY(take(fields, reader.line()));
  }
}

Status CheckTick(const Fields& header, const Fields& fields, int64_t expected, int line) {
  if (expected >= kMostTicks) return AtLine(line, fmt::format("more than {} ticks", kMostTicks));
  if (header[0] != "tick" || WholeNumber(fields[0]) == expected) return {};
  return AtLine(line, fmt::format("tick `{}`, expected {}", Printable(fields[0]), expected));
}

Result<bool> AvailableIn(std::string_view field, OneMeans one, int line) {
  const auto count = WholeNumber(Trim(field));
  if (!count || (*count > 1 && one == OneMeans::kPreempted))
    return AtLine(line, fmt::format("`{}` is not {}", Printable(field),
                                    one == OneMeans::kPreempted ? "0 or 1" : "a count"));
  return (*count > 0) == (one == OneMeans::kAvailable);
}

void Append(SpotZone& zone, int64_t tick, bool available) {
  if (!zone.changes.empty() && zone.changes.back().is_available == available) return;
  zone.changes.push_back({.tick = tick, .is_available = available, .per_hour = {}});
}

struct PriceChange {
  int64_t tick = 0;
  MicroUsd per_hour;
};
using PriceChanges = std::vector<PriceChange>;

// Both series of changes as one.
void Merge(SpotZone& zone, const PriceChanges& prices) {
  std::vector<SpotChange> merged;
  size_t a = 0, p = 0;
  while (a < zone.changes.size() || p < prices.size()) {
    const int64_t next_a = a < zone.changes.size() ? zone.changes[a].tick : kMostTicks;
    const int64_t next_p = p < prices.size() ? prices[p].tick : kMostTicks;
    SpotChange change = merged.empty() ? SpotChange{} : merged.back();
    change.tick = std::min(next_a, next_p);
    if (next_a == change.tick) change.is_available = zone.changes[a++].is_available;
    if (next_p == change.tick) change.per_hour = prices[p++].per_hour;
    merged.push_back(change);
  }
  zone.changes = std::move(merged);
}

void Set(SpotZone& zone, SpotPriceKind kind, const PriceChanges& prices) {
  if (kind == SpotPriceKind::kOnDemand) {
    zone.on_demand_per_hour = prices.front().per_hour;
  } else {
    Merge(zone, prices);
  }
}

std::string_view NameOf(SpotPriceKind kind) {
  return kind == SpotPriceKind::kSpot ? "spot" : "on-demand";
}

Status SetAll(SpotTrace& trace, SpotPriceKind kind, std::span<const PriceChanges> prices) {
  for (size_t i = 0; i < trace.zones.size(); ++i) {
    if (prices[i].empty())
      return InvalidInput(
          fmt::format("the zone `{}` has no {} price", trace.zones[i].name, NameOf(kind)));
  }
  for (size_t i = 0; i < trace.zones.size(); ++i) Set(trace.zones[i], kind, prices[i]);
  return {};
}

using Series = std::vector<PriceChanges>;  // in the order of the trace's zones

// The series of a zone; nothing for zones that are not asked about.
PriceChanges* SeriesOf(SpotTrace& trace, Series& series, std::string_view name) {
  const SpotZone* zone = FindZone(trace, Trim(name));
  return zone == nullptr ? nullptr : &series[static_cast<size_t>(zone - trace.zones.data())];
}

Status ReadChangePoints(SpotTrace& trace, CsvReader& reader, Series& series) {
  return ForEachRow(reader, 3, [&](const Fields& fields, int line) -> Status {
    TRY_ASSIGN(const MicroUsd price, PriceAt(fields[2], line));
    PriceChanges* of_zone = SeriesOf(trace, series, fields[0]);
    const auto tick = WholeNumber(fields[1]);
    const bool in_order =
        of_zone == nullptr || (of_zone->empty() ? tick == 0 : tick > of_zone->back().tick);
    if (!tick || *tick >= kMostTicks || !in_order)
      return AtLine(line, fmt::format("tick `{}` is not later than the zone's one before "
                                      "(the first is 0)",
                                      Printable(fields[1])));
    if (of_zone != nullptr && *tick < trace.ticks) of_zone->push_back({*tick, price});
    return {};
  });
}

Status ReadConstants(SpotTrace& trace, SpotPriceKind kind, CsvReader& reader, Series& series) {
  return ForEachRow(reader, 3, [&](const Fields& fields, int line) -> Status {
    TRY_ASSIGN(const MicroUsd spot, PriceAt(fields[1], line));
    TRY_ASSIGN(const MicroUsd on_demand, PriceAt(fields[2], line));
    PriceChanges* of_zone = SeriesOf(trace, series, fields[0]);
    if (of_zone == nullptr) return {};
    if (!of_zone->empty())
      return AtLine(line, fmt::format("the zone `{}` has two rows", Printable(fields[0])));
    of_zone->push_back({0, kind == SpotPriceKind::kSpot ? spot : on_demand});
    return {};
  });
}

Status ReadWide(SpotTrace& trace, const Fields& header, CsvReader& reader, Series& series) {
  int64_t tick = 0;
  return ForEachRow(reader, header.size(), [&](const Fields& fields, int line) -> Status {
    TRY(CheckTick(header, fields, tick, line));
    for (size_t i = 1; i < fields.size(); ++i) {
      TRY_ASSIGN(const MicroUsd price, PriceAt(fields[i], line));
      PriceChanges* of_zone = SeriesOf(trace, series, header[i]);
      const bool news = of_zone != nullptr && tick < trace.ticks &&
                        (of_zone->empty() || of_zone->back().per_hour != price);
      if (news) of_zone->push_back({tick, price});
    }
    ++tick;
    return {};
  });
}

bool Is(const Fields& header, std::initializer_list<std::string_view> names) {
  return std::equal(header.begin(), header.end(), names.begin(), names.end());
}

}  // namespace

Result<SpotTrace> ReadSpotAvailability(std::string_view name, std::string_view csv, OneMeans one,
                                       int64_t tick_s) {
  SpotTrace trace{.name = std::string(name), .tick_s = tick_s};
  CsvReader reader(csv);
  TRY_ASSIGN(const Fields header, Header(reader));
  for (size_t i = 1; i < header.size(); ++i) {
    const std::string zone(Trim(header[i]));
    if (zone.empty() || std::ranges::count(NamesOf(trace), zone) > 0)
      return AtLine(1, fmt::format("column {}: the zone `{}` is {}", i + 1, Printable(zone),
                                   zone.empty() ? "not named" : "named twice"));
    trace.zones.push_back({.name = zone, .on_demand_per_hour = {}, .changes = {}});
  }
  const Status read =
      ForEachRow(reader, header.size(), [&](const Fields& fields, int line) -> Status {
        TRY(CheckTick(header, fields, trace.ticks, line));
        for (size_t i = 1; i < fields.size(); ++i) {
          TRY_ASSIGN(const bool available, AvailableIn(fields[i], one, line));
          Append(trace.zones[i - 1], trace.ticks, available);
        }
        ++trace.ticks;
        return {};
      });
  TRY(read);
  if (trace.ticks == 0) return InvalidInput("the file has a header and no ticks");
  return trace;
}

Status KeepZones(SpotTrace& trace, std::span<const std::string> names) {
  if (names.empty()) return {};
  std::vector<SpotZone> kept;
  for (const std::string& name : names) {
    const SpotZone* zone = FindZone(trace, name);
    if (zone == nullptr)
      return InvalidInput(fmt::format("the trace `{}` has no zone `{}`{}", Printable(trace.name),
                                      Printable(name), DidYouMean(name, NamesOf(trace))))
          .WithHint(fmt::format("its zones: {}", Printable(Join(NamesOf(trace), ", "))));
    const bool twice =
        std::ranges::any_of(kept, [&](const SpotZone& one) { return one.name == zone->name; });
    if (twice) return InvalidInput(fmt::format("the zone `{}` is named twice", Printable(name)));
    kept.push_back(*zone);
  }
  trace.zones = std::move(kept);
  return {};
}

Status ReadPrices(SpotTrace& trace, SpotPriceKind kind, std::string_view csv) {
  CsvReader reader(csv);
  TRY_ASSIGN(const Fields header, Header(reader));
  Series series(trace.zones.size());
  if (Is(header, {"zone", "tick", "usd_per_hour"})) {
    TRY(ReadChangePoints(trace, reader, series));
  } else if (Is(header, {"zone", "spot_usd_per_hour", "on_demand_usd_per_hour"})) {
    TRY(ReadConstants(trace, kind, reader, series));
  } else if (header[0] == "tick") {
    TRY(ReadWide(trace, header, reader, series));
  } else {
    return AtLine(1, "unknown columns")
        .WithHint(
            "`zone,tick,usd_per_hour`, `zone,spot_usd_per_hour,on_demand_usd_per_hour` or "
            "`tick,ZONE,…` are read");
  }
  return SetAll(trace, kind, series);
}

Status SetPrices(SpotTrace& trace, SpotPriceKind kind, std::string_view wish) {
  Series series(trace.zones.size());
  if (const auto price = Price(Trim(wish))) {
    for (PriceChanges& changes : series) changes.push_back({0, *price});
    return SetAll(trace, kind, series);
  }
  for (const std::string& part : Split(std::string(wish), ',')) {
    const size_t equals = part.find('=');
    const auto price = Price(equals == part.npos ? part : Trim(part.substr(equals + 1)));
    if (equals == part.npos || !price)
      return InvalidInput(
          fmt::format("`{}` is no price above 0, no `ZONE=USD` and no CSV file", Printable(part)));
    PriceChanges* of_zone = SeriesOf(trace, series, part.substr(0, equals));
    if (of_zone == nullptr)
      return InvalidInput(fmt::format("`{}` is no zone here{}", Printable(part.substr(0, equals)),
                                      DidYouMean(part.substr(0, equals), NamesOf(trace))));
    of_zone->assign(1, {0, *price});
  }
  return SetAll(trace, kind, series);
}

}  // namespace curbstop
