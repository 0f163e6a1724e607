#include "market/spot_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

SpotTrace Two(OneMeans one = OneMeans::kAvailable) {
  auto trace = ReadSpotAvailability("mine", "tick,a-1a_v100_1,b\n0,1,0\n1,1,0\n2,0,1\n", one, 60);
  EXPECT_TRUE(trace.ok()) << trace.error().Text();
  return *std::move(trace);
}

std::vector<bool> Available(const SpotTrace& trace, size_t zone) {
  std::vector<bool> available;
  for (int64_t tick = 0; tick < trace.ticks; ++tick)
    available.push_back(SpotAt(trace, trace.zones[zone], tick).is_available);
  return available;
}

std::vector<int64_t> Prices(const SpotTrace& trace, size_t zone) {
  std::vector<int64_t> prices;
  for (int64_t tick = 0; tick < trace.ticks; ++tick)
    prices.push_back(SpotAt(trace, trace.zones[zone], tick).per_hour.value());
  return prices;
}

std::string WrongAvailability(std::string_view csv, OneMeans one = OneMeans::kAvailable) {
  const auto trace = ReadSpotAvailability("mine", csv, one, 60);
  return trace.ok() ? "" : trace.error().Text();
}

std::string WrongPrices(std::string_view csv) {
  SpotTrace trace = Two();
  const Status read = ReadPrices(trace, SpotPriceKind::kSpot, csv);
  return read.ok() ? "" : read.error().Text();
}

TEST(SpotFiles, WhatOneMeansIsSaid) {
  EXPECT_THAT(Available(Two(), 0), ElementsAre(true, true, false));
  EXPECT_THAT(Available(Two(OneMeans::kPreempted), 0), ElementsAre(false, false, true));
}

TEST(SpotFiles, CountsOfMachinesAreReadWithAnyLabel) {
  const auto trace = ReadSpotAvailability("mine", "scheduled_at,z\n2025-10-03,16\n2025-10-04,0\n",
                                          OneMeans::kAvailable, 600);
  ASSERT_TRUE(trace.ok()) << trace.error().Text();
  EXPECT_THAT(Available(*trace, 0), ElementsAre(true, false));
}

TEST(SpotFiles, BadAvailabilityIsRefusedWithItsLine) {
  EXPECT_THAT(WrongAvailability("tick,a\n0,1\n2,1\n"), HasSubstr("line 3: tick `2`, expected 1"));
  EXPECT_THAT(WrongAvailability("tick,a\n0,1\n1,yes\n"), HasSubstr("line 3: `yes`"));
  EXPECT_THAT(WrongAvailability("tick,a\n0,-1\n"), HasSubstr("line 2"));
  EXPECT_THAT(WrongAvailability("tick,a\n0,2\n", OneMeans::kPreempted), HasSubstr("not 0 or 1"));
  EXPECT_THAT(WrongAvailability("tick,a\n0,1,1\n"), HasSubstr("line 2: 3 fields, expected 2"));
  EXPECT_THAT(WrongAvailability("tick,a,a\n0,1,1\n"), HasSubstr("named twice"));
  EXPECT_THAT(WrongAvailability("tick\n0\n"), HasSubstr("line 1"));
  EXPECT_THAT(WrongAvailability("tick,a\n"), HasSubstr("no ticks"));
  EXPECT_THAT(WrongAvailability(""), HasSubstr("empty"));
}

