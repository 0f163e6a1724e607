#include "market/spot_trace.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kZones =
    "trace,zone,tick_s,ticks,on_demand_usd_per_hour\nt,a,60,10,3\nother,z,60,10,1\nt,b,60,10,4\n";
constexpr std::string_view kColumns = "zone,tick,available,spot_usd_per_hour\n";

std::string File(std::string_view changes) { return fmt::format("{}{}", kColumns, changes); }

std::string WrongIn(std::string_view changes) {
  const auto trace = ParseSpotTrace("t", kZones, File(changes));
  return trace.ok() ? "" : trace.error().Text();
}

TEST(SpotTrace, HoldsFromAChangeToTheNextAndBeginsAgain) {
  const auto trace =
      ParseSpotTrace("t", kZones, File("a,0,1,0.9\nb,0,0,1\na,4,0,0.9\na,5,1,1.25\n"));
  ASSERT_TRUE(trace.ok()) << trace.error().Text();
  ASSERT_EQ(trace->zones.size(), 2u);
  const SpotZone& a = trace->zones[0];
  std::vector<bool> available;
  for (const int64_t tick : {0, 3, 4, 5, 9, 10, 14}) {
    available.push_back(SpotAt(*trace, a, tick).is_available);
  }
  EXPECT_THAT(available, ElementsAre(true, true, false, true, true, true, false));
  EXPECT_EQ(SpotAt(*trace, a, 9).per_hour, MicroUsd(1'250'000));
  EXPECT_EQ(trace->zones[1].on_demand_per_hour, MicroUsd(4'000'000));
}

TEST(SpotTrace, WhatIsWrongIsToldWithItsLine) {
  EXPECT_THAT(WrongIn("a,1,1,1\nb,0,1,1\n"), HasSubstr("line 2: `1` is not a later tick"));
  EXPECT_THAT(WrongIn("a,0,1,1\na,0,1,1\n"), HasSubstr("line 3"));
  EXPECT_THAT(WrongIn("a,0,1,1\na,10,1,1\n"), HasSubstr("line 3"));
  EXPECT_THAT(WrongIn("a,0,2,1\n"), HasSubstr("`2` is not 0 or 1"));
  EXPECT_THAT(WrongIn("a,0,1,0\n"), HasSubstr("`0` is not a price"));
  EXPECT_THAT(WrongIn("z,0,1,1\n"), HasSubstr("`z` is not a zone"));
  EXPECT_THAT(WrongIn("a,0,1\n"), HasSubstr("3 fields"));
  EXPECT_THAT(WrongIn("a,0,1,1\n"), HasSubstr("nothing is known of the zone `b`"));
  EXPECT_THAT(ParseSpotTrace("t", kZones, "").error().Text(), HasSubstr("expected the columns"));
  EXPECT_THAT(BundledSpotTrace("aws").error().Text(), HasSubstr("aws-v100-2023-02"));
}

// The figures of the source: catalog/README.md.
TEST(SpotTrace, TheBundledOnesAreThoseOfTheSource) {
  const SpotTrace& v100 = **BundledSpotTrace("aws-v100-2023-02");
  EXPECT_EQ(v100.zones.size(), 9u);
  EXPECT_EQ(v100.ticks * v100.tick_s / 3600, 1091);  // 1091.9 h
  EXPECT_EQ(v100.zones[0].name, "us-east-1a");
  EXPECT_FALSE(SpotAt(v100, v100.zones[0], 0).is_available);
  EXPECT_EQ(SpotAt(v100, v100.zones[0], 172).per_hour, MicroUsd(1'672'900));
  const SpotTrace& h100 = **BundledSpotTrace("gcp-h100-2025-10");
  EXPECT_EQ(h100.zones.size(), 13u);
  // 1834 of 2114 rounds had one in asia-south2-b until its first gap; us-east5-a began without.
  EXPECT_TRUE(SpotAt(h100, h100.zones[0], 1833).is_available);
  EXPECT_FALSE(SpotAt(h100, h100.zones[0], 1834).is_available);
  EXPECT_FALSE(SpotAt(h100, h100.zones[10], 0).is_available);
}

}  // namespace
}  // namespace curbstop
