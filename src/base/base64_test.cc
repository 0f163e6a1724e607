#include "base/base64.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

struct Pair {
  std::string bytes, text;
};

// RFC 4648 §10.
const Pair kPairs[] = {{"", ""},
                       {"f", "Zg=="},
                       {"fo", "Zm8="},
                       {"foo", "Zm9v"},
                       {"foob", "Zm9vYg=="},
                       {"fooba", "Zm9vYmE="},
                       {"foobar", "Zm9vYmFy"}};

TEST(Base64, IsAsInTheStandard) {
  for (const auto& [bytes, text] : kPairs) {
    EXPECT_EQ(ToBase64(bytes), text);
    const auto read = FromBase64(text);
    ASSERT_TRUE(read.ok()) << text;
    EXPECT_EQ(*read, bytes);
  }
}

TEST(Base64, EveryByteComesBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(*FromBase64(ToBase64(bytes)), bytes);
}

TEST(Base64, PaddingMayBeMissing) { EXPECT_EQ(*FromBase64("Zm8"), "fo"); }

TEST(Base64, WhatIsNoLetterIsRefused) {
  EXPECT_FALSE(FromBase64("Zm8-").ok());
  EXPECT_FALSE(FromBase64("Zg==Zg==").ok());
  EXPECT_FALSE(FromBase64("Zm 8").ok());
}

}  // namespace
}  // namespace curbstop
