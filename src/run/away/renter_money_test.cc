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
    if (!has_offer) return std::vector<LiveOffer>();
    LiveOffer live;
    live.offer.provider = "vast";
    live.offer.gpu_name = "RTX-3090";
    live.offer.gpu_count = 1;
    live.offer.per_hour = MicroUsd(per_hour);
    live.id = "7";
    return std::vector<LiveOffer>{live};
  }
  CreateOutcome Create(const CreateOrder&) override { return {}; }
  Result<Listing> List() override {
    if (fails) return Unavailable("it does not answer");
    return Listing{machines, kWallMs};
  }
  Result<Listing> Find(const std::string&) override { return Listing{{}, kWallMs}; }
  Status Destroy(const std::string& id) override {
    destroyed.push_back(id);
    return {};
  }
  Status Pause(const std::string&) override { return {}; }
  Status Relabel(const std::string&, const Mark&) override { return {}; }

  std::vector<CloudMachine> machines;
  std::vector<std::string> destroyed;
  int64_t per_hour = 1'000'000;
  bool has_offer = true;
  bool fails = false;
};

class RenterMoney : public ::testing::Test {
 protected:
  RenterMoney() {
    auto provider = std::make_unique<OneOffer>();
    account_ = provider.get();
    RentWish wish;
    wish.place = {.kind = PlaceKind::kProvider, .provider = "vast"};
    const ProviderFacts facts = *FactsOf("vast");
    std::vector<RentAccount> accounts;
    accounts.push_back({{facts, {.declared = facts.grade}}, std::move(provider)});
    renter_.emplace("ourrunours", wish, std::move(accounts), "ssh-ed25519 A", clock_);
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

// ---- two accounts -----------------------------------------------------------------------------

// A run whose own place is vast's account, and which may rent at runpod's too.
class TwoAccounts : public ::testing::Test {
 protected:
  TwoAccounts() {
    RentWish wish;
    wish.place = {.kind = PlaceKind::kProvider, .provider = "vast"};
    wish.also = {{.kind = PlaceKind::kProvider, .provider = "runpod"}};
    std::vector<RentAccount> accounts;
    for (OneOffer** account : {&own_, &other_}) {
      auto provider = std::make_unique<OneOffer>();
      *account = provider.get();
      const ProviderFacts facts = *FactsOf(account == &own_ ? "vast" : "runpod");
      RentalMarket market{facts, {.declared = facts.grade, .self_end_proven = true}};
      if (account == &other_) market.account = "runpod";
      accounts.push_back({std::move(market), std::move(provider)});
    }
    other_->per_hour = 500'000;
    renter_.emplace("ourrunours", wish, std::move(accounts), "ssh-ed25519 A", clock_);
  }
  Facts Decide() {
    decided_ = renter_->Decide(life_.state, {MicroUsd(100'000'000), {}});
    return decided_.facts;
  }
  void RentAndLose() {
    Facts offer = RentOffer();
    offer.offer = "1x RTX-3090 · offer 8";  // another one than is on sale
    life_.Work(offer);
    life_.Look({{"i-1", 1, true, kRate, 0}});
  }

  Away life_{Json::MakeObject({{"accounts", 2}})};
  FakeClock clock_;
  OneOffer* own_ = nullptr;
  OneOffer* other_ = nullptr;
  std::optional<Renter> renter_;
  Event decided_;
};

TEST_F(TwoAccounts, TheFirstMachineIsWhereThePlanSaidAndTheNextWhereItIsCheapest) {
  EXPECT_EQ(Decide().account, "");
  EXPECT_EQ(decided_.facts.offer, "1x RTX-3090 · offer 7");
  RentAndLose();
  EXPECT_EQ(Decide().account, "runpod");
  EXPECT_EQ(decided_.facts.offer, "1x RTX-3090 · runpod offer 7");
  EXPECT_EQ(decided_.facts.micro_usd_per_hour, 500'000);
}

TEST_F(TwoAccounts, WithNothingAtTheOwnPlaceTheFirstIsOfTheOther) {
  own_->has_offer = false;
  EXPECT_EQ(Decide().account, "runpod");
  own_->fails = true;
  EXPECT_EQ(Decide().account, "runpod");
  EXPECT_EQ(decided_.data.Find("error"), nullptr);
}

TEST_F(TwoAccounts, AreBothAskedBeforeNothingIsFound) {
  own_->fails = other_->fails = true;
  EXPECT_EQ(static_cast<DecisionReason>(Decide().reason), DecisionReason::kNoOffer);
  EXPECT_NE(decided_.data.Find("error"), nullptr);
  other_->fails = false;
  other_->has_offer = false;
  Decide();
  EXPECT_EQ(decided_.data.Find("error"), nullptr);
}

TEST_F(TwoAccounts, OneThatRefusesUntilAPersonActsIsNotAsked) {
  life_.Rent();
  life_.Answer(EffectKind::kCreate, EventKind::kCreateRefused, {},
               Json::MakeObject({{"error", "no credit"}, {"refusal", "provider_off"}}));
  other_->per_hour = 5'000'000;
  EXPECT_EQ(Decide().account, "runpod");
}

TEST_F(TwoAccounts, WhatOthersHoldOnEitherIsTakenOff) {
  for (OneOffer* account : {own_, other_}) {
    CloudMachine machine;
    machine.mark = Mark{"elsewherea", kWallMs / 1000 + 3600, MicroUsd(400'000)};
    account->machines.push_back(machine);
  }
  RentAndLose();
  Decide();
  EXPECT_EQ(renter_->HeldByOthers(), MicroUsd(800'000));
}

TEST_F(TwoAccounts, AMachineIsEndedAtItsOwn) {
  RentAndLose();
  Facts offer = RentOffer();
  offer.account = "runpod";
  life_.Boot(offer);
  EXPECT_EQ(renter_->Destroy(life_.state, 2).kind, EventKind::kDestroyAccepted);
  EXPECT_EQ(other_->destroyed, std::vector<std::string>{"i-1"});
  EXPECT_TRUE(own_->destroyed.empty());
}

TEST_F(TwoAccounts, ALookTellsWhoseMachinesItShowsAndWhoIsSilent) {
  RentAndLose();
  life_.Rent([] {
    Facts offer = RentOffer();
    offer.account = "runpod";
    return offer;
  }());
  CloudMachine machine;
  machine.id = "i-1";
  machine.mark = MarkOf("ourrunours", life_.rental(1), kWallMs + 3'600'000);
  other_->machines = {machine};
  const Event both = renter_->Look(life_.state);
  ASSERT_EQ(both.kind, EventKind::kLooked);
  ASSERT_EQ(both.facts.seen.size(), 1U);
  EXPECT_EQ(both.facts.seen[0].account, "runpod");
  EXPECT_EQ(both.facts.seen[0].rental, 2);
  own_->fails = true;
  const Event one = renter_->Look(life_.state);
  EXPECT_EQ(one.kind, EventKind::kLooked);
  ASSERT_EQ(one.facts.listed.size(), 2U);
  EXPECT_EQ(one.facts.listed[0], (ListedAccount{"", 0}));
  EXPECT_EQ(one.facts.listed[1], (ListedAccount{"runpod", kWallMs}));
  EXPECT_EQ(one.facts.seen.size(), 1U);
  other_->fails = true;
  EXPECT_EQ(renter_->Look(life_.state).kind, EventKind::kLookFailed);
}

// For nothing this computer does the ninety minutes in as long: only while somebody would begin it.
TEST(RenterHome, IsACandidateWhileSomebodyWaits) {
  RentWish wish;
  wish.place = {.kind = PlaceKind::kProvider, .provider = "vast"};
  wish.home = HomeMachine{MicroUsd(1), Millis(90 * kMinute), Millis(0)};
  std::vector<RentAccount> accounts;
  accounts.push_back({{*FactsOf("vast"), {.self_end_proven = true}}, std::make_unique<OneOffer>()});
  FakeClock clock;
  Renter renter("r1", wish, std::move(accounts), "", clock);
  const Away life(Json::MakeObject({{"deadline_ms", 10 * kHour}}));
  RentMoney money{.left = MicroUsd(1'000'000'000)};
  const auto decide = [&] {
    return static_cast<DecisionKind>(renter.Decide(life.state, money).facts.decision);
  };
  EXPECT_EQ(decide(), DecisionKind::kRent);
  money.may_go_home = true;
  EXPECT_EQ(decide(), DecisionKind::kHome);
}

// A keyring that was locked, a variable that a shell lacked.
TEST(RentAccounts, OneThatCannotBeOpenedIsTriedAgain) {
  bool has_key = false;
  const auto open = [&](const Place& place) -> Result<std::unique_ptr<Provider>> {
    if (place.provider == "runpod" && !has_key) return Denied("there is no key");
    return std::unique_ptr<Provider>(std::make_unique<OneOffer>());
  };
  RentWish wish;
  wish.place = {.kind = PlaceKind::kProvider, .provider = "runpod"};
  EXPECT_EQ(OpenRentAccounts(wish, open).error().kind(), ErrorKind::kDenied);
  wish.also = {{.kind = PlaceKind::kProvider, .provider = "vast"}};
  FakeClock clock;
  Renter renter("r1", wish, *OpenRentAccounts(wish, open), "", clock);
  EXPECT_EQ(renter.FindAddress("", "m1").error().kind(), ErrorKind::kDenied);
  EXPECT_TRUE(renter.FindAddress("vast", "m1").ok());
  has_key = true;
  EXPECT_TRUE(renter.FindAddress("", "m1").ok());
}

}  // namespace
}  // namespace curbstop
