// Files of other versions: testdata/money-v1.db was written by three runs of the curbstop that
// made version 1 (commit 2fcd6ce), the last of which was still running; then its WAL was emptied.
#include <map>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "run/journal.h"
#include "run/supervisor/runner.h"
#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

class NoEffects final : public EffectSink {
 public:
  void Begin(const Effect&) override {}
};

class JournalVersionTest : public testing::Test {
 protected:
  JournalVersionTest() {
    folder_.WriteFile(
        "money.db", *ReadFile(std::filesystem::path(CURBSTOP_SOURCE_DIR) / "testdata/money-v1.db"));
  }
  Journal Open() {
    Result<Journal> journal = Journal::Open(file_);
    EXPECT_TRUE(journal.ok()) << (journal.ok() ? "" : journal.error().Text());
    return *std::move(journal);
  }
  // As a newer curbstop leaves it after a crash: in part in the WAL.
  void MakeNewer() {
    const TemporaryFolder elsewhere;
    Database database = *Database::Open(elsewhere / "money.db");
    ASSERT_TRUE(database
                    .Execute("CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL);"
                             "INSERT INTO meta VALUES('version', '5')")
                    .ok());
    folder_.WriteFile("money.db", *ReadFile(elsewhere / "money.db"));
    folder_.WriteFile("money.db-wal", *ReadFile(elsewhere / "money.db-wal"));
  }
  std::string Bytes(const char* name) { return *ReadFile(folder_ / name); }

  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "money.db";
};

TEST_F(JournalVersionTest, AFileOfVersion1ShowsItsRunsAndFoldsToTheirStates) {
  Journal journal = Open();
  std::map<std::string, std::string> states;
  const std::vector<RunRow> rows = *journal.FindRuns({});
  for (const RunRow& row : rows) {
    states[row.run.step] = row.state;
    MoneyJournal records(journal, row.run.id);
    NoEffects sink;
    Runner runner(records, sink);
    ASSERT_TRUE(runner.Load().ok());
    EXPECT_EQ(NameOf(runner.state().phase), row.state);
    EXPECT_EQ(runner.state().spent, row.spent);
    EXPECT_EQ(runner.state().attempt, row.attempt);
    const auto read = *records.Read();
    for (const JournalRecord& record : read) EXPECT_EQ(record.sum, 0u);
  }
  EXPECT_EQ(states, (std::map<std::string, std::string>{
                        {"work", "succeeded"}, {"crash", "failed"}, {"live", "running"}}));
}

TEST_F(JournalVersionTest, ARunThatVersion1LeftIsContinuedWithSums) {
  const std::string run = "xc11frfnth";
  Event recovered;
  recovered.kind = EventKind::kRecovered;
  recovered.at_ms = 1'795'982'400'000;
  recovered.data = Json::MakeObject({{"boot_id", "boot-b"}, {"can_restart", true}});
  {
    Journal journal = Open();
    MoneyJournal records(journal, run);
    NoEffects sink;
    Runner runner(records, sink);
    ASSERT_TRUE(runner.Load().ok());
    ASSERT_TRUE(runner.Append(recovered).ok());
  }
  Journal journal = Open();
  const std::vector<JournalRecord> records = *journal.RecordsOf(run);
  ASSERT_EQ(records.size(), 9u);
  EXPECT_EQ(records[7].sum, 0u);
  EXPECT_EQ(records[8], EncodeEvent(recovered, 9));
}

// From 2 on no table differs: only the number tells them apart.
TEST_F(JournalVersionTest, AFileOfVersion2Or3IsBroughtUpAndKeepsItsRuns) {
  const size_t runs = Open().FindRuns({})->size();
  for (const std::string older : {"2", "3"}) {
    const std::string put = "UPDATE meta SET value = '" + older + "' WHERE key = 'version'";
    ASSERT_TRUE(Open().database().Execute(put.c_str()).ok());
    Journal journal = Open();
    Statement version = *journal.database().Prepare("SELECT value FROM meta WHERE key = 'version'");
    ASSERT_TRUE(*version.Step());
    EXPECT_EQ(version.Text(0), "4");
    EXPECT_EQ(journal.FindRuns({})->size(), runs);
  }
}

// Worked out from docs/formats/money-db.md by libxxhash alone: XXH3_64bits_withSeed over the
// five numbers, "1.0" and the body.
TEST(JournalSum, IsThatOfTheFormatsPage) {
  JournalRecord record;
  record.seq = 2, record.kind = EventKind::kTick, record.at_ms = 1'700'000'000'000;
  record.awake_ms = 5000, record.effect = "1.0", record.agent_seq = 3;
  record.body = "{\"note\":\"\u00fc\"}";
  record.sum = 2'681'627'124'675'013'557u;
  EXPECT_TRUE(SumIsRight(record));
  record.sum += 1;
  EXPECT_FALSE(SumIsRight(record));
}

TEST_F(JournalVersionTest, ANewerVersionIsRefusedWithTheReasonAndNoByteIsChanged) {
  MakeNewer();
  const std::string file = Bytes("money.db");
  const std::string wal = Bytes("money.db-wal");
  ASSERT_FALSE(wal.empty());
  const Result<Journal> journal = Journal::Open(file_);
  ASSERT_FALSE(journal.ok());
  EXPECT_EQ(journal.error().kind(), ErrorKind::kCorrupt);
  EXPECT_NE(journal.error().Text().find("has version 5, this curbstop knows versions 1 to 4"),
            std::string::npos)
      << journal.error().Text();
  EXPECT_EQ(journal.error().hint(), "use the newer curbstop that wrote it");
  EXPECT_TRUE(Bytes("money.db") == file);
  EXPECT_TRUE(Bytes("money.db-wal") == wal);
}

}  // namespace
}  // namespace curbstop
