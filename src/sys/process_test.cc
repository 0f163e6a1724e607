#include "sys/process.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sys/clock.h"
#include "sys/file_lock.h"
#include "sys/files.h"
#include "sys/process_identity.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using namespace std::chrono_literals;

ProcessOutcome Shell(const std::string& script, std::string input = {},
                     std::chrono::milliseconds timeout = 30s) {
  ProcessRequest request;
  request.argv = {"sh", "-c", script};
  request.input = std::move(input);
  request.timeout = timeout;
  Result<ProcessOutcome> outcome = RealProcessRunner().Run(request);
  EXPECT_TRUE(outcome.ok());
  return outcome.ok() ? *outcome : ProcessOutcome{};
}

TEST(ProcessRunner, KeepsBothOutputsAndTheExitCode) {
  const ProcessOutcome outcome = Shell("echo out; echo err >&2; exit 3");
  EXPECT_EQ(outcome.exit_code, 3);
  EXPECT_EQ(outcome.out, "out\n");
  EXPECT_EQ(outcome.err, "err\n");
  EXPECT_FALSE(outcome.timed_out);
}

TEST(ProcessRunner, ASignalIs128AndItsNumber) {
  EXPECT_EQ(Shell("kill -9 $$").exit_code, 128 + SIGKILL);
}

TEST(ProcessRunner, MovesMoreThanAPipeHoldsBothWays) {
  const std::string much(1 << 20, 'x');
  EXPECT_EQ(Shell("cat", much).out, much);
}

TEST(ProcessRunner, AProgramThatDoesNotReadItsInputIsFine) {
  EXPECT_EQ(Shell("exit 0", std::string(1 << 20, 'x')).exit_code, 0);
}

TEST(ProcessRunner, DropsWhatIsAboveTheLimit) {
  ProcessRequest request;
  request.argv = {"sh", "-c", "printf 1234567890"};
  request.most_output = 4;
  EXPECT_EQ(RealProcessRunner().Run(request)->out, "1234");
}

TEST(ProcessRunner, KillsAtTheTimeoutWhateverHoldsThePipes) {
  const RealClock clock;
  const Ticks start = clock.Awake();
  EXPECT_TRUE(Shell("sleep 60 & sleep 60", "", 100ms).timed_out);
  EXPECT_LT(clock.Awake() - start, 20s);
}

TEST(ProcessRunner, KillsAtTheTimeoutAlsoWhereTheOutputsAreClosed) {
  const RealClock clock;
  const Ticks start = clock.Awake();
  EXPECT_TRUE(Shell("exec >&- 2>&-; sleep 60", "", 100ms).timed_out);
  EXPECT_LT(clock.Awake() - start, 20s);
}

TEST(ProcessRunner, DoesNotWaitForWhatTheProgramLeavesBehind) {
  const RealClock clock;
  const Ticks start = clock.Awake();
  const ProcessOutcome outcome = Shell("sleep 5 & echo done");
  EXPECT_EQ(outcome.out, "done\n");
  EXPECT_FALSE(outcome.timed_out);
  EXPECT_LT(clock.Awake() - start, 4s);
}

TEST(ProcessRunner, SaysWhatIsMissing) {
  ProcessRequest request;
  request.argv = {"no-such-program-here"};
  EXPECT_EQ(RealProcessRunner().Run(request).error().kind(), ErrorKind::kNotFound);
  request.argv = {"true"};
  request.folder = "/no/such/folder";
  const Error error = RealProcessRunner().Run(request).error();
  EXPECT_EQ(error.kind(), ErrorKind::kNotFound);
  EXPECT_EQ(error.message(), "there is no folder `/no/such/folder`");
}

TEST(ProcessRunner, AFolderInPathIsNoProgram) {
  const TemporaryFolder folder;
  ASSERT_TRUE(MakeFolders(folder / "git").ok());
  // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread
  setenv("PATH", (folder.path().string() + ":/usr/bin:/bin").c_str(), 1);
  EXPECT_EQ(FindProgram("git").string().find(folder.path().string()), std::string::npos);
}

TEST(ProcessRunner, GivesExactlyTheEnvironmentItIsTold) {
  ProcessRequest request;
  request.argv = {"/usr/bin/env"};
  request.environment = EnvironmentList{{"A", "b c"}, {"EMPTY", ""}};
  EXPECT_EQ(RealProcessRunner().Run(request)->out, "A=b c\nEMPTY=\n");
}

// Without care the child's stdout would be closed by the place that our stdin left free.
TEST(ProcessRunner, WorksWhereOurOwnStdinIsClosed) {
  const int kept = dup(0);
  close(0);
  const ProcessOutcome outcome = Shell("cat; echo err >&2", "in");
  dup2(kept, 0);
  close(kept);
  EXPECT_EQ(outcome.out, "in");
  EXPECT_EQ(outcome.err, "err\n");
}

