#include "run/away/sweep.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/testing/fake_clock.h"

namespace curbstop {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

// An account that answers so often with that error before it lists one machine.
class Listed final : public Provider {
 public:
  Listed(int refusals, Error error) : refusals_(refusals), error_(std::move(error)) {}

  std::string_view Name() const override { return "vast"; }
  Result<std::vector<LiveOffer>> FindOffers(const OfferWish&) override { return error_; }
  CreateOutcome Create(const CreateOrder&) override { return {}; }
  Result<Listing> List() override {
    ++lists;
    if (refusals_-- > 0) return error_;
    CloudMachine machine;
    machine.id = "7";
    machine.per_hour = MicroUsd(5);
    return Listing{{machine}, 0};
  }
  Result<Listing> Find(const std::string&) override { return error_; }
  Status Destroy(const std::string&) override { return error_; }
  Status Pause(const std::string&) override { return error_; }
  Status Relabel(const std::string&, const Mark&) override { return error_; }

  int lists = 0;

 private:
  int refusals_;
  Error error_;
};

class SweepTest : public testing::Test {
 protected:
  Sweep SweepOne(Listed& account, Millis most) {
    return SweepAccounts({{"vast", &account, {}}},
                         {.most = most, .busy = [&](const auto& place) { busy_.push_back(place); }},
                         clock_);
  }

  FakeClock clock_;
  std::vector<std::string> busy_;
};

TEST_F(SweepTest, ABusyAccountIsWaitedForAndSaidSoOnce) {
  Listed account(3, Exhausted("too many calls"));
  const Sweep sweep = SweepOne(account, 30s);
  EXPECT_EQ(sweep.machines.size(), 1u);
  EXPECT_TRUE(sweep.unread.empty());
  EXPECT_EQ(account.lists, 4);
  EXPECT_THAT(busy_, ElementsAre("vast"));
}

TEST_F(SweepTest, OnlySoLong) {
  Listed account(1000, Exhausted("too many calls"));
  const Ticks from = clock_.Boot();
  const Sweep sweep = SweepOne(account, 30s);
  ASSERT_EQ(sweep.unread.size(), 1u);
  EXPECT_EQ(sweep.unread[0].second.kind(), ErrorKind::kExhausted);
  EXPECT_GE(clock_.Boot() - from, 30s);
  EXPECT_LE(clock_.Boot() - from, 35s);
}

TEST_F(SweepTest, AnotherErrorStandsAtOnce) {
  Listed account(1, Denied("wrong key"));
  const Sweep sweep = SweepOne(account, 30s);
  ASSERT_EQ(sweep.unread.size(), 1u);
  EXPECT_EQ(account.lists, 1);
  EXPECT_TRUE(busy_.empty());
}

TEST_F(SweepTest, WithoutPatienceABusyOneIsUnreadAtOnce) {
  Listed account(1, Exhausted("too many calls"));
  EXPECT_EQ(SweepOne(account, 0s).unread.size(), 1u);
  EXPECT_EQ(account.lists, 1);
}

}  // namespace
}  // namespace curbstop
