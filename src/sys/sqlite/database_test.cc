#include "sys/sqlite/database.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

Database Opened(const std::filesystem::path& file) {
  Result<Database> database = Database::Open(file);
  EXPECT_TRUE(database.ok());
  return *std::move(database);
}

int64_t CountOf(Database& database, std::string_view table) {
  Result<Statement> statement = database.Prepare("SELECT count(*) FROM " + std::string(table));
  EXPECT_TRUE(statement.ok() && *statement->Step());
  return statement->Int(0);
}

TEST(Database, BindsAndReadsEveryKindOfValue) {
  const TemporaryFolder folder;
  Database database = Opened(folder / "sub/x.db");
  ASSERT_TRUE(database.Execute("CREATE TABLE t (i, d, s, n)").ok());
  Result<Statement> insert = database.Prepare("INSERT INTO t VALUES (?, ?, ?, ?)");
  ASSERT_TRUE(insert.ok());
  insert->BindAll(int64_t{INT64_MIN}, 0.5, std::string_view("a\0b", 3), std::optional<int64_t>());
  ASSERT_TRUE(insert->Run().ok());
  EXPECT_EQ(database.Changes(), 1);

  Result<Statement> select = database.Prepare("SELECT * FROM t");
  ASSERT_TRUE(*select->Step());
  EXPECT_EQ(select->Int(0), INT64_MIN);
  EXPECT_EQ(select->Double(1), 0.5);
  EXPECT_EQ(select->Text(2), std::string("a\0b", 3));
  EXPECT_TRUE(select->IsNull(3));
  EXPECT_FALSE(*select->Step());
}

TEST(Database, IsDurableAndPrivate) {
  const TemporaryFolder folder;
  Database database = Opened(folder / "sub/x.db");
  Result<Statement> mode = database.Prepare("PRAGMA journal_mode");
  ASSERT_TRUE(*mode->Step());
  EXPECT_EQ(mode->Text(0), "wal");
  Result<Statement> synchronous = database.Prepare("PRAGMA synchronous");
  ASSERT_TRUE(*synchronous->Step());
  EXPECT_EQ(synchronous->Int(0), 2);  // FULL
  EXPECT_EQ(std::filesystem::status(folder / "sub").permissions(),
            std::filesystem::perms::owner_all);
}

TEST(Transaction, RollsBackUnlessCommitted) {
  const TemporaryFolder folder;
  Database database = Opened(folder / "x.db");
  ASSERT_TRUE(database.Execute("CREATE TABLE t (i)").ok());
  {
    const Result<Transaction> lost = Transaction::Begin(database);
    ASSERT_TRUE(lost.ok());
    ASSERT_TRUE(database.Execute("INSERT INTO t VALUES (1)").ok());
  }
  EXPECT_EQ(CountOf(database, "t"), 0);
  Result<Transaction> kept = Transaction::Begin(database);
  ASSERT_TRUE(database.Execute("INSERT INTO t VALUES (1)").ok());
  ASSERT_TRUE(kept->Commit().ok());
  EXPECT_EQ(CountOf(database, "t"), 1);
}

TEST(Transaction, AnotherWriterWaitsAndThenIsToldToTryAgain) {
  const TemporaryFolder folder;
  Database first = Opened(folder / "x.db");
  OpenOptions impatient;
  impatient.busy_timeout = std::chrono::milliseconds(1);
  Result<Database> second = Database::Open(folder / "x.db", impatient);
  const Result<Transaction> held = Transaction::Begin(first);
  ASSERT_TRUE(held.ok());
  const Result<Transaction> refused = Transaction::Begin(*second);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().kind(), ErrorKind::kUnavailable);
}

// Turning a new file to WAL is the one lock that SQLite itself does not wait for.
TEST(Database, ManyMayMakeOneAtTheSameMoment) {
  const TemporaryFolder folder;
  for (int round = 0; round < 30; ++round) {
    const std::filesystem::path file = folder / (std::to_string(round) + ".db");
    std::atomic<int> opened = 0;
    {
      std::vector<std::jthread> threads;
      for (int i = 0; i < 6; ++i) {
        threads.emplace_back([&] {
          Result<Database> database = Database::Open(file);
          const char* make = "CREATE TABLE IF NOT EXISTS t (i)";
          if (database.ok() && database->Execute(make).ok()) ++opened;
        });
      }
    }
    ASSERT_EQ(opened, 6) << "round " << round;
  }
}

TEST(Database, NamesTheKindOfItsErrors) {
  const TemporaryFolder folder;
  Database database = Opened(folder / "x.db");
  ASSERT_TRUE(database.Execute("CREATE TABLE t (i UNIQUE); INSERT INTO t VALUES (1)").ok());
  EXPECT_EQ(database.Execute("INSERT INTO t VALUES (1)").error().kind(), ErrorKind::kConflict);
  EXPECT_EQ(database.Execute("nonsense").error().kind(), ErrorKind::kInternal);

  OpenOptions read_only;
  read_only.read_only = true;
  EXPECT_EQ(Database::Open(folder / "none.db", read_only).error().kind(), ErrorKind::kNotFound);
  Result<Database> reader = Database::Open(folder / "x.db", read_only);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->Execute("INSERT INTO t VALUES (2)").error().kind(), ErrorKind::kDenied);

  folder.WriteFile("garbage.db", std::string(4096, 'x'));
  EXPECT_EQ(Database::Open(folder / "garbage.db").error().kind(), ErrorKind::kCorrupt);
}

// max_page_count makes SQLite answer as on a full disk.
TEST(Database, AFullDiskSaysSoAndLeavesWhatWasThere) {
  const TemporaryFolder folder;
  Database database = Opened(folder / "x.db");
  ASSERT_TRUE(
      database.Execute("CREATE TABLE t (s); INSERT INTO t VALUES ('kept'); PRAGMA max_page_count=3")
          .ok());
  const Status full = database.Execute("INSERT INTO t VALUES (zeroblob(1000000))");
  ASSERT_FALSE(full.ok());
  EXPECT_EQ(full.error().kind(), ErrorKind::kExhausted);
  EXPECT_EQ(full.error().hint(), "free some space on that disk, then run the command again");
  EXPECT_EQ(CountOf(database, "t"), 1);
}

TEST(Database, AStatementThatIsPreparedAgainStartsFresh) {
  TemporaryFolder folder;
  auto database = Database::Open(folder / "a.db");
  ASSERT_TRUE(database.ok());
  constexpr std::string_view kSql = "SELECT ?1";
  {
    auto first = database->Prepare(kSql);
    ASSERT_TRUE(*first->Bind(1, int64_t{7}).Step());
    EXPECT_EQ(first->Int(0), 7);
    auto second = database->Prepare(kSql);  // while the first is in the middle of its rows
    ASSERT_TRUE(*second->Step());
    EXPECT_TRUE(second->IsNull(0));
  }
  auto again = database->Prepare(kSql);
  ASSERT_TRUE(*again->Step());
  EXPECT_TRUE(again->IsNull(0));  // the old binding is gone
}

TEST(Database, AStatementMayOutliveItsDatabase) {
  TemporaryFolder folder;
  auto database = std::make_unique<Result<Database>>(Database::Open(folder / "a.db"));
  auto statement = (*database)->Prepare("SELECT 1");
  database.reset();
  EXPECT_TRUE(*statement->Step());
}

}  // namespace
}  // namespace curbstop
