// The script is run by a real shell, with a `curl` of our own in front, and ends "the machine".
#include "cloud/birth_script.h"

#include <signal.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/file_store.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/process_identity.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kPublicKey = "ssh-ed25519 AAAA it's run";
const SelfEnd kEnd{.key_variable = "CONTAINER_API_KEY",
                   .id_variable = "CONTAINER_ID",
                   .url = "https://cloud.test/instances/$id/"};

class BirthScriptRun : public testing::Test {
 protected:
  BirthScriptRun() {
    const std::string curl = "#!/bin/sh\necho \"$@\" >>\"$HOME/argv\"\ncat >>\"$HOME/stdin\"\n";
    EXPECT_TRUE(MakeFolders(Home() / "bin").ok());
    EXPECT_TRUE(files_.Write(Home() / "bin/curl", curl, 0755).ok());
  }
  // The loops go on until they have ended their machine.
  ~BirthScriptRun() override {
    for (const int pid : FindByEnvironment("CURBSTOP_HOME=" + Kept().string())) kill(pid, SIGKILL);
  }
  std::filesystem::path Home() const { return folder_.path(); }
  std::filesystem::path Kept() const { return Home() / "kept"; }
  EnvironmentList Environment() const {
    return {{"PATH", (Home() / "bin").string() + ":/usr/bin:/bin"},
            {"HOME", Home().string()},
            {"CURBSTOP_HOME", Kept().string()},
            {"CONTAINER_API_KEY", "key-of-this-machine"},
            {"CONTAINER_ID", "4242"}};
  }
  ProcessOutcome Run(std::vector<std::string> argv) {
    const auto done = processes_.Run(
        {.argv = std::move(argv), .folder = Home(), .environment = Environment(), .timeout = 20s});
    EXPECT_TRUE(done.ok());
    return *done;
  }
  void BeBorn(Millis lease) {
    const auto script = BirthScript(kEnd, {.lease = lease, .public_key = kPublicKey});
    ASSERT_TRUE(script.ok()) << script.error().Text();
    const ProcessOutcome done = Run({"/bin/sh", "-c", *script});
    EXPECT_EQ(done.exit_code, 0) << done.err;
  }
  std::string Read(const char* name) const { return *ReadFile(Home() / name); }
  bool WaitFor(const char* name, Millis most) {
    for (Millis waited{0}; waited < most; waited += 50ms) {
      if (FileSize(Home() / name) > 0) return true;  // opened first, written then
      clock_.Wait(50ms);
    }
    return false;
  }

  TemporaryFolder folder_;
  RealFileStore files_;
  RealProcessRunner processes_;
  RealClock clock_;
};

TEST_F(BirthScriptRun, TheMachineEndsItselfWhenTheLeaseIsOver) {
  BeBorn(1s);
  ASSERT_TRUE(WaitFor("argv", 8s));
  EXPECT_THAT(Read("argv"), HasSubstr("-X DELETE"));
  EXPECT_THAT(Read("argv"), HasSubstr("https://cloud.test/instances/4242/"));
}

TEST_F(BirthScriptRun, TheKeyTravelsByStdinAndLiesOnNoDisk) {
  BeBorn(600s);
  EXPECT_EQ(Run({(Kept() / "end-machine").string(), "check"}).exit_code, 0);
  EXPECT_THAT(Read("argv"), HasSubstr("-X GET"));
  EXPECT_THAT(Read("argv"), Not(HasSubstr("key-of-this-machine")));
  EXPECT_THAT(Read("stdin"), HasSubstr("Authorization: Bearer key-of-this-machine"));
  EXPECT_THAT(Read("kept/end-machine"), Not(HasSubstr("key-of-this-machine")));
  EXPECT_THAT(Read("kept/lease"), Not(HasSubstr("key")));
}

TEST_F(BirthScriptRun, ALaterLeaseInTheFileIsKeptAndRubbishIsNot) {
  BeBorn(2s);
  const std::string uptime = *ReadFile("/proc/uptime");
  const int64_t now = std::stoll(uptime);
  ASSERT_TRUE(files_.Write(Kept() / "lease", fmt::format("{}\n", now + 6), 0600).ok());
  clock_.Wait(1500ms);
  ASSERT_TRUE(files_.Write(Kept() / "lease", "99999999999999999999\n", 0600).ok());
  EXPECT_FALSE(WaitFor("argv", 2500ms));
  EXPECT_TRUE(WaitFor("argv", 8s));
}

TEST_F(BirthScriptRun, StartedAgainItKeepsItsLeaseAndAfterAnotherBootItIsOver) {
  BeBorn(1h);
  const std::string lease = Read("kept/lease");
  BeBorn(2h);
  EXPECT_EQ(Read("kept/lease"), lease);
  ASSERT_TRUE(files_.Write(Kept() / "boot", "another\n", 0600).ok());
  BeBorn(1h);
  EXPECT_EQ(Read("kept/lease"), "0\n");
  EXPECT_TRUE(WaitFor("argv", 8s));
}

TEST_F(BirthScriptRun, TheRunsKeyMayLogIn) {
  BeBorn(600s);
  EXPECT_EQ(Read(".ssh/authorized_keys"), fmt::format("{}\n", kPublicKey));
  EXPECT_TRUE(Exists(Home() / ".no_auto_tmux"));
}

TEST(BirthScript, ALeaseThatIsNoneIsRefused) {
  EXPECT_FALSE(BirthScript(kEnd, {.lease = 0ms, .public_key = kPublicKey}).ok());
  EXPECT_FALSE(BirthScript(kEnd, {.lease = 60s, .public_key = "x"}).ok());
}

}  // namespace
}  // namespace curbstop
