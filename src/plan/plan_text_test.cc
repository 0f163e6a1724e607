#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "plan/plan.h"

namespace curbstop {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

constexpr Millis kMinute{60'000};

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

PlanRow Row(std::string step, std::string place, int64_t worst) {
  PlanRow row{.step = std::move(step), .place = std::move(place), .hardware = "A10"};
  row.worst = row.p50 = MicroUsd(worst);
  row.per_hour = MicroUsd(2 * worst);
  row.finish_p50 = row.finish_worst = 30 * kMinute;
  row.time_source = "needs.time";
  row.lease_grade = "none";
  row.source = "gpi";
  row.as_of = "2026-10-10";
  row.compared = "+0.10 USD";
  row.why_not = "no driver yet, +0.10 USD";
  return row;
}

PlanRow LocalRow(std::string step, int64_t worst) {
  PlanRow row = Row(std::move(step), "local", worst);
  row.has_driver = true;
  row.chosen = true;
  row.hardware = "RTX-3080";
  row.power = PowerFigure{200, true, "assumed"};
  row.lease_grade = "home";
  row.as_of = "assumed";
  row.why = "meets the needs, electricity only";
  row.why_not.clear();
  row.compared.clear();
  return row;
}

Plan TwoRows() {
  Plan plan;
  plan.rows = {LocalRow("train", 18'000), Row("train", "vast/us/1x-A10", 120'001)};
  plan.times = {{30 * kMinute, 30 * kMinute, "needs.time",
                 "the project's own figure, which comes without a spread"}};
  plan.left_out = {{"train", "no GPU", 2262}, {"train", "dearer than those shown", 7}};
  plan.spending.month = MicroUsd(3'100'000);
  plan.budget.cap = MicroUsd(20'000'000);
  return plan;
}

TEST(PlanText, ShowsTheChosenRowThenTheOthersWorstCaseFirst) {
  EXPECT_EQ(PlanText(TwoRows()),
            "train: takes 30 min (needs.time)\n"
            "  place           hardware  worst  as of       why\n"
            "* local           RTX-3080   0.02  assumed     meets the needs, electricity only\n"
            "i vast/us/1x-A10  A10        0.13  2026-10-10  +0.10 USD\n"
            "  not shown: 2,262 no GPU; 7 dearer than those shown\n"
            "\n"
            "* chosen. i: information only, the place has no driver yet; list prices, without\n"
            "disk and traffic. Money is USD, rounded up. A rented machine is reckoned with\n"
            "the step's time here: a faster or slower one changes it. Electricity at home is\n"
            "outside the cap.\n"
            "worst 0.02 · month 3.10 of 20.00\n");
}

TEST(PlanText, TheUsualCostHasAColumnWhereItDiffers) {
  Plan plan = TwoRows();
  plan.times[0] = {20 * kMinute, 30 * kMinute, "3 earlier runs", ""};
  for (PlanRow& row : plan.rows) row.p50 = MicroUsd(9'000);
  EXPECT_THAT(PlanText(plan),
              HasSubstr("train: takes 20 min, at worst 30 min (3 earlier runs)\n"
                        "  place           hardware  worst  usual  as of       why\n"
                        "* local           RTX-3080   0.02  0.009  assumed"));
}

TEST(PlanText, UnknownTimeShowsPricesPerHourAndAnUnknownWorstCase) {
  Plan plan = TwoRows();
  plan.times[0] = {};
  plan.budget.cap.reset();
  for (PlanRow& row : plan.rows) row.worst = row.p50 = std::nullopt;
  const std::string text = PlanText(plan);
  EXPECT_THAT(text, HasSubstr("train: time unknown (no earlier run, no `needs: {time: …}`), by "
                              "price per hour\n"
                              "  place           hardware  per hour  as of       why\n"
                              "* local           RTX-3080    0.0360  assumed"));
  EXPECT_THAT(text, EndsWith("worst unknown · month 3.10, no cap set\n"));
}

TEST(PlanText, AStepWithoutAPlaceMakesTheWorstCaseUnknown) {
  Plan plan = TwoRows();
  plan.rows[0].chosen = false;
  plan.blocked = {{"train", ErrorKind::kNo, "because", ""}};
  EXPECT_THAT(PlanText(plan), EndsWith("worst unknown · month 3.10 of 20.00\n"));
}

TEST(PlanText, FitsAHundredColumnsWhateverTheNames) {
  Plan plan = TwoRows();
  plan.rows.push_back(
      Row("train", "azure/southafricanorth-" + std::string(60, 'x') + "/Standard_NC24ads_A100_v4",
          990'000'000));
  plan.rows.push_back(Row("train", "vast/" + std::string(3, 'y') + "/" + std::string(120, 'z'), 1));
  plan.rows[2].hardware = "8x RTX-4060-Ti-16GB";
  plan.rows[1].compared =
      "+0.10 USD, memory, CPUs and GPU memory not listed, which goes on for a while";
  plan.left_out.push_back(
      {"train", std::string("a reason of many words ") + std::string(40, 'w'), 1});
  const std::string text = PlanText(plan);
  for (const std::string_view line : Lines(text)) EXPECT_LE(CodePoints(line), 100u) << line;
}

TEST(PlanText, ALongRegionGivesWayBeforeTheTypeDoes) {
  Plan plan = TwoRows();
  plan.rows[1].place = "azure/" + std::string(40, 'r') + "/Standard_D2ps_v6";
  EXPECT_THAT(PlanText(plan), HasSubstr("…/Standard_D2ps_v6  "));
}

TEST(PlanText, TheEndOfALongTypeStays) {
  Plan plan = TwoRows();
  plan.rows[1].place = "azure/centralindia/Standard_D2as_v5";
  plan.rows[1].compared = std::string(60, 'x');
  plan.rows[1].hardware = "8x RTX-4060-Ti-16GB";
  EXPECT_THAT(PlanText(plan), HasSubstr("_D2as_v5  "));
}

TEST(PlanText, AShortenedNameStaysUtf8) {
  Plan plan = TwoRows();
  for (size_t length = 60; length < 66; ++length) {
    plan.rows[1].place = std::string(length, 'x');
    for (int i = 0; i < 40; ++i) plan.rows[1].place += "é";
    EXPECT_TRUE(IsUtf8(PlanText(plan)));
  }
}

TEST(PlanJson, HoldsTheFieldsOfTheContract) {
  Plan plan = TwoRows();
  plan.rows[1].finish_p50 = Millis(1500);
  const Json json = PlanJson(plan);
  const Json& local = json.Find("rows")->items()[0];
  EXPECT_EQ(local.StringOr("step", ""), "train");
  EXPECT_EQ(local.StringOr("place", ""), "local");
  EXPECT_TRUE(local.BoolOr("chosen", false));
  EXPECT_EQ(local.IntOr("worst_micro_usd", 0), 18'000);
  EXPECT_EQ(local.IntOr("p50_micro_usd", 0), 18'000);
  EXPECT_EQ(local.IntOr("finish_p50_s", 0), 1800);
  EXPECT_EQ(local.StringOr("lease_grade", ""), "home");
  EXPECT_TRUE(local.Find("why_not")->IsNull());
  const Json& rented = json.Find("rows")->items()[1];
  EXPECT_EQ(rented.Find("finish_p50_s")->AsDouble(), 1.5);
  EXPECT_TRUE(rented.Find("why")->IsNull());
  EXPECT_EQ(rented.StringOr("why_not", ""), "no driver yet, +0.10 USD");
  EXPECT_EQ(json.Find("left_out")->items()[0].IntOr("count", 0), 2262);
  EXPECT_EQ(json.Find("month")->IntOr("cap_micro_usd", 0), 20'000'000);
  EXPECT_EQ(json.IntOr("worst_micro_usd", 0), 18'000);
}

TEST(PlanJson, UnknownNumbersAreNull) {
  Plan plan = TwoRows();
  plan.rows[0].worst = plan.rows[0].p50 = std::nullopt;
  plan.rows[0].finish_p50 = std::nullopt;
  plan.budget.cap.reset();
  const Json json = PlanJson(plan);
  for (const char* key : {"worst_micro_usd", "p50_micro_usd", "finish_p50_s"}) {
    EXPECT_TRUE(json.Find("rows")->items()[0].Find(key)->IsNull()) << key;
  }
  EXPECT_TRUE(json.Find("worst_micro_usd")->IsNull());
  EXPECT_TRUE(json.Find("month")->Find("cap_micro_usd")->IsNull());
}

TEST(Explanation, GivesFormulaInputsSourceAndDateOfTheChosenRow) {
  const std::string text = ExplanationText(TwoRows());
  EXPECT_THAT(text, HasSubstr("train time: usual 30 min, worst 30 min\n"
                              "  = the project's own figure, which comes without a spread\n"));
  EXPECT_THAT(text,
              HasSubstr("train worst: 0.018000 USD\n"
                        "  = watts x price per kWh x time / 1000, rounded up to a micro-dollar\n"
                        "  with 200 W, 0.18 USD/kWh, 30 min\n"
                        "  from gpi (assumed)\n"));
  EXPECT_EQ(ExplanationJson(TwoRows()).items().size(), 4u);
}

TEST(Explanation, OfARentalNamesItsDiskAndWhatNoFigureHolds) {
  Plan plan = TwoRows();
  PlanRow& row = plan.rows[0];
  row.power.reset();
  row.per_hour = MicroUsd(400'000);
  row.disk_per_hour = MicroUsd(4110);
  row.lease = std::chrono::hours(2);
  row.lease_grade = "B";
  row.not_modelled = "volumes made elsewhere";
  const std::string text = ExplanationText(plan);
  EXPECT_THAT(text,
              HasSubstr("  with 0.400000 USD/h, disk 0.004110 USD/h, lease 2 h, grade B; left "
                        "out:\n    volumes made elsewhere\n"));
  EXPECT_THAT(text, HasSubstr("  = (price + disk) per hour x time, rounded up to a micro-dollar\n"
                              "  with 0.400000 USD/h, disk 0.004110 USD/h, 30 min\n"));
  EXPECT_THAT(text, HasSubstr("  with 0.400000 USD/h, 1 h\n"));
}

}  // namespace
}  // namespace curbstop
