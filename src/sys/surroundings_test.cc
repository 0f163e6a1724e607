// Clock, folders, environment, random bytes and terminal: the small pieces of the outside world.
#include <map>

#include <gtest/gtest.h>

#include "sys/clock.h"
#include "sys/directories.h"
#include "sys/environment.h"
#include "sys/random_bytes.h"
#include "sys/secret.h"
#include "sys/terminal.h"
#include "sys/testing/fake_clock.h"

namespace curbstop {
namespace {

using namespace std::chrono_literals;

Result<Directories> FoldersWith(const std::map<std::string, std::string>& variables) {
  return FindDirectories([&variables](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? "" : found->second;
  });
}

TEST(Directories, FollowTheXdgVariables) {
  const Result<Directories> found = FoldersWith({{"HOME", "/home/x"}, {"XDG_DATA_HOME", "/data"}});
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->MoneyDb(), "/data/curbstop/money.db");
  EXPECT_EQ(found->SettingsFile(), "/home/x/.config/curbstop/settings.yaml");
  EXPECT_EQ(found->Runs(), "/home/x/.local/state/curbstop/runs");
  EXPECT_EQ(found->cache, "/home/x/.cache/curbstop");
}

TEST(Directories, ARelativeXdgValueIsIgnored) {
  EXPECT_EQ(FoldersWith({{"HOME", "/h"}, {"XDG_DATA_HOME", "data"}})->data,
            "/h/.local/share/curbstop");
}

TEST(Directories, WithoutAHomeThereIsAHint) {
  const Result<Directories> found = FoldersWith({});
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().hint(), "set `HOME` to your home folder");
}

TEST(FakeClock, SleepStopsAwakeTimeAndASetClockMovesWallTimeOnly) {
  FakeClock clock(1000);
  clock.Advance(5s);
  clock.Sleep(60s);
  clock.JumpWall(-2s);
  EXPECT_EQ(clock.WallMs(), 1000 + 65'000 - 2'000);
  EXPECT_EQ(clock.Boot(), 65s);
  EXPECT_EQ(clock.Awake(), 5s);
}

TEST(RealClock, BootTimeIsNeverBehindAwakeTime) {
  RealClock clock;
  const Ticks awake = clock.Awake();
  EXPECT_GE(clock.Boot(), awake);
}

TEST(RealClock, AStopEndsTheWait) {
  RealClock clock;
  std::stop_source stop;
  stop.request_stop();
  const Ticks start = clock.Awake();
  EXPECT_FALSE(clock.Wait(60s, stop.get_token()));
  EXPECT_LT(clock.Awake() - start, 30s);
}

TEST(EnvironmentDeathTest, AVariableThatIsNotListedIsOurMistake) {
  EXPECT_DEATH(ReadVariable("CURBSTOP_UNHEARD_OF"), "does not hold");
}

TEST(Environment, EveryVariableHasADocLine) {
  for (const Variable& variable : Variables()) {
    EXPECT_FALSE(variable.doc.empty()) << variable.name;
    EXPECT_TRUE(variable.doc.ends_with('.')) << variable.name;
  }
}

TEST(Random, IdsDifferAndHaveTheirForm) {
  RealRandom random;
  EXPECT_TRUE(IsRunId(NewRunId(random)));
  EXPECT_NE(NewRunId(random), NewRunId(random));
  EXPECT_EQ(NewToken(random).size(), 32u);
}

TEST(Secret, PrintsAsStars) { EXPECT_EQ(format_as(Secret("hunter2")), "***"); }

TEST(AskYesNo, RefusesWithoutATerminal) {
  const Result<bool> answer = AskYesNo(Terminal{}, "spend 2.34 USD?");
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind(), ErrorKind::kDenied);
  EXPECT_EQ(answer.error().hint(), "add `--yes` if you mean it");
}

}  // namespace
}  // namespace curbstop
