#include "fit/tabular.h"

#include <string>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "fit/answer.h"

namespace curbstop::fit {
namespace {

TableUse Use(TableFamily family, int64_t rows, int64_t columns) {
  TableUse use;
  use.family = family;
  use.rows = rows;
  use.columns = columns;
  return use;
}

Span PartOf(const Estimate& estimate, const std::string& name) {
  for (const Component& part : estimate.components) {
    if (part.name == name) return part.bytes;
  }
  return {};
}

// Rows of bench/fit/rows-tabular.csv called `held`: bytes of the peak that was measured.
TEST(Tabular, PeaksThatWereHeldOutAreCovered) {
  struct Ran {
    TableFamily family;
    int64_t rows, columns, count, peak;
  };
  constexpr Ran kRan[] = {{TableFamily::kForest, 200000, 30, 10, 261414912},
                          {TableFamily::kForest, 30000, 100, 50, 203075584},
                          {TableFamily::kForestRegression, 60000, 10, 20, 259653632},
                          {TableFamily::kHistBoosting, 1000000, 20, 30, 561885184},
                          {TableFamily::kHistBoosting, 100000, 300, 30, 706252800},
                          {TableFamily::kLightGbm, 1000000, 20, 30, 401219584},
                          {TableFamily::kLightGbm, 100000, 300, 30, 821837824},
                          {TableFamily::kMeans, 1000000, 20, 16, 632356864},
                          {TableFamily::kMeans, 100000, 300, 8, 856887296},
                          {TableFamily::kSupportVectors, 20000, 20, 0, 375328768},
                          {TableFamily::kSupportVectors, 15000, 100, 0, 393474048},
                          {TableFamily::kNeighbours, 1000000, 12, 0, 293486592},
                          {TableFamily::kNeighbours, 100000, 300, 0, 378183680}};
  for (const Ran& ran : kRan) {
    TableUse use = Use(ran.family, ran.rows, ran.columns);
    if (ran.count > 0) use.trees = use.clusters = ran.count;
    const Span peak = EstimateTable(use, 0).peak;
    EXPECT_LE(peak.low, ran.peak) << NameOf(ran.family) << " " << ran.rows;
    EXPECT_GE(peak.high, ran.peak) << NameOf(ran.family) << " " << ran.rows;
  }
}

// Trees without limit on a number to foretell end in one row a leaf: 757,768 nodes in 20 trees of
// 30,000 rows (scikit-learn 1.9, bench/fit/rows-tabular.csv).
TEST(Tabular, NodesOfARegressionForestFollowFromTheBootstrap) {
  TableUse use = Use(TableFamily::kForestRegression, 30'000, 20);
  use.trees = 20;
  EXPECT_NEAR(static_cast<double>(ParametersOf(use)), 757'768, 0.005 * 757'768);
  use.depth = 3;
  EXPECT_EQ(ParametersOf(use), 20 * 15);
}

TEST(Tabular, TableAndCopiesAreExact) {
  const Estimate forest = EstimateTable(Use(TableFamily::kForest, 100'000, 50), 0);
  EXPECT_EQ(PartOf(forest, "table"), Exact(40'000'000));
  EXPECT_EQ(PartOf(forest, "float32 copy"), Exact(20'000'000));
  TableUse single = Use(TableFamily::kForest, 100'000, 50);
  single.single = true;
  EXPECT_EQ(PartOf(EstimateTable(single, 0), "table"), Exact(20'000'000));
  EXPECT_EQ(PartOf(EstimateTable(single, 0), "float32 copy"), Span{});
}

TEST(Tabular, KernelsCacheEndsAt200MiB) {
  EXPECT_EQ(PartOf(EstimateTable(Use(TableFamily::kSupportVectors, 1000, 5), 0), "kernel cache"),
            Exact(4'000'000));
  EXPECT_EQ(PartOf(EstimateTable(Use(TableFamily::kSupportVectors, 90'000, 5), 0), "kernel cache"),
            Exact(200 << 20));
}

TEST(Tabular, ManyRowsOfAKernelAreWarnedOf) {
  EXPECT_NE(TableWarning(Use(TableFamily::kSupportVectors, 100'000, 5)), "");
  EXPECT_EQ(TableWarning(Use(TableFamily::kSupportVectors, 5'000, 5)), "");
  EXPECT_EQ(TableWarning(Use(TableFamily::kLogistic, 100'000'000, 5)), "");
}

TEST(Tabular, NamesAreUnderstoodAsPeopleWriteThem) {
  EXPECT_EQ(TableFamilyOf("Random Forest"), TableFamily::kForest);
  EXPECT_EQ(TableFamilyOf("RandomForestRegressor"), TableFamily::kForestRegression);
  EXPECT_EQ(TableFamilyOf("xgb"), TableFamily::kXgBoost);
  EXPECT_EQ(TableFamilyOf("k_means"), TableFamily::kMeans);
  EXPECT_EQ(TableFamilyOf(""), std::nullopt);
  EXPECT_EQ(TableFamilyOf("resnet-50"), std::nullopt);
  for (const std::string& name : TableFamilyNames()) EXPECT_TRUE(TableFamilyOf(name)) << name;
}

RC_GTEST_PROP(Tabular, NeverFallsWithRowsColumnsTreesAndAddsUp, ()) {
  constexpr TableFamily kAll[] = {
      TableFamily::kLinear,           TableFamily::kLogistic,     TableFamily::kForest,
      TableFamily::kForestRegression, TableFamily::kHistBoosting, TableFamily::kLightGbm,
      TableFamily::kXgBoost,          TableFamily::kMeans,        TableFamily::kSupportVectors};
  TableUse use = Use(kAll[*rc::gen::inRange<size_t>(0, std::size(kAll))], 0, 0);
  use.rows = *rc::gen::inRange<int64_t>(1, 100'000'000);
  use.columns = *rc::gen::inRange<int64_t>(1, 10'000);
  use.trees = *rc::gen::inRange<int64_t>(1, 5000);
  use.classes = *rc::gen::inRange<int64_t>(2, 100);
  use.single = *rc::gen::arbitrary<bool>();
  const Estimate before = EstimateTable(use, 0);
  int64_t& more = **rc::gen::element(&use.rows, &use.columns, &use.trees, &use.classes);
  more += *rc::gen::inRange<int64_t>(1, 1000);
  const Estimate after = EstimateTable(use, 0);
  RC_ASSERT(after.peak.low >= before.peak.low);
  RC_ASSERT(after.peak.mid >= before.peak.mid);
  RC_ASSERT(after.peak.high >= before.peak.high);
  RC_ASSERT(SumOf(after.components, "host") == after.peak);
  RC_ASSERT(after.peak.low <= after.peak.mid && after.peak.mid <= after.peak.high);
}

TEST(Tabular, WhatIsBeyondAnyMachineIsAnError) {
  FitQuestion question;
  question.task = Task::kTable;
  question.table = Use(TableFamily::kLinear, 1'000'000'000'000, 1'000'000'000'000);
  EXPECT_FALSE(AnswerFit(question).ok());
  question.table.rows = 0;
  EXPECT_FALSE(AnswerFit(question).ok());
  question.table = Use(TableFamily::kLinear, 1000, 10);
  EXPECT_TRUE(AnswerFit(question).ok());
}

}  // namespace
}  // namespace curbstop::fit
