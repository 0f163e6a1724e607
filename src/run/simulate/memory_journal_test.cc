// The simulator's journal keeps what every run's journal promises.
#include "run/simulate/memory_journal.h"

#include <algorithm>
#include <map>

#include "run/supervisor/testing/journal_contract.h"

namespace curbstop {
namespace {

class MemoryPlace final : public JournalPlace, JournalWitness {
 public:
  Status Create(const LifeStep& created) override {
    JournalRecord record = created.record;
    return journal_.Append(record, created.transition, created.state);
  }
  RunJournal& journal() override { return journal_; }
  void Reopen() override {}
  void SetFull(bool is_full) override { journal_.SetFull(is_full); }
  // In the middle, too: everything above it is lifted off and put back.
  void TearRecord(int64_t seq) override {
    std::vector<JournalRecord> above(journal_.records().begin() + seq, journal_.records().end());
    for (size_t i = 0; i < above.size(); ++i) journal_.LoseLast();
    journal_.TearLast();
    for (JournalRecord& record : above) ASSERT_TRUE(journal_.Append(record, {}, {}).ok());
  }
  Consequences Kept() override {
    Consequences kept;
    for (const JournalRecord& record : journal_.records()) {
      const Transition& transition = told_[record.seq];
      for (const Effect& effect : transition.effects) kept.intents.push_back(TextOf(effect.id));
      for (const LedgerEntry& entry : transition.ledger) {
        kept.micro_usd.push_back(entry.amount.value());
        kept.rentals.push_back(entry.rental);
      }
    }
    std::ranges::sort(kept.intents);
    return kept;
  }

 private:
  void Written(const Transition& transition, const RunState&) override {
    // Not again for what TearRecord puts back.
    told_.try_emplace(journal_.records().back().seq, transition);
  }

  std::map<int64_t, Transition> told_;
  MemoryJournal journal_{this};
};

INSTANTIATE_TEST_SUITE_P(Memory, JournalContract,
                         testing::Values([] { return std::make_unique<MemoryPlace>(); }));

}  // namespace
}  // namespace curbstop
