#include "project/references.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "project/place.h"

namespace curbstop {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> TextsIn(std::string_view command) {
  std::vector<std::string> texts;
  for (const Reference& reference : FindReferences(command)) texts.push_back(reference.text);
  return texts;
}

TEST(References, AreNamesInBraces) {
  EXPECT_THAT(TextsIn("a {out} --lr={lr}{x} {train.model.bin} {data.2024}"),
              ElementsAre("out", "lr", "x", "train.model.bin", "data.2024"));
  EXPECT_EQ(FindReferences("a {out}").at(0).offset, 2);
}

TEST(References, LeaveTheShellsBracesAlone) {
  EXPECT_THAT(
      TextsIn(
          "${HOME} {a,b} {} {1..3} {2} awk '{print $1}' { echo; } {a.} {.a} {a..b} {\"k\": 1} {a"),
      ElementsAre());
  EXPECT_THAT(TextsIn("{{out} {{{out}"), ElementsAre("out"));
}

TEST(References, AreReplacedAndQuoted) {
  const Result<std::string> text = ExpandReferences(
      "cat {data.x} > {out}/{{a} ${A}", {{"data.x", {"a b.csv", "c.csv"}}, {"out", {"/o"}}});
  ASSERT_TRUE(text.ok());
  EXPECT_EQ(*text, "cat 'a b.csv' c.csv > /o/{a} ${A}");
  EXPECT_FALSE(ExpandReferences("{lr}", {}).ok());
}

TEST(References, AStepWithTheLongestNameIsMeant) {
  std::vector<Step> steps(2);
  steps[0].name = "train";
  steps[1].name = "train.v2";
  EXPECT_EQ(FindStepReference(steps, "train.v2.model")->step->name, "train.v2");
  EXPECT_EQ(FindStepReference(steps, "train.model")->output, "model");
  EXPECT_FALSE(FindStepReference(steps, "train").has_value());
  EXPECT_FALSE(FindStepReference(steps, "trainer.model").has_value());
}

TEST(OutputPath, TakesPathNameOrStem) {
  Step step;
  step.name = "train";
  step.outputs = {"model/", "scores.json", "deep/plot.tar.gz", "scores.csv"};
  EXPECT_EQ(*OutputPath(step, "model"), "out/train/model");
  EXPECT_EQ(*OutputPath(step, "scores.csv"), "out/train/scores.csv");
  EXPECT_EQ(*OutputPath(step, "plot.tar.gz"), "out/train/deep/plot.tar.gz");
  EXPECT_EQ(*OutputPath(step, "plot"), "out/train/deep/plot.tar.gz");
  EXPECT_FALSE(OutputPath(step, "scores").ok());  // two have that stem
  EXPECT_FALSE(OutputPath(step, "modle").ok());
}

TEST(Place, EveryFormIsReadAndWrittenBack) {
  for (const char* text :
       {"auto", "local", "cloud", "runpod", "aws/us-east-1", "aws/us-east-1/g5.xlarge",
        "practice:vast", "ssh:box", "ssh:me@box.example"}) {
    const Result<Place> place = ParsePlace(text);
    ASSERT_TRUE(place.ok()) << text;
    EXPECT_EQ(PlaceText(*place), text);
  }
  EXPECT_EQ(PlaceText(*ParsePlace("vastai")), "vast");
}

TEST(Place, OthersAreRefused) {
  for (const char* text : {"", "locale", "ssh:", "ssh:-oProxyCommand=x", "practice:", "aws/",
                           "aws/a/b/c", "aws/a b", "practice:local", "ssh:a b"}) {
    EXPECT_FALSE(ParsePlace(text).ok()) << text;
  }
  EXPECT_NE(ParsePlace("runpd").error().message().find("did you mean `runpod`?"),
            std::string::npos);
}

}  // namespace
}  // namespace curbstop
