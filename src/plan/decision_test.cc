#include "plan/decision.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

Candidate OfferAt(const std::string& name, int64_t micro_usd_per_hour) {
  Candidate candidate{.offer = name};
  candidate.terms.grade = LeaseGrade::kA;
  candidate.terms.billing.per_hour = MicroUsd(micro_usd_per_hour);
  return candidate;
}

Candidate SpotAt(const std::string& name, int64_t micro_usd_per_hour) {
  Candidate candidate = OfferAt(name, micro_usd_per_hour);
  candidate.spot = candidate.terms.may_pause = true;
  candidate.mtbf = hours(3);
  return candidate;
}

struct Case {
  const char* says;
  std::vector<Candidate> candidates;
  SpotUse spot;
  SurvivingPlaces places;
  int64_t left_micro_usd;
  std::vector<std::string> blocked;
  DecisionKind kind;
  DecisionReason reason;
  std::string offer;
};

Situation Offered(const std::vector<Candidate>& candidates, SpotUse spot) {
  Situation situation;
  situation.candidates = candidates;
  situation.spot = spot;
  situation.places = {true, false};
  situation.lease_asked = hours(1);
  situation.left = MicroUsd(9'000'000);
  return situation;
}

TEST(Decide, ABidGoesFirstWhereThePlanReckonedItAsTheCheapest) {
  const std::vector<Candidate> both = {OfferAt("a", 200'000), SpotAt("s", 300'000)};
  Situation situation = Offered(both, SpotUse::kAuto);
  EXPECT_EQ(both[Decide(situation).candidate].offer, "a");  // it holds less
  situation.bids_first = true;
  EXPECT_EQ(both[Decide(situation).candidate].offer, "s");
  situation.is_last_chance = true;
  EXPECT_EQ(both[Decide(situation).candidate].offer, "a");
  situation.is_last_chance = false;
  situation.places = {};  // nobody would hold its work
  EXPECT_EQ(both[Decide(situation).candidate].offer, "a");
}

