// The state machine by itself: time and requests in, state and answers out.
#include "cloud/practice/practice_world.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/json.h"
#include "cloud/practice/practice_home.h"
#include "cloud/practice/practice_meter.h"

namespace curbstop {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kStart = 1'796'000'000'000;
constexpr const char* kKey = "Bearer account";

class Practice : public testing::Test {
 protected:
  Practice() {
    PracticeState state;
    state.settings = {.bad_percent = 0, .keeps_pace = false};
    state.key = "account";
    state.now_ms = state.script_from_ms = kStart;
    world_ = *WorldOf(state);
  }

  PracticeReply Ask(std::string method, std::string path, std::string body = "",
                    std::string key = kKey) {
    return ServePractice(world_,
                         {.method = std::move(method),
                          .path = std::move(path),
                          .query = {},
                          .authorization = std::move(key),
                          .body = std::move(body)},
                         now_);
  }
  Json AskJson(std::string method, std::string path, std::string body = "") {
    return *ParseJson(Ask(std::move(method), std::move(path), std::move(body)).body);
  }
  const PracticeHost& HostOfSkin(PracticeSkin skin) {
    for (const PracticeHost& host : world_.hosts) {
      if (host.skin == skin && host.gpus == 1) return host;
    }
    ADD_FAILURE();
    return world_.hosts.front();
  }
  int64_t RentVast(const std::string& more = "") {
    const PracticeHost& host = HostOfSkin(PracticeSkin::kVast);
    const Json made = AskJson("PUT", fmt::format("/api/v0/asks/{}/", host.id),
                              fmt::format(R"({{"image":"i","disk":10,"label":"a"{}}})", more));
    return made.IntOr("new_contract", 0);
  }
  PracticeMachine& Machine() { return world_.state.machines.back(); }
  void Pass(int64_t ms) {
    now_ += ms;
    AdvancePractice(world_, now_);
  }
  void Script(PracticeFault fault) {
    world_.state.faults = {fault};
    world_.state.script_from_ms = now_;
  }
  int64_t Bid(int64_t at_ms) {
    return BidPriceAt(world_.market, HostOfSkin(PracticeSkin::kVast), at_ms);
  }

