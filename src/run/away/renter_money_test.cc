// What a renter decides on by the money that caps, plan and other journals' marks leave.
#include <gtest/gtest.h>

#include "run/away/renter.h"
#include "run/supervisor/testing/away_life.h"
#include "sys/testing/fake_clock.h"

namespace curbstop {
namespace {

constexpr int64_t kWallMs = 1'795'981'200'000;

// An account with one offer, and with the machines that a test puts there.
class OneOffer final : public Provider {
 public:
  std::string_view Name() const override { return "vast"; }
  Result<std::vector<LiveOffer>> FindOffers(const OfferWish&) override {
    LiveOffer live;
    live.offer.provider = "vast";
    live.offer.gpu_name = "RTX-3090";
    live.offer.gpu_count = 1;
    live.offer.per_hour = MicroUsd(1'000'000);
    live.id = "7";
    return std::vector<LiveOffer>{live};
  }
  CreateOutcome Create(const CreateOrder&) override { return {}; }
  Result<Listing> List() override { return Listing{machines, kWallMs}; }
  Result<Listing> Find(const std::string&) override { return Listing{{}, kWallMs}; }
  Status Destroy(const std::string&) override { return {}; }
  Status Pause(const std::string&) override { return {}; }
  Status Relabel(const std::string&, const Mark&) override { return {}; }

  std::vector<CloudMachine> machines;
};

class RenterMoney : public ::testing::Test {
 protected:
  RenterMoney() {
    auto provider = std::make_unique<OneOffer>();
    account_ = provider.get();
    RentWish wish;
    wish.place = {.kind = PlaceKind::kProvider, .provider = "vast"};
    const ProviderFacts facts = *FactsOf("vast");
    renter_.emplace("ourrunours", wish, RentalMarket{facts, {.declared = facts.grade}},
                    std::move(provider), "ssh-ed25519 A", clock_);
  }
  void AddMark(const std::string& run, int64_t per_hour) {
    CloudMachine machine;
    machine.mark = Mark{run, kWallMs / 1000 + 3600, MicroUsd(per_hour)};
    account_->machines.push_back(machine);
  }
  Event Decide(int64_t left, std::set<std::string> known = {}) {
    const Away life;
    return renter_->Decide(life.state, {MicroUsd(left), std::move(known)});
  }

  FakeClock clock_;
  OneOffer* account_ = nullptr;
  std::optional<Renter> renter_;
};

int64_t Reserve(const Event& event) { return event.facts.reserve_micro_usd; }

// 72 h at 1 USD, D 60 s, L 30 s, 3 reads 10 s apart: the end there is not proven.
constexpr int64_t kWhole = 72'033'334;

TEST_F(RenterMoney, TakesTheReserveThatIsLeftToTheLastMicroDollar) {
  const Event rents = Decide(kWhole);
  EXPECT_EQ(static_cast<DecisionKind>(rents.facts.decision), DecisionKind::kRent);
  EXPECT_EQ(Reserve(rents), kWhole);
  const Event stops = Decide(kWhole - 5);
  EXPECT_EQ(static_cast<DecisionReason>(stops.facts.reason), DecisionReason::kNoMoney);
  EXPECT_EQ(stops.data.IntOr("short_micro_usd", 0), 5);
}

TEST_F(RenterMoney, AnotherJournalsMarkIsTakenOffFromTheNextListingOn) {
  AddMark("elsewherea", 400'000);
  EXPECT_EQ(renter_->HeldByOthers(), MicroUsd(0));  // nobody has looked yet
  const Event stops = Decide(kWhole + 399'999);
  EXPECT_EQ(static_cast<DecisionReason>(stops.facts.reason), DecisionReason::kNoMoney);
  EXPECT_EQ(stops.data.IntOr("short_micro_usd", 0), 1);
  EXPECT_EQ(renter_->HeldByOthers(), MicroUsd(400'000));
  EXPECT_EQ(Reserve(Decide(kWhole + 400'000)), kWhole);
  EXPECT_EQ(Reserve(Decide(kWhole, {"elsewherea"})), kWhole);  // the own journal holds that one
  account_->machines.clear();
  EXPECT_EQ(Reserve(Decide(kWhole)), kWhole);
}

}  // namespace
}  // namespace curbstop
