#include "plan/rental.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

RentalRules Rules(LeaseGrade grade) {
  RentalRules rules;
  rules.terms.grade = grade;
  rules.terms.boot_limit = minutes(10);
  rules.terms.timing = {seconds(60), seconds(30), seconds(60), 3, seconds(10)};
  rules.disk_per_gb_month = MicroUsd(720'000);  // 10 GB: 0.01 USD an hour
  rules.room_percent = 10;
  return rules;
}

Offer OfferAt(int64_t per_hour, std::optional<int64_t> spot = {}) {
  Offer offer;
  offer.per_hour = MicroUsd(per_hour);
  if (spot) offer.spot_per_hour = MicroUsd(*spot);
  return offer;
}

TEST(Rental, ADiskIsOfTheStepsSizeAndNeverSmallerThanWhatEachMachineGets) {
  EXPECT_EQ(RentedDisk({}), Bytes{10'000'000'000});
  EXPECT_EQ(RentedDisk({.disk = Bytes{1}}), Bytes{10'000'000'000});
  EXPECT_EQ(RentedDisk({.disk = Bytes{20'000'000'000}}), Bytes{20'000'000'000});
}

TEST(Rental, OfAnUnprovenEndThreeDaysAreHeldWithDiskAndRoom) {
  const RentalRules rules = Rules(LeaseGrade::kBStar);
  const LeaseTerms terms = ListedTerms(rules, {}, {}, OfferAt(990'000));
  EXPECT_EQ(terms.billing.per_hour, MicroUsd(990'000));
  EXPECT_EQ(terms.billing.disk_per_hour, MicroUsd(10'000));
  EXPECT_FALSE(terms.may_pause);
  // 1 USD an hour for 72 h and 120 s until it is seen gone: 72.033334; a tenth on top.
  const MicroUsd reserve = ReserveFor(terms, hours(1));
  EXPECT_EQ(reserve, MicroUsd(72'033'334));
  EXPECT_EQ(WorstOfListed(rules, terms, hours(1)), MicroUsd(79'236'674));
  EXPECT_EQ(HeldText(terms, hours(1)),
            "held for 3 d: not proven yet that machines there end themselves");
  EXPECT_EQ(HeldText(terms, hours(100)), "");
  EXPECT_EQ(HeldText(Rules(LeaseGrade::kB).terms, hours(1)), "");
}

TEST(Rental, SpotIsPricedByTheBidAndByADiskThatOutlivesItsMachine) {
  Step step;
  step.spot = SpotUse::kOnly;
  const RentalRules rules = Rules(LeaseGrade::kB);
  const LeaseTerms terms = ListedTerms(rules, BidTerms{}, step.needs, OfferAt(1'000'000, 400'000));
  EXPECT_EQ(terms.billing.per_hour, MicroUsd(440'000));
  EXPECT_TRUE(terms.may_pause);
  const LeaseTerms dear = ListedTerms(rules, BidTerms{}, step.needs, OfferAt(410'000, 400'000));
  EXPECT_EQ(dear.billing.per_hour, MicroUsd(410'000));  // never above the price on demand
}

// What a live offer of the list's price needs is always within what the plan printed.
RC_GTEST_PROP(Rental, TheWorstCaseCoversALiveOfferThatCostsUpToATenthMore, ()) {
  RentalRules rules = Rules(*rc::gen::element(LeaseGrade::kA, LeaseGrade::kB, LeaseGrade::kBStar));
  const int64_t listed = *rc::gen::inRange<int64_t>(100, 100'000'000);
  const Millis lease(*rc::gen::inRange<int64_t>(60'000, 1'000'000'000));
  const LeaseTerms terms = ListedTerms(rules, {}, {}, OfferAt(listed));
  LeaseTerms live = terms;
  live.billing.per_hour = MicroUsd(listed + *rc::gen::inRange<int64_t>(0, listed / 10 + 1));
  RC_ASSERT(ReserveFor(live, lease) <= WorstOfListed(rules, terms, lease));
}

}  // namespace
}  // namespace curbstop
