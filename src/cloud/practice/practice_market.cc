#include "cloud/practice/practice_market.h"

#include <algorithm>

#include "base/text.h"
#include "market/offers_file.h"

namespace curbstop {
namespace {

// The published description of Vast.ai's API takes no bid above 128 USD/h.
constexpr int64_t kDearestRow = 2'000'000;
constexpr int64_t kVastDiskPerGbMonth = 150'000 * kPracticeSpeed;
constexpr int64_t kRunpodDiskPerGbMonth = 100'000;  // the driver knows it from the price page
constexpr int64_t kRunpodMachines = 4;
constexpr int64_t kFirstId = 4'000'001;
constexpr int64_t kGb = 1'000'000'000;

// Hosts of one kind meet the same days: the price moves between two levels drawn for the ends of
// each stretch of ten ticks, in steps.
constexpr int64_t kStretch = 10;

std::string VastSpelling(std::string name) {
  std::replace(name.begin(), name.end(), '-', ' ');
  return name;
}

PracticeHost ToHost(const Offer& offer, int64_t id) {
  const bool vast = offer.provider == "vast";
  PracticeHost host{
      .skin = vast ? PracticeSkin::kVast : PracticeSkin::kRunpod,
      .id = id,
      .type = vast ? "" : offer.type,
      .gpu = vast ? VastSpelling(offer.gpu_name) : offer.type,
      .region = vast ? offer.region : "US-KS-2",
      .gpus = static_cast<int64_t>(offer.gpu_count),
      .machines = vast ? 1 : kRunpodMachines,
      .micro_usd_per_hour = offer.per_hour->value() * kPracticeSpeed,
      .disk_micro_usd_per_gb_month = vast ? kVastDiskPerGbMonth : kRunpodDiskPerGbMonth};
  if (offer.gpu_memory) host.gpu_memory_gb = (offer.gpu_memory->value + kGb / 2) >> 30;
  if (offer.vcpus) host.vcpus = static_cast<int64_t>(*offer.vcpus);
  if (offer.memory) host.memory_gb = offer.memory->value >> 30;
  return host;
}

bool IsForSale(const Offer& offer) {
  return (offer.provider == "vast" || offer.provider == "runpod") && offer.per_hour &&
         offer.per_hour->value() <= kDearestRow && offer.gpu_count >= 1;
}

// In thousandths of the list price.
int64_t LevelAt(int64_t seed, int64_t host, int64_t stretch) {
  return 250 + static_cast<int64_t>(PracticeHash(seed, host, stretch) % 850);
}

int64_t MadeUpPrice(int64_t seed, const PracticeHost& host, int64_t tick) {
  const int64_t from = LevelAt(seed, host.id, tick / kStretch);
  const int64_t to = LevelAt(seed, host.id, tick / kStretch + 1);
  const int64_t thousandths = from + (to - from) * (tick % kStretch) / kStretch;
  return host.micro_usd_per_hour * thousandths / 1000;
}

int64_t ReplayedPrice(const SpotTrace& trace, const PracticeHost& host, int64_t tick) {
  const SpotZone& zone = ZoneOf(trace, host);
  const SpotChange& now = SpotAt(trace, zone, std::max<int64_t>(0, tick));
  if (!now.is_available) return kNoBidWins;
  // At most 2 USD/h x 60 in micro-dollars times the spot price: below 2^63.
  return host.micro_usd_per_hour * now.per_hour.value() / zone.on_demand_per_hour.value();
}

}  // namespace

uint64_t PracticeHash(int64_t seed, int64_t a, int64_t b) {
  // splitmix64's finaliser. Source: Steele et al., OOPSLA 2014.
  uint64_t x = static_cast<uint64_t>(seed) * 0x9e3779b97f4a7c15 +
               static_cast<uint64_t>(a) * 0xbf58476d1ce4e5b9 + static_cast<uint64_t>(b);
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return (x ^ (x >> 31)) >> 1;
}

Result<std::vector<PracticeHost>> PracticeHosts(int64_t seed, int64_t bad_percent) {
  Result<OffersFile> list = ReadOffers(BundledOffersCsv(), "");
  if (!list.ok()) return Corrupt(list.error().OneLine());
  std::vector<PracticeHost> hosts;
  for (const Offer& offer : list->offers) {
    if (!IsForSale(offer)) continue;
    const int64_t id = kFirstId + static_cast<int64_t>(hosts.size());
    hosts.push_back(ToHost(offer, id));
    hosts.back().is_bad = static_cast<int64_t>(PracticeHash(seed, id, -1) % 100) < bad_percent;
  }
  return hosts;
}

const SpotZone& ZoneOf(const SpotTrace& trace, const PracticeHost& host) {
  return trace.zones[static_cast<size_t>(host.id) % trace.zones.size()];
}

int64_t BidPriceAt(const PracticeMarket& market, const PracticeHost& host, int64_t at_ms) {
  const int64_t tick = at_ms / kMarketTickMs;
  return market.trace == nullptr
             ? MadeUpPrice(market.seed, host, tick)
             : ReplayedPrice(*market.trace, host, tick - market.trace_from_ms / kMarketTickMs);
}

}  // namespace curbstop
