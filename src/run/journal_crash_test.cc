// money.db over a disk that fails: a crash at every operation of a run's life, and at every write
// a full disk.
#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "run/journal.h"
#include "run/supervisor/runner.h"
#include "run/supervisor/testing/rented_life.h"
#include "sys/files.h"
#include "sys/sqlite/testing/faulty_disk.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

const std::string kRun = "aaaaaaaaaa";
constexpr Crash kCrashes[] = {Crash::kKilled, Crash::kLost, Crash::kTorn, Crash::kReordered};

NewRun TheRun() {
  NewRun run;
  run.id = kRun;
  run.project = "demo", run.step = "train", run.root = "/home/ana/demo";
  return run;
}

Status Append(Journal& journal, const LifeStep& step) {
  if (step.record.seq == 1) return journal.Create(TheRun(), step.event, {1, 2, "boot-a"});
  JournalRecord record = step.record;
  return MoneyJournal(journal, kRun).Append(record, step.transition, step.state);
}

class NoEffects final : public EffectSink {
 public:
  void Begin(const Effect&) override {}
};

// One line for each row, in the order of the query.
std::vector<std::string> Lines(Database& database, std::string_view sql, int columns) {
  std::vector<std::string> lines;
  Result<Statement> query = database.Prepare(sql);
  EXPECT_TRUE(query.ok());
  while (query.ok() && *query->Step()) {
    std::string line;
    for (int column = 0; column < columns; ++column) line += query->Text(column) + "|";
    lines.push_back(line);
  }
  return lines;
}

// The same life with more to tell, so that its records fill many pages.
std::vector<LifeStep> TalkativeLife() {
  std::vector<LifeStep> life;
  RunState state;
  for (LifeStep& step : RentedLife()) {
    step.event.data.Set("note", std::string(900, static_cast<char>('a' + life.size() % 26)));
    life.push_back(StepAfter(state, step.event, step.record.seq));
    state = life.back().state;
  }
  return life;
}

class JournalCrashTest : public testing::Test {
 protected:
  // Lives it undisturbed; the number of operations after which each step was answered for.
  // The WAL is brought into the file early, so that crashes meet that too.
  std::vector<int64_t> LiveOn(FaultyDisk& disk) {
    std::vector<int64_t> answered;
    Result<Journal> journal = Journal::Open(file_);
    EXPECT_TRUE(journal.ok());
    EXPECT_TRUE(journal->database().Execute("PRAGMA wal_autocheckpoint=25").ok());
    for (const LifeStep& step : life_) {
      EXPECT_TRUE(Append(*journal, step).ok());
      answered.push_back(disk.operations());
    }
    return answered;
  }

  // How many steps were answered for before operation `at`.
  static size_t Answered(const std::vector<int64_t>& answered, int64_t at) {
    return static_cast<size_t>(
        std::ranges::count_if(answered, [at](int64_t end) { return end < at; }));
  }

  // What the next supervisor goes on from.
  Result<std::vector<JournalRecord>> TakeUp() {
    TRY_ASSIGN(Journal journal, Journal::Open(file_));
    MoneyJournal records(journal, kRun);
    NoEffects sink;
    Runner runner(records, sink);
    const Status loaded = runner.Load();
    if (!loaded.ok() && loaded.error().kind() != ErrorKind::kNotFound) return loaded.error();
    TRY_ASSIGN(const auto read, records.Read());
    return std::vector(read.begin(), read.end());
  }

  void ExpectPrefix(const std::vector<JournalRecord>& records) {
    ASSERT_LE(records.size(), life_.size());
    for (size_t i = 0; i < records.size(); ++i) ASSERT_TRUE(records[i] == life_[i].record) << i;
  }

  // Intents with their outcomes, ledger and row are those of the first `count` steps.
  void ExpectConsequences(Journal& journal, size_t count) {
    std::vector<std::string> intents;
    std::vector<std::string> ledger;
    for (size_t i = 0; i < count; ++i) {
      for (const Effect& effect : life_[i].transition.effects) {
        intents.push_back(fmt::format("{}|{}|{}|", TextOf(effect.id), NameOf(effect.kind),
                                      OutcomeOf(TextOf(effect.id), count)));
      }
      for (const LedgerEntry& entry : life_[i].transition.ledger) {
        ledger.push_back(fmt::format("{}|{}|{}|{}|", NameOf(entry.kind), entry.amount.value(),
                                     entry.rental, i + 1));
      }
    }
    std::ranges::sort(intents);
    EXPECT_EQ(Lines(journal.database(),
                    "SELECT id, kind, coalesce(done_seq, 0) FROM effects ORDER BY id, kind", 3),
              intents);
    EXPECT_EQ(Lines(journal.database(),
                    "SELECT kind, micro_usd, rental, event FROM ledger ORDER BY seq", 4),
              ledger);
    ExpectRow(journal, count);
  }