TEST(SpotFiles, PricesAreReadInThreeLayouts) {
  SpotTrace trace = Two();
  ASSERT_TRUE(
      ReadPrices(trace, SpotPriceKind::kSpot,
                 "zone,tick,usd_per_hour\na-1a_v100_1,0,1\na-1a_v100_1,1,1.5\nb,0,2\nx,0,9\n")
          .ok());
  EXPECT_THAT(Prices(trace, 0), ElementsAre(1'000'000, 1'500'000, 1'500'000));
  EXPECT_THAT(Available(trace, 0), ElementsAre(true, true, false));
  SpotTrace constant = Two();
  const std::string_view both =
      "zone,spot_usd_per_hour,on_demand_usd_per_hour\na-1a,0.5,3\nb,19.256383999999997,4\n";
  ASSERT_TRUE(ReadPrices(constant, SpotPriceKind::kSpot, both).ok());
  ASSERT_TRUE(ReadPrices(constant, SpotPriceKind::kOnDemand, both).ok());
  EXPECT_THAT(Prices(constant, 1), ElementsAre(19'256'384, 19'256'384, 19'256'384));
  EXPECT_EQ(constant.zones[0].on_demand_per_hour, MicroUsd(3'000'000));
  SpotTrace wide = Two();
  ASSERT_TRUE(ReadPrices(wide, SpotPriceKind::kSpot, "tick,b,a-1a\n0,2,1\n1,2,3\n2,2,3\n").ok());
  EXPECT_THAT(Prices(wide, 0), ElementsAre(1'000'000, 3'000'000, 3'000'000));
}

TEST(SpotFiles, BadPricesAreRefusedWithTheirLine) {
  const std::string points = "zone,tick,usd_per_hour\n";
  EXPECT_THAT(WrongPrices(points + "a-1a,0,nan\n"), HasSubstr("line 2: `nan` is no price"));
  EXPECT_THAT(WrongPrices(points + "a-1a,0,-1\n"), HasSubstr("line 2"));
  EXPECT_THAT(WrongPrices(points + "a-1a,0,1e308\n"), HasSubstr("line 2"));
  EXPECT_THAT(WrongPrices(points + "a-1a,1,1\n"), HasSubstr("line 2: tick `1`"));
  EXPECT_THAT(WrongPrices(points + "a-1a,0,1\na-1a,0,1\n"), HasSubstr("line 3"));
  EXPECT_THAT(WrongPrices(points + "a-1a,0,1\n"), HasSubstr("the zone `b` has no spot price"));
  EXPECT_THAT(WrongPrices("what,is,this\n"), HasSubstr("unknown columns"));
}

TEST(SpotFiles, PricesMayStandOnTheCommandLine) {
  SpotTrace trace = Two();
  ASSERT_TRUE(SetPrices(trace, SpotPriceKind::kOnDemand, "3.06").ok());
  EXPECT_EQ(trace.zones[1].on_demand_per_hour, MicroUsd(3'060'000));
  ASSERT_TRUE(SetPrices(trace, SpotPriceKind::kOnDemand, "b=4,a-1a=3").ok());
  EXPECT_EQ(trace.zones[1].on_demand_per_hour, MicroUsd(4'000'000));
  EXPECT_THAT(SetPrices(trace, SpotPriceKind::kSpot, "b=4").error().Text(),
              HasSubstr("`a-1a_v100_1`"));
  EXPECT_THAT(SetPrices(trace, SpotPriceKind::kSpot, "c=4").error().Text(),
              HasSubstr("no zone here"));
  EXPECT_THAT(SetPrices(trace, SpotPriceKind::kSpot, "0").error().Text(), HasSubstr("no price"));
}

TEST(SpotFiles, ZonesAreChosenByEitherName) {
  SpotTrace trace = Two();
  const std::vector<std::string> names = {"b", "a-1a"};
  ASSERT_TRUE(KeepZones(trace, names).ok());
  EXPECT_EQ(trace.zones[1].name, "a-1a_v100_1");
  const std::vector<std::string> unknown = {"a-1c"}, twice = {"b", "b"};
  EXPECT_THAT(KeepZones(trace, unknown).error().Text(), HasSubstr("no zone `a-1c`"));
  EXPECT_THAT(KeepZones(trace, twice).error().Text(), HasSubstr("named twice"));
}

}  // namespace
}  // namespace curbstop
