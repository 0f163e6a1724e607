#include "project/need_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curbstop {
namespace {

using testing::HasSubstr;

TEST(NeedText, IsReadAsInTheProjectsFile) {
  for (const char* text :
       {"gpu: 2 x 24GB.., memory: 32GiB.., cpus: 4", "{gpu: 2 x 24GB, memory: 32GiB, cpus: 4..}"}) {
    const Result<Need> need = ParseNeed(text, "--need");
    ASSERT_TRUE(need.ok()) << need.error().Text();
    ASSERT_TRUE(need->gpu);
    EXPECT_EQ(need->gpu->count, 2);
    EXPECT_EQ(need->gpu->memory, Bytes{24'000'000'000});
    EXPECT_EQ(need->memory, GiB(32));
    EXPECT_EQ(need->cpus, 4);
  }
}

TEST(NeedText, NothingIsNoNeed) {
  const Result<Need> need = ParseNeed("", "--need");
  ASSERT_TRUE(need.ok());
  EXPECT_FALSE(need->gpu || need->memory || need->cpus);
}

TEST(NeedText, AMistakeNamesTheOptionAndThePlace) {
  const auto mistake = [](const char* text) { return ParseNeed(text, "--need").error().Text(); };
  EXPECT_THAT(mistake("gpu: 24GB.., memroy: 3GB"), HasSubstr("did you mean `memory`"));
  EXPECT_THAT(mistake("gpu: 24GB.., memroy: 3GB"), HasSubstr("--need:1:"));
  EXPECT_THAT(mistake("memory: 64"), HasSubstr("has no unit"));
  EXPECT_THAT(mistake("24GB"), HasSubstr("--need:1:"));
  EXPECT_THAT(mistake("{gpu: [1"), HasSubstr("--need:"));
  EXPECT_THAT(mistake("]"), HasSubstr("--need:"));
}

}  // namespace
}  // namespace curbstop
