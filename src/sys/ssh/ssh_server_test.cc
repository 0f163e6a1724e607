// The real client against a real sshd, with a link between them that fails. Skipped where there is
// no sshd; in CI that is a failure.
#include <cstdlib>
#include <thread>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sys/clock.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/ssh/ssh_key.h"
#include "sys/ssh/testing/loopback_sshd.h"
#include "sys/ssh/testing/slow_proxy.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

constexpr Millis kPatience{60'000};

class SshServer : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<LoopbackSshd> server = LoopbackSshd::Start(folder_ / "sshd");
    if (server.ok()) {
      server_.emplace(*std::move(server));
    } else if (server.error().kind() != ErrorKind::kNotFound || std::getenv("CI") != nullptr) {
      FAIL() << server.error().Text();
    } else {
      GTEST_SKIP() << server.error().message();
    }
  }

  std::unique_ptr<SshClient> Client(const SshTarget& target) {
    Result<std::unique_ptr<SshClient>> client = OpenSsh(target);
    EXPECT_TRUE(client.ok()) << client.error().Text();
    return *std::move(client);
  }

  TemporaryFolder folder_;
  std::optional<LoopbackSshd> server_;
};

TEST_F(SshServer, RunsACommandWithInputAndExitCode) {
  const auto client = Client(server_->Target());
  const Result<SshOutput> output = client->Run("cat; echo err >&2; exit 3", "in", kPatience);
  ASSERT_TRUE(output.ok()) << output.error().Text();
  EXPECT_EQ(output->out, "in");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->exit_code, 3);
}

TEST_F(SshServer, ManyCommandsShareOneConnection) {
  const SlowProxy proxy(server_->port(), {});
  const SshTarget target = server_->Target(proxy.port());
  const auto client = Client(target);
  ASSERT_TRUE(client->Run("true", "", kPatience).ok());
  const int64_t first = proxy.bytes_up();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(client->Run("true", "", kPatience).ok());
  EXPECT_LT(proxy.bytes_up() - first, first);  // no further handshake
  CloseSsh(target);
}

TEST_F(SshServer, TwoThatConnectAtOnceBothWork) {
  const SshTarget target = server_->Target();
  std::vector<std::jthread> threads;
  std::atomic<int> good = 0;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      Result<std::unique_ptr<SshClient>> client = OpenSsh(target);
      if (client.ok() && (*client)->Run("true", "", kPatience).ok()) ++good;
    });
  }
  threads.clear();
  EXPECT_EQ(good, 4);
}

TEST_F(SshServer, BigStreamsGoBothWays) {
  const auto client = Client(server_->Target());
  std::string much(20 << 20, 'x');
  for (size_t i = 0; i < much.size(); i += 997) much[i] = static_cast<char>(i);
  const Result<SshOutput> output = client->Run("cat", much, kPatience, 21 << 20);
  ASSERT_TRUE(output.ok()) << output.error().Text();
  EXPECT_TRUE(output->out == much);
}

TEST_F(SshServer, AnotherHostKeyIsDenied) {
  const SshTarget target = server_->Target();
  ASSERT_TRUE(Client(target)->Run("true", "", kPatience).ok());
  CloseSsh(target);
  ASSERT_TRUE(server_->ChangeHostKey().ok());
  const Result<SshOutput> output = Client(target)->Run("true", "", kPatience);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().kind(), ErrorKind::kDenied);
  EXPECT_EQ(output.error().message(), "its host key is not the one of the first contact");
}

TEST_F(SshServer, AnotherMachineAtTheSameAddressIsAFirstContact) {
  SshTarget target = server_->Target();
  ASSERT_TRUE(Client(target)->Run("true", "", kPatience).ok());
  CloseSsh(target);
  ASSERT_TRUE(server_->ChangeHostKey().ok());
  target.pinned_as = "machine-2";
  EXPECT_TRUE(Client(target)->Run("true", "", kPatience).ok());
  CloseSsh(target);
}

