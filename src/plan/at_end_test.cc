#include "plan/at_end.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

struct Case {
  AtEnd wish;
  bool home;
  bool named;
  AtEnd does;
  bool loses;
};

class AtLeaseEnd : public testing::TestWithParam<Case> {};

TEST_P(AtLeaseEnd, IsDecidedByWishAndPlace) {
  const SafeWork work{Millis(600'000), Millis(20'000), Millis(30'000)};
  const AtEndChoice choice =
      DecideAtEnd(GetParam().wish, {GetParam().home, GetParam().named}, work);
  EXPECT_EQ(choice.does, GetParam().does);
  EXPECT_EQ(choice.lost, GetParam().loses ? LostWorkBound(work) : Millis(0));
}

INSTANTIATE_TEST_SUITE_P(All, AtLeaseEnd,
                         testing::Values(Case{AtEnd::kSave, true, true, AtEnd::kSave, false},
                                         Case{AtEnd::kSave, false, true, AtEnd::kSave, false},
                                         Case{AtEnd::kSave, true, false, AtEnd::kDestroy, true},
                                         Case{AtEnd::kSave, false, false, AtEnd::kDestroy, true},
                                         Case{AtEnd::kDestroy, true, true, AtEnd::kDestroy, true},
                                         Case{AtEnd::kDestroy, false, false, AtEnd::kDestroy,
                                              true}));

}  // namespace
}  // namespace curbstop
