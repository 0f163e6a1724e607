#include "sys/ssh/ssh_client.h"

#include <sys/stat.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sys/clock.h"
#include "sys/files.h"
#include "sys/ssh/ssh_folder.h"
#include "sys/ssh/ssh_key.h"
#include "sys/ssh/testing/fake_ssh_client.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

TEST(SshRun, GivesBothOutputsAndTheExitCode) {
  FakeSshClient client;
  const Result<SshOutput> output = client.Run("cat; echo err >&2; exit 3", "in", Millis(20'000));
  ASSERT_TRUE(output.ok()) << output.error().Text();
  EXPECT_EQ(output->out, "in");
  EXPECT_EQ(output->err, "err\n");
  EXPECT_EQ(output->exit_code, 3);
}

TEST(SshRun, MovesMoreThanPipesHold) {
  FakeSshClient client;
  const std::string much(3 << 20, 'x');
  const Result<SshOutput> output = client.Run("cat", much, Millis(20'000), 4 << 20);
  ASSERT_TRUE(output.ok()) << output.error().Text();
  EXPECT_EQ(output->out, much);
}

TEST(SshRun, EndlessOutputIsCutOff) {
  FakeSshClient client;
  const Result<SshOutput> output = client.Run("cat /dev/zero", "", Millis(20'000), 100'000);
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().kind(), ErrorKind::kCorrupt);
  EXPECT_LT(client.read, 300'000);
}

TEST(SshRun, EndlessErrorsAreKeptToTheirEnd) {
  FakeSshClient client;
  const Result<SshOutput> output =
      client.Run("head -c 3000000 /dev/zero >&2; echo last >&2", "", Millis(20'000));
  ASSERT_TRUE(output.ok()) << output.error().Text();
  EXPECT_LE(output->err.size(), 16u << 10);
  EXPECT_TRUE(output->err.ends_with("last\n"));
}

TEST(SshRun, NoAnswerInTimeIsUnavailable) {
  FakeSshClient client;
  const Result<SshOutput> output = client.Run("sleep 60", "", Millis(200));
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().kind(), ErrorKind::kUnavailable);
}

TEST(SshRun, ALostLinkIsUnavailableAndQuotesWhatWasSaid) {
  FakeSshClient client;
  const Result<SshOutput> output =
      client.Run("echo 'broken \x1b[2J' >&2; exit 255", "", Millis(9'000));
  ASSERT_FALSE(output.ok());
  EXPECT_EQ(output.error().kind(), ErrorKind::kUnavailable);
  EXPECT_EQ(output.error().message(), "the link to the machine is lost: broken \\x1b[2J");
}

TEST(SshChannel, WriteTakesWhatFits) {
  FakeSshClient client;
  const Result<std::unique_ptr<SshChannel>> channel = client.Open("sleep 60");
  ASSERT_TRUE(channel.ok());
  const std::string piece(64 << 10, 'x');
  size_t taken = 0;
  for (int i = 0; i < 100; ++i) {
    const Result<size_t> count = (*channel)->Write(piece);
    ASSERT_TRUE(count.ok());
    taken += *count;
    if (*count == 0) break;
  }
  EXPECT_LT(taken, 2u << 20);
  EXPECT_TRUE((*channel)->Alive());
  (*channel)->Kill();
  // Its pipes close before it can be waited for; what has ended has to be read, as by everybody.
  for (int i = 0; i < 1000 && !(*channel)->ExitCode(); ++i) {
    (*channel)->Wait(false, Millis(10));
    ASSERT_TRUE((*channel)->Read(64).ok());
  }
  EXPECT_EQ((*channel)->ExitCode(), 128 + 9);
}

TEST(SshChannel, ACutIsSeenAsALostLink) {
  FakeSshClient client;
  client.cut.after_read = 100;
  const Result<std::unique_ptr<SshChannel>> channel = client.Open("cat /dev/zero");
  ASSERT_TRUE(channel.ok());
  size_t got = 0;
  while (!(*channel)->AtEnd()) {
    (*channel)->Wait(false, Millis(1'000));
    got += (*channel)->Read(64)->size();
  }
  EXPECT_EQ(got, 100u);
  EXPECT_EQ((*channel)->ExitCode(), 255);
}

TEST(SshKey, IsMadeOnceAndOnlyOursToRead) {
  const TemporaryFolder folder;
  RealProcessRunner processes;
  const Result<SshKey> key = MakeSshKey(folder.path(), "cs1-abcdefghij-1-2", processes);
  ASSERT_TRUE(key.ok()) << key.error().Text();
  EXPECT_TRUE(key->public_line.starts_with("ssh-ed25519 AAAA"));
  EXPECT_TRUE(key->public_line.ends_with(" cs1-abcdefghij-1-2"));
  struct stat info{};
  ASSERT_EQ(stat(key->identity.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 07777, 0600u);
  const Result<SshKey> again = MakeSshKey(folder.path(), "cs1-abcdefghij-1-2", processes);
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->public_line, key->public_line);
  EXPECT_EQ(ListFolder(folder.path())->size(), 2u);
}

TEST(SshKey, APublicHalfLostInACrashIsMadeAgain) {
  const TemporaryFolder folder;
  RealProcessRunner processes;
  const Result<SshKey> key = MakeSshKey(folder.path(), "a", processes);
  ASSERT_TRUE(key.ok());
  std::filesystem::remove(key->identity.string() + ".pub");
  EXPECT_EQ(MakeSshKey(folder.path(), "a", processes)->public_line, key->public_line);
  EXPECT_EQ(*ReadFile(key->identity.string() + ".pub"), key->public_line + "\n");
}

TEST(SshKey, ACommentIsOneWord) {
  const TemporaryFolder folder;
  RealProcessRunner processes;
  for (const char* comment : {"", "two words", "a\nb", "-f"}) {
    EXPECT_EQ(MakeSshKey(folder.path(), comment, processes).error().kind(),
              ErrorKind::kInvalidInput);
  }
}

TEST(ControlFolder, IsTheRuntimeFolderWhereThatIsOurs) {
  const TemporaryFolder folder;
  chmod(folder.path().c_str(), 0700);
  EXPECT_EQ(*MakeControlFolder(folder.path().string()), folder / "curbstop");
}

TEST(ControlFolder, ALongOrForeignRuntimeFolderIsPassedOver) {
  const TemporaryFolder folder;
  const std::filesystem::path is_long = folder / std::string(100, 'x');
  ASSERT_TRUE(MakeFolders(is_long, true).ok());
  const std::filesystem::path fallback = "/tmp/curbstop-" + std::to_string(geteuid());
  EXPECT_EQ(*MakeControlFolder(is_long.string()), fallback);
  EXPECT_EQ(*MakeControlFolder(""), fallback);
  EXPECT_EQ(*MakeControlFolder("relative"), fallback);
  EXPECT_EQ(*MakeControlFolder("/"), fallback);
}

TEST(ControlFolder, OneThatOthersMayEnterIsRefused) {
  const TemporaryFolder folder;
  const std::filesystem::path open = folder / "open";
  ASSERT_TRUE(MakeFolders(open).ok());
  chmod(open.c_str(), 0755);
  EXPECT_EQ(CheckControlFolder(open).error().kind(), ErrorKind::kDenied);
  std::filesystem::create_directory_symlink(folder.path(), folder / "link");
  EXPECT_EQ(CheckControlFolder(folder / "link").error().kind(), ErrorKind::kDenied);
}

}  // namespace
}  // namespace curbstop