  int64_t now_ = kStart;
  PracticeWorld world_;
};

TEST_F(Practice, TheMarketIsTheSameForOneSeedAndAnotherForAnother) {
  const PracticeHost host = HostOfSkin(PracticeSkin::kVast);
  std::vector<int64_t> first, again, other;
  for (int64_t tick = 0; tick < 100; ++tick) {
    first.push_back(BidPriceAt({.seed = 1}, host, kStart + tick * kMarketTickMs));
    again.push_back(BidPriceAt({.seed = 1}, host, kStart + tick * kMarketTickMs + 1999));
    other.push_back(BidPriceAt({.seed = 2}, host, kStart + tick * kMarketTickMs));
  }
  EXPECT_EQ(first, again);
  EXPECT_NE(first, other);
  EXPECT_THAT(first, Each(testing::Ge(host.micro_usd_per_hour * 3 / 10)));
  EXPECT_THAT(first, Each(testing::Le(host.micro_usd_per_hour * 11 / 10)));
}

// From all times at which the machine is to be had, over all hosts that take bids, in minutes.
double MeanLife(const PracticeWorld& world, int64_t percent_above) {
  constexpr int64_t kTicks = 6000;
  int64_t lived = 0;
  int64_t losses = 0;
  for (const PracticeHost& host : world.hosts) {
    if (host.skin != PracticeSkin::kVast) continue;
    const auto price = [&](int64_t tick) {
      return BidPriceAt(world.market, host, kStart + tick * kMarketTickMs);
    };
    for (int64_t from = 0; from < kTicks / 2; from += 53) {
      if (price(from) > host.micro_usd_per_hour) continue;
      const int64_t bid = price(from) * (100 + percent_above) / 100;
      int64_t tick = from;
      while (tick < kTicks && price(tick) <= bid) ++tick;
      lived += tick - from;
      losses += tick < kTicks ? 1 : 0;
    }
  }
  return static_cast<double>(lived * kMarketTickMs) / 60'000.0 / static_cast<double>(losses);
}

// As docs/formats/practice.md says: long enough to practise in, and a higher bid helps, though not
// against who pays on demand.
TEST_F(Practice, ABidOfATenthAboveTheMarketLivesForTenMinutes) {
  EXPECT_NEAR(MeanLife(world_, 0), 5.5, 1);
  EXPECT_NEAR(MeanLife(world_, 10), 10.5, 1.5);
  EXPECT_NEAR(MeanLife(world_, 30), 15.5, 2.5);
}

TEST_F(Practice, AStillMarketMovesNoPriceAndAFaultStillOutbids) {
  world_.state.settings.is_still = true;
  world_ = *WorldOf(world_.state);
  const int64_t price = Bid(now_);
  for (int64_t tick = 0; tick < 20'000; ++tick) ASSERT_EQ(Bid(now_ + tick * kMarketTickMs), price);
  RentVast(fmt::format(R"(,"price":{})", static_cast<double>(price) / 1e6));
  Script({.action = FaultDo::kOutbid, .at_s = 20, .for_s = 5});
  Pass(19'999);
  EXPECT_EQ(Machine().life, PracticeLife::kRunning);
  Pass(1);
  EXPECT_EQ(Machine().life, PracticeLife::kPaused);
  Pass(5000);
  EXPECT_EQ(Machine().life, PracticeLife::kRunning);
}

TEST_F(Practice, PricesAreTheListsTimesSixty) {
  const auto maryland = std::find_if(world_.hosts.begin(), world_.hosts.end(), [](const auto& h) {
    return h.region == "Maryland, US, NA" && h.gpu == "RTX 4090";
  });
  ASSERT_NE(maryland, world_.hosts.end());
  EXPECT_EQ(maryland->micro_usd_per_hour, 400'000 * 60);  // catalog/offers.csv: 0.4 USD/h
}

// Vast.ai: the GPU from "running" on, storage from the create on; begun seconds count whole.
TEST_F(Practice, TheMeterBillsVastByTheRules) {
  RentVast();
  PracticeMachine machine = Machine();
  machine.micro_usd_per_hour = 3'600'000;  // 1000 a second
  const PracticeHost& host = HostOf(world_, machine);
  ASSERT_EQ(host.disk_micro_usd_per_gb_month, 9'000'000);  // 10 GB: 90,000,000 / 2,628,000 s
  EXPECT_EQ(PracticeBill(machine, host, kStart + 10'000),
            342);  // loading: 10 s of disk, 34.24 each
  SettleMeter(machine, host.skin, kStart + 10'000);
  machine.life = PracticeLife::kRunning;
  EXPECT_EQ(PracticeBill(machine, host, kStart + 11'500), 2000 + 410);  // 2 s, 12 s of disk
  SettleMeter(machine, host.skin, kStart + 20'000);
  machine.life = PracticeLife::kOffline;
  EXPECT_EQ(PracticeBill(machine, host, kStart + 90'000), 10'000 + 684);  // nothing is added
}

TEST_F(Practice, TheMeterBillsAStoppedPodsDiskTwice) {
  const PracticeHost& host = HostOfSkin(PracticeSkin::kRunpod);
  PracticeMachine machine{.host = host.id,
                          .disk_gb = 2628,  // 0.10 USD x 2628 GB / 2,628,000 s = 100 a second
                          .micro_usd_per_hour = 3'600'000,
                          .made_ms = kStart,
                          .span_from_ms = kStart};
  EXPECT_EQ(PracticeBill(machine, host, kStart + 10'000), 10'000 + 1000);  // boots, and bills
  SettleMeter(machine, host.skin, kStart + 10'000);
  machine.life = PracticeLife::kStopped;
  EXPECT_EQ(PracticeBill(machine, host, kStart + 20'000), 11'000 + 2000);
}

// What was billed once stays billed, whatever happens.
TEST_F(Practice, TheBillNeverFalls) {
  EXPECT_TRUE(rc::check([this] {
    const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 7));
    int64_t before = WholePracticeBill(world_);
    for (const int step : steps) {
      const std::string path = fmt::format("/api/v0/instances/{}/", world_.state.next_id - 1);
      if (step == 0) RentVast();
      if (step == 1) Ask("DELETE", path);
      if (step == 2) Ask("PUT", path, R"({"state":"stopped"})");
      if (step == 3) Ask("PUT", path, R"({"state":"running"})");
      if (step == 4) Script({.action = FaultDo::kOffline, .for_s = 2});
      Pass(step * 700);
      const int64_t bill = WholePracticeBill(world_);
      RC_ASSERT(bill >= before);
      before = bill;
    }
  }));
}

TEST_F(Practice, ABidThatIsOutbidPausesAndComesBackByItself) {
  while (Bid(now_) > HostOfSkin(PracticeSkin::kVast).micro_usd_per_hour / 2) now_ += kMarketTickMs;
  const int64_t bid = Bid(now_) + 1;
  RentVast(fmt::format(R"(,"price":{})", static_cast<double>(bid) / 1e6));
  ASSERT_EQ(Machine().bid, bid);
  bool paused = false;
  bool back = false;
  for (int64_t tick = 0; tick < 5000; ++tick) {
    Pass(kMarketTickMs);
    if (Machine().life == PracticeLife::kBooting) continue;
    const bool wins = Bid(now_ / kMarketTickMs * kMarketTickMs) <= bid;
    ASSERT_EQ(Machine().life, wins ? PracticeLife::kRunning : PracticeLife::kPaused) << tick;
    back = back || (paused && wins);
    paused = paused || !wins;
  }
  EXPECT_TRUE(paused);
  EXPECT_TRUE(back);
}

TEST_F(Practice, ABidBelowTheMarketIsAnErrorThatNamesAMachine) {
  const int64_t low = Bid(now_) / 2;
  const PracticeHost& host = HostOfSkin(PracticeSkin::kVast);
  const PracticeReply reply =
      Ask("PUT", fmt::format("/api/v0/asks/{}/", host.id),
          fmt::format(R"({{"image":"i","price":{}}})", static_cast<double>(low) / 1e6));
  EXPECT_EQ(reply.status, 400);
  EXPECT_EQ(ParseJson(reply.body)->IntOr("new_contract", 0), Machine().id);
  Pass(100'000);
  EXPECT_EQ(Machine().life, PracticeLife::kStopped);
  EXPECT_GT(WholePracticeBill(world_), 0);
}

TEST_F(Practice, AMachinesOwnKeyReadsAndEndsItAlone) {
  const int64_t other = RentVast();
  world_.state.machines.clear();
  const int64_t id = RentVast();
  const std::string key = "Bearer " + Machine().key;
  const std::string path = fmt::format("/api/v0/instances/{}/", id);
  EXPECT_EQ(Ask("GET", path, "", key).status, 200);
  EXPECT_EQ(Ask("PUT", path, R"({"label":"x"})", key).status, 403);
  EXPECT_EQ(Ask("GET", "/api/v1/instances/", "", key).status, 404);
  EXPECT_EQ(Ask("DELETE", fmt::format("/api/v0/instances/{}/", other), "", key).status, 404);
  EXPECT_EQ(Ask("DELETE", path, "", key).status, 200);
  Pass(1000);
  EXPECT_EQ(Machine().life, PracticeLife::kGone);
}

TEST_F(Practice, AnAccountMayForbidThatMachinesEndThemselves) {
  world_.state.settings.self_end_works = false;
  const int64_t id = RentVast();
  const std::string key = "Bearer " + Machine().key;
  const std::string path = fmt::format("/api/v0/instances/{}/", id);
  EXPECT_EQ(Ask("GET", path, "", key).status, 200);
  EXPECT_EQ(Ask("DELETE", path, "", key).status, 403);
}

TEST_F(Practice, TheListingLagsBothWays) {
  world_.state.settings.list_lag_ms = 5000;
  const int64_t id = RentVast();
  const auto listed = [&] {
    return AskJson("GET", "/api/v1/instances/").IntOr("total_instances", -1);
  };
  Pass(4999);
  EXPECT_EQ(listed(), 0);
  Pass(1);
  EXPECT_EQ(listed(), 1);
  Ask("DELETE", fmt::format("/api/v0/instances/{}/", id));
  Pass(5499);  // half a second until the end takes effect, five until it shows
  EXPECT_EQ(listed(), 1);
  Pass(1);
  EXPECT_EQ(listed(), 0);
}

TEST_F(Practice, TimedFaultsHitTheOldestRunningMachine) {
  RentVast();
  Script({.action = FaultDo::kVanish, .at_s = 20});
  Pass(19'999);
  EXPECT_EQ(Machine().life, PracticeLife::kRunning);
  Pass(1);
  EXPECT_EQ(Machine().life, PracticeLife::kGone);
  EXPECT_THAT(world_.state.faults, IsEmpty());
}

TEST_F(Practice, AFaultThatFindsNoMachineWaitsForOne) {
  Script({.action = FaultDo::kVanish, .at_s = 1});
  Pass(60'000);
  RentVast();
  Pass(10'000);
  EXPECT_EQ(Machine().life, PracticeLife::kGone);
}

TEST_F(Practice, RestartedAPodMayHaveLostItsGpu) {
  const PracticeHost& host = HostOfSkin(PracticeSkin::kRunpod);
  Ask("POST", "/v2/pods",
      fmt::format(R"({{"name":"a","image":"i","gpu":{{"id":"{}"}}}})", host.type));
  Script({.action = FaultDo::kLoseGpu});
  Pass(10'000);
  const std::string path = "/v2/pods/" + PracticeId(Machine(), host);
  EXPECT_EQ(AskJson("GET", path).StringOr("status", ""), "EXITED");
  EXPECT_EQ(Ask("POST", path + "/action", R"({"action":"start"})").status, 200);
  Pass(10'000);
  const Json pod = AskJson("GET", path);
  EXPECT_EQ(pod.StringOr("status", ""), "RUNNING");
  EXPECT_THAT(pod.Find("runtime")->Find("gpus")->items(), IsEmpty());
}

TEST_F(Practice, ARunpodBodyThatBreaksTheContractIsToldWhere) {
  const PracticeReply reply = Ask("POST", "/v2/pods", R"({"name":"","colour":"red"})");
  EXPECT_EQ(reply.status, 422);
  EXPECT_EQ(reply.content_type, "application/problem+json");
  EXPECT_THAT(reply.body, HasSubstr("/colour"));
  EXPECT_THAT(reply.body, HasSubstr("/name"));
  EXPECT_THAT(reply.body, HasSubstr("/gpu"));
}

TEST_F(Practice, CallsThatComeTooFastAreRefused) {
  world_.state.settings.keeps_pace = true;
  EXPECT_EQ(Ask("GET", "/api/v1/instances/").status, 200);
  const PracticeReply fast = Ask("GET", "/api/v1/instances/");
  EXPECT_EQ(fast.status, 429);
  EXPECT_EQ(fast.content_type, "text/plain");
  now_ += 1000;
  EXPECT_EQ(Ask("GET", "/api/v1/instances/").status, 200);
}

// A server killed and started later sees the same machines, prices and bill.
TEST_F(Practice, AStateReadBackGoesOnTheSame) {
  world_.state.settings.is_still = true;
  world_ = *WorldOf(world_.state);
  RentVast(R"(,"onstart":"a\nb \"c\" \\ ü","price":30.5)");
  Script({.action = FaultDo::kOutbid, .at_s = 7, .for_s = 3});
  Pass(5000);
  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "practice_read_back";
  const PracticeHome home{folder};
  RealFileStore files;
  ASSERT_TRUE(SavePractice(home, files, world_.state).ok());
  Result<PracticeState> read = LoadPractice(home);
  ASSERT_TRUE(read.ok()) << read.error().Text();
  EXPECT_EQ(PracticeStateText(*read), PracticeStateText(world_.state));
  PracticeWorld later = *WorldOf(*read);
  EXPECT_TRUE(later.market.is_still);
  Pass(1'000'000);
  AdvancePractice(later, now_);
  EXPECT_EQ(PracticeStateText(later.state), PracticeStateText(world_.state));
}

TEST_F(Practice, ADamagedStateIsRefusedWithWhatToDo) {
  const PracticeHome home{std::filesystem::path(testing::TempDir()) / "practice_damaged"};
  RealFileStore files;
  ASSERT_TRUE(SavePractice(home, files, world_.state).ok());
  for (const char* text :
       {"", "{", "[]", R"({"version":2})", R"({"version":1,"machines":[{"id":"x"}]})",
        R"({"version":1,"colour":"red"})"}) {
    ASSERT_TRUE(files.Write(home.State(), text, 0600).ok());
    const auto state = LoadPractice(home);
    ASSERT_FALSE(state.ok()) << text;
    EXPECT_EQ(state.error().kind(), ErrorKind::kCorrupt);
    EXPECT_THAT(state.error().Text(), HasSubstr("--fresh"));
  }
}

// Any bytes as a request: an answer, and never a 2xx without a key.
TEST_F(Practice, StrangeRequestsAreAnswered) {
  EXPECT_TRUE(rc::check([this] {
    const auto method = *rc::gen::element<std::string>("GET", "PUT", "POST", "DELETE", "X", "");
    const auto stem =
        *rc::gen::element<std::string>("/", "/v2/pods/", "/v2/pods", "/v2/", "/api/v0/asks/",
                                       "/api/v0/instances/", "/api/v1/instances/");
    const auto tail = *rc::gen::string<std::string>();
    const auto body = *rc::gen::element<std::string>("", "{}", "[]", "null", "{\"image\":1}", tail);
    const PracticeReply reply =
        Ask(method, stem + tail, body, *rc::gen::element<std::string>("", "Bearer ", "x"));
    RC_ASSERT(reply.status >= 400);
  }));
}

TEST_F(Practice, AClockThatGoesBackChangesNothing) {
  RentVast();
  Pass(10'000);
  const std::string before = PracticeStateText(world_.state);
  AdvancePractice(world_, kStart - 1'000'000);
  EXPECT_EQ(PracticeStateText(world_.state), before);
}

}  // namespace
}  // namespace curbstop
