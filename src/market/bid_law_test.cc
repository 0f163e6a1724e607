#include "market/bid_law.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

constexpr std::string_view kHead =
    "provider,usual_percent,avoidable_percent,halving_percent,grade,notes,source,as_of\n";

Result<std::vector<BidLaw>> Read(std::string_view rows) {
  return ReadBidLaws(std::string(kHead) + std::string(rows));
}

TEST(BidLaw, HalvesWhatAHigherBidCanAvoidAndNothingElse) {
  const BidLaw law{.avoidable_percent = 50, .halving_percent = 5};
  EXPECT_DOUBLE_EQ(LossesBeside(law, 10), 1);
  EXPECT_DOUBLE_EQ(LossesBeside(law, 15), 0.75);
  EXPECT_DOUBLE_EQ(LossesBeside(law, 0), 2.5);
  EXPECT_NEAR(LossesBeside(law, 300), 0.5, 1e-12);
}

RC_GTEST_PROP(BidLaw, NeverRisesWithTheBidAndNeverEnds, ()) {
  const BidLaw law{.usual_percent = *rc::gen::inRange(0, 1001),
                   .avoidable_percent = *rc::gen::inRange(0, 101),
                   .halving_percent = *rc::gen::inRange(1, 1001)};
  const double low = *rc::gen::inRange(0, 1000);
  const double more = *rc::gen::inRange(0, 1000);
  RC_ASSERT(LossesBeside(law, low + more) <= LossesBeside(law, low));
  RC_ASSERT(LossesBeside(law, low + more) >= 0);
}

TEST(BidLaw, TheBundledOneIsGradedAsAssumedAndNamesWhereItComesFrom) {
  const BidLaw* vast = BundledBidLaw("vast");
  ASSERT_NE(vast, nullptr);
  EXPECT_EQ(vast->grade, "assumed");
  EXPECT_FALSE(vast->source.empty());
  EXPECT_EQ(BundledBidLaw("runpod"), nullptr);
}

TEST(BidLaw, WhatCannotBeALawIsRefusedWithItsLine) {
  EXPECT_TRUE(Read("vast,10,50,5,assumed,,me,2026-11-30\n").ok());
  for (const char* row :
       {"vast,10,101,5,assumed,,me,", "vast,-1,50,5,assumed,,me,", "vast,10,50,0,assumed,,me,",
        "vast,10,50,5,sure,,me,", ",10,50,5,assumed,,me,", "vast,1e3,50,5,assumed,,me,",
        "vast,10,99999999999999999999,5,assumed,,me,"}) {
    const auto laws = Read(std::string(row) + "\n");
    ASSERT_FALSE(laws.ok()) << row;
    EXPECT_NE(laws.error().message().find("line 2"), std::string::npos) << row;
  }
  EXPECT_FALSE(Read("vast,10,50,5,assumed,,a,\nvast,10,50,5,assumed,,b,\n").ok());
}

}  // namespace
}  // namespace curbstop
