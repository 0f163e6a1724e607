#include <arpa/inet.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sys/ssh_server/session_child.h"
#include "sys/ssh_server/ssh_connection.h"
#include "sys/ssh_server/ssh_keys.h"

namespace curbstop {
namespace {

TEST(SshKeys, ANewHostKeyHasAPublicHalfAndIsNeverTheSame) {
  const Result<std::string> first = NewSshHostKey();
  const Result<std::string> second = NewSshHostKey();
  ASSERT_TRUE(first.ok() && second.ok());
  const Result<std::string> shown = PublicSshKey(*first);
  ASSERT_TRUE(shown.ok()) << shown.error().Text();
  EXPECT_TRUE(shown->starts_with("ssh-ed25519 AAAA")) << *shown;
  EXPECT_EQ(*PublicSshKey(*first), *shown);
  EXPECT_NE(*PublicSshKey(*second), *shown);
  EXPECT_EQ(PublicSshKey("nonsense").error().kind(), ErrorKind::kCorrupt);
}

TEST(SshKeys, OnlyUnconditionalKeysLetIn) {
  const auto keys = ReadAuthorizedKeys(
      "# ssh-ed25519 COMMENT\n"
      "ssh-ed25519 AAAA1 somebody@host\n"
      "\n"
      "  ssh-rsa\tAAAA2\n"
      "command=\"false\" ssh-ed25519 AAAA3\n"
      "ssh-ed25519-cert-v01@openssh.com AAAA4\n"
      "ssh-ed25519\n");
  ASSERT_EQ(keys.size(), 2u);
  EXPECT_EQ(keys[0].key, "AAAA1");
  EXPECT_EQ(keys[1].type, "ssh-rsa");
  EXPECT_EQ(keys[1].key, "AAAA2");
}

TEST(SshKeys, AHugeListIsCutOff) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "ssh-ed25519 AAAA\n";
  EXPECT_EQ(ReadAuthorizedKeys(text).size(), 200u);
}

std::string ReadUntilEnd(int fd) {
  std::string text;
  char bytes[256];
  pollfd polled{.fd = fd, .events = POLLIN, .revents = 0};
  while (poll(&polled, 1, 10'000) > 0) {
    const ssize_t count = read(fd, bytes, sizeof bytes);
    if (count <= 0) break;
    text.append(bytes, static_cast<size_t>(count));
  }
  return text;
}

SessionRequest Shell(const char* command) {
  return {.argv = {"/bin/sh", "-c", command}, .environment = {{"A", "b"}}, .folder = "/"};
}

TEST(SessionChild, HasPipesASessionOfItsOwnAndOnlyItsEnvironment) {
  const auto child = StartSessionChild(
      Shell("ps -o sid= -p $$; env; echo bad >&2; cat; [ -t 0 ] && echo tty; exit 3"));
  ASSERT_TRUE(child.ok());
  ASSERT_EQ(write(child->in, "in\n", 3), 3);
  close(child->in);
  const std::string out = ReadUntilEnd(child->out);
  EXPECT_EQ(std::atoi(out.c_str()), child->pid) << out;
  EXPECT_NE(out.find("A=b"), out.npos);
  EXPECT_EQ(out.find("HOME="), out.npos);
  EXPECT_NE(out.find("in\n"), out.npos);
  EXPECT_EQ(out.find("tty"), out.npos);
  EXPECT_EQ(ReadUntilEnd(child->err), "bad\n");
  int status = 0;
  waitpid(child->pid, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 3);
  close(child->out);
  close(child->err);
}

TEST(SessionChild, ATerminalHasTheSizeThatWasAskedFor) {
  SessionRequest request = Shell("stty size; read -r x; stty size");
  request.environment = {{"PATH", "/usr/bin:/bin"}};
  request.terminal = TerminalShape{.columns = 91, .rows = 17};
  const auto child = StartSessionChild(request);
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(child->err, -1);
  ReshapeTerminal(child->out, {.columns = 50, .rows = 40});
  ASSERT_EQ(write(child->in, "\n", 1), 1);
  const std::string out = ReadUntilEnd(child->out);
  EXPECT_NE(out.find("40 50"), out.npos) << out;
  waitpid(child->pid, nullptr, 0);
  close(child->in);
  close(child->out);
}

TEST(SshListener, ATakenPortIsAConflict) {
  const Result<int> first = ListenOnLoopback(0);
  ASSERT_TRUE(first.ok());
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(*first, reinterpret_cast<sockaddr*>(&address), &size);
  EXPECT_EQ(ListenOnLoopback(ntohs(address.sin_port)).error().kind(), ErrorKind::kConflict);
  close(*first);
}

// Garbage instead of SSH ends the connection with an error, not the process.
TEST(SshConnection, WhoSpeaksNoSshIsTurnedAway) {
  const std::string key = *NewSshHostKey();
  for (const std::string_view said :
       {"GET / HTTP/1.1\r\n\r\n", "", "SSH-2.0-x\r\n\xff\xff\xff\xff"}) {
    int ends[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    ASSERT_EQ(write(ends[1], said.data(), said.size()), static_cast<ssize_t>(said.size()));
    shutdown(ends[1], SHUT_WR);
    EXPECT_FALSE(ServeSshConnection(ends[0], {.host_key = key}).ok());
    close(ends[1]);
  }
}

TEST(SshConnection, WithoutAHostKeyThereIsNone) {
  EXPECT_EQ(ServeSshConnection(-1, {.host_key = "x"}).error().kind(), ErrorKind::kCorrupt);
}

}  // namespace
}  // namespace curbstop