  void ExpectRow(Journal& journal, size_t count) {
    const std::vector<RunRow> rows = *journal.FindRuns({});
    ASSERT_EQ(rows.size(), count == 0 ? 0u : 1u);
    if (count == 0) return;
    const RunState& state = life_[count - 1].state;
    EXPECT_EQ(rows[0].state, NameOf(state.phase));
    EXPECT_EQ(rows[0].active, !IsFinal(state.phase));
    EXPECT_EQ(rows[0].spent, state.spent);
    EXPECT_EQ(rows[0].checkpoints, state.checkpoints);
    EXPECT_EQ(rows[0].reason, state.reason);
  }

  int64_t OutcomeOf(const std::string& effect, size_t count) const {
    for (size_t i = 0; i < count; ++i) {
      if (life_[i].record.effect == effect) return life_[i].record.seq;
    }
    return 0;
  }

  // What the next process finds; the run goes on with the record after the last.
  void ExpectIntact(const DiskImage& image, size_t least, size_t most) {
    const FaultyDisk disk(image);
    Result<Journal> journal = Journal::Open(file_);
    ASSERT_TRUE(journal.ok()) << journal.error().Text();
    const Result<std::vector<JournalRecord>> records = journal->RecordsOf(kRun);
    ASSERT_TRUE(records.ok()) << records.error().Text();
    ExpectPrefix(*records);
    const size_t count = records->size();
    ASSERT_GE(count, least);
    ASSERT_LE(count, most);
    ExpectConsequences(*journal, count);
    if (count == life_.size()) return;
    EXPECT_TRUE(Append(*journal, life_[count]).ok());
  }

  std::vector<LifeStep> life_ = TalkativeLife();
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_ / "money.db";
};

TEST_F(JournalCrashTest, ACrashAtAnyOperationLeavesWhatWasAnsweredFor) {
  FaultyDisk disk;
  const std::vector<int64_t> answered = LiveOn(disk);
  for (const Crash crash : kCrashes) {
    for (int64_t at = 1; at <= disk.operations() + 1; ++at) {
      SCOPED_TRACE(fmt::format("crash {} in operation {}", static_cast<int>(crash), at));
      const size_t least = Answered(answered, at);
      ExpectIntact(disk.AfterCrash(at, crash, SyncKind::kHonest, 11), least, least + 1);
      if (HasFailure()) return;
    }
  }
  RecordProperty("operations", static_cast<int>(disk.operations()));
}

TEST_F(JournalCrashTest, ACrashWhileAnotherIsRecoveredFromLosesNothing) {
  FaultyDisk disk;
  LiveOn(disk);
  for (int64_t at = 40; at <= disk.operations(); at += 61) {
    FaultyDisk again(disk.AfterCrash(at, Crash::kTorn, SyncKind::kHonest, 14));
    size_t found = 0;
    int64_t answered = 0;
    {
      Result<Journal> journal = Journal::Open(file_);
      ASSERT_TRUE(journal.ok());
      found = journal->RecordsOf(kRun)->size();
      if (found == life_.size()) break;
      ASSERT_TRUE(Append(*journal, life_[found]).ok());
      answered = again.operations();
    }
    for (int64_t second = 1; second <= again.operations() + 1; ++second) {
      SCOPED_TRACE(fmt::format("crash in operation {}, then in {}", at, second));
      ExpectIntact(again.AfterCrash(second, Crash::kReordered, SyncKind::kHonest, 15),
                   found + (answered < second ? 1 : 0), found + 1);
      if (HasFailure()) return;
    }
  }
}

