#include "fit/quality.h"

#include <gtest/gtest.h>

#include "fit/families.h"

namespace curbstop::fit {
namespace {

const ModelShape& Shape(std::string_view id) { return *BundledFamilies().WithId(id); }

// README of llama.cpp's perplexity, revision f364eb6f: 6.407115 with 0.175482 more than 16 bit.
TEST(Quality, LossIsThePublishedOne) {
  const QualityFigure* figure = FindQuality(Shape("llama-3-8b"), "weights", "Q4_K_M");
  ASSERT_NE(figure, nullptr);
  EXPECT_NEAR(figure->Loss(), 100 * 0.175482 / (6.407115 - 0.175482), 1e-4);
  EXPECT_EQ(LossText(*figure), "+2.8 % perplexity (llama-3-8b)");
}

TEST(Quality, OfAnotherModelTheNearestInSizeIsNamed) {
  EXPECT_EQ(FindQuality(Shape("qwen2.5-72b"), "weights", "Q4_K_M")->model, "llama-2-70b");
  EXPECT_EQ(FindQuality(Shape("qwen2.5-7b"), "weights", "Q4_K_M")->model, "llama-3-8b");
  EXPECT_EQ(FindQuality(Shape("llama-2-7b"), "weights", "q4_k_m")->model, "llama-2-7b");
}

TEST(Quality, WhatNobodyPublishedIsNotKnown) {
  EXPECT_EQ(FindQuality(Shape("llama-3-8b"), "weights", "nf4-dq"), nullptr);
  EXPECT_EQ(FindQuality(Shape("llama-3-8b"), "method", "lora", 16), nullptr);
  EXPECT_EQ(FindQuality(Shape("llama-3-8b"), "cache", "q4_0"), nullptr);
  ASSERT_NE(FindQuality(Shape("llama-3-8b"), "method", "lora", 32), nullptr);
  EXPECT_NEAR(FindQuality(Shape("llama-3-8b"), "method", "lora", 32)->Loss(), 1.82, 0.001);
}

TEST(Quality, EveryFigureThatShipsHasModelTestDateAndSource) {
  ASSERT_GE(BundledQuality().size(), 60U);
  for (const QualityFigure& one : BundledQuality()) {
    EXPECT_FALSE(one.model.empty() || one.test.empty() || one.as_of.empty() || one.source.empty())
        << one.kind << " " << one.name;
    EXPECT_GE(one.Loss(), 0) << one.name;
  }
}

TEST(Quality, BrokenFiguresAreRefusedWithTheirLine) {
  const std::string header =
      "kind,name,rank,model,params_b,test,metric,value,reference,as_of,source,licence\n";
  for (const char* row :
       {"weights,a,,m,8,t,perplexity,0,1,2024,s,l", "weights,a,,m,8,t,bleu,1,1,2024,s,l",
        "weights,a,x,m,8,t,accuracy,1,1,2024,s,l", "weights,a"}) {
    const auto read = ReadQuality(header + row + "\n");
    ASSERT_FALSE(read.ok()) << row;
    EXPECT_NE(read.error().Text().find("line 2"), std::string::npos) << read.error().Text();
  }
}

}  // namespace
}  // namespace curbstop::fit