TEST_F(SshServer, AKeyThatIsNotTakenIsDenied) {
  RealProcessRunner processes;
  ASSERT_TRUE(MakeFolders(folder_ / "other").ok());
  const Result<SshKey> other = MakeSshKey(folder_ / "other", "x", processes);
  ASSERT_TRUE(other.ok());
  SshTarget target = server_->Target();
  target.identity = other->identity;
  const Result<SshOutput> output = Client(target)->Run("true", "", kPatience);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().kind(), ErrorKind::kDenied);
  EXPECT_EQ(output.error().message(), "it does not take our key");
}

TEST_F(SshServer, NobodyListeningIsUnavailable) {
  const Result<SshOutput> output = Client(server_->Target(FreePort()))->Run("true", "", kPatience);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().kind(), ErrorKind::kUnavailable);
}

TEST_F(SshServer, ADeadLinkIsNoticedWithinFiveSeconds) {
  SlowProxy proxy(server_->port(), {});
  const auto client = Client(server_->Target(proxy.port()));
  const Result<std::unique_ptr<SshChannel>> channel = client->Open("echo up; cat");
  ASSERT_TRUE(channel.ok()) << channel.error().Text();
  while ((*channel)->Read(10)->empty()) (*channel)->Wait(false, Millis(1'000));
  const RealClock clock;
  proxy.Silence(true);
  const Ticks start = clock.Awake();
  while ((*channel)->Alive() && clock.Awake() - start < Millis(30'000)) {
    (*channel)->Read(10).ok();
    (*channel)->Wait(false, Millis(100));
  }
  const double seconds = std::chrono::duration<double>(clock.Awake() - start).count();
  EXPECT_EQ((*channel)->ExitCode(), 255);
  EXPECT_LT(seconds, 6.0) << "5 s, and what a busy computer takes";
  EXPECT_EQ(LostLink(**channel).kind(), ErrorKind::kUnavailable);
}

TEST_F(SshServer, AfterACutTheNextUseConnectsAgain) {
  SlowProxy proxy(server_->port(), {});
  const SshTarget target = server_->Target(proxy.port());
  const auto client = Client(target);
  const Result<std::unique_ptr<SshChannel>> channel = client->Open("echo up; cat");
  ASSERT_TRUE(channel.ok());
  while ((*channel)->Read(10)->empty()) (*channel)->Wait(false, Millis(1'000));
  proxy.Cut();
  while ((*channel)->Alive()) (*channel)->Wait(false, Millis(100));
  EXPECT_EQ((*channel)->ExitCode(), 255);
  const Result<SshOutput> again = client->Run("echo back", "", kPatience);
  ASSERT_TRUE(again.ok()) << again.error().Text();
  EXPECT_EQ(again->out, "back\n");
  CloseSsh(target);
}

TEST_F(SshServer, OurEndClosesTheirInput) {
  const auto client = Client(server_->Target());
  const std::filesystem::path mark = folder_ / "ended";
  {
    const Result<std::unique_ptr<SshChannel>> channel =
        client->Open(fmt::format("echo up; cat >/dev/null; touch {}", mark.string()));
    ASSERT_TRUE(channel.ok());
    while ((*channel)->Read(10)->empty()) (*channel)->Wait(false, Millis(1'000));
  }
  RealClock clock;
  for (int i = 0; i < 1000 && !Exists(mark); ++i) clock.Wait(Millis(10));
  EXPECT_TRUE(Exists(mark));
}

TEST_F(SshServer, InputIsInNoProcessList) {
  const auto client = Client(server_->Target());
  const Result<SshOutput> output = client->Run(
      "cat >/dev/null; cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' '\\n' | grep -c "
      "top-secre[t]-4711",
      "top-secret-4711", kPatience);
  ASSERT_TRUE(output.ok()) << output.error().Text();
  EXPECT_EQ(output->out, "0\n");
}

}  // namespace
}  // namespace curbstop
