#include "plan/lease.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

// 3.60 USD an hour is 1,000 micro-dollars a second.
LeaseTerms Terms(LeaseGrade grade) {
  LeaseTerms terms;
  terms.billing.per_hour = MicroUsd(3'600'000);
  terms.grade = grade;
  terms.boot_limit = minutes(10);
  terms.timing = {seconds(60), seconds(30), seconds(60), 3, seconds(10)};
  return terms;
}

// Of all grades: D 60 s + L 30 s + k x T 30 s = 120 s.
TEST(Lease, LivesAsLongAsWhoeverEndsItAllows) {
  EXPECT_EQ(LongestLife(Terms(LeaseGrade::kA), hours(1)), hours(1) + seconds(60 + 120));
  EXPECT_EQ(LongestLife(Terms(LeaseGrade::kB), hours(1)), hours(1) + seconds(60 + 600 + 120));
  EXPECT_EQ(LongestLife(Terms(LeaseGrade::kBStar), hours(1)), hours(72) + seconds(120));
  EXPECT_EQ(LongestLife(Terms(LeaseGrade::kC), hours(1)), hours(72) + seconds(120));
  EXPECT_EQ(LongestLife(Terms(LeaseGrade::kC), hours(100)), hours(100) + seconds(120));
  LeaseTerms guarded = Terms(LeaseGrade::kC);
  guarded.has_guard = true;
  EXPECT_EQ(LongestLife(guarded, hours(1)), hours(1) + seconds(60 + 600 + 1800 + 120));
}

TEST(Lease, ReservesTheWholeLife) {
  EXPECT_EQ(ReserveFor(Terms(LeaseGrade::kA), hours(1)), MicroUsd(3'780'000));
  EXPECT_EQ(ReserveToExtend(Terms(LeaseGrade::kA), hours(1), hours(2)), MicroUsd(3'600'000));
  EXPECT_EQ(ReserveToExtend(Terms(LeaseGrade::kA), hours(2), hours(1)), MicroUsd(0));
}

// Disk at 3,600 micro-dollars an hour: 73 h instead of 1 h and 3 min.
TEST(Lease, ReservesTheDiskOfAMachineThatMayBePaused) {
  LeaseTerms terms = Terms(LeaseGrade::kA);
  terms.billing.disk_per_hour = MicroUsd(3'600);
  EXPECT_EQ(ReserveFor(terms, hours(1)), MicroUsd(3'780'000 + 3'780));
  terms.may_pause = true;
  EXPECT_EQ(ReserveFor(terms, hours(1)), MicroUsd(3'780'000 + 73 * 3'600));
}

TEST(Lease, IsTheCapInSeconds) {
  EXPECT_EQ(LongestLease(Terms(LeaseGrade::kA), hours(5), MicroUsd(3'780'000)), hours(1));
  EXPECT_EQ(LongestLease(Terms(LeaseGrade::kA), hours(5), MicroUsd(3'779'999)), seconds(3599));
  EXPECT_EQ(LongestLease(Terms(LeaseGrade::kA), hours(1), MicroUsd(99'000'000)), hours(1));
  EXPECT_EQ(LongestLease(Terms(LeaseGrade::kA), hours(1), MicroUsd(180'999)), std::nullopt);
}

RC_GTEST_PROP(Lease, IsNeverLongerThanWhatIsLeftPays, ()) {
  LeaseTerms terms = Terms(static_cast<LeaseGrade>(*rc::gen::inRange(0, 4)));
  terms.billing.per_hour = MicroUsd(*rc::gen::inRange<int64_t>(0, 10'000'000));
  terms.billing.disk_per_hour = MicroUsd(*rc::gen::inRange<int64_t>(0, 100'000));
  terms.billing.fixed = MicroUsd(*rc::gen::inRange<int64_t>(0, 1'000'000));
  terms.billing.grain = Millis(*rc::gen::element(1, 1'000, 60'000, 3'600'000));
  terms.billing.minimum = Millis(*rc::gen::inRange<int64_t>(0, 7'200'000));
  const MicroUsd left(*rc::gen::inRange<int64_t>(0, 300'000'000));
  const Millis asked(*rc::gen::inRange<int64_t>(0, 86'400'000));
  const auto lease = LongestLease(terms, asked, left);
  if (!lease) {
    RC_ASSERT(asked < seconds(1) || ReserveFor(terms, seconds(1)) > left);
    return;
  }
  RC_ASSERT(*lease <= asked && ReserveFor(terms, *lease) <= left);
  const Millis longer = *lease + seconds(1);
  RC_ASSERT(longer > asked || ReserveFor(terms, longer) > left);
}

}  // namespace
}  // namespace curbstop
