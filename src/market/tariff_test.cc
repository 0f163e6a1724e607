#include "market/tariff.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "market/billing.h"
#include "market/keep.h"

namespace curbstop {
namespace {

using testing::HasSubstr;

constexpr Millis kMonth = std::chrono::hours(720);
constexpr Millis kHour = std::chrono::hours(1);

Bytes Gb(int64_t n) { return {n * 1'000'000'000}; }

// Micro-dollars, or -1 where no price is known.
int64_t Holding(std::string_view provider, std::string_view region, ChargeKind kind, Bytes size,
                Millis time, std::string_view item = "") {
  const Tariff* tariff = BundledTariffs().Find(provider, region, kind, item);
  if (tariff == nullptr || tariff->set_by_host) return -1;
  const Result<MicroUsd> cost = CostOfHolding(*tariff, size, time);
  return cost.ok() ? cost->value() : -1;
}

int64_t Egress(std::string_view provider, std::string_view region, Bytes size, Bytes already = {}) {
  const Result<MicroUsd> cost = CostOfEgress(BundledTariffs(), provider, region, size, already);
  return cost.ok() ? cost->value() : -1;
}

int64_t Stopped(std::string_view provider, std::string_view region, Bytes size) {
  const Tariff* tariff = BundledTariffs().FindStoppedDisk(provider, region);
  return tariff == nullptr || tariff->set_by_host ? -1
                                                  : CostOfHolding(*tariff, size, kMonth)->value();
}

// Worked by hand from the providers' billing pages, as catalog/storage.csv quotes them.
TEST(Tariff, RunPodBillsAStoppedDiskTwiceAndVolumesLessBeyondATerabyte) {
  EXPECT_EQ(Holding("runpod", "secure", ChargeKind::kDisk, Gb(100), kMonth), 10'000'000);
  EXPECT_EQ(Stopped("runpod", "secure", Gb(100)), 20'000'000);
  EXPECT_EQ(Holding("runpod", "any", ChargeKind::kNetworkVolume, Gb(100), kMonth), 7'000'000);
  // 1000 x 0.07 + 500 x 0.05
  EXPECT_EQ(Holding("runpod", "any", ChargeKind::kNetworkVolume, Gb(1500), kMonth), 95'000'000);
  EXPECT_EQ(Egress("runpod", "secure", Gb(5000)), 0);
}

TEST(Tariff, AVolumeIsBilledByTheWholeHour) {
  // 720 GB x 0.07 / 720 h = 0.07 an hour
  EXPECT_EQ(Holding("runpod", "any", ChargeKind::kNetworkVolume, Gb(720), Millis(1)), 70'000);
  EXPECT_EQ(Holding("runpod", "any", ChargeKind::kNetworkVolume, Gb(720), kHour + Millis(1)),
            140'000);
}

TEST(Tariff, OnVastEachHostSetsHisOwnPrices) {
  EXPECT_EQ(Holding("vast", "any", ChargeKind::kDisk, Gb(1), kMonth), -1);
  EXPECT_EQ(Egress("vast", "any", Gb(1)), -1);
}

TEST(Tariff, ThunderIncludesAHundredGigabytesAndStopsNothing) {
  EXPECT_EQ(Holding("thunder", "us", ChargeKind::kDisk, Gb(100), kMonth), 0);
  EXPECT_EQ(Holding("thunder", "us", ChargeKind::kDisk, Gb(300), kHour), 60'000);
  EXPECT_EQ(Holding("thunder", "us", ChargeKind::kSnapshot, Gb(100), kMonth), 5'000'000);
  EXPECT_EQ(Stopped("thunder", "us", Gb(1)), -1);
}

TEST(Tariff, LambdaStopsNothingAndBillsFilesystemsByGib) {
  EXPECT_EQ(Holding("lambda", "us-west-1", ChargeKind::kNetworkVolume, GiB(100), kMonth),
            20'000'000);
  EXPECT_EQ(Stopped("lambda", "us-west-1", Gb(1)), -1);
  EXPECT_EQ(Egress("lambda", "us-west-1", Gb(1)), 0);
}

TEST(Tariff, AwsGivesAHundredGigabytesAndThenTiers) {
  EXPECT_EQ(Stopped("aws", "us-east-1", GiB(100)), 8'000'000);
  EXPECT_EQ(Egress("aws", "us-east-1", Gb(100)), 0);
  EXPECT_EQ(Egress("aws", "us-east-1", Gb(150)), 4'500'000);
  EXPECT_EQ(Egress("aws", "us-east-1", Gb(10), Gb(95)), 450'000);  // 5 GB still free
  EXPECT_EQ(Egress("aws", "us-east-1", Gb(10'340)), 921'600'000);  // 10,240 x 0.09
  EXPECT_EQ(Egress("aws", "us-east-1", Gb(2), Gb(10'339)), 90'000 + 85'000);
  EXPECT_EQ(Holding("aws", "eu-west-1", ChargeKind::kAddress, Bytes{2}, kHour), 10'000);
  EXPECT_EQ(
      CostOfMoving(*BundledTariffs().Find("aws", "any", ChargeKind::kCrossZone), Gb(3))->value(),
      30'000);
  EXPECT_EQ(Holding("aws", "us-east-1", ChargeKind::kObject, Gb(51'300), kMonth),
            51'200 * 23'000 + 100 * 22'000);
}

TEST(Tariff, GoogleCountsGibAndHasTwoNetworks) {
  EXPECT_EQ(Stopped("gcp", "us-central1", GiB(100)), 10'000'000);
  EXPECT_EQ(Holding("gcp", "us-central1", ChargeKind::kDisk, GiB(100), kMonth, "pd-standard"),
            4'000'000);
  // 1024 x 0.12 + 1 x 0.11
  EXPECT_EQ(Egress("gcp", "us-central1", GiB(1025)), 122'880'000 + 110'000);
  const Tariff* standard =
      BundledTariffs().Find("gcp", "us-central1", ChargeKind::kEgress, "standard-tier");
  ASSERT_NE(standard, nullptr);
  EXPECT_EQ(CostOfMoving(*standard, Gb(100))->value(), 8'500'000);
}

TEST(Tariff, AzureSellsDisksInSizesAndBillsTheWholeOne) {
  EXPECT_EQ(Stopped("azure", "eastus", Gb(100)), 19'710'000);   // P10: 128 GiB
  EXPECT_EQ(Stopped("azure", "eastus", GiB(129)), 73'220'000);  // P20: 512 GiB
  EXPECT_EQ(Egress("azure", "eastus", Gb(100)), 0);
  EXPECT_EQ(Egress("azure", "eastus", Gb(200)), 8'000'000);
  const Result<MicroUsd> large =
      CostOfHolding(*BundledTariffs().Find("azure", "eastus", ChargeKind::kDisk), GiB(1025), kHour);
  ASSERT_FALSE(large.ok());
  EXPECT_THAT(large.error().message(), HasSubstr("largest Premium SSD of azure is 1 TiB"));
}

TEST(Tariff, BucketsHaveFreePartsAndMinima) {
  EXPECT_EQ(Holding("cloudflare-r2", "auto", ChargeKind::kObject, Gb(110), kMonth), 1'500'000);
  EXPECT_EQ(Holding("backblaze-b2", "any", ChargeKind::kObject, Gb(100), kMonth), 600'000);
  // a terabyte for 90 days, however little it is
  EXPECT_EQ(Holding("wasabi", "any", ChargeKind::kObject, Gb(1), kHour), 3 * 7'990'000);
  EXPECT_EQ(Holding("wasabi", "any", ChargeKind::kObject, Gb(2000), 4 * kMonth), 8 * 7'990'000);
}

TEST(Tariff, EachProviderHasItsGrainAndMinimum) {
  struct Case {
    const char* provider;
    int64_t billed_s;  // of 61 s
    int64_t short_s;   // of 5 s
  };
  const Case cases[] = {{"runpod", 61, 5},   {"vast", 61, 5}, {"thunder", 120, 60},
                        {"lambda", 120, 60}, {"aws", 61, 60}, {"gcp", 61, 60},
                        {"azure", 61, 5}};
  for (const Case& c : cases) {
    const BillingFacts* facts = BundledTariffs().FindBilling(c.provider);
    ASSERT_NE(facts, nullptr) << c.provider;
    const BillingRule rule{.grain = facts->grain, .minimum = facts->minimum};
    EXPECT_EQ(BilledTime(rule, Millis(61'000)), Millis(c.billed_s * 1000)) << c.provider;
    EXPECT_EQ(BilledTime(rule, Millis(5'000)), Millis(c.short_s * 1000)) << c.provider;
  }
  EXPECT_EQ(BundledTariffs().FindBilling("nobody"), nullptr);
}

// A whole is never cheaper in pieces, and more never costs less.
RC_GTEST_PROP(Tariff, PartsCoverTheWhole, ()) {
  const std::vector<Tariff>& all = BundledTariffs().all();
  const Tariff& tariff = all[*rc::gen::inRange<size_t>(0, all.size())];
  const bool is_address = tariff.kind == ChargeKind::kAddress;  // its size is a number of them
  const Bytes a{*rc::gen::inRange<int64_t>(0, is_address ? 1000 : int64_t{1} << 40)};
  const Bytes b{*rc::gen::inRange<int64_t>(0, is_address ? 1000 : int64_t{1} << 48)};
  const Millis time(*rc::gen::inRange<int64_t>(0, int64_t{1} << 34));
  const Bytes both{a.value + b.value};
  if (tariff.per == TariffPer::kOnce) {
    const int64_t whole = CostOfMoving(tariff, both)->value();
    const int64_t parts = CostOfMoving(tariff, a)->value() + CostOfMoving(tariff, b, a)->value();
    RC_ASSERT(parts >= whole);
    RC_ASSERT(parts <= whole + static_cast<int64_t>(tariff.tiers.size()));
  } else if (!tariff.whole_tier) {
    RC_ASSERT(CostOfHolding(tariff, a, time)->value() <=
              CostOfHolding(tariff, both, time)->value());
    RC_ASSERT(CostOfHolding(tariff, a, time)->value() <=
              CostOfHolding(tariff, a, 2 * time)->value());
  }
}

TEST(Tariff, WhatNoBillReachesIsAnError) {
  const Bytes most{INT64_MAX};
  const Tariff& volume = *BundledTariffs().Find("runpod", "any", ChargeKind::kNetworkVolume);
  EXPECT_TRUE(CostOfHolding(volume, most, kMonth).ok());
  EXPECT_FALSE(CostOfHolding(volume, most, std::chrono::hours(24 * 36'500)).ok());
  EXPECT_FALSE(CostOfHolding(volume, Gb(1), Millis(INT64_MAX)).ok());
  const Tariff& zone = *BundledTariffs().Find("aws", "any", ChargeKind::kCrossZone);
  EXPECT_FALSE(CostOfMoving(zone, most, most).ok());
  Tariff dear = zone;
  dear.tiers[0].per_unit = MicroUsd(1'000'000'000'000);
  EXPECT_FALSE(CostOfMoving(dear, most).ok());
}

constexpr std::string_view kColumns =
    "provider,region,kind,item,unit,tier_from_gb,tier_to_gb,price_usd,least_gb,least_days,notes,"
    "source,as_of\n";
constexpr std::string_view kBilling = "provider,grain_s,minimum_s,stopped,notes,source,as_of\n";

std::string WrongIn(std::string_view rows, std::string_view billing = "") {
  const auto table = TariffTable::Parse(fmt::format("{}{}", kColumns, rows),
                                        fmt::format("{}{}", kBilling, billing));
  return table.ok() ? "" : table.error().message();
}

TEST(Tariff, WhatIsWrongIsToldWithItsLine) {
  EXPECT_EQ(WrongIn("a,any,disk,d,GB-month,,,1,,,,s,2026\n", "a,60,0,none,,s,\n"), "");
  EXPECT_THAT(WrongIn("a,any,dsk,d,GB-month,,,1,,,,s,2026\n"), HasSubstr("line 2: `dsk`"));
  EXPECT_THAT(WrongIn("a,any,disk,d,GB-year,,,1,,,,s,2026\n"), HasSubstr("`GB-year`"));
  EXPECT_THAT(WrongIn("a,any,disk,d,GB-month,,,-1,,,,s,2026\n"), HasSubstr("`-1` is not a price"));
  EXPECT_THAT(WrongIn("a,any,disk,d,GB-month,,,nan,,,,s,2026\n"), HasSubstr("`nan`"));
  EXPECT_THAT(WrongIn("a,any,disk,d,GB-month,9,5,1,,,,s,2026\n"), HasSubstr("`5` is not above"));
  EXPECT_THAT(
      WrongIn("a,any,disk,d,GB-month,0,5,1,,,,s,2026\na,any,disk,d,GB-month,6,,1,,,,s,2026\n"),
      HasSubstr("line 3: `6` is not where the tier before ends"));
  EXPECT_THAT(WrongIn("a,any,disk,d,disk-month,,,1,,,,s,2026\n"), HasSubstr("is not a size"));
  EXPECT_THAT(WrongIn("a,any\n"), HasSubstr("line 2: 2 fields, expected 13"));
  EXPECT_THAT(WrongIn("", "a,0,0,none,,s,\n"), HasSubstr("`0` is not a number of seconds"));
  EXPECT_THAT(WrongIn("", "a,1,0,maybe,,s,\n"), HasSubstr("`maybe` is not disk or none"));
}

KeepQuestion Question(std::string provider, int64_t days) {
  return {.provider = std::move(provider),
          .size = Gb(100),
          .time = std::chrono::hours(24 * days),
          .per_hour = MicroUsd(360'000),
          .bytes_per_second = 10'000'000};
}

// 100 GB on RunPod: 20.00 stopped, 7.00 as a volume a month; home is 2 x 10,000 s of a machine at
// 0.36 USD an hour, 2.00, once.
TEST(Keep, OnRunPodTheThreeWaysAreCompared) {
  const auto ways = WaysToKeep(BundledTariffs(), Question("runpod", 30));
  ASSERT_TRUE(ways.ok());
  ASSERT_EQ(ways->size(), 3u);
  EXPECT_EQ(ways->at(0).per_month, MicroUsd(20'000'000));
  EXPECT_EQ(ways->at(0).cost, MicroUsd(20'000'000));
  EXPECT_EQ(ways->at(1).per_month, MicroUsd(7'000'000));
  EXPECT_EQ(ways->at(2).cost, MicroUsd(2'000'000));
  EXPECT_EQ(ways->at(2).transfer, Millis(20'000'000));
  EXPECT_EQ(ways->at(2).source, "runpod-docs");
}

TEST(Keep, WhatIsCheapestDependsOnHowLong) {
  const auto best = [](std::string provider, int64_t days) {
    const auto ways = WaysToKeep(BundledTariffs(), Question(std::move(provider), days));
    const KeepCost* keep = ways.ok() ? CheapestToKeep(*ways) : nullptr;
    return keep == nullptr ? "none" : std::string(NameOf(keep->way));
  };
  EXPECT_EQ(best("runpod", 1), "network volume");  // 0.24, against 0.67 and 2.00
  EXPECT_EQ(best("runpod", 30), "bring it home");
  EXPECT_EQ(best("vast", 30), "none");  // each host sets his prices
  EXPECT_EQ(best("thunder", 30), "bring it home");
}

TEST(Keep, WhatCannotBeDoneSaysWhy) {
  const auto thunder = WaysToKeep(BundledTariffs(), Question("thunder", 30));
  EXPECT_EQ(thunder->at(0).why_not, "the provider stops no machine");
  EXPECT_EQ(thunder->at(1).why_not, "no price is known");
  const auto vast = WaysToKeep(BundledTariffs(), Question("vast", 30));
  EXPECT_EQ(vast->at(0).why_not, "each host sets his own price");
  EXPECT_THAT(vast->at(2).why_not, HasSubstr("is not known"));
  KeepQuestion slow = Question("runpod", 1);
  slow.bytes_per_second = 1;
  EXPECT_FALSE(WaysToKeep(BundledTariffs(), slow).ok());
}

}  // namespace
}  // namespace curbstop
