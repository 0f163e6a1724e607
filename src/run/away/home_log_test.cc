#include "run/away/home_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr int64_t kMost = 10;

class HomeLogTest : public testing::Test {
 protected:
  HomeLog Open(int64_t rental = 1) const {
    HomeLog log(folder_.path(), rental, files_, kMost);
    EXPECT_TRUE(log.Begin().ok());
    return log;
  }
  std::string Text() const {
    const Result<std::string> text = ReadFile(folder_.path() / "step.log");
    return text.ok() ? *text : "";
  }

  TemporaryFolder folder_;
  mutable RealFileStore files_;
};

TEST_F(HomeLogTest, WhatFitsExactlyIsNotCut) {
  HomeLog log = Open();
  ASSERT_TRUE(log.Take(0, "01234").ok());
  ASSERT_TRUE(log.Take(5, "56789").ok());
  EXPECT_EQ(Text(), "0123456789");
  EXPECT_EQ(log.Heard(), 10);
}

TEST_F(HomeLogTest, TheFirstByteTooManyIsReplacedByALineThatSaysSo) {
  HomeLog log = Open();
  ASSERT_TRUE(log.Take(0, "0123456789a").ok());
  EXPECT_THAT(Text(), StartsWith("0123456789\n[curbstop] log cut here: it is larger than 10 B"));
  EXPECT_THAT(Text(), EndsWith("not kept\n"));
  EXPECT_EQ(log.Heard(), 11);
}

TEST_F(HomeLogTest, TheSameAfterALogThatFitExactly) {
  HomeLog log = Open();
  ASSERT_TRUE(log.Take(0, "0123456789").ok());
  ASSERT_TRUE(log.Take(10, "a").ok());
  EXPECT_THAT(Text(), HasSubstr("0123456789\n[curbstop] log cut here"));
}

// Nothing more is kept, all of it is heard, by the next supervisor too.
TEST_F(HomeLogTest, AboveItTheStepGoesOnAndTheFileStaysAsItIs) {
  HomeLog log = Open();
  ASSERT_TRUE(log.Take(0, std::string(1000, 'x')).ok());
  const std::string cut = Text();
  for (int64_t at = 1000; at < 5000; at += 1000)
    ASSERT_TRUE(log.Take(at, std::string(1000, 'y')).ok());
  EXPECT_EQ(log.Heard(), 5000);
  EXPECT_EQ(Text(), cut);
  HomeLog next = Open();
  EXPECT_GE(next.Heard(), 1000);
  ASSERT_TRUE(next.Take(next.Heard(), "z").ok());
  EXPECT_EQ(Text(), cut);
}

TEST_F(HomeLogTest, TheLimitIsOfTheRunAndSaidOnce) {
  HomeLog first = Open();
  ASSERT_TRUE(first.Take(0, "01234567").ok());
  HomeLog second = Open(2);
  EXPECT_EQ(second.Heard(), 0);
  ASSERT_TRUE(second.Take(0, "abcdef").ok());
  HomeLog third = Open(3);
  ASSERT_TRUE(third.Take(0, "ABCDEF").ok());
  EXPECT_EQ(third.Heard(), 6);
  EXPECT_THAT(Text(), StartsWith("01234567ab\n[curbstop] log cut here"));
  EXPECT_EQ(Split(Text(), '[').size(), 2u);
}

TEST_F(HomeLogTest, WhatComesTwiceIsKeptOnceAndAGapIsALie) {
  HomeLog log = Open();
  ASSERT_TRUE(log.Take(0, "0123").ok());
  ASSERT_TRUE(log.Take(2, "2345").ok());
  ASSERT_TRUE(log.Take(0, "01").ok());
  EXPECT_EQ(Text(), "012345");
  EXPECT_EQ(log.Take(7, "7").error().kind(), ErrorKind::kCorrupt);
  EXPECT_EQ(log.Take(-1, "7").error().kind(), ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace curbstop
