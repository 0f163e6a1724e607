#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/practice/practice_home.h"

namespace curbstop {
namespace {

using testing::HasSubstr;

Result<FaultScript> Read(const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(testing::TempDir()) / "faults.yaml";
  RealFileStore files;
  EXPECT_TRUE(files.Write(file, text, 0644).ok());
  return ReadFaultScript(file);
}

TEST(FaultScript, SaysWhatWhenAndHowOften) {
  const auto script = Read(
      "faults:\n  - {on: create, do: lose_answer, skip: 1}\n  - {at_s: 12, do: outbid, for_s: 6}\n");
  ASSERT_TRUE(script.ok()) << script.error().Text();
  ASSERT_EQ(script->faults.size(), 2u);
  EXPECT_EQ(script->faults[0].on, FaultOn::kCreate);
  EXPECT_EQ(script->faults[0].action, FaultDo::kLoseAnswer);
  EXPECT_EQ(script->faults[0].skip, 1);
  EXPECT_EQ(script->faults[1].on, FaultOn::kTime);
  EXPECT_EQ(script->faults[1].for_s, 6);
}

TEST(FaultScript, AMistakeIsToldWithItsPlace) {
  const auto wrong = Read("faults:\n  - {on: create, do: loose_answer}\n");
  ASSERT_FALSE(wrong.ok());
  EXPECT_THAT(wrong.error().Text(), HasSubstr("faults.yaml:2:"));
  EXPECT_THAT(wrong.error().Text(), HasSubstr("did you mean `lose_answer`"));
  EXPECT_FALSE(Read("faults:\n  - {on: create}\n").ok());
  EXPECT_FALSE(Read("faults:\n  - {do: error, times: -1}\n").ok());
  EXPECT_FALSE(Read("").ok());
}

}  // namespace
}  // namespace curbstop
