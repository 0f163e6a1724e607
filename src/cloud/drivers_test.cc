// What the drivers send and read, word for word: requests as goldens, published answers, unknown
// fields, wrong types.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "cloud/runpod/runpod_provider.h"
#include "cloud/testing/steady_random.h"
#include "cloud/vast/vast_provider.h"
#include "sys/testing/fake_clock.h"

namespace curbstop {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// Answers from a list, and keeps what was asked.
class Recorder final : public HttpClient {
 public:
  Result<HttpAnswer> Send(const HttpCall& call) override {
    calls.push_back(call);
    HttpAnswer answer = next.size() > 1 ? next.front() : next.at(0);
    if (next.size() > 1) next.erase(next.begin());
    return answer;
  }
  std::vector<HttpCall> calls;
  std::vector<HttpAnswer> next;
};

class Drivers : public testing::Test {
 protected:
  std::unique_ptr<Provider> Vast() {
    return MakeVastProvider(http_, clock_, random_, "https://vast.test", Secret("k"));
  }
  std::unique_ptr<Provider> Runpod() {
    return MakeRunpodProvider(http_, clock_, random_, "https://runpod.test/v2", Secret("k"));
  }
  void Answer(std::string body, int status = 200) {
    http_.next = {HttpAnswer{.status = status, .body = std::move(body)}};
  }
  static CreateOrder Order(const char* offer) {
    CreateOrder order{.mark = {.run = "0123456789", .expires_s = 255, .per_hour = MicroUsd(16)},
                      .image = "img",
                      .disk = Bytes{20'000'000'001},
                      .lease = 90s,
                      .public_key = "ssh-ed25519 AAAA run"};
    order.offer.id = offer;
    order.offer.offer.gpu_count = 2;
    return order;
  }

  FakeClock clock_;
  SteadyRandom random_;
  Recorder http_;
};

// ---- requests ----

TEST_F(Drivers, VastsCreateAsItIsSent) {
  Answer(R"({"success":true,"new_contract":7})");
  CreateOrder order = Order("77");
  order.bid_per_hour = MicroUsd(150'000);
  EXPECT_EQ(Vast()->Create(order).machine, "7");
  ASSERT_EQ(http_.calls.size(), 1u);
  EXPECT_EQ(http_.calls[0].method, "PUT");
  EXPECT_EQ(http_.calls[0].url, "https://vast.test/api/v0/asks/77/");
  Json body = *ParseJson(http_.calls[0].body);
  EXPECT_LE(body.StringOr("onstart", "").size(), 4048u);
  EXPECT_THAT(body.StringOr("onstart", ""), HasSubstr("https://vast.test/api/v0/instances/$id/"));
  body.Set("onstart", "…");
  EXPECT_EQ(WriteJson(body),
            R"({"client_id":"me","image":"img","label":"cs1-0123456789-ff-10","disk":21.0,)"
            R"("runtype":"ssh_direct","target_state":"running","cancel_unavail":true,)"
            R"("onstart":"…","price":0.15})");
}

TEST_F(Drivers, RunpodsCreateAsItIsSent) {
  Answer(R"({"id":"7h9k"})", 201);
  EXPECT_EQ(Runpod()->Create(Order("NVIDIA L4|US-KS-2")).machine, "7h9k");
  EXPECT_EQ(http_.calls[0].method, "POST");
  EXPECT_EQ(http_.calls[0].url, "https://runpod.test/v2/pods");
  Json body = *ParseJson(http_.calls[0].body);
  EXPECT_THAT(body.Find("env")->StringOr("CURBSTOP_BIRTH", ""),
              HasSubstr("https://runpod.test/v2/pods/$id"));
  body.Set("env", "…");
  body.Set("args", "…");
  EXPECT_EQ(WriteJson(body),
            R"({"name":"cs1-0123456789-ff-10","image":"img","gpu":{"id":"NVIDIA L4","count":2},)"
            R"("cloud":"SECURE","dataCenterIds":["US-KS-2"],"disk":21,"env":"…",)"
            R"("ports":["22/tcp"],"args":"…","startSsh":true})");
}

TEST_F(Drivers, TheKeyIsInNoAddressAndNoBody) {
  Answer("{}");
  const auto vast = MakeVastProvider(http_, clock_, random_, "https://a.test", Secret("s3cr3t"));
  const auto runpod =
      MakeRunpodProvider(http_, clock_, random_, "https://b.test", Secret("s3cr3t"));
  for (Provider* provider : {vast.get(), runpod.get()}) {
    std::ignore = provider->FindOffers({});
    std::ignore = provider->Create(Order(provider == vast.get() ? "1" : "L4|x"));
    std::ignore = provider->List();
    std::ignore = provider->Find("1");
    std::ignore = provider->Destroy("1");
    std::ignore = provider->Pause("1");
    std::ignore = provider->Relabel("1", Order("1").mark);
  }
  EXPECT_EQ(http_.calls.size(), 14u);
  for (const HttpCall& call : http_.calls) {
    EXPECT_THAT(call.url + call.body, Not(HasSubstr("s3cr3t")));
    EXPECT_EQ(call.bearer, Secret("s3cr3t"));
  }
}

TEST_F(Drivers, APrivateKeyOrASecondLineIsNoPublicKey) {
  Answer("{}");
  for (const char* key : {"", "ssh-ed25519 AAAA\nssh-rsa BBBB",
                          "-----BEGIN OPENSSH PRIVATE KEY-----", "command=\"x\" ssh-rsa A"}) {
    CreateOrder order = Order("1");
    order.public_key = key;
    EXPECT_EQ(Vast()->Create(order).refusal, RefusalClass::kFixRequest) << key;
  }
  EXPECT_TRUE(http_.calls.empty());
}

// ---- answers ----

// The example of the published description, with a field that nobody knows.
TEST_F(Drivers, AVastOfferIsReadWithDiskTransferAndItsShareOfTheHost) {
  Answer(R"({"offers":[{"id":12345678,"machine_id":88888,"gpu_name":"RTX 4090","num_gpus":1,
    "gpu_ram":24564,"cpu_cores":64,"cpu_cores_effective":32,"cpu_ram":65536,"dph_base":0.123456,
    "dph_total":0.234567,"min_bid":0.111111,"storage_cost":0.15,"inet_up_cost":0.00456,
    "inet_down_cost":null,"duration":1234567.89,"geolocation":"Atlantis, AT","later":[1]}]})");
  const auto offers = Vast()->FindOffers({.gpu_memory = GiB(24)});
  ASSERT_TRUE(offers.ok()) << offers.error().Text();
  ASSERT_EQ(offers->size(), 1u);
  const LiveOffer& live = offers->front();
  EXPECT_EQ(live.id, "12345678");
  EXPECT_EQ(live.host, "88888");
  EXPECT_EQ(live.offer.gpu_name, "RTX-4090");
  EXPECT_EQ(live.offer.gpu_memory, GiB(24));
  EXPECT_EQ(live.offer.memory, GiB(32));
  EXPECT_EQ(live.offer.per_hour, MicroUsd(123'456));
  EXPECT_EQ(live.offer.spot_per_hour, MicroUsd(111'111));
  EXPECT_EQ(live.disk_per_gb_month, MicroUsd(150'000));
  EXPECT_EQ(live.per_gb_up, MicroUsd(4560));
  EXPECT_EQ(live.lasts, Millis(1'234'567'000));
}

struct WrongAnswer {
  const char* body;
  const char* says;
};

TEST_F(Drivers, AWrongTypeIsAnErrorThatNamesTheField) {
  const WrongAnswer kVast[] = {
      {R"({"instances":{}})", "`instances` is an object, expected a list"},
      {R"({"success":true})", "`instances` is nothing, expected a list"},
      {R"({"instances":[{"id":"7"}]})", "`instances[0].id` is `\"7\"`, expected a whole number"},
      {R"({"instances":[{"id":1},{"id":2,"label":5}]})", "`instances[1].label` is `5`"},
      {R"({"instances":[{"id":1,"dph_total":"free"}]})", "`instances[0].dph_total`"},
      {R"({"instances":[{"id":1,"dph_total":-1}]})", "expected a price in USD"},
      {R"({"instances":[{"id":1,"dph_total":1e300}]})", "expected a price in USD"},
      {R"({"instances":[{"id":1.5}]})", "`instances[0].id` is `1.5`"},
      {R"({"instances":[3]})", "`instances[0]` is `3`, expected an object"},
      {R"([])", "expected an object"},
      {"<html>busy</html>", "no JSON"},
      {"", "no JSON"},
  };
  for (const WrongAnswer& wrong : kVast) {
    Answer(wrong.body);
    const auto listing = Vast()->List();
    ASSERT_FALSE(listing.ok()) << wrong.body;
    EXPECT_EQ(listing.error().kind(), ErrorKind::kCorrupt) << wrong.body;
    EXPECT_THAT(listing.error().Text(), HasSubstr(wrong.says));
  }
  const WrongAnswer kRunpod[] = {
      {R"({"pods":null})", "`pods` is null, expected a list"},
      {R"({"pods":[{"id":1}]})", "`pods[0].id` is `1`, expected text"},
      {R"({"pods":[{"id":"a","name":"b","status":"RUNNING","cost":"0.4"}]})", "`pods[0].cost`"},
      {R"({"pods":[{"id":"a","name":"b","status":"RUNNING","cost":1,"ssh":{"direct":{"host":"h","port":"22"}}}]})",
       "`pods[0].ssh.direct.port`"},
  };
  for (const WrongAnswer& wrong : kRunpod) {
    Answer(wrong.body);
    const auto listing = Runpod()->List();
    ASSERT_FALSE(listing.ok()) << wrong.body;
    EXPECT_THAT(listing.error().Text(), HasSubstr(wrong.says));
  }
}

// Rounded up, and not by what a decimal lacks as a double.
TEST_F(Drivers, PricesAreWholeMicroDollarsRoundedUp) {
  for (const auto& [usd, micro] : {std::pair{"0.29", 290'000},
                                   {"0.1", 100'000},
                                   {"1", 1'000'000},
                                   {"0.0000001", 1},
                                   {"0.234567", 234'567},
                                   {"0.2345671", 234'568}}) {
    Answer(fmt::format(R"({{"instances":[{{"id":1,"dph_total":{}}}]}})", usd));
    EXPECT_EQ(Vast()->List()->machines[0].per_hour.value(), micro) << usd;
  }
}

TEST_F(Drivers, VastsStatesMeanWhatTheyMean) {
  const std::pair<const char*, MachineState> kStates[] = {
      {R"("actual_status":null)", MachineState::kStarting},
      {R"("actual_status":"loading")", MachineState::kStarting},
      {R"("actual_status":"created")", MachineState::kStarting},
      {R"("actual_status":"running","intended_status":"running")", MachineState::kRunning},
      {R"("actual_status":"running","intended_status":"stopped")", MachineState::kPaused},
      {R"("actual_status":"exited","intended_status":"running")", MachineState::kBroken},
      {R"("actual_status":"offline")", MachineState::kBroken},
      {R"("actual_status":"unknown")", MachineState::kBroken},
      {R"("actual_status":"word of tomorrow")", MachineState::kBroken},
  };
  for (const auto& [fields, state] : kStates) {
    Answer(fmt::format(R"({{"instances":[{{"id":1,{}}}]}})", fields));
    EXPECT_EQ(Vast()->List()->machines[0].state, state) << fields;
  }
}

TEST_F(Drivers, ThePodOfThePublishedExampleIsRead) {
  Answer(R"({"id":"7h9k2m4n6p","name":"cs-run-1","image":"i","args":"","disk":50,"ports":["22/tcp"],
    "env":{},"registry":null,"status":"RUNNING","actions":["stop","restart","terminate"],
    "gpu":{"id":"NVIDIA GeForce RTX 4090","count":1},"cloud":"SECURE","dataCenterId":"US-KS-2",
    "ssh":{"proxy":null,"direct":{"host":"195.0.2.3","port":34446,"username":"root","command":"ssh"}},
    "cost":0.44,"runtime":{"uptime":3600,"gpus":[{"util":90,"memoryUtil":40}]},
    "createdAt":"2026-06-01T12:00:00Z","startedAt":"2026-06-01T12:02:00Z"})");
  const auto found = Runpod()->Find("7h9k2m4n6p");
  ASSERT_TRUE(found.ok()) << found.error().Text();
  const CloudMachine& pod = found->machines.at(0);
  EXPECT_EQ(pod.state, MachineState::kRunning);
  EXPECT_EQ(pod.ssh, (SshAddress{"195.0.2.3", 34446, "root"}));
  EXPECT_EQ(pod.made_at_ms, 1'780'315'200'000);  // 2026-06-01T12:00:00Z
  EXPECT_EQ(pod.gpus, 1);
  EXPECT_FALSE(pod.mark);                             // somebody else's, and listed all the same
  EXPECT_EQ(pod.per_hour, MicroUsd(440'000 + 6945));  // + 50 GB x 0.10 USD / 720 h
}

TEST_F(Drivers, RefusalsAreClassed) {
  struct Case {
    bool vast;
    int status;
    const char* body;
    CreateResult result;
    RefusalClass refusal;
  };
  const Case kCases[] = {
      {true, 404, R"({"error":"invalid_args","msg":"error 404/3603: no_such_ask"})",
       CreateResult::kRefused, RefusalClass::kNextOffer},
      {true, 410, R"({"error":"no_such_ask"})", CreateResult::kRefused, RefusalClass::kNextOffer},
      {true, 404, R"({"error":"auth_error","msg":"Invalid user key"})", CreateResult::kRefused,
       RefusalClass::kProviderOff},
      {true, 403, R"({"error":"invalid_args","msg":"Offer 1 is not your own."})",
       CreateResult::kRefused, RefusalClass::kNextOffer},
      {true, 400, R"({"error":"invalid_args"})", CreateResult::kRefused, RefusalClass::kFixRequest},
      {true, 429, "API requests too frequent: endpoint threshold=4.5", CreateResult::kRefused,
       RefusalClass::kRetryAfter},
      {true, 502, "<html>", CreateResult::kUnknown, RefusalClass::kNextOffer},
      {true, 200, "<html>", CreateResult::kUnknown, RefusalClass::kNextOffer},
      {true, 200, R"({"success":true})", CreateResult::kUnknown, RefusalClass::kNextOffer},
      {false, 422, R"({"detail":"wrong","errors":["/gpu"]})", CreateResult::kRefused,
       RefusalClass::kFixRequest},
      {false, 400, R"({"detail":"no capacity"})", CreateResult::kRefused, RefusalClass::kNextOffer},
      {false, 402, R"({"detail":"balance"})", CreateResult::kRefused, RefusalClass::kProviderOff},
      {false, 403, R"({"detail":"pool"})", CreateResult::kRefused, RefusalClass::kNextOffer},
      {false, 503, "", CreateResult::kUnknown, RefusalClass::kNextOffer},
      {false, 201, "{}", CreateResult::kUnknown, RefusalClass::kNextOffer},
  };
  for (const Case& test : kCases) {
    Answer(test.body, test.status);
    const CreateOutcome outcome =
        test.vast ? Vast()->Create(Order("1")) : Runpod()->Create(Order("L4|x"));
    EXPECT_EQ(outcome.result, test.result) << test.status << test.body;
    if (test.result == CreateResult::kRefused) {
      EXPECT_EQ(outcome.refusal, test.refusal) << test.status << test.body;
    }
    EXPECT_FALSE(outcome.why.empty());
  }
}

TEST_F(Drivers, ARefusalThatNamesAnInstanceTellsIt) {
  Answer(R"({"success":false,"error":"invalid_price","new_contract":99})", 400);
  const CreateOutcome outcome = Vast()->Create(Order("1"));
  EXPECT_EQ(outcome.result, CreateResult::kRefused);
  EXPECT_EQ(outcome.machine, "99");
}

TEST_F(Drivers, AListingWithoutAnEndIsGivenUp) {
  for (int page = 0; page < 300; ++page) {
    http_.next.push_back(HttpAnswer{
        .status = 200, .body = fmt::format(R"({{"instances":[],"next_token":"{}"}})", page)});
  }
  const auto listing = Vast()->List();
  ASSERT_FALSE(listing.ok());
  EXPECT_EQ(listing.error().kind(), ErrorKind::kCorrupt);
}

// Not only after hundreds of pages, a second apart: whoever waits wants to end machines.
TEST_F(Drivers, APageThatIsItsOwnNextOneIsGivenUpAtOnce) {
  Answer(R"({"instances":[],"next_token":"again"})");
  const auto listing = Vast()->List();
  ASSERT_FALSE(listing.ok());
  EXPECT_EQ(listing.error().kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(http_.calls.size(), 2u);
}

// ---- pace ----

TEST_F(Drivers, CallsToOneEndpointOfVastAreApart) {
  Answer(R"({"instances":[]})");
  const auto vast = Vast();
  const Ticks from = clock_.Boot();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(vast->List().ok());
  EXPECT_EQ(clock_.Boot() - from, 2s);
}

TEST_F(Drivers, UsedUpCallsAreWaitedFor) {
  http_.next = {HttpAnswer{.status = 200,
                           .headers = {{"RateLimit", R"("minute";r=0;t=12, "hour";r=28;t=1812)"}},
                           .body = R"({"pods":[]})"},
                HttpAnswer{.status = 200, .body = R"({"pods":[]})"}};
  const auto runpod = Runpod();
  const Ticks from = clock_.Boot();
  ASSERT_TRUE(runpod->List().ok());
  EXPECT_EQ(clock_.Boot() - from, 0s);
  ASSERT_TRUE(runpod->List().ok());
  EXPECT_EQ(clock_.Boot() - from, 12s);
}

TEST_F(Drivers, RetryAfterIsWaitedOut) {
  http_.next = {HttpAnswer{.status = 429, .headers = {{"Retry-After", "7"}}, .body = "{}"},
                HttpAnswer{.status = 200, .body = R"({"pods":[]})"}};
  const Ticks from = clock_.Boot();
  ASSERT_TRUE(Runpod()->List().ok());
  EXPECT_GE(clock_.Boot() - from, 7s);
  EXPECT_LT(clock_.Boot() - from, 8s);
}

// Vast.ai has no such header, and says it in words.
TEST_F(Drivers, TheThresholdInWordsIsWaitedOutToo) {
  http_.next = {
      HttpAnswer{.status = 429, .body = "API requests too frequent: endpoint threshold=5.5"},
      HttpAnswer{.status = 200, .body = R"({"instances":[]})"}};
  const Ticks from = clock_.Boot();
  ASSERT_TRUE(Vast()->List().ok());
  EXPECT_GE(clock_.Boot() - from, 5500ms);
  EXPECT_LT(clock_.Boot() - from, 8s);
}

TEST_F(Drivers, WhatAProviderSaysCannotStirTheTerminal) {
  Answer("{\"detail\":\"\\u001b[2Jgone\"}", 422);
  EXPECT_THAT(Runpod()->Create(Order("L4|x")).why, Not(HasSubstr("\x1b")));
  EXPECT_THAT(Runpod()->List().error().Text(), Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace curbstop
