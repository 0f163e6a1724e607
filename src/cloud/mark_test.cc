#include "cloud/mark.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "base/ids.h"

namespace curbstop {
namespace {

TEST(Mark, SaysRunExpiryAndRate) {
  // 2026-11-29T20:14:05Z is 1796069645 s = 6b0de90d; 0.29 USD/h is 290000 = 46cd0.
  const Mark mark{.run = "0123456789", .expires_s = 1796069645, .per_hour = MicroUsd(290'000)};
  EXPECT_EQ(MarkText(mark), fmt::format("cs1-0123456789-{:x}-46cd0", 1796069645));
  EXPECT_EQ(ParseMark(MarkText(mark)), mark);
}

TEST(Mark, EveryMarkIsReadBack) {
  EXPECT_TRUE(rc::check([] {
    const auto random =
        *rc::gen::container<std::vector<unsigned char>>(8, rc::gen::arbitrary<unsigned char>());
    const Mark mark{.run = RunIdFrom(random),
                    .expires_s = *rc::gen::inRange<int64_t>(0, INT64_MAX),
                    .per_hour = MicroUsd(*rc::gen::inRange<int64_t>(0, INT64_MAX))};
    RC_ASSERT(ParseMark(MarkText(mark)) == mark);
  }));
}

// One mark has one text: a name that merely looks like one is somebody else's.
TEST(Mark, WhatIsReadIsWhatWouldBeWritten) {
  EXPECT_TRUE(rc::check([] {
    static const std::string kLetters = "cs1-0123456789abcdefABF- x";
    const auto picks =
        *rc::gen::container<std::vector<size_t>>(rc::gen::inRange<size_t>(0, kLetters.size()));
    std::string text = *rc::gen::element<std::string>("", "cs1-0123456789-", "cs1-");
    for (const size_t pick : picks) text += kLetters[pick];
    const auto mark = ParseMark(text);
    if (mark) RC_ASSERT(MarkText(*mark) == text);
  }));
}

TEST(Mark, OtherNamesAreNoMarks) {
  for (const char* text :
       {"", "cs1", "my-training", "cs2-0123456789-1-1", "cs1-012345678-1-1", "cs1-0123456789-1",
        "cs1-0123456789-1-1-1", "cs1-0123456789--1", "cs1-0123456789-0x1-1", "cs1-0123456789-01-1",
        "cs1-0123456789-1-A", "cs1-0123456789--1-1", "cs1-012345678u-1-1", " cs1-0123456789-1-1",
        "cs1-0123456789-1-1 ", "cs1-0123456789-ffffffffffffffff-1"}) {
    EXPECT_FALSE(ParseMark(text)) << text;
  }
}

TEST(Mark, ItsExpiryIsNeverBeforeTheLease) {
  EXPECT_EQ(MarkSeconds(5000), 5);
  EXPECT_EQ(MarkSeconds(5001), 6);
  EXPECT_EQ(MarkSeconds(0), 0);
}

}  // namespace
}  // namespace curbstop
