// Raw bytes against the real server: what clients send, and what nobody should.
#include "sys/loopback/loopback_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sys/file_store.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

class Echo final : public LoopbackHandler {
 public:
  LoopbackAnswer Handle(const LoopbackRequest& request, LoopbackBody& body) override {
    if (request.path == "/file") return {.body = "", .file = file};
    if (request.path == "/unread") return {.body = "unread", .file = {}};
    std::string text = request.method + " " + request.path;
    for (const auto& [name, value] : request.query) text += " " + name + "=" + value;
    const Status read = body.Read([&](std::string_view bytes) {
      text += "|" + std::string(bytes);
      return Status();
    });
    return {.body = read.ok() ? text : "broken", .file = {}};
  }
  std::filesystem::path file;
};

class LoopbackServerTest : public testing::Test {
 protected:
  // Sends all, then reads until the other side closes.
  std::string Talk(const std::string& bytes) const {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Ask(fd, bytes);
    return AnswerOn(fd);
  }
  void Ask(int fd, const std::string& bytes) const {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<uint16_t>(server->port()));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    shutdown(fd, SHUT_WR);
  }
  static std::string AnswerOn(int fd) {
    std::string answer;
    char buffer[4096];
    for (ssize_t got = 0; (got = recv(fd, buffer, sizeof buffer, 0)) > 0;) {
      answer.append(buffer, static_cast<size_t>(got));
    }
    close(fd);
    return answer;
  }
  static std::string BodyOf(const std::string& answer) {
    const size_t end = answer.rfind("\r\n\r\n");
    return end == answer.npos ? answer : answer.substr(end + 4);
  }
  TemporaryFolder folder;
  Echo handler;
  std::unique_ptr<LoopbackServer> server = *LoopbackServer::Start(0, handler);
};

constexpr const char* kHost = " HTTP/1.1\r\nHost: 127.0.0.1:80\r\n";

TEST_F(LoopbackServerTest, DecodesPathAndQueryOnce) {
  const std::string answer = Talk(std::string("GET /a%20b%2525?x=1%262&x=a+b&y") + kHost + "\r\n");
  EXPECT_EQ(BodyOf(answer), "GET /a b%25 x=1&2 x=a b y=");
}

TEST_F(LoopbackServerTest, ReadsBodiesByLengthAndByChunks) {
  EXPECT_EQ(BodyOf(Talk(std::string("POST /p") + kHost + "Content-Length: 5\r\n\r\nhello")),
            "POST /p|hello");
  EXPECT_EQ(BodyOf(Talk(std::string("PUT /p") + kHost +
                        "Transfer-Encoding: chunked\r\n\r\n5;x=1\r\nhello\r\n0\r\nA: b\r\n\r\n")),
            "PUT /p|hello");
  EXPECT_EQ(
      BodyOf(Talk(std::string("PUT /p") + kHost + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
      "PUT /p");
}

TEST_F(LoopbackServerTest, SaysContinueWhereItIsAsked) {
  const std::string answer =
      Talk(std::string("PUT /p") + kHost + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\nhi");
  EXPECT_TRUE(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")) << answer;
}

TEST_F(LoopbackServerTest, OneConnectionServesManyRequests) {
  const std::string one = std::string("POST /unread") + kHost + "Content-Length: 5\r\n\r\nhello";
  const std::string two = std::string("GET /two") + kHost + "\r\n";
  const std::string answer = Talk(one + two);
  EXPECT_NE(answer.find("\r\n\r\nunreadHTTP/1.1 200"), std::string::npos) << answer;
  EXPECT_EQ(BodyOf(answer), "GET /two");
}

TEST_F(LoopbackServerTest, AnotherHostIsRefused) {
  EXPECT_TRUE(Talk("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n").starts_with("HTTP/1.1 403"));
  EXPECT_TRUE(Talk("GET / HTTP/1.1\r\n\r\n").starts_with("HTTP/1.1 403"));
}

TEST_F(LoopbackServerTest, WhatIsNoRequestIsRefused) {
  const std::string length = std::string("POST /p") + kHost + "Content-Length: ";
  const std::string named = std::string("GET /p") + kHost;
  std::vector<std::string> requests = {"hello\r\n\r\n",
                                       "GET http://x/ HTTP/1.1\r\n\r\n",
                                       "GET /\r\n\r\n",
                                       length + "-1\r\n\r\n",
                                       length + "x\r\n\r\n",
                                       length + "1\r\nContent-Length: 2\r\n\r\nab",
                                       length + "1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                                       named + "Transfer-Encoding: gzip\r\n\r\n",
                                       named + "Bad Name: x\r\n\r\n"};
  requests.emplace_back(70'000, 'x');
  for (const std::string& bad : requests) {
    EXPECT_TRUE(Talk(bad).starts_with("HTTP/1.1 400")) << bad.substr(0, 200);
  }
}

TEST_F(LoopbackServerTest, ABodyThatBreaksOffIsNoBody) {
  EXPECT_EQ(BodyOf(Talk(std::string("POST /p") + kHost + "Content-Length: 9\r\n\r\nhello")),
            "broken");
}

TEST_F(LoopbackServerTest, SendsAFileAndA404WhereItIsGone) {
  handler.file = folder / "file";
  EXPECT_TRUE(Talk(std::string("GET /file") + kHost + "\r\n").starts_with("HTTP/1.1 404"));
  const std::string bytes(200'000, 'z');
  ASSERT_TRUE(RealFileStore().Write(handler.file, bytes, 0600).ok());
  EXPECT_EQ(BodyOf(Talk(std::string("GET /file") + kHost + "\r\n")), bytes);
  EXPECT_EQ(BodyOf(Talk(std::string("HEAD /file") + kHost + "\r\n")), "");
}

TEST_F(LoopbackServerTest, WithoutAFreeDescriptorAConnectionWaitsForOne) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit few{.rlim_cur = 64, .rlim_max = before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<int> taken;
  for (int fd = 0; (fd = fcntl(client, F_DUPFD_CLOEXEC, 0)) >= 0;) taken.push_back(fd);
  Ask(client, "GET /late HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
  pollfd answered{.fd = client, .events = POLLIN, .revents = 0};
  EXPECT_EQ(poll(&answered, 1, 50), 0);
  for (const int fd : taken) close(fd);
  EXPECT_EQ(BodyOf(AnswerOn(client)), "GET /late");
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_F(LoopbackServerTest, ATakenPortIsAConflict) {
  EXPECT_EQ(LoopbackServer::Start(server->port(), handler).error().kind(), ErrorKind::kConflict);
}

}  // namespace
}  // namespace curbstop
