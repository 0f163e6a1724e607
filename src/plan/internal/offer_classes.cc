#include "plan/internal/offer_classes.h"

#include <bit>
#include <string_view>

#include "base/numbering.h"

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

}  // namespace

OfferClasses ClassesOf(const std::vector<Offer>& offers) {
  OfferClasses classes;
  Numbering<const Offer*, ClassHash, SameClass> known;
  Numbering<std::string_view> providers;
  Numbering<TextPair, TextPairHash> types;
  classes.of.reserve(offers.size());
  for (const Offer& offer : offers) {
    const auto [number, is_new] = known.Of(&offer);
    if (is_new) {
      classes.all.push_back({&offer, providers.Of(offer.provider).number,
                             types.Of({offer.provider, offer.type}).number});
    }
    classes.of.push_back(number);
  }
  classes.providers = providers.size();
  classes.types = types.size();
  return classes;
}

}  // namespace curbstop
