// money.db keeps what every run's journal promises; what it does beyond that with torn records.
#include "run/supervisor/testing/journal_contract.h"

#include <optional>
#include <string>

#include <fmt/format.h>

#include "run/journal.h"
#include "sys/sqlite/testing/faulty_disk.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

const std::string kRun = "aaaaaaaaaa";

class MoneyPlace final : public JournalPlace {
 public:
  MoneyPlace() { Reopen(); }

  Status Create(const LifeStep& created) override {
    NewRun run;
    run.id = kRun;
    run.project = "demo", run.step = "train", run.root = "/home/ana/demo";
    return journal_->Create(run, created.event, {1, 2, "boot-a"});
  }
  RunJournal& journal() override { return *records_; }
  void Reopen() override {
    records_.reset();
    journal_.reset();
    Result<Journal> opened = Journal::Open(folder_ / "money.db");
    ASSERT_TRUE(opened.ok()) << opened.error().Text();
    journal_.emplace(*std::move(opened));
    records_.emplace(*journal_, kRun);
  }
  void SetFull(bool is_full) override { is_full ? disk_.FillAt(1) : disk_.FreeSpace(); }
  void TearRecord(int64_t seq) override {
    Change(fmt::format("UPDATE events SET data = substr(data, 1, length(data) / 2) WHERE seq = {}",
                       seq));
  }
  Consequences Kept() override {
    Consequences kept;
    Statement intents = *database().Prepare("SELECT id FROM effects ORDER BY id");
    while (*intents.Step()) kept.intents.push_back(intents.Text(0));
    Statement ledger = *database().Prepare("SELECT micro_usd, rental FROM ledger ORDER BY seq");
    while (*ledger.Step()) {
      kept.micro_usd.push_back(ledger.Int(0));
      kept.rentals.push_back(ledger.Int(1));
    }
    return kept;
  }

  void Change(const std::string& sql) { EXPECT_TRUE(database().Execute(sql).ok()); }
  Database& database() { return journal_->database(); }
  Journal& money() { return *journal_; }

 private:
  FaultyDisk disk_;
  TemporaryFolder folder_;
  std::optional<Journal> journal_;
  std::optional<MoneyJournal> records_;
};

INSTANTIATE_TEST_SUITE_P(Money, JournalContract,
                         testing::Values([] { return std::make_unique<MoneyPlace>(); }));

class MoneyJournalTest : public testing::Test {
 protected:
  void Live(size_t count) {
    ASSERT_TRUE(place_.Create(life_[0]).ok());
    for (size_t i = 1; i < count; ++i) {
      ASSERT_TRUE(Append(life_[i]).ok());
    }
  }
  Status Append(const LifeStep& step) {
    JournalRecord record = step.record;
    return place_.journal().Append(record, step.transition, step.state);
  }
  void ExpectCorrupt(const Status& status, std::string_view text) {
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().kind(), ErrorKind::kCorrupt);
    EXPECT_NE(status.error().Text().find(text), std::string::npos) << status.error().Text();
  }

  std::vector<LifeStep> life_ = RentedLife();
  MoneyPlace place_;
};

TEST_F(MoneyJournalTest, TheRowOfADroppedRecordIsThatOfTheRecordBefore) {
  Live(12);
  const RunRow before = *place_.money().GetRun(kRun);
  ASSERT_TRUE(Append(life_[12]).ok());
  ASSERT_NE(place_.money().GetRun(kRun)->checkpoints, before.checkpoints);
  place_.TearRecord(13);
  ASSERT_TRUE(place_.journal().DropLast().ok());
  const RunRow after = *place_.money().GetRun(kRun);
  EXPECT_EQ(after.checkpoints, before.checkpoints);
  EXPECT_EQ(after.state, before.state);
  EXPECT_EQ(after.spent, before.spent);
}

TEST_F(MoneyJournalTest, AnIntentWhoseOutcomeIsDroppedIsOpenAgain) {
  Live(5);  // the fifth, kAdmitted, answers 4.0
  const auto open = [&] {
    Statement query = *place_.database().Prepare("SELECT id FROM effects WHERE done_seq IS NULL");
    return *query.Step() ? query.Text(0) : "none";
  };
  EXPECT_EQ(open(), "5.0");
  place_.TearRecord(5);
  ASSERT_TRUE(place_.journal().DropLast().ok());
  EXPECT_EQ(open(), "4.0");
}

TEST_F(MoneyJournalTest, ARequestThatADroppedRecordTookUpIsOpenAgain) {
  Live(4);
  ASSERT_TRUE(place_.money().Ask(kRun, "cancel", 5).ok());
  ASSERT_TRUE(place_.money().CloseRequest(1, 4).ok());
  place_.TearRecord(4);
  ASSERT_TRUE(place_.journal().DropLast().ok());
  EXPECT_EQ(place_.money().OpenRequests(kRun)->size(), 1u);
}

TEST_F(MoneyJournalTest, AWholeRecordIsNotDropped) {
  Live(5);
  ExpectCorrupt(place_.journal().DropLast(), "record 5 ");
  EXPECT_EQ(place_.journal().Read()->size(), 5u);
}

TEST_F(MoneyJournalTest, NothingIsDroppedBehindATornRecord) {
  Live(5);
  place_.TearRecord(3);
  place_.TearRecord(5);
  ExpectCorrupt(place_.journal().DropLast(), "record 3 ");
  EXPECT_EQ(place_.journal().Read()->size(), 5u);
}

TEST_F(MoneyJournalTest, ARunWhoseOnlyRecordIsTornIsShownAsCrashedAndFreesItsStep) {
  Live(1);
  place_.TearRecord(1);
  ASSERT_TRUE(place_.journal().DropLast().ok());
  const RunRow row = *place_.money().GetRun(kRun);
  EXPECT_EQ(row.state, "crashed");
  EXPECT_EQ(row.reason, "its journal's only record is torn");
  EXPECT_FALSE(row.active);
}

TEST_F(MoneyJournalTest, AMissingRecordAndALostSumAreCorrupt) {
  Live(8);
  place_.Change("UPDATE events SET sum = 0 WHERE seq = 8");
  ExpectCorrupt(place_.journal().Read().error(), "record 8 of the journal has lost its sum");
  place_.Change("DELETE FROM events WHERE seq = 6");
  ExpectCorrupt(place_.journal().Read().error(), "record 6 of the journal is missing");
}

// A number, a time, an effect's name, a body: a change of any of them is seen.
TEST_F(MoneyJournalTest, TheSumIsOverEveryColumn) {
  Live(5);
  const std::string run = "run = '" + kRun + "' AND seq = 4";
  for (const char* column : {"at_ms = at_ms + 1", "awake_ms = awake_ms + 1", "kind = 'tick'",
                             "effect = '9.9'", "agent_seq = 7", "data = data || ' '"}) {
    place_.Change("SAVEPOINT before");
    place_.Change(fmt::format("UPDATE events SET {} WHERE {}", column, run));
    EXPECT_FALSE(SumIsRight((*place_.journal().Read())[3])) << column;
    place_.Change("ROLLBACK TO before; RELEASE before");
  }
  EXPECT_TRUE(SumIsRight((*place_.journal().Read())[3]));
}

}  // namespace
}  // namespace curbstop
