// Real processes, ended in every way that a trial can end.
#include "run/trial/trial.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "run/agent/step_process.h"
#include "sys/files.h"
#include "sys/process_identity.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

constexpr const char* kSteps = "n=0; while :; do n=$((n+1)); echo \"step $n\"; sleep 0.05; done";

class TrialTest : public testing::Test {
 protected:
  Trial Run(
      const std::string& line, const std::function<bool()>& interrupted = [] { return false; }) {
    request.command.line = line;
    request.command.folder = folder.path();
    request.room = folder / "room";
    request.id = "trial-" + folder.path().filename().string();
    const Result<Trial> trial = RunTrial(request, processes, clock, files, random, interrupted);
    EXPECT_TRUE(trial.ok());
    EXPECT_FALSE(Exists(request.room));
    EXPECT_TRUE(FindByEnvironment("CURBSTOP_STEP_ID=" + request.id).empty());
    return trial.ok() ? *trial : Trial{};
  }

  TemporaryFolder folder;
  RealProcessRunner processes;
  RealClock clock;
  RealFileStore files;
  RealRandom random;
  TrialRequest request;
};

TEST_F(TrialTest, EndsAfterThreeStepsWithAllThatWasStarted) {
  const Trial trial = Run(fmt::format("setsid sleep 1000 &\n{}", kSteps));
  EXPECT_EQ(trial.end, TrialEnd::kEnough);
  EXPECT_GE(trial.steps, 3);
  ASSERT_TRUE(trial.seconds.has_value());
  EXPECT_GT(*trial.seconds, 0.03);
}

TEST_F(TrialTest, TheScriptHasTheContractsVariablesAndARoom) {
  const Trial trial = Run(
      "[ -d \"$CURBSTOP_OUT\" ] && [ -d \"$CURBSTOP_CHECKPOINT_DIR\" ] && [ -z \"$CURBSTOP_RESUME\" ]"
      " && [ \"$CURBSTOP_ATTEMPT\" = 1 ] && [ -n \"$MLFLOW_RUN_ID\" ] && echo all there");
  EXPECT_EQ(trial.end, TrialEnd::kExited);
  EXPECT_EQ(trial.exit_code, 0);
  EXPECT_EQ(trial.tail, "all there\n");
}

TEST_F(TrialTest, ASecretReachesTheScriptAndNotWhatIsShown) {
  request.command.environment = {{"HF_TOKEN", "hf_0123456789"}};
  EXPECT_EQ(Run("echo \"token $HF_TOKEN\"").tail, "token ***\n");
}

TEST_F(TrialTest, AFailingScriptTellsItsCodeAndLastWords) {
  const Trial trial = Run("echo step 1; echo no such file >&2; exit 7");
  EXPECT_EQ(trial.end, TrialEnd::kExited);
  EXPECT_EQ(trial.exit_code, 7);
  EXPECT_EQ(trial.steps, 1);
  EXPECT_NE(trial.tail.find("no such file"), std::string::npos);
}

TEST_F(TrialTest, AScriptThatEndsForLackOfMemoryIsOutOfMemory) {
  EXPECT_EQ(Run("echo step 1; echo 'CUDA out of memory. Tried to allocate 2 GiB'; exit 1").end,
            TrialEnd::kOutOfMemory);
  // One that caught it and went on is not.
  EXPECT_EQ(Run(fmt::format("echo CUDA out of memory, trying less\n{}", kSteps)).end,
            TrialEnd::kEnough);
}

// A hundred MiB that are touched, seen from outside, and no more than is allowed.
TEST_F(TrialTest, MoreMemoryThanIsAllowedEndsIt) {
  if (FindProgram("python3").empty()) GTEST_SKIP() << "no python3 here";
  const std::string line =
      "exec python3 -c 'import time; x = bytearray(100 << 20); print(\"step 1\", flush=True); "
      "time.sleep(0.3); print(\"step 2\", flush=True); time.sleep(0.3); print(\"step 3\", flush=True); "
      "time.sleep(100)'";
  const Trial free = Run(line);
  EXPECT_EQ(free.end, TrialEnd::kEnough);
  EXPECT_GT(free.host_peak, 100 << 20);
  EXPECT_LT(free.host_peak, 160 << 20);
  request.most_host = 60 << 20;
  EXPECT_EQ(Run(line).end, TrialEnd::kOutOfMemory);
}

TEST_F(TrialTest, TheLimitAndTheUserEndIt) {
  request.limit = Millis(200);
  EXPECT_EQ(Run("exec sleep 1000").end, TrialEnd::kLimit);
  request.limit = Millis(60'000);
  int looks = 0;
  EXPECT_EQ(Run("trap '' TERM INT; while :; do sleep 1; done", [&] { return ++looks > 3; }).end,
            TrialEnd::kInterrupted);
}

}  // namespace
}  // namespace curbstop
