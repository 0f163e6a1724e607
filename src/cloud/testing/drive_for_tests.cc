// For tests that look at what drivers send: one machine's whole life by every call of the contract.
//
//   drive_for_tests PROVIDER BASE_URL     the account's key comes by stdin
//
// Prints one line of JSON for each call: {"call":…,"error":…|null,"saw":…}. Answers may be the
// examples of a description, so that nothing here depends on what they say.
#include <cstdio>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "base/json.h"
#include "base/text.h"
#include "cloud/runpod/runpod_provider.h"
#include "cloud/vast/vast_provider.h"

namespace curbstop {
namespace {

constexpr int kLooks = 10;  // for the machine's address
constexpr Millis kLooksApart{500};

Mark AMark() { return {.run = "0123456789", .expires_s = 4'000'000'000}; }

void Say(const char* call, const std::string& error, Json saw) {
  const Json line = Json::MakeObject(
      {{"call", call}, {"error", error.empty() ? Json() : Json(error)}, {"saw", std::move(saw)}});
  std::puts(WriteJson(line).c_str());
}

void SayListing(const char* call, const Result<Listing>& listing) {
  Json ids = Json::MakeArray();
  if (listing.ok()) {
    for (const CloudMachine& machine : listing->machines) ids.Push(machine.id);
  }
  Say(call, listing.ok() ? "" : listing.error().OneLine(), ids);
}

void SayDone(const char* call, const Status& done) {
  Say(call, done.ok() ? "" : done.error().OneLine(), Json());
}

// The first on sale; where none is, one that looks like it.
LiveOffer AnOffer(Provider& provider) {
  const Result<std::vector<LiveOffer>> offers = provider.FindOffers({.gpus = 1});
  Say("find_offers", offers.ok() ? "" : offers.error().OneLine(),
      offers.ok() ? Json(static_cast<int64_t>(offers->size())) : Json());
  if (offers.ok() && !offers->empty()) return offers->front();
  LiveOffer made_up;
  made_up.id = provider.Name() == "vast" ? "77" : "NVIDIA L4|US-KS-2";
  made_up.offer.gpu_count = 1;
  return made_up;
}

std::string Make(Provider& provider) {
  CreateOrder order{.offer = AnOffer(provider),
                    .mark = AMark(),
                    .image = "ubuntu:24.04",
                    .disk = Bytes{10'000'000'000},
                    .lease = Millis(600'000),
                    .public_key = "ssh-ed25519 AAAA run"};
  if (order.offer.offer.spot_per_hour)
    order.bid_per_hour = MicroUsd(order.offer.offer.spot_per_hour->value() * 4);
  const CreateOutcome made = provider.Create(order);
  Say("create", made.result == CreateResult::kMade ? "" : made.why, made.machine);
  return made.machine;
}

void LookForAddress(Provider& provider, Clock& clock, const std::string& id) {
  for (int look = 0; look < kLooks; ++look) {
    const Result<Listing> found = provider.Find(id);
    SayListing("find", found);
    if (!found.ok() || found->machines.empty() || found->machines.front().ssh) return;
    clock.Wait(kLooksApart);
  }
}

void Live(Provider& provider, Clock& clock) {
  const std::string id = Make(provider);
  LookForAddress(provider, clock, id);
  SayListing("list", provider.List());
  SayDone("relabel", provider.Relabel(id, AMark()));
  SayDone("pause", provider.Pause(id));
  SayDone("destroy", provider.Destroy(id));
}

int Main(std::span<char*> words) {
  char key[256] = "";
  if (words.size() != 3 || std::fgets(key, sizeof key, stdin) == nullptr) return 2;
  RealHttpClient http;
  RealClock clock;
  RealRandom random;
  const auto make = std::string_view(words[1]) == "vast" ? MakeVastProvider : MakeRunpodProvider;
  Live(*make(http, clock, random, words[2], Secret(std::string(Trim(key)))), clock);
  return 0;
}

}  // namespace
}  // namespace curbstop

int main(int argc, char** argv) { return curbstop::Main({argv, static_cast<size_t>(argc)}); }