TEST(StartChild, WritesToItsLogAndHasASessionOfItsOwn) {
  const TemporaryFolder folder;
  ChildRequest request;
  request.argv = {"sh", "-c", "read value; echo got $value; ps -o sid= -p $$ | tr -d ' '"};
  request.environment = ReadEnvironment();
  request.out = request.err = folder / "log";
  request.input = "secret\n";
  const Result<int> pid = StartChild(request);
  ASSERT_TRUE(pid.ok());
  int status = -1;
  waitpid(*pid, &status, 0);
  const std::string log = *ReadFile(folder / "log");
  EXPECT_TRUE(log.starts_with("got secret\n"));
}

TEST(StartChild, TakesInputOfAnySizeFromItsStart) {
  const TemporaryFolder folder;
  ChildRequest request;
  request.argv = {"cat"};
  request.environment = ReadEnvironment();
  request.out = folder / "log";
  for (int i = 0; i < 40'000; ++i) request.input += fmt::format("{:04} ", i % 10'000);
  const Result<int> pid = StartChild(request);  // 200,000 bytes
  ASSERT_TRUE(pid.ok());
  int status = -1;
  waitpid(*pid, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(*ReadFile(folder / "log") == request.input);
}

TEST(StartDetached, SurvivesAsNobodysChild) {
  const TemporaryFolder folder;
  ChildRequest request;
  request.argv = {"sleep", "30"};
  request.environment = ReadEnvironment();
  const Result<int> pid = StartDetached(request);
  ASSERT_TRUE(pid.ok());
  EXPECT_TRUE(IdentifyProcess(*pid).has_value());
  EXPECT_LT(waitpid(*pid, nullptr, WNOHANG), 0);
  kill(*pid, SIGKILL);
}

TEST(StartDetached, SaysWhyItCouldNot) {
  ChildRequest request;
  request.argv = {"no-such-program-here"};
  const Result<int> pid = StartDetached(request);
  ASSERT_FALSE(pid.ok());
  EXPECT_EQ(pid.error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(pid.error().OneLine(), "cannot start `no-such-program-here`: no such program in PATH");
}

int64_t OpenDescriptors() { return static_cast<int64_t>(ListFolder("/proc/self/fd")->size()); }

TEST(StartChild, AFailureLeavesNoDescriptorOpen) {
  const TemporaryFolder folder;
  const int64_t before = OpenDescriptors();
  ChildRequest request;
  request.argv = {"true"};
  request.out = folder / "log";
  request.err = folder / "no/such/folder";
  EXPECT_EQ(StartChild(request).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(StartDetached(request).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(OpenDescriptors(), before);
}

TEST(StartChild, ACgroupThatCannotBeEnteredIsNoObstacle) {
  const TemporaryFolder folder;
  ChildRequest request;
  request.argv = {"true"};
  request.cgroup_procs = folder / "cgroup.procs";
  const Result<int> pid = StartChild(request);
  ASSERT_TRUE(pid.ok());
  int status = -1;
  waitpid(*pid, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST(ProcessIdentity, ADeadProcessIsNotAlive) {
  EXPECT_TRUE(IsAlive(IdentifySelf()));
  ProcessIdentity other = IdentifySelf();
  other.start_ticks += 1;  // its pid was used again
  EXPECT_FALSE(IsAlive(other));
  other = IdentifySelf();
  other.boot_id = "before the reboot";
  EXPECT_FALSE(IsAlive(other));
  EXPECT_FALSE(IsAlive(ProcessIdentity{}));
}

TEST(ProcessIdentity, FindsChildrenByAnEntryOfTheirEnvironment) {
  ChildRequest request;
  request.argv = {"sleep", "30"};
  request.environment = {{"CURBSTOP_TEST_MARK", "process_test"}, {"PATH", "/usr/bin:/bin"}};
  const Result<int> pid = StartChild(request);
  ASSERT_TRUE(pid.ok());
  EXPECT_EQ(FindByEnvironment("CURBSTOP_TEST_MARK=process_test"), std::vector<int>{*pid});
  EXPECT_TRUE(FindByEnvironment("CURBSTOP_TEST_MARK=process_tes").empty());
  kill(*pid, SIGKILL);
  waitpid(*pid, nullptr, 0);
}

TEST(FileLock, IsHeldOnceAndFreedWithItsHolder) {
  const TemporaryFolder folder;
  const auto file = folder / "locks/run";
  EXPECT_FALSE(IsLocked(file));
  {
    const auto first = FileLock::TryTake(file);
    ASSERT_TRUE(first.ok() && first->has_value());
    EXPECT_TRUE(IsLocked(file));
    const auto second = FileLock::TryTake(file);
    ASSERT_TRUE(second.ok());
    EXPECT_FALSE(second->has_value());
  }
  EXPECT_FALSE(IsLocked(file));
  EXPECT_TRUE(FileLock::TryTake(file)->has_value());
}

TEST(FileLock, IsNotInheritedByChildren) {
  const TemporaryFolder folder;
  auto lock = FileLock::TryTake(folder / "l");
  ChildRequest request;
  request.argv = {"sleep", "30"};
  request.environment = ReadEnvironment();
  const Result<int> pid = StartChild(request);
  *lock = std::nullopt;
  EXPECT_FALSE(IsLocked(folder / "l"));
  kill(*pid, SIGKILL);
  waitpid(*pid, nullptr, 0);
}

}  // namespace
}  // namespace curbstop
