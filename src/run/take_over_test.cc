#include "run/take_over.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

PreparedRun Wanted() {
  PreparedRun wanted;
  wanted.rent = RentWish{.place = {PlaceKind::kPractice, "vast", {}, {}}};
  wanted.rent->needs.gpu = GpuNeed{1, "RTX-4090", {}};
  return wanted;
}

TEST(TakeOver, AMachineServesTheNeedsThatItWasRentedFor) {
  const PreparedRun wanted = Wanted();
  EXPECT_EQ(WhyNotServing(*wanted.rent, false, wanted), "");
}

TEST(TakeOver, WhatDoesNotServeIsNamed) {
  const PreparedRun wanted = Wanted();
  RentWish other = *wanted.rent;
  other.needs.gpu->count = 2;
  EXPECT_EQ(WhyNotServing(other, false, wanted), "it was rented for other needs");
  other = *wanted.rent;
  other.image = "other";
  EXPECT_EQ(WhyNotServing(other, false, wanted), "it runs another image");
  other = *wanted.rent;
  other.disk.value /= 2;
  EXPECT_EQ(WhyNotServing(other, false, wanted), "its disk is too small");
}

TEST(TakeOver, ASpotMachineServesOnlyWhereItsWorkSurvives) {
  PreparedRun wanted = Wanted();
  EXPECT_EQ(WhyNotServing(*wanted.rent, true, wanted), "");
  wanted.away.detached = true;
  EXPECT_EQ(WhyNotServing(*wanted.rent, true, wanted), "it is a spot machine");
  wanted.away.named_place = true;
  EXPECT_EQ(WhyNotServing(*wanted.rent, true, wanted), "");
  wanted.away.spot = SpotUse::kOnly;
  EXPECT_EQ(WhyNotServing(*wanted.rent, false, wanted), "it is no spot machine");
}

}  // namespace
}  // namespace curbstop
