#include "run/simulate/drawing.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace curbstop {
namespace {

bool Leads(const Drawing& drawing, Phase from, EventKind kind, Phase to) {
  const auto cell = drawing.cells.find({from, kind});
  return cell != drawing.cells.end() && cell->second.next.contains(to);
}

TEST(Drawing, AtHomeEveryWayToAnEndIsFound) {
  const Drawing home = DrawHome();
  EXPECT_TRUE(Leads(home, Phase::kCreated, EventKind::kRecordStarted, Phase::kRunning));
  EXPECT_TRUE(Leads(home, Phase::kRunning, EventKind::kAgentGone, Phase::kEnding));
  EXPECT_TRUE(Leads(home, Phase::kEnding, EventKind::kProcessesEnded, Phase::kRunning));
  for (const Phase end : {Phase::kSucceeded, Phase::kFailed, Phase::kCancelled, Phase::kCrashed}) {
    EXPECT_TRUE(Leads(home, Phase::kClosing, EventKind::kRecordFinished, end)) << NameOf(end);
  }
}

// Once the outputs are being kept, nothing but their commit decides.
TEST(Drawing, AtHomeNothingButTheCommitEndsACommit) {
  for (const auto& [pair, cell] : DrawHome().cells) {
    if (pair.first != Phase::kCommitting) continue;
    const bool decides =
        pair.second == EventKind::kCommitted || pair.second == EventKind::kCommitFailed;
    EXPECT_EQ(cell.next.contains(Phase::kClosing), decides) << NameOf(pair.second);
  }
}

TEST(Drawing, AwayNothingIsRentedBeforeItsReserveIsHeld) {
  const Drawing away = DrawAway(300);
  for (const auto& [pair, cell] : away.cells) {
    if (!cell.begun.contains(EffectKind::kCreate)) continue;
    EXPECT_EQ(NameOf(pair.second), NameOf(EventKind::kAdmitted));
    EXPECT_EQ(NameOf(pair.first), NameOf(Phase::kAdmitting));
  }
  EXPECT_TRUE(Leads(away, Phase::kAdmitting, EventKind::kAdmitted, Phase::kCreating));
}

TEST(Drawing, ThePageNamesEveryStateThatWasMet) {
  const Drawing home = DrawHome();
  const std::string page = DrawingText(home, DrawAway(50));
  for (const auto& [pair, cell] : home.cells) {
    EXPECT_NE(page.find("### " + std::string(NameOf(pair.first))), std::string::npos);
  }
}

}  // namespace
}  // namespace curbstop
