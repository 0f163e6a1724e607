#include "run/agent/touch_watch.h"

#include <gtest/gtest.h>

#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

TEST(TouchWatch, SeesEachTouchOnce) {
  const TemporaryFolder folder;
  TouchWatch watch(folder / "life");
  EXPECT_FALSE(watch.Poll());
  ASSERT_TRUE(TouchFile(folder / "life").ok());
  EXPECT_TRUE(watch.Poll());
  EXPECT_FALSE(watch.Poll());
}

TEST(TouchWatch, ATouchOfAFileThatIsThereMovesItsTime) {
  const TemporaryFolder folder;
  ASSERT_TRUE(TouchFile(folder / "life").ok());
  std::filesystem::last_write_time(folder / "life", std::filesystem::file_time_type());
  TouchWatch watch(folder / "life");
  ASSERT_TRUE(TouchFile(folder / "life").ok());
  EXPECT_TRUE(watch.Poll());
}

TEST(TouchWatch, WhatWasTouchedBeforeItBeganIsNoSign) {
  const TemporaryFolder folder;
  ASSERT_TRUE(TouchFile(folder / "life").ok());
  TouchWatch watch(folder / "life");
  EXPECT_FALSE(watch.Poll());
}

TEST(TouchWatch, AFileThatVanishesIsNoSign) {
  const TemporaryFolder folder;
  ASSERT_TRUE(TouchFile(folder / "life").ok());
  TouchWatch watch(folder / "life");
  std::filesystem::remove(folder / "life");
  EXPECT_FALSE(watch.Poll());
}

}  // namespace
}  // namespace curbstop
