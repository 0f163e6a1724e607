// Real processes in real cgroups, where this machine lets us make one.
#include "run/agent/step_process.h"

#include <algorithm>
#include <signal.h>

#include <gtest/gtest.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/files.h"
#include "sys/process_identity.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

// Which version a parent belongs to shows in its files.
bool IsVersion2(const fs::path& cgroup) { return Exists(cgroup / "cgroup.controllers"); }

// A step whose child leaves session and group, clears its environment, ignores SIGTERM and is
// nobody's child, as a daemon does; its pid goes to `daemon.pid`.
constexpr const char* kDaemonize =
    "setsid env -i /bin/sh -c 'trap \"\" TERM; (trap \"\" TERM; exec sleep 1000) & echo $! > "
    "daemon.tmp; mv daemon.tmp daemon.pid' &\n"
    "while [ ! -e daemon.pid ]; do sleep 0.01; done; sleep 1000";

class StepProcessTest : public testing::Test {
 protected:
  StepMark Mark() const { return {"step-" + folder.path().filename().string(), folder / "list"}; }

  // Blocks until the daemon is there; its identity.
  std::optional<ProcessIdentity> StartDaemon(std::optional<StepCgroup> cgroup) {
    EnvironmentList environment = ReadEnvironment();
    environment.emplace_back("CURBSTOP_STEP_ID", Mark().step_id);
    step.emplace(StepProcess::Start(kDaemonize, folder.path(), environment, std::move(cgroup)));
    if (!step->ok()) return std::nullopt;
    while (!Exists(folder / "daemon.pid") && !(*step)->Poll()) clock.Wait(5ms);
    const Result<std::string> pid = ReadFile(folder / "daemon.pid");
    return pid.ok() ? IdentifyProcess(std::atoi(pid->c_str())) : std::nullopt;
  }

  TemporaryFolder folder;
  RealClock clock;
  RealFileStore files;
  std::optional<Result<StepProcess>> step;
};

class StepInCgroup : public StepProcessTest, public testing::WithParamInterface<int> {};

TEST_P(StepInCgroup, ADaemonThatClearedItsEnvironmentEndsWithTheStep) {
  std::vector<fs::path> parents = CgroupParents("/");
  std::erase_if(parents,
                [](const fs::path& parent) { return IsVersion2(parent) != (GetParam() == 2); });
  if (parents.empty()) GTEST_SKIP() << "no cgroup of version " << GetParam() << " may be made here";
  const auto cgroup =
      StepCgroup::Make(parents, "curbstop-" + Mark().step_id, Mark().cgroup_list, files);
  ASSERT_TRUE(cgroup.has_value());
  const auto daemon = StartDaemon(cgroup);
  ASSERT_TRUE(daemon.has_value());
  EXPECT_TRUE(EndStepProcesses(Mark(), 0ms, clock));
  EXPECT_FALSE(IsAlive(*daemon));
  EXPECT_FALSE(Exists(cgroup->folder()));
}
INSTANTIATE_TEST_SUITE_P(Version, StepInCgroup, testing::Values(1, 2));

TEST_F(StepProcessTest, WithoutACgroupTheMarkInTheEnvironmentFindsWhatKeptIt) {
  EnvironmentList environment = ReadEnvironment();
  environment.emplace_back("CURBSTOP_STEP_ID", Mark().step_id);
  const auto started =
      StepProcess::Start("setsid sleep 1000 & sleep 1000", folder.path(), environment);
  ASSERT_TRUE(started.ok());
  while (FindByEnvironment("CURBSTOP_STEP_ID=" + Mark().step_id).size() < 3) clock.Wait(5ms);
  EXPECT_TRUE(EndStepProcesses(Mark(), 30s, clock));
  EXPECT_TRUE(FindByEnvironment("CURBSTOP_STEP_ID=" + Mark().step_id).empty());
  EXPECT_FALSE(EndStepProcesses(Mark(), 30s, clock));
}

// The shell becomes a program without the mark, beside a child that has it neither.
constexpr const char* kForget =
    "env -i sleep 1000 & echo $! > child; exec env -i /bin/sh -c 'echo > forgot; sleep 1000; :'";

TEST_F(StepProcessTest, WithoutACgroupTheLeaderOfItsSessionFindsAStepThatClearedItsEnvironment) {
  EnvironmentList environment = ReadEnvironment();
  environment.emplace_back("CURBSTOP_STEP_ID", Mark().step_id);
  auto started = StepProcess::Start(kForget, folder.path(), environment);
  ASSERT_TRUE(started.ok());
  const auto leader = IdentifyProcess(started->pid());
  ASSERT_TRUE(leader.has_value());
  while (!Exists(folder / "forgot") && !started->Poll()) clock.Wait(5ms);
  while (HasStepProcesses(Mark())) clock.Wait(5ms);  // the child has not yet forgotten

  const auto child = IdentifyProcess(std::atoi(ReadFile(folder / "child")->c_str()));
  ASSERT_TRUE(child.has_value());

  StepMark reused = Mark();
  reused.leader = ProcessIdentity{leader->pid, leader->start_ticks + 1, leader->boot_id};
  EXPECT_FALSE(EndStepProcesses(reused, 0ms, clock));
  EXPECT_FALSE(started->Poll().has_value());

  StepMark mark = Mark();
  mark.leader = leader;
  EXPECT_TRUE(HasStepProcesses(mark));
  EXPECT_TRUE(EndStepProcesses(mark, 0ms, clock));
  EXPECT_FALSE(IsAlive(*leader));
  EXPECT_FALSE(IsAlive(*child));
  started->Signal(SIGKILL);
  while (!started->Poll()) clock.Wait(5ms);
}

TEST_F(StepProcessTest, ProcessorTimeOfChildrenThatHaveEndedCounts) {
  auto started = StepProcess::Start(
      "for child in 1 2 3; do\n"
      "  /bin/sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'\n"
      "done; touch done; exec sleep 1000",
      folder.path(), ReadEnvironment());
  ASSERT_TRUE(started.ok());
  while (!Exists(folder / "done") && !started->Poll()) clock.Wait(5ms);
  // 300,000 rounds of a shell are far more than the 10 ms that a clock tick is.
  EXPECT_GE(started->CpuTime(), 20ms);
  started->Signal(SIGKILL);
  while (!started->Poll()) clock.Wait(5ms);
}

TEST_F(StepProcessTest, OutputOfAMebibyteIsWrittenWithoutAReaderAndReadAtOnce) {
  auto started = StepProcess::Start("head -c 1000000 /dev/zero", folder.path(), ReadEnvironment());
  ASSERT_TRUE(started.ok());
  const Ticks patience = clock.Awake() + 60s;
  while (!started->Poll() && clock.Awake() < patience) clock.Wait(5ms);
  EXPECT_EQ(started->Poll(), 0);
  EXPECT_EQ(started->ReadOutput().size(), 1'000'000u);
  started->Signal(SIGKILL);
}

}  // namespace
}  // namespace curbstop
