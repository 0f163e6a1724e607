// For end-to-end tests: rents the cheapest machine with the real driver, birth script and all.
//
//   rent_for_tests PROVIDER BASE_URL LEASE_MS PUBLIC_KEY     the account's key comes by stdin
//
// Prints the machine's id.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <span>
#include <string>

#include "base/text.h"
#include "cloud/runpod/runpod_provider.h"
#include "cloud/vast/vast_provider.h"

namespace curbstop {
namespace {

Result<std::string> Rent(std::span<char*> words) {
  char key[256] = "";
  if (std::fgets(key, sizeof key, stdin) == nullptr) return InvalidInput("no key");
  RealHttpClient http;
  RealClock clock;
  RealRandom random;
  const auto make = std::string_view(words[1]) == "vast" ? MakeVastProvider : MakeRunpodProvider;
  const auto provider = make(http, clock, random, words[2], Secret(std::string(Trim(key))));
  TRY_ASSIGN(const auto offers, provider->FindOffers({}));
  if (offers.empty()) return NotFound("no offers");
  const CreateOutcome made =
      provider->Create({.offer = offers.front(),
                        .mark = {.run = "0123456789", .expires_s = 4'000'000'000},
                        .image = "ubuntu:24.04",
                        .disk = Bytes{10'000'000'000},
                        .lease = Millis(std::atoll(words[3])),
                        .public_key = words[4]});
  if (made.result == CreateResult::kMade) return made.machine;
  return Unavailable(made.why);
}

int Main(std::span<char*> words) {
  if (words.size() != 5) return 2;
  const Result<std::string> machine = Rent(words);
  if (!machine.ok()) {
    std::fputs(machine.error().Text().c_str(), stderr);
    return 1;
  }
  std::puts(machine->c_str());
  return 0;
}

}  // namespace
}  // namespace curbstop

int main(int argc, char** argv) { return curbstop::Main({argv, static_cast<size_t>(argc)}); }
