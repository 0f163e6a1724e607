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

// The made-up market, in thousandths of the list price. It moves slowly between two levels drawn
// for the ends of each stretch, and now and then somebody rents the host on demand, whom no bid
// keeps out. Both were chosen so that a bid of a tenth above the market lives for ten minutes on
// average, ten hours of market time (practice_world_test holds that; docs/formats/practice.md).
constexpr int64_t kStretchTicks = 300;  // ten minutes
constexpr int64_t kLowestLevel = 300;
constexpr int64_t kLevels = 400;
constexpr int64_t kTakenTicks = 15;  // so long on demand, half a minute
constexpr int64_t kTakenOneIn = 40;
constexpr int64_t kTakenLevel = 1100;

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

int64_t LevelOf(int64_t seed, int64_t host, int64_t stretch) {
  return kLowestLevel + static_cast<int64_t>(PracticeHash(seed, host, stretch) % kLevels);
}

// Numbers below -2 are drawn for nothing else.
bool IsTaken(int64_t seed, int64_t host, int64_t tick) {
  return PracticeHash(seed, host, -3 - tick / kTakenTicks) % kTakenOneIn == 0;
}

int64_t MovingLevel(int64_t seed, int64_t host, int64_t tick) {
  if (IsTaken(seed, host, tick)) return kTakenLevel;
  const int64_t from = LevelOf(seed, host, tick / kStretchTicks);
  const int64_t to = LevelOf(seed, host, tick / kStretchTicks + 1);
  return from + (to - from) * (tick % kStretchTicks) / kStretchTicks;
}

int64_t MadeUpPrice(const PracticeMarket& market, const PracticeHost& host, int64_t tick) {
  const int64_t level =
      market.is_still ? LevelOf(market.seed, host.id, 0) : MovingLevel(market.seed, host.id, tick);
  return host.micro_usd_per_hour * level / 1000;
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
             ? MadeUpPrice(market, host, tick)
             : ReplayedPrice(*market.trace, host, tick - market.trace_from_ms / kMarketTickMs);
}

}  // namespace curbstop
