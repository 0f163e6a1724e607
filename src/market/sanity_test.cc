#include "market/sanity.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "market/offers_file.h"

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Offer Sold(std::string region, std::string type, int64_t price, int64_t spot = 0) {
  Offer offer{.provider = "aws", .region = std::move(region), .type = std::move(type)};
  offer.per_hour = MicroUsd(price);
  if (spot > 0) offer.spot_per_hour = MicroUsd(spot);
  return offer;
}

// "region/type: why" of each.
std::vector<std::string> Doubts(std::vector<Offer> offers) {
  std::vector<std::string> doubts;
  for (const SetAsideOffer& one : SetAsideDoubtful(offers))
    doubts.push_back(fmt::format("{}/{}: {}", one.offer.region, one.offer.type, one.why));
  return doubts;
}

TEST(Sanity, ASpotPriceAboveOnDemandIsDoubtfulAndOneThatEqualsItIsNot) {
  EXPECT_THAT(Doubts({Sold("r", "a", 1'000'000, 1'000'001), Sold("r", "b", 1'000'000, 1'000'000)}),
              ElementsAre("r/a: spot 1.000001 is above on demand, 1.000000"));
}

TEST(Sanity, ASpotPriceThatIsAFractionOfAFractionIsDoubtful) {
  EXPECT_THAT(Doubts({Sold("r", "a", 1'000'000, 49'999), Sold("r", "b", 1'000'000, 50'000)}),
              ElementsAre("r/a: spot 0.049999 is below a twentieth of on demand, 1.000000"));
}

// Three regions; in "dear" all of the family costs half more, which is no reason to doubt.
std::vector<Offer> Market() {
  std::vector<Offer> offers;
  for (const char* type : {"g5.large", "g5.xlarge", "g5.2xlarge", "g5.4xlarge"}) {
    offers.push_back(Sold("one", type, 1'000'000));
    offers.push_back(Sold("two", type, 1'000'000));
    offers.push_back(Sold("dear", type, 2'500'000));
  }
  return offers;
}

TEST(Sanity, ADearRegionIsBelievedAndARowOutOfItsFamilyIsNot) {
  std::vector<Offer> offers = Market();
  EXPECT_THAT(Doubts(offers), IsEmpty());
  offers[2].per_hour = MicroUsd(1'000'000);  // g5.large in the dear region, at the others' price
  EXPECT_THAT(
      Doubts(offers),
      ElementsAre("dear/g5.large: 1.00 is 0.40 times what its family costs in that region"));
  offers[2].per_hour = MicroUsd(5'000'000);
  EXPECT_THAT(Doubts(offers), ElementsAre(HasSubstr("dear/g5.large: 5.00 is 2.00 times")));
}

TEST(Sanity, WhereTheFamilyIsSmallTheTypeItselfIsTheMeasure) {
  EXPECT_THAT(
      Doubts({Sold("one", "p6.48xlarge", 140'000'000), Sold("two", "p6.48xlarge", 142'000'000),
              Sold("three", "p6.48xlarge", 281'000'000)}),
      ElementsAre(HasSubstr("three/p6.48xlarge: 281.00 is 1.98 times")));
}

TEST(Sanity, TwoPricesJudgeNothing) {
  EXPECT_THAT(Doubts({Sold("one", "p6.48xlarge", 1), Sold("two", "p6.48xlarge", 9)}), IsEmpty());
}

TEST(Sanity, WhatStaysKeepsItsOrder) {
  std::vector<Offer> offers = {Sold("r", "c", 3), Sold("r", "a", 1, 2), Sold("r", "b", 2)};
  EXPECT_EQ(SetAsideDoubtful(offers).size(), 1u);
  ASSERT_EQ(offers.size(), 2u);
  EXPECT_EQ(offers[0].type + offers[1].type, "cb");
}

// The one row that catalog/README.md calls odd: twice any other region, seen in one source.
TEST(Sanity, OfTheBundledRowsOneIsDoubtful) {
  EXPECT_THAT(Doubts(ReadOffers(BundledOffersCsv(), "")->offers),
              ElementsAre("sa-east-1/p6-b300.48xlarge: 281.13 is 1.97 times what its family costs "
                          "in that region"));
}

}  // namespace
}  // namespace curbstop
