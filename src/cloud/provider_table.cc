#include "cloud/provider_table.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Boot to ssh seen: RunPod 30 to 60 s, Vast.ai 38 to 550 s, and one host that never answered.
constexpr std::array kFacts = {
    ProviderFacts{.name = "runpod",
                  .timing = {.create_limit = seconds(60),
                             .list_lag = seconds(30),
                             .destroy_delay = seconds(60),
                             .reads = 3,
                             .read_spacing = seconds(10)},
                  .grade = LeaseGrade::kB,
                  .boot_limit = minutes(5),
                  .boot_early = seconds(30),
                  .boot_usual = seconds(42),
                  .boot_late = seconds(60),
                  .grain = seconds(1),
                  .minimum = milliseconds(0),
                  .can_pause = true,
                  .takes_bids = false,
                  .dear_disk = MicroUsd(200'000),
                  .key_variable = "RUNPOD_API_KEY",
                  .base_url = "https://api.runpod.io/v2",
                  .image = "runpod/pytorch:2.4.0-py3.11-cuda12.4.1-devel-ubuntu22.04",
                  .not_modelled = "network volumes and clusters made elsewhere"},
    ProviderFacts{.name = "vast",
                  .timing = {.create_limit = seconds(60),
                             .list_lag = seconds(30),
                             .destroy_delay = seconds(60),
                             .reads = 3,
                             .read_spacing = seconds(10)},
                  .grade = LeaseGrade::kB,
                  .boot_limit = minutes(10),
                  .boot_early = seconds(38),
                  .boot_usual = seconds(145),
                  .boot_late = seconds(550),
                  .grain = seconds(1),
                  .minimum = milliseconds(0),
                  .can_pause = true,
                  .takes_bids = true,
                  .dear_disk = MicroUsd(300'000),
                  .key_variable = "VAST_API_KEY",
                  .base_url = "https://console.vast.ai",
                  .image = "pytorch/pytorch:2.5.1-cuda12.4-cudnn9-runtime",
                  .not_modelled = "volumes made elsewhere, transfer above what is reserved"},
};

constexpr int64_t kBytesPerGb = 1'000'000'000;

// a × b / c, rounded up; a, b and c at least 0.
int64_t Share(int64_t a, int64_t b, int64_t c) {
  __extension__ using Wide = __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<int64_t>((product + c - 1) / c);
}

}  // namespace

std::span<const ProviderFacts> AllProviderFacts() { return kFacts; }

Result<ProviderFacts> FactsOf(std::string_view provider) {
  std::vector<std::string> names;
  for (const ProviderFacts& facts : kFacts) {
    if (facts.name == provider) return facts;
    names.emplace_back(facts.name);
  }
  return InvalidInput(fmt::format("there is no driver for `{}`{}", Printable(provider),
                                  DidYouMean(provider, names)))
      .WithHint(fmt::format("drivers: {}", Join(names, ", ")));
}

ProviderFacts OnPractice(ProviderFacts facts) {
  facts.timing = {.create_limit = seconds(20),
                  .list_lag = seconds(5),
                  .destroy_delay = seconds(5),
                  .reads = 2,
                  .read_spacing = seconds(3)};
  facts.boot_limit = minutes(1);
  facts.boot_early = facts.boot_usual = seconds(2);
  facts.boot_late = seconds(20);
  return facts;
}

LeaseTerms UnpricedTerms(const ProviderFacts& facts) {
  return {.billing = {.grain = facts.grain, .minimum = facts.minimum},
          .grade = facts.grade == LeaseGrade::kB ? LeaseGrade::kBStar : facts.grade,
          .boot_limit = facts.boot_limit,
          .timing = facts.timing};
}

LeaseTerms TermsFor(const ProviderFacts& facts, const LiveOffer& offer, Bytes disk,
                    const std::optional<MicroUsd>& bid_per_hour, Bytes transfer) {
  const MicroUsd disk_price = std::max(offer.disk_per_gb_month, offer.idle_disk_per_gb_month);
  const MicroUsd per_gb = offer.per_gb_up + offer.per_gb_down;
  LeaseTerms terms = UnpricedTerms(facts);
  terms.billing.per_hour = bid_per_hour.value_or(offer.offer.per_hour.value_or(MicroUsd()));
  terms.billing.disk_per_hour = DiskPerHour(disk_price, disk);
  terms.billing.fixed = MicroUsd(Share(per_gb.value(), transfer.value, kBytesPerGb));
  terms.may_pause = bid_per_hour.has_value();
  return terms;
}

}  // namespace curbstop
