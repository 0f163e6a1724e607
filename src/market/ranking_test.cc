#include "market/ranking.h"

#include <algorithm>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "market/offers_file.h"

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr int64_t kNow = 1'796'000'000'000;  // 2026-11-30

Offer Card(std::string provider, std::string region, std::string gpu, double count,
           int64_t memory_gib, int64_t price, int64_t spot = 0) {
  Offer offer{.provider = std::move(provider),
              .region = std::move(region),
              .type = fmt::format("{}x-{}", count, gpu),
              .gpu_name = std::move(gpu),
              .gpu_count = count,
              .gpu_memory = GiB(memory_gib),
              .source = "s",
              .as_of = "2026-11-29"};
  if (price > 0) offer.per_hour = MicroUsd(price);
  if (spot > 0) offer.spot_per_hour = MicroUsd(spot);
  return offer;
}

std::vector<Offer> Market() {
  std::vector<Offer> offers = {Card("aws", "us-east-1", "A10G", 1, 24, 1'000'000, 400'000),
                               Card("aws", "eu-west-1", "A10G", 1, 24, 1'100'000),
                               Card("vast", "Alberta, CA, NA", "RTX-4090", 1, 24, 300'000),
                               Card("azure", "southafricanorth", "T4", 0.5, 16, 200'000),
                               Card("azure", "canadacentral", "H100-SXM5", 8, 80, 40'000'000)};
  offers.push_back({.provider = "aws",
                    .region = "us-east-1",
                    .type = "t3.large",
                    .vcpus = 2,
                    .per_hour = MicroUsd(80'000),
                    .source = "s",
                    .as_of = "2026-11-29"});
  return offers;
}

// "type@region" of each row.
std::string Order(const std::vector<Offer>& offers, const RankingWish& wish) {
  std::vector<std::string> names;
  for (const RankedOffer& row : Rank(offers, wish).rows)
    names.push_back(row.offer->type + "@" + row.offer->region.substr(0, 2));
  return Join(names, " ");
}

TEST(Ranking, ByPriceTheCheapestHourComesFirst) {
  EXPECT_EQ(Order(Market(), {.now_ms = kNow}),
            "0.5x-T4@so 1x-RTX-4090@Al 1x-A10G@us 1x-A10G@eu 8x-H100-SXM5@ca");
}

// GiB per USD/h: T4 8/0.2 = 40, 4090 24/0.3 = 80, A10G 24, H100 640/40 = 16.
TEST(Ranking, ByVramAFractionOfAGpuHasItsShare) {
  const std::vector<Offer> offers = Market();
  const Ranking ranking = Rank(offers, {.by = RankBy::kVram, .now_ms = kNow});
  ASSERT_EQ(ranking.rows.size(), 5u);
  EXPECT_EQ(ranking.rows[0].offer->gpu_name, "RTX-4090");
  EXPECT_DOUBLE_EQ(ranking.rows[0].score, 80);
  EXPECT_DOUBLE_EQ(ranking.rows[1].score, 40);
  EXPECT_EQ(ranking.rows[4].offer->gpu_name, "H100-SXM5");
}

TEST(Ranking, ByTokensWhatHasNoSpeedIsLeftOutAndCounted) {
  RankingWish wish{.by = RankBy::kTokens, .now_ms = kNow};
  wish.tokens_per_second = [](const Offer& offer) -> std::optional<double> {
    if (offer.gpu_name == "A10G") return 100;
    return offer.gpu_name == "RTX-4090" ? std::optional<double>(20) : std::nullopt;
  };
  const std::vector<Offer> offers = Market();
  const Ranking ranking = Rank(offers, wish);
  ASSERT_EQ(ranking.rows.size(), 3u);
  EXPECT_EQ(ranking.rows[0].offer->region, "us-east-1");
  EXPECT_DOUBLE_EQ(ranking.rows[0].score, 360'000);  // 100 x 3600 / 1.00
  EXPECT_EQ(ranking.rows[2].offer->gpu_name, "RTX-4090");
  EXPECT_EQ(ranking.left_out[0].count, 2);
  EXPECT_THAT(ranking.left_out[0].reason, HasSubstr("speed there is not known"));
}

TEST(Ranking, WhatIsAskedForIsHeldAgainstEachRow) {
  const auto order = [](const RankingWish& wish) { return Order(Market(), wish); };
  EXPECT_EQ(order({.price = PriceKind::kSpot, .now_ms = kNow}), "1x-A10G@us");
  EXPECT_EQ(order({.provider = "vast", .now_ms = kNow}), "1x-RTX-4090@Al");
  EXPECT_EQ(order({.need = {.gpu = GpuNeed{.count = 2}}, .now_ms = kNow}), "8x-H100-SXM5@ca");
  EXPECT_EQ(order({.need = {.gpu = GpuNeed{.memory = GiB(24)}},
                   .most = MicroUsd(1'000'000),
                   .now_ms = kNow}),
            "1x-RTX-4090@Al 1x-A10G@us");
  EXPECT_EQ(order({.need = {.cpus = 2}, .cpu_too = true, .most = MicroUsd(80'000), .now_ms = kNow}),
            "t3.large@us");
}

TEST(Ranking, ARegionIsKnownByHowOneOfItsPartsBegins) {
  const auto order = [](const char* region) {
    return Order(Market(), {.region = region, .now_ms = kNow});
  };
  EXPECT_EQ(order("eu"), "1x-A10G@eu");
  EXPECT_EQ(order("CA"), "1x-RTX-4090@Al 8x-H100-SXM5@ca");  // not southafricanorth
  EXPECT_EQ(order("nowhere"), "");
}

TEST(Ranking, ReasonsAreCountedTheMostFrequentFirst) {
  const std::vector<Offer> offers = Market();
  const Ranking ranking = Rank(offers, {.price = PriceKind::kSpot, .now_ms = kNow});
  ASSERT_EQ(ranking.left_out.size(), 2u);
  EXPECT_EQ(ranking.left_out[0].reason, "no spot price known");
  EXPECT_EQ(ranking.left_out[0].count, 4);
  EXPECT_EQ(ranking.left_out[1].reason, "no GPU");
}

TEST(Ranking, APriceIsOldByWhatItIsAPriceOf) {
  struct Case {
    const char* provider;
    const char* as_of;
    PriceKind kind;
    bool stale;
  };
  const Case cases[] = {{"aws", "2026-09-01", PriceKind::kOnDemand, false},  // 90 days
                        {"aws", "2026-08-31", PriceKind::kOnDemand, true},
                        {"aws", "2026-11-22", PriceKind::kSpot, true},
                        {"runpod", "2026-10-31", PriceKind::kOnDemand, false},  // 30 days
                        {"runpod", "2026-10-30", PriceKind::kOnDemand, true},
                        {"vast", "2026-11-23", PriceKind::kOnDemand, false},  // 7 days
                        {"vast", "2026-11-22", PriceKind::kOnDemand, true},
                        {"vast", "2027-01-01", PriceKind::kOnDemand, false}};
  for (const Case& c : cases) {
    const Offer offer{.provider = c.provider, .as_of = c.as_of};
    EXPECT_EQ(IsStale(offer, c.kind, kNow), c.stale) << c.provider << " " << c.as_of;
  }
}

TEST(Ranking, OldRowsCanBeLeftOut) {
  std::vector<Offer> offers = Market();
  offers[0].as_of = "2020-01-01";
  EXPECT_THAT(Order(offers, {.fresh_only = true, .now_ms = kNow}), Not(HasSubstr("A10G@us")));
}

TEST(Ranking, GroupsComeInTheOrderOfTheirBestRows) {
  const std::vector<Offer> offers = Market();
  const auto names = [&](GroupBy group) {
    std::vector<std::string> found;
    for (const RankedGroup& one : Rank(offers, {.group = group, .now_ms = kNow}).groups)
      found.push_back(fmt::format("{} {}", one.name, one.offers));
    return found;
  };
  EXPECT_THAT(names(GroupBy::kGpu), ElementsAre("T4 1", "RTX-4090 1", "A10G 2", "H100-SXM5 1"));
  EXPECT_THAT(names(GroupBy::kProvider), ElementsAre("azure 2", "vast 1", "aws 2"));
  EXPECT_THAT(names(GroupBy::kNone), IsEmpty());
}

TEST(Ranking, OneTypeOfAProviderIsOneLineWithTheOtherPlacesCounted) {
  const std::vector<Offer> offers = Market();
  const std::vector<RankedOffer> once = OncePerType(Rank(offers, {.now_ms = kNow}).rows);
  ASSERT_EQ(once.size(), 4u);
  EXPECT_EQ(once[2].offer->region, "us-east-1");
  EXPECT_EQ(once[2].elsewhere, 1);
}

std::string Text(const std::vector<Offer>& offers, const RankingWish& wish, size_t most = 20) {
  return RankingText(Rank(offers, wish), wish,
                     {.set_aside = 1, .oldest = "2026-01-01", .newest = "2026-11-29"},
                     {.most = most});
}

TEST(RankingText, SaysWhatStandsThereAndWhatDoesNot) {
  std::vector<Offer> offers = Market();
  offers[2].as_of = "2026-10-01";
  const std::string text = Text(offers, {.now_ms = kNow}, 3);
  EXPECT_THAT(text, HasSubstr("Prices of 2026-01-01 to 2026-11-29"));
  EXPECT_THAT(text, HasSubstr("2026-10-01 old"));
  EXPECT_THAT(text, HasSubstr("1 more; `--limit 4` shows them"));
  EXPECT_THAT(text, HasSubstr("+1"));
  EXPECT_THAT(text, HasSubstr("1 no GPU"));
  EXPECT_THAT(text, HasSubstr("1 set aside as doubtful"));
  EXPECT_THAT(Text({}, {.now_ms = kNow}), HasSubstr("Nothing meets what you ask for."));
}

// The longest names of the bundled list, in every form of the table.
TEST(RankingText, FitsAHundredColumns) {
  const OffersFile file = *ReadOffers(BundledOffersCsv(), "");
  std::vector<Offer> offers = file.offers;
  offers.push_back(Card(std::string(60, 'p'), std::string(60, 'r'), std::string(60, 'g'), 8, 1, 1));
  for (const RankBy by : {RankBy::kPrice, RankBy::kVram, RankBy::kTokens}) {
    for (const GroupBy group :
         {GroupBy::kNone, GroupBy::kGpu, GroupBy::kProvider, GroupBy::kRegion}) {
      RankingWish wish{.by = by, .group = group, .cpu_too = true, .now_ms = kNow};
      wish.tokens_per_second = [](const Offer&) { return std::optional<double>(123.4); };
      for (const std::string_view line : Lines(Text(offers, wish, 100'000)))
        ASSERT_LE(CodePoints(line), 100u) << line;
    }
  }
}

TEST(RankingJson, HasSourceDateAndAgeOfEachRow) {
  const std::vector<Offer> offers = Market();
  const RankingWish wish{.group = GroupBy::kGpu, .now_ms = kNow};
  const std::string json =
      WriteJson(RankingJson(Rank(offers, wish), wish, {.rows = 6}, {.most = 2}));
  EXPECT_THAT(json, HasSubstr(R"("as_of":"2026-11-29")"));
  EXPECT_THAT(json, HasSubstr(R"("age_days":1)"));
  EXPECT_THAT(json, HasSubstr(R"("fresh_days":90)"));
  EXPECT_THAT(json, HasSubstr(R"("offers":5)"));
}

}  // namespace
}  // namespace curbstop
