#include "run/away/other_marks.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "market/offer.h"

namespace curbstop {
namespace {

constexpr int64_t kNow = 1'795'981'200'000;
constexpr int64_t kHourS = 3600;

CloudMachine Marked(const std::string& run, int64_t expires_s, int64_t per_hour) {
  CloudMachine machine;
  machine.id = run;
  machine.mark = Mark{run, expires_s, MicroUsd(per_hour)};
  return machine;
}

TEST(OtherMarks, HoldTheirRateUntilTheirExpiry) {
  const int64_t now_s = kNow / 1000;
  const std::vector<CloudMachine> machines = {Marked("elsewherea", now_s + 2 * kHourS, 300'000),
                                              Marked("elsewhereb", now_s + kHourS / 2, 100'000)};
  EXPECT_EQ(HeldByOtherMarks(machines, {}, kNow), MicroUsd(650'000));
}

TEST(OtherMarks, OwnRunsStrangersAndWhatIsOverHoldNothing) {
  const int64_t now_s = kNow / 1000;
  std::vector<CloudMachine> machines = {
      Marked("oursoursou", now_s + kHourS, 300'000), Marked("overoverov", now_s, 300'000),
      Marked("overoverow", now_s - kHourS, 300'000), Marked("norateatal", now_s + kHourS, 0)};
  machines.emplace_back().id = "somebody's notebook";
  machines.back().per_hour = MicroUsd(9'000'000);
  EXPECT_EQ(HeldByOtherMarks(machines, {"oursoursou"}, kNow), MicroUsd(0));
}

// Anybody on the account may name a machine so.
RC_GTEST_PROP(OtherMarks, NoMarkMakesTheSumNegativeOrSmallerThanWithout, ()) {
  const auto any = rc::gen::arbitrary<int64_t>();
  std::vector<CloudMachine> machines = {Marked("elsewherea", kNow / 1000 + kHourS, 300'000)};
  for (int i = 0; i < 5; ++i)
    machines.push_back(Marked("elsewhereb", std::abs(*any / 2), std::abs(*any / 2)));
  RC_ASSERT(HeldByOtherMarks(machines, {}, kNow) >= MicroUsd(300'000));
  machines.push_back(Marked("elsewherec", INT64_MAX, INT64_MAX));
  RC_ASSERT(HeldByOtherMarks(machines, {}, kNow) >= MicroUsd(1'000'000'000'000));
  RC_ASSERT(HeldByOtherMarks(machines, {}, 0) >= MicroUsd(1'000'000'000'000));
}

}  // namespace
}  // namespace curbstop
