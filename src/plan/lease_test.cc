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

// A provider's own meter, by other arithmetic than ours: exact sums of started grains and of disk
// time, in micro-dollars x 3,600,000, rounded up once for each of the two.
int64_t MeteredBill(const BillingRule& rule, int64_t running_ms, int64_t existing_ms) {
  __extension__ using Wide = __int128;
  constexpr Wide kHourMs = 3'600'000;
  int64_t grains = running_ms / rule.grain.count();
  while (grains * rule.grain.count() < running_ms ||
         grains * rule.grain.count() < rule.minimum.count())
    ++grains;
  const Wide run = Wide{grains} * rule.grain.count() * rule.per_hour.value();
  const Wide disk = Wide{existing_ms} * rule.disk_per_hour.value();
  const auto up = [&](Wide sum) {
    return static_cast<int64_t>(sum / kHourMs) + (sum % kHourMs != 0 ? 1 : 0);
  };
  return up(run) + up(disk) + rule.fixed.value();
}

// Often all of it: bounds fail at their ends.
Millis UpTo(Millis most) {
  if (*rc::gen::inRange(0, 3) > 0) return most;
  return Millis(*rc::gen::inRange<int64_t>(0, most.count() + 1));
}

// From the call until it is gone, as long as each party keeps what the header says of it.
Millis RealisedLife(const LeaseTerms& terms, Millis lease) {
  const ProviderTiming& timing = terms.timing;
  const Millis seen = UpTo(timing.list_lag) + UpTo(timing.reads * timing.read_spacing);
  const Millis end = UpTo(timing.destroy_delay) + seen;
  const Millis call = UpTo(timing.create_limit);
  if (terms.grade == LeaseGrade::kA) return call + UpTo(lease) + end;
  const Millis booted = call + UpTo(terms.boot_limit);
  if (terms.grade == LeaseGrade::kB) return booted + UpTo(lease) + end;
  if (terms.has_guard) return booted + UpTo(lease) + UpTo(kGuardReach) + end;
  return UpTo(std::max(kUnguarded, lease)) + end;
}

RC_GTEST_PROP(Lease, NoBillThatCanComeIsAboveTheReserve, ()) {
  LeaseTerms terms = Terms(static_cast<LeaseGrade>(*rc::gen::inRange(0, 4)));
  terms.has_guard = *rc::gen::arbitrary<bool>();
  terms.may_pause = *rc::gen::arbitrary<bool>();
  terms.billing.per_hour = MicroUsd(*rc::gen::inRange<int64_t>(0, 40'000'000));
  terms.billing.disk_per_hour = MicroUsd(*rc::gen::inRange<int64_t>(0, 1'000'000));
  terms.billing.fixed = MicroUsd(*rc::gen::inRange<int64_t>(0, 5'000'000));
  terms.billing.grain = Millis(*rc::gen::element(1'000, 60'000, 3'600'000));
  terms.billing.minimum = Millis(*rc::gen::inRange<int64_t>(0, 7'200'000));
  const Millis lease(*rc::gen::inRange<int64_t>(1'000, 400'000'000));
  const Millis life = RealisedLife(terms, lease);
  RC_ASSERT(life <= LongestLife(terms, lease));
  // Paused by its provider it runs no more, and its disk bills until somebody has ended it.
  const Millis running = UpTo(life);
  const Millis existing =
      terms.may_pause ? std::max(life, UpTo(lease + kUnguarded)) : std::max(running, life);
  const int64_t bill = MeteredBill(terms.billing, running.count(), existing.count());
  RC_ASSERT(ReserveFor(terms, lease).value() >= bill);
  // What is booked by our own rule covers it too, and is never above what was reserved.
  const MicroUsd booked = Charge(terms.billing, running, existing);
  RC_ASSERT(booked.value() >= bill && booked <= ReserveFor(terms, lease));
  // Reserved in two parts it is as much as at once.
  const Millis longer = lease + UpTo(std::chrono::hours(10));
  RC_ASSERT(ReserveFor(terms, lease) + ReserveToExtend(terms, lease, longer) ==
            ReserveFor(terms, longer));
}

}  // namespace
}  // namespace curbstop
