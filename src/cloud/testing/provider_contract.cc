// What every driver keeps to, whatever provider it speaks to: run against both drivers in front of
// the practice cloud.
#include "cloud/testing/provider_contract.h"

#include <algorithm>
#include <chrono>

namespace curbstop {

using namespace std::chrono_literals;

LiveOffer ProviderContract::AnOffer() {
  const auto offers = provider_->FindOffers({.gpus = 1, .gpu_memory = GiB(10)});
  EXPECT_TRUE(offers.ok()) << offers.error().Text();
  EXPECT_FALSE(offers->empty());
  return offers->front();
}

CreateOrder ProviderContract::AnOrder(int64_t expires_s) {
  return {.offer = AnOffer(),
          .mark = {.run = "0123456789", .expires_s = expires_s, .per_hour = MicroUsd(400'000)},
          .image = "ubuntu:24.04",
          .disk = Bytes{20'000'000'000},
          .lease = 10min,
          .public_key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 run"};
}

std::vector<CloudMachine> ProviderContract::Listed() {
  const auto listing = provider_->List();
  EXPECT_TRUE(listing.ok()) << listing.error().Text();
  return listing.ok() ? listing->machines : std::vector<CloudMachine>();
}

std::string ProviderContract::Make(int64_t expires_s) {
  const CreateOutcome outcome = provider_->Create(AnOrder(expires_s));
  EXPECT_EQ(outcome.result, CreateResult::kMade) << outcome.why;
  return outcome.machine;
}

TEST_P(ProviderContract, OffersMeetTheWishCheapestFirst) {
  const auto offers = provider_->FindOffers({.gpus = 1, .gpu_memory = GiB(24)});
  ASSERT_TRUE(offers.ok()) << offers.error().Text();
  ASSERT_GE(offers->size(), 3u);
  for (const LiveOffer& live : *offers) {
    EXPECT_EQ(live.offer.provider, provider_->Name());
    EXPECT_EQ(live.offer.gpu_count, 1);
    EXPECT_GE(live.offer.gpu_memory->value, GiB(24).value) << live.offer.gpu_name;
    EXPECT_GT(live.offer.per_hour->value(), 0);
    EXPECT_GT(live.disk_per_gb_month.value(), 0);
    EXPECT_FALSE(live.id.empty());
  }
  EXPECT_TRUE(std::is_sorted(offers->begin(), offers->end(), [](const auto& a, const auto& b) {
    return *a.offer.per_hour < *b.offer.per_hour;
  }));
  EXPECT_TRUE(provider_->FindOffers({.gpus = 1, .gpu_memory = GiB(900)})->empty());
}

TEST_P(ProviderContract, AMachineIsFoundAgainByItsMark) {
  const std::string id = Make(1'796'069'645);
  clock_.Advance(5s);
  const auto machines = Listed();
  ASSERT_EQ(machines.size(), 1u);
  EXPECT_EQ(machines[0].id, id);
  ASSERT_TRUE(machines[0].mark);
  EXPECT_EQ(machines[0].mark->expires_s, 1'796'069'645);
  EXPECT_EQ(machines[0].state, MachineState::kRunning);
  EXPECT_GT(machines[0].per_hour.value(), 0);
  EXPECT_GT(machines[0].made_at_ms, clock_.WallMs() - 60'000);
  EXPECT_LE(machines[0].made_at_ms, clock_.WallMs());
}

TEST_P(ProviderContract, EveryPageOfAListingIsRead) {
  std::vector<std::string> made;
  for (int64_t i = 0; i < 30; ++i) {
    const CreateOutcome outcome = provider_->Create(AnOrder(1000 + i));
    ASSERT_EQ(outcome.result, CreateResult::kMade) << outcome.why;
    made.push_back(outcome.machine);
  }
  clock_.Advance(5s);
  const auto machines = Listed();
  ASSERT_EQ(machines.size(), made.size());
  for (size_t i = 0; i < made.size(); ++i) EXPECT_EQ(machines[i].id, made[i]);
}

TEST_P(ProviderContract, AMachineIsAskedForByItsIdBeforeListingsShowIt) {
  const std::string id = Make(1000);
  EXPECT_TRUE(Listed().empty());
  const auto found = provider_->Find(id);
  ASSERT_TRUE(found.ok()) << found.error().Text();
  ASSERT_EQ(found->machines.size(), 1u);
  EXPECT_EQ(found->machines[0].state, MachineState::kStarting);
}

TEST_P(ProviderContract, DestroyEndsItAndASecondOneIsNoError) {
  const std::string id = Make(1000);
  clock_.Advance(5s);
  ASSERT_TRUE(provider_->Destroy(id).ok());
  EXPECT_TRUE(provider_->Destroy(id).ok());
  clock_.Advance(5s);
  EXPECT_TRUE(provider_->Destroy(id).ok());
  EXPECT_TRUE(Listed().empty());
  EXPECT_TRUE(provider_->Find(id)->machines.empty());
}

TEST_P(ProviderContract, PausedItBillsItsDiskAlone) {
  const std::string id = Make(1000);
  clock_.Advance(5s);
  const MicroUsd running = Listed().at(0).per_hour;
  ASSERT_TRUE(provider_->Pause(id).ok());
  clock_.Advance(5s);
  const CloudMachine paused = Listed().at(0);
  EXPECT_EQ(paused.state, MachineState::kPaused);
  EXPECT_GT(paused.per_hour.value(), 0);
  EXPECT_LT(paused.per_hour, running);
}

TEST_P(ProviderContract, ALaterMarkReplacesTheFirst) {
  const std::string id = Make(1000);
  const Mark later{.run = "0123456789", .expires_s = 5000, .per_hour = MicroUsd(1)};
  ASSERT_TRUE(provider_->Relabel(id, later).ok());
  EXPECT_EQ(provider_->Find(id)->machines.at(0).mark, later);
}

TEST_P(ProviderContract, WhatIsNotThereIsSaidSo) {
  const std::string id = Make(1000);
  ASSERT_TRUE(provider_->Destroy(id).ok());
  clock_.Advance(5s);
  EXPECT_EQ(provider_->Pause(id).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(provider_->Relabel(id, {.run = "0123456789"}).error().kind(), ErrorKind::kNotFound);
}

TEST_P(ProviderContract, AStrangeIdNeverBecomesAPath) {
  for (const char* id : {"", "../users", "1/../2", "1?x=y", "a b", "1%2f"}) {
    EXPECT_FALSE(provider_->Find(id).ok()) << id;
    EXPECT_FALSE(provider_->Destroy(id).ok()) << id;
    EXPECT_FALSE(provider_->Pause(id).ok()) << id;
  }
  EXPECT_EQ(http_.sent, 0);
}

TEST_P(ProviderContract, SoldOutMeansTheNextOffer) {
  http_.Script({{.on = FaultOn::kCreate, .action = FaultDo::kNoStock}});
  const CreateOutcome outcome = provider_->Create(AnOrder(1000));
  EXPECT_EQ(outcome.result, CreateResult::kRefused);
  EXPECT_EQ(outcome.refusal, RefusalClass::kNextOffer);
  EXPECT_EQ(outcome.machine, "");
  EXPECT_FALSE(outcome.why.empty());
}

TEST_P(ProviderContract, ALostAnswerOfACreateLeavesItOpenAndIsNotSentAgain) {
  const CreateOrder order = AnOrder(1000);
  http_.Script({{.on = FaultOn::kCreate, .action = FaultDo::kLoseAnswer}});
  http_.sent = 0;
  EXPECT_EQ(provider_->Create(order).result, CreateResult::kUnknown);
  EXPECT_EQ(http_.sent, 1);
  clock_.Advance(5s);
  ASSERT_EQ(Listed().size(), 1u);
  EXPECT_EQ(Listed()[0].mark, order.mark);
}

TEST_P(ProviderContract, ABrokenConnectionLeavesACreateOpenToo) {
  const CreateOrder order = AnOrder(1000);
  http_.breaks = true;
  http_.sent = 0;
  EXPECT_EQ(provider_->Create(order).result, CreateResult::kUnknown);
  EXPECT_EQ(http_.sent, 1);
  http_.breaks = false;
  clock_.Advance(5s);
  EXPECT_EQ(Listed().size(), 1u);
}

TEST_P(ProviderContract, WithoutAConnectionNothingWasMade) {
  const CreateOrder order = AnOrder(1000);
  http_.is_down = true;
  const CreateOutcome outcome = provider_->Create(order);
  EXPECT_EQ(outcome.result, CreateResult::kRefused);
  EXPECT_EQ(outcome.refusal, RefusalClass::kRetryAfter);
}

TEST_P(ProviderContract, AServersTroubleDuringACreateLeavesItOpen) {
  const CreateOrder order = AnOrder(1000);
  http_.Script({{.on = FaultOn::kCreate, .action = FaultDo::kError}});
  EXPECT_EQ(provider_->Create(order).result, CreateResult::kUnknown);
}

TEST_P(ProviderContract, TooManyCallsAreTriedAgainOnlyWhereThatIsHarmless) {
  const CreateOrder order = AnOrder(1000);
  http_.Script({{.on = FaultOn::kCreate, .action = FaultDo::kTooMany},
                {.on = FaultOn::kList, .action = FaultDo::kTooMany, .times = 2}});
  const CreateOutcome outcome = provider_->Create(order);
  EXPECT_EQ(outcome.result, CreateResult::kRefused);
  EXPECT_EQ(outcome.refusal, RefusalClass::kRetryAfter);
  EXPECT_GT(outcome.retry_after.count(), 0);
  EXPECT_TRUE(provider_->List().ok());
}

TEST_P(ProviderContract, ReadsAndEndsAreTriedAgainWithAnEnd) {
  const std::string id = Make(1000);
  http_.Script({{.on = FaultOn::kDestroy, .action = FaultDo::kError, .times = 2}});
  EXPECT_TRUE(provider_->Destroy(id).ok());
  http_.Script({{.on = FaultOn::kList, .action = FaultDo::kError, .times = 100}});
  http_.sent = 0;
  EXPECT_EQ(provider_->List().error().kind(), ErrorKind::kUnavailable);
  EXPECT_GT(http_.sent, 1);
  EXPECT_LT(http_.sent, 10);
}

TEST_P(ProviderContract, AnUnknownKeyTurnsTheProviderOff) {
  const CreateOrder order = AnOrder(1000);
  const auto stranger = MakeProvider("sk-nobody-knows-this");
  const CreateOutcome outcome = stranger->Create(order);
  EXPECT_EQ(outcome.result, CreateResult::kRefused);
  EXPECT_EQ(outcome.refusal, RefusalClass::kProviderOff);
  const auto listing = stranger->List();
  ASSERT_FALSE(listing.ok());
  EXPECT_EQ(listing.error().kind(), ErrorKind::kDenied);
  EXPECT_EQ(listing.error().Text().find("nobody-knows"), std::string::npos);
  EXPECT_EQ(outcome.why.find("nobody-knows"), std::string::npos);
}

TEST_P(ProviderContract, AHostThatNeverComesUpIsBroken) {
  const CreateOrder order = AnOrder(1000);
  http_.Script({{.on = FaultOn::kCreate, .action = FaultDo::kBadHost}});
  const CreateOutcome outcome = provider_->Create(order);
  ASSERT_EQ(outcome.result, CreateResult::kMade);
  clock_.Advance(10s);
  EXPECT_EQ(provider_->Find(outcome.machine)->machines.at(0).state, MachineState::kBroken);
}

TEST_P(ProviderContract, TheProvidersClockIsReadFromItsAnswers) {
  http_.clock_off_ms = 3'600'000;
  EXPECT_EQ(provider_->List()->date_ms, (clock_.WallMs() + 3'600'000) / 1000 * 1000);
}

TEST_P(ProviderContract, TheCreateRequestArmsTheLeaseAndHoldsNoKey) {
  Make(1000);
  const PracticeMachine& machine = http_.world().state.machines.at(0);
  std::string sent = machine.birth;  // the script itself, or what starts it from a variable
  for (const auto& [name, value] : machine.environment) sent += value;
  EXPECT_NE(sent.find("+ 600"), std::string::npos);
  EXPECT_NE(sent.find("end-machine"), std::string::npos);
  EXPECT_EQ(sent.find(kDirectKey), std::string::npos);
}

// The money: what the ledger would book by the driver's own terms is never below the bill.
TEST_P(ProviderContract, TheDriversTermsCoverTheBill) {
  CreateOrder order = AnOrder(1000);
  const ProviderFacts facts = *FactsOf(provider_->Name());
  const LeaseTerms terms = TermsFor(facts, order.offer, order.disk, {}, Bytes{0});
  const int64_t from = clock_.WallMs();
  const CreateOutcome outcome = provider_->Create(order);
  ASSERT_EQ(outcome.result, CreateResult::kMade);
  for (const auto step : {700ms, 2500ms, 61'250ms, 3'600'000ms}) {
    clock_.Advance(step);
    ASSERT_TRUE(provider_->Find(outcome.machine).ok());
    const int64_t bill = WholePracticeBill(http_.world());
    const Millis lived(clock_.WallMs() - from);
    EXPECT_LE(bill, Charge(terms.billing, lived, lived).value()) << lived.count();
  }
  EXPECT_GT(WholePracticeBill(http_.world()), 0);
}

}  // namespace curbstop
