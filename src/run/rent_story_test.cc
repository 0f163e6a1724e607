#include "run/rent_story.h"

#include "plan/decision.h"

namespace curbstop {
namespace {

constexpr int64_t kSecond = 1000;

class RentStoryTest : public testing::Test {
 protected:
  std::string Tell(int64_t at_s, EventKind kind, Json data = Json(), Facts facts = {}) {
    Event event;
    event.kind = kind;
    event.facts = std::move(facts);
    event.facts.boot_ms = at_s * kSecond;
    event.data = std::move(data);
    return story_.Add(event);
  }
  std::string Rent(int64_t at_s, int64_t per_hour = 500'000, bool spot = true) {
    Facts facts;
    facts.decision = static_cast<int64_t>(DecisionKind::kRent);
    facts.spot = spot ? 1 : 0;
    facts.micro_usd_per_hour = per_hour;
    return Tell(at_s, EventKind::kDecided,
                Json::MakeObject({{"on_demand_micro_usd_per_hour", 1'000'000}}), facts);
  }
  std::string Say(int64_t at_s, const char* kind, const char* name = "") {
    return Tell(at_s, EventKind::kAgentReport,
                Json::MakeObject({{"kind", kind}, {"name", name}, {"complete", true}}));
  }
  void Keep(int64_t at_s, const char* name) {
    Tell(at_s, EventKind::kKept, Json::MakeObject({{"name", name}}));
  }
  std::string See(int64_t at_s, bool paused) {
    Facts facts;
    facts.seen.push_back({.machine = "1", .rental = 1, .paused = paused});
    return Tell(at_s, EventKind::kLooked, Json(), facts);
  }

  RentStory story_;
};

TEST_F(RentStoryTest, WorkIsLostSinceTheNewestCheckpointThatCameHome) {
  EXPECT_EQ(Rent(0), "");
  Say(100, "attempt_started");
  Say(160, "checkpoint", "step-1");
  Say(220, "checkpoint", "step-2");
  Keep(225, "step-1");  // the second was still on its way
  Tell(230, EventKind::kDisconnected);
  Tell(240, EventKind::kDisconnected);
  EXPECT_EQ(Rent(300), "lost 1 min 10 s of work, since `step-1`");
}

TEST_F(RentStoryTest, WithoutACheckpointAllOfItIsLost) {
  Rent(0);
  Say(100, "attempt_started");
  Say(200, "checkpoint", "step-1");
  EXPECT_EQ(Rent(400), "lost 5 min of work, no checkpoint was home");
}

TEST_F(RentStoryTest, AMachineThatNeverWorkedOrWasDoneLosesNothing) {
  Rent(0);
  EXPECT_EQ(Rent(100), "");
  Say(150, "attempt_started");
  Say(160, "attempt_ended");
  EXPECT_EQ(Rent(200), "");
}

TEST_F(RentStoryTest, ACutThatWasMendedLosesNothing) {
  Rent(0);
  Say(100, "attempt_started");
  Tell(110, EventKind::kDisconnected);
  Tell(120, EventKind::kConnected);
  Say(150, "checkpoint", "step-1");
  Keep(151, "step-1");
  Tell(160, EventKind::kDisconnected);
  EXPECT_EQ(Rent(200), "lost 10 s of work, since `step-1`");
}

TEST_F(RentStoryTest, APauseIsToldOnceAndNotWhereItWasAskedFor) {
  Rent(0);
  EXPECT_EQ(See(5, false), "");
  EXPECT_EQ(See(10, true), "its provider paused it without notice; its disk still bills");
  EXPECT_EQ(See(11, true), "");
  Rent(20);
  Tell(30, EventKind::kPaused);
  EXPECT_EQ(See(40, true), "");
}

// One hour of work and 200 s of boot and end: 1.0556 USD on demand.
TEST_F(RentStoryTest, TheSavingCountsWhatWasPaidForLostWork) {
  Rent(0);
  Say(100, "attempt_started");
  Say(1900, "checkpoint", "half");
  Keep(1900, "half");
  Tell(2800, EventKind::kDisconnected);
  EXPECT_EQ(Rent(3000), "lost 15 min of work, since `half`");
  Say(3100, "attempt_started");
  Say(4900, "attempt_ended");
  Tell(5000, EventKind::kTick);
  EXPECT_EQ(story_.Saving(MicroUsd(527'778)), "effective saving 50 %, the list said 50 %");
  EXPECT_EQ(story_.Saving(MicroUsd(700'000)), "effective saving 34 %, the list said 50 %");
  EXPECT_EQ(story_.Saving(MicroUsd(1'161'111)),
            "no saving: 10 % dearer than on demand, the list said 50 % cheaper");
}

TEST_F(RentStoryTest, OnDemandThereIsNothingToSave) {
  Rent(0, 1'000'000, false);
  Say(100, "attempt_started");
  Say(200, "attempt_ended");
  EXPECT_EQ(story_.Saving(MicroUsd(1)), "");
}

}  // namespace
}  // namespace curbstop
