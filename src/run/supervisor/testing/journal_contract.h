// What every RunJournal promises, as tests. Include it in one file of a test program, and
//
//   INSTANTIATE_TEST_SUITE_P(Memory, JournalContract, testing::Values(MakeMemoryPlace));
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "run/supervisor/runner.h"
#include "run/supervisor/testing/rented_life.h"

namespace curbstop {

// What a journal keeps beside its records.
struct Consequences {
  std::vector<std::string> intents;  // ids, in order of text
  std::vector<int64_t> micro_usd;    // of the ledger entries, in order of their writing
  std::vector<int64_t> rentals;      // the same entries' rentals
  bool operator==(const Consequences&) const = default;
};

// A place that keeps the journal of one run, and what a test may do to it.
class JournalPlace {
 public:
  virtual ~JournalPlace() = default;
  virtual Status Create(const LifeStep& created) = 0;
  virtual RunJournal& journal() = 0;
  virtual void Reopen() = 0;  // as the next process would
  virtual void SetFull(bool is_full) = 0;
  virtual void TearRecord(int64_t seq) = 0;  // half of its body is gone, its sum is not
  virtual Consequences Kept() = 0;
};

using MakeJournalPlace = std::function<std::unique_ptr<JournalPlace>()>;

class JournalContract : public testing::TestWithParam<MakeJournalPlace> {
 protected:
  static Status Append(RunJournal& journal, const LifeStep& step) {
    JournalRecord record = step.record;
    return journal.Append(record, step.transition, step.state);
  }
  static Consequences ExpectedOf(const std::vector<LifeStep>& steps, size_t count) {
    Consequences expected;
    for (size_t i = 0; i < count; ++i) {
      for (const Effect& effect : steps[i].transition.effects)
        expected.intents.push_back(TextOf(effect.id));
      for (const LedgerEntry& entry : steps[i].transition.ledger) {
        expected.micro_usd.push_back(entry.amount.value());
        expected.rentals.push_back(entry.rental);
      }
    }
    std::ranges::sort(expected.intents);
    return expected;
  }
  // The journal holds the first `count` steps of the life, and nothing else.
  void ExpectLife(size_t count) {
    const auto records = place_->journal().Read();
    ASSERT_TRUE(records.ok()) << records.error().Text();
    ASSERT_EQ(records->size(), count);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ((*records)[i], life_[i].record) << i;
    EXPECT_EQ(place_->Kept(), ExpectedOf(life_, count));
  }
  void Live(size_t count) {
    ASSERT_TRUE(place_->Create(life_[0]).ok());
    for (size_t i = 1; i < count; ++i) ASSERT_TRUE(Append(place_->journal(), life_[i]).ok()) << i;
  }

  std::vector<LifeStep> life_ = RentedLife();
  std::unique_ptr<JournalPlace> place_ = GetParam()();
};

TEST_P(JournalContract, ReadsWhatWasAppendedInOrderAndSoDoesTheNextProcess) {
  Live(life_.size());
  ExpectLife(life_.size());
  place_->Reopen();
  ExpectLife(life_.size());
}

TEST_P(JournalContract, ANumberThatIsTakenIsAConflictAndAddsNothing) {
  Live(6);
  const std::vector<Status> answers = {Append(place_->journal(), life_[5]),
                                       Append(place_->journal(), life_[2])};
  for (const Status& answer : answers) {
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().kind(), ErrorKind::kConflict);
  }
  ExpectLife(6);
  EXPECT_TRUE(Append(place_->journal(), life_[6]).ok());
  ExpectLife(7);
}

TEST_P(JournalContract, AFullDiskAddsNothingAndTheNextAppendWorksOnceThereIsSpace) {
  Live(4);
  place_->SetFull(true);
  for (int i = 0; i < 3; ++i) {
    const Status refused = Append(place_->journal(), life_[4]);
    ASSERT_FALSE(refused.ok());
    EXPECT_EQ(refused.error().kind(), ErrorKind::kExhausted);
  }
  ExpectLife(4);
  place_->SetFull(false);
  EXPECT_TRUE(Append(place_->journal(), life_[4]).ok());
  ExpectLife(5);
}

TEST_P(JournalContract, BodiesMayHoldAnyText) {
  Live(3);
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  const std::string bodies[] = {every_byte,
                                std::string("a\0b", 3),
                                "\xff\xfe broken \xc3",
                                "{\"name\":\"na\u00efve \u2713 \U0001F980\"}",
                                "",
                                std::string(3'000'000, 'x')};
  int64_t seq = 3;
  for (const std::string& body : bodies) {
    LifeStep step = StepAfter(life_[2].state, life_[2].event, ++seq);
    step.record.body = body;
    step.record.effect = body.substr(0, 1000);
    ASSERT_TRUE(Append(place_->journal(), step).ok());
    place_->Reopen();
    const auto records = place_->journal().Read();
    ASSERT_TRUE(records.ok());
    ASSERT_EQ(records->size(), static_cast<size_t>(seq));
    EXPECT_TRUE(records->back() == step.record) << seq;
  }
}

TEST_P(JournalContract, ATornLastRecordIsDroppedWithAllThatCameOfIt) {
  // The life's intents are answered later, so that each step drops outcomes, intents and money.
  for (size_t count = 2; count <= life_.size(); ++count) {
    place_.reset();
    place_ = GetParam()();
    Live(count);
    place_->TearRecord(static_cast<int64_t>(count));
    ASSERT_FALSE(SumIsRight(place_->journal().Read()->back()));
    ASSERT_TRUE(place_->journal().DropLast().ok());
    ExpectLife(count - 1);
    place_->Reopen();
    ASSERT_TRUE(Append(place_->journal(), life_[count - 1]).ok());
    ExpectLife(count);
  }
}

class NoEffects final : public EffectSink {
 public:
  void Begin(const Effect&) override {}
};

TEST_P(JournalContract, ARunnerLoadsWhatIsLeftOfATornRecord) {
  Live(10);
  place_->TearRecord(10);
  place_->Reopen();
  NoEffects sink;
  Runner runner(place_->journal(), sink);
  ASSERT_TRUE(runner.Load().ok());
  EXPECT_EQ(runner.last_seq(), 9);
  EXPECT_EQ(runner.state().phase, life_[8].state.phase);
  EXPECT_TRUE(runner.Append(life_[9].event).ok());
  ExpectLife(10);
}

TEST_P(JournalContract, ARecordTornInTheMiddleIsNamedAndStays) {
  Live(10);
  place_->TearRecord(4);
  place_->Reopen();
  NoEffects sink;
  Runner runner(place_->journal(), sink);
  const Status loaded = runner.Load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().kind(), ErrorKind::kCorrupt);
  EXPECT_NE(loaded.error().Text().find("record 4 "), std::string::npos) << loaded.error().Text();
  EXPECT_EQ(place_->journal().Read()->size(), 10u);
}

}  // namespace curbstop
