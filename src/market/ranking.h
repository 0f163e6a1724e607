// The market in the order of what somebody wants for a dollar. Pure.
//
//   price    USD per hour of the whole row, least first
//   vram     GiB of GPU memory, all GPUs together, for one dollar an hour, most first
//   tokens   tokens a second x 3600 / USD per hour, most first; the speed comes from outside
//
// Prices are rent alone: disk, traffic and tax come on top. Equal rows keep the list's order.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "market/match.h"
#include "market/offer.h"
#include "market/staleness.h"

namespace curbstop {

enum class RankBy { kPrice, kVram, kTokens };
enum class GroupBy { kNone, kGpu, kProvider, kRegion };

struct RankingWish {
  RankBy by = RankBy::kPrice;
  GroupBy group = GroupBy::kNone;
  PriceKind price = PriceKind::kOnDemand;
  Need need;
  bool cpu_too = false;          // machines without a GPU as well
  std::optional<MicroUsd> most;  // per hour
  std::string provider;          // empty: any
  std::string region;            // or how one of its parts begins: "eu" of "eu-west-1"
  bool fresh_only = false;       // no stale rows
  int64_t now_ms = 0;            // since 1970, UTC
  // kTokens: how many a second an offer makes; empty: it does not fit, or is not known.
  std::function<std::optional<double>(const Offer&)> tokens_per_second;
};

struct RankedOffer {
  const Offer* offer = nullptr;
  MicroUsd price;    // of the kind that was asked for
  double score = 0;  // in what `by` counts
  int64_t age_days = 0;
  bool stale = false;
  int64_t elsewhere = 0;  // other rows of the same provider and type, not better
};

struct RankedGroup {
  std::string name;  // "RTX-4090", "aws", "eu-west-1"
  int64_t offers = 0;
  RankedOffer best;
};

struct LeftOutOffers {
  std::string reason;
  int64_t count = 0;
};

struct Ranking {
  std::vector<RankedOffer> rows;  // every one that meets the wish
  std::vector<RankedGroup> groups;
  std::vector<LeftOutOffers> left_out;  // the most frequent first
};

// `offers` must outlive the answer.
Ranking Rank(const std::vector<Offer>& offers, const RankingWish& wish);

// The rows with each provider's type once, where it is best; the others are counted in it.
std::vector<RankedOffer> OncePerType(const std::vector<RankedOffer>& rows);

// What list the rows come from, for the head of the answer.
struct ListFacts {
  std::string file;  // empty: the one inside the program
  int64_t rows = 0;  // that can be used
  int64_t set_aside = 0;
  int64_t refused = 0;
  std::string oldest;  // dates of prices; empty: there is none
  std::string newest;
};

struct RankingView {
  size_t most = 20;        // rows or groups shown
  bool every_row = false;  // the same machine elsewhere too
};

// {"list":…, "by":…, "rows":[…], "groups":[…], "left_out":[…]}
Json RankingJson(const Ranking& ranking, const RankingWish& wish, const ListFacts& list,
                 const RankingView& view);
// At most 100 columns.
std::string RankingText(const Ranking& ranking, const RankingWish& wish, const ListFacts& list,
                        const RankingView& view);

}  // namespace curbstop
