#include "plan/cost.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

LedgerLine Line(std::string step, std::string run, std::string kind, std::string ledger_class,
                int64_t micros) {
  return {"triage",
          std::move(step),
          std::move(run),
          std::move(kind),
          std::move(ledger_class),
          MicroUsd(micros),
          Millis(1'800'000),
          200};
}

TEST(Cost, SumsWhatWasAccruedAndCorrectedByStepAndClass) {
  const std::vector<LedgerLine> lines = {
      Line("train", "a", "reserve", "energy", 50'000),
      Line("train", "a", "accrue", "energy", 18'000),
      Line("train", "b", "accrue", "energy", 18'000),
      Line("train", "b", "correct", "energy", -1'000),
      Line("train", "a", "release", "energy", -32'000),
      Line("eval", "c", "accrue", "practice", 7),
  };
  const CostTable table = SumCosts(lines);
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0].step, "eval");
  const CostRow& train = table.rows[1];
  EXPECT_EQ(train.runs, 2);
  EXPECT_EQ(train.amount, MicroUsd(35'000));
  EXPECT_EQ(train.time, Millis(5'400'000));
  EXPECT_DOUBLE_EQ(train.watt_hours, 300);   // 200 W for three half hours
  EXPECT_EQ(table.total, MicroUsd(35'000));  // practice money is in no total
  EXPECT_EQ(CostJson(table).IntOr("total_micro_usd", 0), 35'000);
}

TEST(Cost, TheTableReadsWithUnits) {
  const std::vector<LedgerLine> lines = {Line("train", "a", "accrue", "energy", 18'000)};
  EXPECT_EQ(CostText(SumCosts(lines)),
            "project  step   class   runs    time     energy   USD\n"
            "triage   train  energy     1  30 min  100.00 Wh  0.02\n"
            "total 0.02 USD\n");
  EXPECT_EQ(CostText({}), "nothing was spent yet\n");
}

}  // namespace
}  // namespace curbstop