TEST(Decide, TheLastMachineBeforeGivingUpIsOnDemandWhereOneCanBeHad) {
  const std::vector<Candidate> both = {OfferAt("a", 900'000), SpotAt("s", 300'000)};
  Situation situation = Offered(both, SpotUse::kAuto);
  EXPECT_EQ(both[Decide(situation).candidate].offer, "s");
  situation.is_last_chance = true;
  EXPECT_EQ(both[Decide(situation).candidate].offer, "a");
  situation.spot = SpotUse::kOnly;
  EXPECT_EQ(both[Decide(situation).candidate].offer, "s");
  const std::vector<Candidate> spot = {SpotAt("s", 300'000)};
  situation = Offered(spot, SpotUse::kAuto);
  situation.is_last_chance = true;
  EXPECT_EQ(Decide(situation).kind, DecisionKind::kRent);
  situation = Offered(both, SpotUse::kAuto);
  situation.is_last_chance = true;
  situation.left = MicroUsd(600'000);  // the one on demand for half an hour only
  EXPECT_EQ(both[Decide(situation).candidate].offer, "s");
}

TEST(Decide, FollowsThePlainRule) {
  const SurvivingPlaces home{true, false}, nowhere{false, false};
  const auto rent = DecisionKind::kRent;
  const auto stop = DecisionKind::kStop;
  const Case cases[] = {
      {"the cheapest",
       {OfferAt("a", 900'000), OfferAt("b", 500'000)},
       SpotUse::kAuto,
       home,
       9'000'000,
       {},
       rent,
       DecisionReason::kCheapest,
       "b"},
      {"not one that failed",
       {OfferAt("a", 900'000), OfferAt("b", 500'000)},
       SpotUse::kAuto,
       home,
       9'000'000,
       {"b"},
       rent,
       DecisionReason::kCheapest,
       "a"},
      {"spot, where work survives",
       {OfferAt("a", 900'000), SpotAt("s", 300'000)},
       SpotUse::kAuto,
       home,
       9'000'000,
       {},
       rent,
       DecisionReason::kCheapest,
       "s"},
      {"no spot, where it does not",
       {OfferAt("a", 900'000), SpotAt("s", 300'000)},
       SpotUse::kAuto,
       nowhere,
       9'000'000,
       {},
       rent,
       DecisionReason::kCheapest,
       "a"},
      {"nothing, where only spot is left",
       {SpotAt("s", 300'000)},
       SpotUse::kAuto,
       nowhere,
       9'000'000,
       {},
       stop,
       DecisionReason::kWorkCannotSurvive,
       ""},
      {"no spot, if the user says so",
       {OfferAt("a", 900'000), SpotAt("s", 300'000)},
       SpotUse::kNever,
       home,
       9'000'000,
       {},
       rent,
       DecisionReason::kCheapest,
       "a"},
      {"only spot, if the user says so",
       {OfferAt("a", 200'000), SpotAt("s", 300'000)},
       SpotUse::kOnly,
       home,
       9'000'000,
       {},
       rent,
       DecisionReason::kCheapest,
       "s"},
      {"nothing without money",
       {OfferAt("a", 900'000)},
       SpotUse::kAuto,
       home,
       1'000,
       {},
       stop,
       DecisionReason::kNoMoney,
       ""},
      {"nothing without offers",
       {},
       SpotUse::kAuto,
       home,
       9'000'000,
       {},
       stop,
       DecisionReason::kNoOffer,
       ""},
  };
  for (const Case& c : cases) {
    Situation situation;
    situation.candidates = c.candidates;
    situation.spot = c.spot;
    situation.places = c.places;
    situation.left = MicroUsd(c.left_micro_usd);
    situation.lease_asked = hours(2);
    situation.blocked_offers = c.blocked;
    const Decision decision = Decide(situation);
    EXPECT_EQ(decision.kind, c.kind) << c.says;
    EXPECT_EQ(decision.reason, c.reason) << c.says;
    if (c.kind != rent) continue;
    EXPECT_EQ(c.candidates[decision.candidate].offer, c.offer) << c.says;
  }
}

Situation Held(Millis work_left, int64_t left_micro_usd) {
  Situation situation;
  situation.held = HeldMachine{OfferAt("a", 1'000'000).terms, hours(1), minutes(15)};
  situation.work_left = work_left;
  situation.lease_asked = hours(4);
  situation.left = MicroUsd(left_micro_usd);
  return situation;
}

TEST(Decide, KeepsWhatWorksAndGivesItTimeWhileThereIsMoney) {
  EXPECT_EQ(Decide(Held(minutes(10), 0)).kind, DecisionKind::kKeep);
  const Decision longer = Decide(Held(minutes(60), 5'000'000));
  EXPECT_EQ(longer.kind, DecisionKind::kExtend);
  EXPECT_EQ(longer.lease, hours(2));  // 60 min and a quarter, less the 15 min there are
  EXPECT_EQ(longer.reserve, MicroUsd(1'000'000));
  EXPECT_EQ(Decide(Held(minutes(60), 0)).kind, DecisionKind::kDrain);
}

// Young: sqrt(2 x 20 s x 3 h) = 657 s, 11 min as in the users' sheet.
TEST(CheckpointInterval, FollowsYoungAndDaly) {
  EXPECT_EQ(CheckpointInterval(std::chrono::seconds(20), hours(3)) / 1000, Millis(657));
  EXPECT_EQ(CheckpointInterval(Millis(1), minutes(1)), kShortestInterval);
  EXPECT_EQ(CheckpointInterval(minutes(30), hours(100)), kLongestInterval);
  EXPECT_EQ(CheckpointInterval(minutes(1), std::nullopt), kLongestInterval);
  EXPECT_EQ(CheckpointInterval(minutes(9), minutes(10)), minutes(10));
  EXPECT_EQ(IntervalToBring(minutes(10), minutes(8)), minutes(10));
  EXPECT_EQ(IntervalToBring(minutes(2), minutes(8)), minutes(9) + std::chrono::seconds(5));
}

}  // namespace
}  // namespace curbstop
