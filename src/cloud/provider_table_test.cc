#include "cloud/provider_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "market/drivers.h"
#include "market/tariff.h"
#include "sys/secrets.h"

namespace curbstop {
namespace {

using testing::HasSubstr;

TEST(ProviderTable, ARowIsFoundByTheDriversName) {
  ASSERT_TRUE(FactsOf("vast").ok());
  EXPECT_EQ(FactsOf("vast")->key_variable, "VAST_API_KEY");
  const auto none = FactsOf("vasst");
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(none.error().Text(), HasSubstr("did you mean `vast`"));
  EXPECT_THAT(none.error().Text(), HasSubstr("runpod"));
}

TEST(ProviderTable, WhatAPlanMayChooseHasADriverAndARow) {
  std::vector<std::string> names;
  for (const ProviderFacts& facts : AllProviderFacts()) names.emplace_back(facts.name);
  EXPECT_EQ(names, ProvidersWithDriver());
}

TEST(ProviderTable, NoStepIsGivenTheKeyOfAnAccount) {
  for (const ProviderFacts& facts : AllProviderFacts()) {
    EXPECT_TRUE(IsAccountKey(facts.key_variable)) << facts.name;
  }
}

TEST(ProviderTable, BillsInTheGrainsOfTheCatalogue) {
  for (const ProviderFacts& facts : AllProviderFacts()) {
    const BillingFacts* listed = BundledTariffs().FindBilling(facts.name);
    ASSERT_NE(listed, nullptr) << facts.name;
    EXPECT_EQ(facts.grain, listed->grain) << facts.name;
    EXPECT_EQ(facts.minimum, listed->minimum) << facts.name;
    EXPECT_EQ(facts.can_pause, listed->can_stop) << facts.name;
  }
}

// 0.15 USD x 20 GB / 720 h = 0.0041667 USD/h, rounded up.
TEST(ProviderTable, DiskIsPricedByTheHourAndRoundedUp) {
  EXPECT_EQ(DiskPerHour(MicroUsd(150'000), Bytes{20'000'000'000}), MicroUsd(4167));
  EXPECT_EQ(DiskPerHour(MicroUsd(1), Bytes{1}), MicroUsd(1));
  EXPECT_EQ(DiskPerHour(MicroUsd(0), Bytes{20'000'000'000}), MicroUsd(0));
}

LiveOffer AnOffer() {
  LiveOffer offer;
  offer.offer.per_hour = MicroUsd(400'000);
  offer.disk_per_gb_month = MicroUsd(100'000);
  offer.idle_disk_per_gb_month = MicroUsd(200'000);
  offer.per_gb_up = MicroUsd(20'000);
  offer.per_gb_down = MicroUsd(10'000);
  return offer;
}

TEST(ProviderTable, TheDiskIsReservedAtItsDearestPriceAndTransferBothWays) {
  const LeaseTerms terms =
      TermsFor(*FactsOf("runpod"), AnOffer(), Bytes{36'000'000'000}, {}, Bytes{500'000'000});
  EXPECT_EQ(terms.billing.per_hour, MicroUsd(400'000));
  EXPECT_EQ(terms.billing.disk_per_hour, MicroUsd(10'000));  // 0.20 x 36 / 720
  EXPECT_EQ(terms.billing.fixed, MicroUsd(15'000));          // 0.03 x 0.5
  EXPECT_FALSE(terms.may_pause);
}

TEST(ProviderTable, ABidPaysTheBidAndMayBePaused) {
  const LeaseTerms terms =
      TermsFor(*FactsOf("vast"), AnOffer(), Bytes{10'000'000'000}, MicroUsd(150'000), Bytes{0});
  EXPECT_EQ(terms.billing.per_hour, MicroUsd(150'000));
  EXPECT_TRUE(terms.may_pause);
}

TEST(ProviderTable, ASelfEndIsUnprovenUntilTheAccountHasShownIt) {
  for (const ProviderFacts& facts : AllProviderFacts()) {
    EXPECT_EQ(TermsFor(facts, AnOffer(), Bytes{1}, {}, Bytes{0}).grade, LeaseGrade::kBStar);
  }
}

// A listing that lags L must be missed by reads that span more than L.
TEST(ProviderTable, TheReadsThatProveAnEndAreApart) {
  for (const ProviderFacts& facts : AllProviderFacts()) {
    EXPECT_GE(facts.timing.reads, 2) << facts.name;
    EXPECT_GT(facts.timing.read_spacing.count(), 0) << facts.name;
    EXPECT_TRUE(facts.base_url.starts_with("https://")) << facts.name;
  }
}

}  // namespace
}  // namespace curbstop