// Nothing can be promised of what such a disk keeps, but what is read is what was written.
TEST_F(JournalCrashTest, ALyingSyncLosesTheEndOrIsNoticed) {
  FaultyDisk disk;
  const std::vector<int64_t> answered = LiveOn(disk);
  std::map<std::string, int> outcomes;
  for (const Crash crash : {Crash::kTorn, Crash::kReordered}) {
    for (int64_t at = 1; at <= disk.operations() + 1; ++at) {
      SCOPED_TRACE(fmt::format("crash {} in operation {}", static_cast<int>(crash), at));
      const FaultyDisk after(disk.AfterCrash(at, crash, SyncKind::kLying, 12));
      const Result<std::vector<JournalRecord>> records = TakeUp();
      if (!records.ok()) {
        ASSERT_EQ(records.error().kind(), ErrorKind::kCorrupt) << records.error().Text();
        ++outcomes["noticed"];
        continue;
      }
      ExpectPrefix(*records);
      if (HasFailure()) return;
      ++outcomes[records->size() < Answered(answered, at) ? "lost the end" : "intact"];
    }
  }
  EXPECT_GT(outcomes["noticed"], 0);
  EXPECT_GT(outcomes["lost the end"], 0);
  EXPECT_GT(outcomes["intact"], 0);
}

TEST_F(JournalCrashTest, AFullDiskAtAnyWriteAddsNothingAndTheNextAppendWorks) {
  FaultyDisk disk;
  Result<Journal> journal = Journal::Open(file_);
  ASSERT_TRUE(journal.ok());
  int refused = 0;
  for (size_t i = 0; i < life_.size(); ++i) {
    for (int64_t write = 1;; ++write) {
      SCOPED_TRACE(fmt::format("step {}, write {}", i + 1, write));
      disk.FillAt(write);
      const Status appended = Append(*journal, life_[i]);
      const bool was_full = disk.IsFull();
      disk.FreeSpace();
      if (appended.ok()) break;
      ASSERT_TRUE(was_full);
      EXPECT_EQ(appended.error().kind(), ErrorKind::kExhausted) << appended.error().Text();
      EXPECT_EQ(journal->RecordsOf(kRun)->size(), i);
      ExpectConsequences(*journal, i);
      if (HasFailure()) return;
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
  ExpectConsequences(*journal, life_.size());
}

// Opening for the first time writes too.
TEST_F(JournalCrashTest, AFullDiskAtTheFirstOpeningIsSaidAndTheNextOpeningWorks) {
  int refused = 0;
  for (int64_t write = 1;; ++write) {
    FaultyDisk disk;
    disk.FillAt(write);
    {
      const Result<Journal> journal = Journal::Open(file_);
      if (journal.ok()) break;
      EXPECT_EQ(journal.error().kind(), ErrorKind::kExhausted) << journal.error().Text();
      ++refused;
    }
    disk.FreeSpace();
    Result<Journal> journal = Journal::Open(file_);
    ASSERT_TRUE(journal.ok()) << journal.error().Text();
    EXPECT_TRUE(Append(*journal, life_[0]).ok());
  }
  EXPECT_GT(refused, 10);
}

TEST_F(JournalCrashTest, ACrashWhileAFileOfVersion1IsBroughtUpLeavesVersion1OrVersion3) {
  const std::filesystem::path source(CURBSTOP_SOURCE_DIR);
  const DiskImage old = {{file_.string(), *ReadFile(source / "testdata/money-v1.db")}};
  FaultyDisk disk(old);
  ASSERT_TRUE(Journal::Open(file_).ok());
  std::map<int64_t, int> versions;
  for (const Crash crash : kCrashes) {
    for (int64_t at = 1; at <= disk.operations() + 1; ++at) {
      SCOPED_TRACE(fmt::format("crash {} in operation {}", static_cast<int>(crash), at));
      const FaultyDisk after(disk.AfterCrash(at, crash, SyncKind::kHonest, 13));
      {
        Database database = *Database::Open(file_);
        const int64_t version = std::stoi(Lines(database, "SELECT value FROM meta", 1).at(0));
        const auto added = Lines(database,
                                 "SELECT name FROM pragma_table_info('events') WHERE name = 'sum' "
                                 "UNION ALL SELECT name FROM pragma_table_info('ledger') "
                                 "WHERE name IN ('rental', 'event')",
                                 1);
        ASSERT_EQ(added.size(), version == 1 ? 0u : 3u);
        ++versions[version];
      }
      Result<Journal> journal = Journal::Open(file_);
      ASSERT_TRUE(journal.ok()) << journal.error().Text();
      size_t records = 0;
      const std::vector<RunRow> rows = *journal->FindRuns({});
      for (const RunRow& row : rows) {
        records += journal->RecordsOf(row.run.id)->size();
      }
      ASSERT_EQ(records, 33u);  // as checked in: 13, 12 and 8
    }
  }
  EXPECT_GT(versions[1], 0);
  EXPECT_GT(versions[4], 0);
  EXPECT_EQ(versions[2] + versions[3], 0);  // all steps are one transaction
}

}  // namespace
}  // namespace curbstop
