#include "plan/cost_ranking.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"

namespace curbstop {
namespace {

using testing::HasSubstr;
using testing::Not;

PlanRow Row(std::string place, int64_t usual, int64_t worst) {
  PlanRow row{.step = "train", .place = std::move(place), .hardware = "A10"};
  if (usual > 0) row.p50 = MicroUsd(usual);
  if (worst > 0) row.worst = MicroUsd(worst);
  row.per_hour = MicroUsd(1'000'000);
  row.as_of = "2026-10-10";
  return row;
}

Plan PlanOf(std::vector<PlanRow> rows) {
  Plan plan{.rows = std::move(rows)};
  StepTime time;
  time.source = "needs.time";
  if (!plan.rows.empty() && plan.rows[0].worst) time.worst = Millis(1);
  plan.times = {time};
  return plan;
}

TEST(CostRanking, OrdersByTheUsualCostAndThenTheWorst) {
  const auto ranking =
      RankByCost(PlanOf({Row("a/r/dear", 3, 3), Row("a/r/risky", 2, 9), Row("a/r/sure", 2, 4),
                         Row("a/r/none", 0, 0), Row("a/r/worst-known", 0, 1)}));
  ASSERT_TRUE(ranking.ok());
  std::string order;
  for (const PlanRow& row : ranking->rows) order += row.place.substr(4) + " ";
  EXPECT_EQ(order, "worst-known sure risky dear ");
  EXPECT_EQ(ranking->without_cost, 1);
}

TEST(CostRanking, OneTypeStandsOnceWhereItIsCheapest) {
  const auto ranking = RankByCost(
      PlanOf({Row("a/us/t", 5, 5), Row("a/eu/t", 4, 4), Row("b/eu/t", 6, 6), Row("local", 7, 7)}));
  ASSERT_EQ(ranking->rows.size(), 3u);
  EXPECT_EQ(ranking->rows[0].place, "a/eu/t");
}

TEST(CostRanking, WithoutATimeThereIsNoCost) {
  const auto ranking = RankByCost(PlanOf({Row("a/r/t", 0, 0)}));
  ASSERT_FALSE(ranking.ok());
  EXPECT_EQ(ranking.error().kind(), ErrorKind::kNo);
  EXPECT_THAT(ranking.error().Text(), HasSubstr("needs: {time: …}"));
}

TEST(CostRanking, TheTableFitsAHundredColumnsAndSaysWhatIsMore) {
  std::vector<PlanRow> rows = {Row("local", 1, 1)};
  for (int i = 0; i < 5; ++i) {
    rows.push_back(Row(fmt::format("{}/{}/{}{}", std::string(20, 'p'), std::string(40, 'r'),
                                   std::string(40, 't'), i),
                       10'000'000'000, 90'000'000'000));
    rows.back().hardware = std::string(50, 'h');
    rows.back().finish_p50 = std::chrono::hours(1000);
  }
  const CostRanking ranking = *RankByCost(PlanOf(rows));
  const std::string text = CostRankingText(ranking, 3);
  for (const std::string_view line : Lines(text)) EXPECT_LE(CodePoints(line), 100u) << line;
  EXPECT_THAT(text, HasSubstr("3 more; `--limit 6`"));
  EXPECT_THAT(text, HasSubstr("this computer"));
  EXPECT_THAT(text, HasSubstr("no driver yet"));
  EXPECT_THAT(text, Not(HasSubstr("Left out")));
  EXPECT_THAT(WriteJson(CostRankingJson(ranking, 3)), HasSubstr(R"("by":"cost")"));
}

}  // namespace
}  // namespace curbstop
