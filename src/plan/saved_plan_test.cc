#include "plan/saved_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr int64_t kNow = 1'790'000'000'000;
constexpr Millis kHour{3'600'000};

Plan Planned() {
  Plan plan;
  PlanRow row{.step = "train", .place = "vast/CA, NA/1x-A10", .hardware = "A10", .chosen = true};
  row.per_hour = MicroUsd(400'000);
  row.worst = MicroUsd(1'000'000);
  row.p50 = MicroUsd(500'000);
  row.finish_p50 = kHour;
  row.lease = 2 * kHour;
  row.as_of = "2026-11-22";
  plan.rows.push_back(row);
  plan.budget.cap = MicroUsd(3'000'000);
  return plan;
}

SavedPlan Saved() {
  Project project;
  project.name = "triage";
  PlanFacts facts;
  facts.project = &project;
  facts.lease = 2 * kHour;
  return SavedFrom(Planned(), facts, "abc", kNow);
}

std::vector<std::string> Moved(const Plan& plan, int64_t now = kNow + 1000,
                               const std::string& hash = "abc") {
  return MovedSince(Saved(), plan, hash, now);
}

TEST(SavedPlan, IsReadAsItWasWritten) {
  const Json written = SavedPlanJson(Saved());
  const Result<SavedPlan> read = ReadSavedPlan(*ParseJson(WriteJson(written)));
  ASSERT_TRUE(read.ok()) << read.error().Text();
  EXPECT_EQ(SavedPlanJson(*read), written);
  EXPECT_EQ(PlacesOf(*read).at("train"), (PinnedPlace{"vast/CA, NA/1x-A10"}));
}

TEST(SavedPlan, WhatIsBrokenIsRefusedByItsKey) {
  const auto error_without = [](const char* key, Json value) {
    Json json = SavedPlanJson(Saved());
    json.Set(key, std::move(value));
    const Result<SavedPlan> read = ReadSavedPlan(json);
    return read.ok() ? "" : read.error().Text();
  };
  EXPECT_THAT(error_without("curbstop_plan", 2), HasSubstr("version 2"));
  EXPECT_THAT(error_without("project", Json()), HasSubstr("project"));
  EXPECT_THAT(error_without("steps", Json::MakeArray()), HasSubstr("steps"));
  EXPECT_THAT(error_without("steps", Json::MakeArray({Json(1)})), HasSubstr("step"));
  EXPECT_THAT(error_without("lease_asked_ms", -1), HasSubstr("lease_asked_ms"));
  EXPECT_THAT(error_without("made_at_ms", "now"), HasSubstr("made_at_ms"));
}

TEST(SavedPlan, NothingMovedIsNoReason) {
  EXPECT_THAT(Moved(Planned()), IsEmpty());
  Plan cheaper = Planned();
  cheaper.rows[0].per_hour = MicroUsd(1);
  cheaper.rows[0].worst = MicroUsd(2);
  cheaper.spending.month = MicroUsd(2'000'000);  // it still fits
  EXPECT_THAT(Moved(cheaper), IsEmpty());
}

TEST(SavedPlan, SaysWhatMovedAndByHowMuch) {
  Plan plan = Planned();
  plan.rows[0].per_hour = MicroUsd(450'000);
  plan.rows[0].worst = MicroUsd(1'130'000);
  EXPECT_THAT(Moved(plan),
              ElementsAre("step `train`: vast/CA, NA/1x-A10 costs 0.050000 USD/h more, 0.450000 "
                          "USD/h instead of 0.400000 USD/h",
                          "step `train`: its worst case is 0.13 USD more, 1.13 instead of 1.00"));
  plan = Planned();
  plan.rows[0].lease = 3 * kHour;
  EXPECT_THAT(Moved(plan),
              ElementsAre("step `train`: its lease is 1 h longer, 3 h instead of 2 h"));
  plan = Planned();
  plan.spending.month = MicroUsd(2'000'001);
  EXPECT_THAT(Moved(plan),
              ElementsAre(HasSubstr("per month has 2.00 USD less left, 1.00 instead of 3.00")));
  plan = Planned();
  plan.rows[0].place = "vast/US/1x-A10";
  EXPECT_THAT(Moved(plan), ElementsAre(HasSubstr("is not on sale any more")));
  plan = Planned();
  plan.rows[0].chosen = false;
  plan.rows[0].why_not = "GPU memory not listed";
  EXPECT_THAT(Moved(plan), ElementsAre("step `train`: GPU memory not listed"));
  EXPECT_THAT(Moved(Planned(), kNow + 1000, "abd"), ElementsAre("the project's file was changed"));
  EXPECT_THAT(Moved(Planned(), kNow + 25 * kHour.count()),
              ElementsAre("it expired 1 h ago (a plan holds for 1 d)"));
  EXPECT_THAT(Moved(Planned(), kNow - 1),
              ElementsAre(HasSubstr("later than this computer's clock")));
}

}  // namespace
}  // namespace curbstop
