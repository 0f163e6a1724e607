#include "run/agent/lease_watch.h"

#include <gtest/gtest.h>

#include "sys/file_store.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class LeaseWatchTest : public testing::Test {
 protected:
  void Put(const char* name, const char* text) {
    ASSERT_TRUE(RealFileStore().Write(folder / name, text, 0600).ok());
  }
  TemporaryFolder folder;
  LeaseWatch watch{folder / "lease", folder / "uptime"};
};

TEST_F(LeaseWatchTest, CountsInSecondsSinceBoot) {
  Put("uptime", "100.50 33.00\n");
  Put("lease", "160\n");
  EXPECT_EQ(watch.Left(), milliseconds(59'500));
  Put("lease", "90\n");
  EXPECT_EQ(watch.Left(), milliseconds(-10'500));
}

TEST_F(LeaseWatchTest, WhatCannotBeReadChangesNothing) {
  Put("uptime", "100.00 33.00\n");
  EXPECT_EQ(watch.Left(), std::nullopt);
  Put("lease", "160\n");
  EXPECT_EQ(watch.Left(), seconds(60));
  for (const char* bad : {"", "x", "-5", "12345678901234", "16O\n", " 170\n"}) {
    Put("lease", bad);
    EXPECT_EQ(watch.Left(), seconds(60)) << bad;
  }
  Put("lease", "9999999999999\n170\n");
  EXPECT_GT(watch.Left(), std::chrono::hours(24 * 365 * 99));
  EXPECT_EQ(watch.end_s(), 9'999'999'999'999);
}

TEST(Lease, IsReadAsTheBirthScriptReadsIt) {
  EXPECT_EQ(ParseLease("12"), 12);
  EXPECT_EQ(ParseLease("12\nrest"), 12);
  EXPECT_EQ(ParseLease("12 "), std::nullopt);
}

}  // namespace
}  // namespace curbstop
