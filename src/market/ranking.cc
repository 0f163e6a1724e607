#include "market/ranking.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

std::optional<MicroUsd> PriceOf(const Offer& offer, PriceKind kind) {
  return kind == PriceKind::kSpot ? offer.spot_per_hour : offer.per_hour;
}

double DollarsOf(MicroUsd price) { return static_cast<double>(price.value()) / 1e6; }

double GibOf(const Offer& offer) {
  if (!offer.gpu_memory) return 0;
  return offer.gpu_count * static_cast<double>(offer.gpu_memory->value) /
         static_cast<double>(1 << 30);
}

// Whether a part of the region's name begins so: `eu` is found in `eu-west-1` and in "Spain, EU",
// `ca` in `canadacentral` and not in `africa`.
bool IsIn(std::string_view wanted, std::string_view region) {
  for (size_t at = region.find(wanted); at != region.npos; at = region.find(wanted, at + 1)) {
    if (at == 0 || !(IsLetter(region[at - 1]) || IsDigit(region[at - 1]))) return true;
  }
  return false;
}

// Why an offer is not in the answer; empty: it is.
class Filter {
 public:
  explicit Filter(const RankingWish& wish)
      : wish_(wish), region_(Lower(wish.region)), spot_(SpotOf(wish.price)) {}

  std::string Reason(const Offer& offer) const {
    if (!wish_.provider.empty() && offer.provider != wish_.provider) return "another provider";
    if (!region_.empty() && !IsIn(region_, Lower(offer.region))) return "another region";
    if (!wish_.cpu_too && offer.gpu_name.empty()) return "no GPU";
    const Mismatch mismatch = FindMismatch(wish_.need, spot_, offer);
    if (mismatch == Mismatch::kNoPrice) return NoPrice();
    if (mismatch != Mismatch::kNone) return ReasonText(mismatch, wish_.need, spot_);
    if (wish_.most && *PriceOf(offer, wish_.price) > *wish_.most)
      return fmt::format("dearer than {} USD/h", UsdText(*wish_.most));
    if (wish_.fresh_only && IsStale(offer, wish_.price, wish_.now_ms)) return "the price is old";
    return "";
  }

 private:
  static SpotUse SpotOf(PriceKind kind) {
    return kind == PriceKind::kSpot ? SpotUse::kOnly : SpotUse::kNever;
  }
  std::string NoPrice() const {
    return wish_.price == PriceKind::kSpot ? "no spot price known" : "no on-demand price known";
  }

  const RankingWish& wish_;
  std::string region_;
  SpotUse spot_;
};

// In what `by` counts; empty: nothing is known.
std::optional<double> ScoreOf(const RankingWish& wish, const Offer& offer, MicroUsd price) {
  switch (wish.by) {
    case RankBy::kPrice: return DollarsOf(price);
    case RankBy::kVram: {
      const double gib = GibOf(offer);
      return gib > 0 ? std::optional(gib / DollarsOf(price)) : std::nullopt;
    }
    case RankBy::kTokens: {
      const std::optional<double> speed = wish.tokens_per_second(offer);
      return speed ? std::optional(*speed * 3600 / DollarsOf(price)) : std::nullopt;
    }
  }
  return std::nullopt;
}

std::string NoScore(RankBy by) {
  return by == RankBy::kVram ? "GPU memory not listed"
                             : "not sure that the model fits, or its speed there is not known";
}

std::string GroupName(GroupBy group, const Offer& offer) {
  switch (group) {
    case GroupBy::kNone: return "";
    case GroupBy::kGpu: return offer.gpu_name.empty() ? "CPU only" : offer.gpu_name;
    case GroupBy::kProvider: return offer.provider;
    case GroupBy::kRegion: return offer.region.empty() ? "not listed" : offer.region;
  }
  return "";
}

// In the order of their best rows.
std::vector<RankedGroup> GroupsOf(const std::vector<RankedOffer>& rows, GroupBy group) {
  std::vector<RankedGroup> groups;
  if (group == GroupBy::kNone) return groups;
  std::unordered_map<std::string, size_t> known;
  for (const RankedOffer& row : rows) {
    const std::string name = GroupName(group, *row.offer);
    const auto [at, is_new] = known.emplace(name, groups.size());
    if (is_new) groups.push_back({.name = name, .best = row});
    ++groups[at->second].offers;
  }
  return groups;
}

std::vector<LeftOutOffers> Counted(const std::map<std::string, int64_t>& reasons) {
  std::vector<LeftOutOffers> left_out;
  for (const auto& [reason, count] : reasons) left_out.push_back({reason, count});
  std::stable_sort(left_out.begin(), left_out.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  return left_out;
}

}  // namespace

Ranking Rank(const std::vector<Offer>& offers, const RankingWish& wish) {
  Ranking ranking;
  std::map<std::string, int64_t> reasons;
  const Filter filter(wish);
  for (const Offer& offer : offers) {
    const std::string reason = filter.Reason(offer);
    if (!reason.empty()) {
      ++reasons[reason];
      continue;
    }
    const MicroUsd price = *PriceOf(offer, wish.price);
    const std::optional<double> score = ScoreOf(wish, offer, price);
    if (!score) {
      ++reasons[NoScore(wish.by)];
      continue;
    }
    ranking.rows.push_back({.offer = &offer,
                            .price = price,
                            .score = *score,
                            .age_days = AgeDays(offer, wish.now_ms),
                            .stale = IsStale(offer, wish.price, wish.now_ms)});
  }
  std::stable_sort(ranking.rows.begin(), ranking.rows.end(),
                   [&](const RankedOffer& a, const RankedOffer& b) {
                     if (wish.by == RankBy::kPrice) return a.price < b.price;
                     return a.score > b.score;
                   });
  ranking.groups = GroupsOf(ranking.rows, wish.group);
  ranking.left_out = Counted(reasons);
  return ranking;
}

std::vector<RankedOffer> OncePerType(const std::vector<RankedOffer>& rows) {
  std::vector<RankedOffer> once;
  std::unordered_map<std::string, size_t> known;
  for (const RankedOffer& row : rows) {
    const auto [at, is_new] =
        known.emplace(row.offer->provider + '/' + row.offer->type, once.size());
    if (is_new) once.push_back(row);
    else ++once[at->second].elsewhere;
  }
  return once;
}

}  // namespace curbstop
