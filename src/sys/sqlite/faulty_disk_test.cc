// The test disk itself, and what Database promises over it: a committed row survives.
#include "sys/sqlite/testing/faulty_disk.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "sys/sqlite/database.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

constexpr Crash kCrashes[] = {Crash::kKilled, Crash::kLost, Crash::kTorn, Crash::kReordered};

Database Opened(const std::filesystem::path& file) {
  Result<Database> database = Database::Open(file);
  EXPECT_TRUE(database.ok()) << (database.ok() ? "" : database.error().Text());
  return *std::move(database);
}

int64_t Count(Database& database) {
  Result<Statement> statement = database.Prepare("SELECT count(*) FROM t");
  if (!statement.ok()) return 0;  // a crash before the table was there
  EXPECT_TRUE(*statement->Step());
  return statement->Int(0);
}

class FaultyDiskTest : public testing::Test {
 protected:
  // Operations after which 1, 2, 3 … rows were answered for.
  std::vector<int64_t> InsertRows(FaultyDisk& disk, int rows, std::string_view pragma = "") {
    std::vector<int64_t> answered;
    Database database = Opened(file_);
    EXPECT_TRUE(database.Execute(pragma).ok());
    EXPECT_TRUE(database.Execute("CREATE TABLE t (s)").ok());
    for (int i = 0; i < rows; ++i) {
      EXPECT_TRUE(database.Execute("INSERT INTO t VALUES (hex(zeroblob(3000)))").ok());
      answered.push_back(disk.operations());
    }
    return answered;
  }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "x.db";
};

TEST_F(FaultyDiskTest, ACommittedRowSurvivesEveryCrash) {
  FaultyDisk disk;
  const std::vector<int64_t> answered = InsertRows(disk, 6, "PRAGMA wal_autocheckpoint=4");
  for (const Crash crash : kCrashes) {
    for (int64_t at = 1; at <= disk.operations() + 1; ++at) {
      const FaultyDisk after(disk.AfterCrash(at, crash, SyncKind::kHonest, 1));
      Database database = Opened(file_);
      const int64_t least = std::ranges::count_if(answered, [&](int64_t n) { return n < at; });
      const int64_t found = Count(database);
      ASSERT_GE(found, least) << static_cast<int>(crash) << " at " << at;
      ASSERT_LE(found, least + 1) << static_cast<int>(crash) << " at " << at;
    }
  }
}

TEST_F(FaultyDiskTest, WhatWasNotSyncedIsLostWithThePowerAndOnlyThen) {
  FaultyDisk disk;
  InsertRows(disk, 6, "PRAGMA synchronous=OFF; PRAGMA wal_autocheckpoint=0");
  const auto rows_after = [&](Crash crash) {
    const FaultyDisk after(disk.AfterCrash(disk.operations() + 1, crash, SyncKind::kHonest, 1));
    Database database = Opened(file_);
    return Count(database);
  };
  EXPECT_EQ(rows_after(Crash::kKilled), 6);
  EXPECT_LT(rows_after(Crash::kLost), 6);
}

TEST_F(FaultyDiskTest, ALyingSyncLosesWhatWasAnsweredFor) {
  FaultyDisk disk;
  const std::vector<int64_t> answered = InsertRows(disk, 3);
  EXPECT_TRUE(disk.AfterCrash(answered.back() + 1, Crash::kLost, SyncKind::kLying, 1).empty());
  EXPECT_FALSE(disk.AfterCrash(answered.back() + 1, Crash::kLost, SyncKind::kHonest, 1).empty());
}

TEST_F(FaultyDiskTest, TheSameSeedGivesTheSameBytesAndAnotherOthers) {
  const auto crashed = [&](uint64_t seed) {
    FaultyDisk disk;
    InsertRows(disk, 3);
    return disk.AfterCrash(disk.operations() / 2, Crash::kReordered, SyncKind::kLying, seed);
  };
  EXPECT_EQ(crashed(1), crashed(1));
  EXPECT_NE(crashed(1), crashed(2));
}

TEST_F(FaultyDiskTest, AFullDiskIsAnsweredAtEveryWriteAndLeavesWhatWasThere) {
  FaultyDisk disk;
  InsertRows(disk, 1);
  Database database = Opened(file_);
  int refused = 0;
  for (int64_t write = 1;; ++write) {
    disk.FillAt(write);
    const Status inserted = database.Execute("INSERT INTO t VALUES ('small')");
    const bool was_full = disk.IsFull();
    disk.FreeSpace();
    ASSERT_EQ(inserted.ok(), !was_full);
    if (!was_full) break;
    EXPECT_EQ(inserted.error().kind(), ErrorKind::kExhausted);
    EXPECT_EQ(Count(database), 1);
    ++refused;
  }
  EXPECT_GE(refused, 2);
  EXPECT_EQ(Count(database), 2);
}

TEST_F(FaultyDiskTest, ConnectionsKeepEachOtherOut) {
  const FaultyDisk disk;
  Database first = Opened(file_);
  Result<Database> second = Database::Open(file_, {.busy_timeout = std::chrono::milliseconds(1)});
  ASSERT_TRUE(second.ok());
  {
    const Result<Transaction> held = Transaction::Begin(first);
    ASSERT_TRUE(held.ok());
    EXPECT_EQ(Transaction::Begin(*second).error().kind(), ErrorKind::kUnavailable);
  }
  EXPECT_TRUE(Transaction::Begin(*second).ok());
}

}  // namespace
}  // namespace curbstop
