// What a run makes of live offers: the bid that its plan chose, at the market's prices of now.
#include "run/away/offers.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "sys/file_store.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

LiveOffer OneCard(int64_t per_hour, int64_t minimum) {
  LiveOffer live;
  live.offer.provider = "vast";
  live.offer.gpu_name = "RTX-3090";
  live.offer.gpu_count = 1;
  live.offer.per_hour = MicroUsd(per_hour);
  live.offer.spot_per_hour = MicroUsd(minimum);
  live.id = "7";
  return live;
}

std::vector<RentableOffer> Bids(const LiveOffer& live, const BidTerms& bid) {
  RentWish wish{.place = {.kind = PlaceKind::kProvider, .provider = "vast"},
                .spot = SpotUse::kOnly,
                .bid = bid};
  const ProviderFacts facts = *FactsOf("vast");
  return RentableOffers({live}, wish, {facts, {.declared = facts.grade}}, Millis(3'600'000));
}

TEST(RentableOffers, BidAsThePlanChoseWithTheLifeThatItCountedOn) {
  const auto bids = Bids(OneCard(400'000, 200'000), {5, Millis(4'800'000)});
  ASSERT_EQ(bids.size(), 1U);
  EXPECT_EQ(bids[0].bid, MicroUsd(210'000));
  EXPECT_EQ(bids[0].candidate.terms.billing.per_hour, MicroUsd(210'000));
  EXPECT_EQ(bids[0].candidate.mtbf, Millis(4'800'000));
}

TEST(RentableOffers, NeverBidMoreThanOnDemandNorWhereTheLeastIsMore) {
  EXPECT_EQ(Bids(OneCard(205'000, 200'000), {5, Millis(1)})[0].bid, MicroUsd(205'000));
  EXPECT_TRUE(Bids(OneCard(199'999, 200'000), {5, Millis(1)}).empty());
}

// Nothing that a machine at the bid can bill is above what is held for it.
RC_GTEST_PROP(RentableOffers, HoldWhatAMachineAtTheBidCanBill, ()) {
  const int64_t minimum = *rc::gen::inRange<int64_t>(1, 5'000'000);
  const int64_t on_demand = minimum + *rc::gen::inRange<int64_t>(0, 5'000'000);
  const auto bids = Bids(OneCard(on_demand, minimum), {*rc::gen::inRange(0, 301), Millis(1000)});
  RC_ASSERT(bids.size() == 1U);
  const LeaseTerms& terms = bids[0].candidate.terms;
  RC_ASSERT(terms.billing.per_hour == *bids[0].bid && *bids[0].bid <= MicroUsd(on_demand));
  const Millis lease(*rc::gen::inRange<int64_t>(60'000, 360'000'000));
  const Millis alive(*rc::gen::inRange<int64_t>(0, LongestLife(terms, lease).count() + 1));
  RC_ASSERT(ReserveFor(terms, lease) >= CostOf(*bids[0].bid + terms.billing.disk_per_hour, alive));
}

TEST(RentableOffers, BidAtAnotherAccountOnlyWhereThePlanReckonedWithBids) {
  RentWish wish{.place = {.kind = PlaceKind::kProvider, .provider = "runpod"},
                .also = {{.kind = PlaceKind::kProvider, .provider = "vast"}}};
  const ProviderFacts facts = *FactsOf("vast");
  const RentalMarket market{facts, {.declared = facts.grade}, "vast"};
  const auto spots = [&] {
    const auto all = RentableOffers({OneCard(400'000, 200'000)}, wish, market, Millis(3'600'000));
    return std::ranges::count_if(all, [](const RentableOffer& one) { return one.candidate.spot; });
  };
  EXPECT_EQ(spots(), 0);
  wish.bids_elsewhere = true;
  EXPECT_EQ(spots(), 1);
}

TEST(RentWish, KeepsWhereElseItMayRent) {
  TemporaryFolder folder;
  RealFileStore files;
  RentWish wish{.place = {.kind = PlaceKind::kProvider, .provider = "runpod"},
                .also = {{.kind = PlaceKind::kProvider, .provider = "vast"}},
                .bids_elsewhere = true};
  ASSERT_TRUE(WriteRentWish(wish, folder.path(), files).ok());
  const RentWish read = *ReadRentWish(folder.path());
  ASSERT_EQ(read.also.size(), 1U);
  EXPECT_EQ(PlaceText(read.also[0]), "vast");
  EXPECT_TRUE(read.bids_elsewhere);
}

TEST(RentWish, KeepsTheBidAndRefusesOneThatMakesNoSense) {
  TemporaryFolder folder;
  RealFileStore files;
  RentWish wish{.place = {.kind = PlaceKind::kProvider, .provider = "vast"},
                .bid = {75, Millis(7'000)}};
  ASSERT_TRUE(WriteRentWish(wish, folder.path(), files).ok());
  const auto read = ReadRentWish(folder.path());
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->bid.above_percent, 75);
  EXPECT_EQ(read->bid.life, Millis(7'000));
  wish.bid.above_percent = -1;
  ASSERT_TRUE(WriteRentWish(wish, folder.path(), files).ok());
  EXPECT_FALSE(ReadRentWish(folder.path()).ok());
}

}  // namespace
}  // namespace curbstop
