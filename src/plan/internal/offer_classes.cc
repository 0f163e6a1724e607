#include "plan/internal/offer_classes.h"

#include <bit>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace curbstop {
namespace {

class Mixer {
 public:
  void Add(uint64_t part) {
    hash_ = (hash_ ^ part) * 0x9E37'79B9'7F4A'7C15u;
    hash_ ^= hash_ >> 29;
  }
  void Add(std::string_view text) { Add(std::hash<std::string_view>()(text)); }
  void Add(double number) { Add(std::bit_cast<uint64_t>(number)); }
  size_t value() const { return hash_; }

 private:
  uint64_t hash_ = 0;
};

constexpr double kNotListed = -1;

double Listed(const std::optional<double>& number) { return number.value_or(kNotListed); }
uint64_t Listed(const std::optional<Bytes>& size) {
  return size ? static_cast<uint64_t>(size->value) : ~uint64_t{0};
}

struct ClassHash {
  size_t operator()(const Offer* offer) const {
    Mixer mixer;
    mixer.Add(std::string_view(offer->type));
    mixer.Add(std::string_view(offer->gpu_name));
    mixer.Add(std::string_view(offer->provider));
    mixer.Add(offer->gpu_count);
    mixer.Add(Listed(offer->vcpus));
    mixer.Add(Listed(offer->gpu_memory) + 2 * Listed(offer->memory));
    mixer.Add(uint64_t{offer->per_hour.has_value()} +
              2 * uint64_t{offer->spot_per_hour.has_value()});
    return mixer.value();
  }
};

struct SameClass {
  bool operator()(const Offer* a, const Offer* b) const {
    return a->gpu_count == b->gpu_count && a->vcpus == b->vcpus && a->memory == b->memory &&
           a->gpu_memory == b->gpu_memory && a->per_hour.has_value() == b->per_hour.has_value() &&
           a->spot_per_hour.has_value() == b->spot_per_hour.has_value() && a->type == b->type &&
           a->gpu_name == b->gpu_name && a->provider == b->provider;
  }
};

struct PairHash {
  size_t operator()(const std::pair<std::string_view, std::string_view>& names) const {
    Mixer mixer;
    mixer.Add(names.first);
    mixer.Add(names.second);
    return mixer.value();
  }
};

template <typename Map, typename Key>
uint32_t NumberOf(Map& numbers, const Key& key) {
  return numbers.emplace(key, static_cast<uint32_t>(numbers.size())).first->second;
}

}  // namespace

OfferClasses ClassesOf(const std::vector<Offer>& offers) {
  OfferClasses classes;
  std::unordered_map<const Offer*, uint32_t, ClassHash, SameClass> known;
  std::unordered_map<std::string_view, uint32_t> providers;
  std::unordered_map<std::pair<std::string_view, std::string_view>, uint32_t, PairHash> types;
  classes.of.reserve(offers.size());
  for (const Offer& offer : offers) {
    const auto [found, is_new] = known.emplace(&offer, static_cast<uint32_t>(classes.all.size()));
    if (is_new) {
      const uint32_t provider = NumberOf(providers, std::string_view(offer.provider));
      const std::pair<std::string_view, std::string_view> type(offer.provider, offer.type);
      classes.all.push_back({&offer, provider, NumberOf(types, type)});
    }
    classes.of.push_back(found->second);
  }
  classes.providers = static_cast<uint32_t>(providers.size());
  classes.types = static_cast<uint32_t>(types.size());
  return classes;
}

}  // namespace curbstop
