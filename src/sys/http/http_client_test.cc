#include "sys/http/http_client.h"

#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/clock.h"
#include "sys/http/http_server.h"

namespace curbstop {
namespace {

using testing::HasSubstr;
using testing::Not;

// Says what it was asked; `/long` answers 100 kB, `/away` points elsewhere.
class Echo final : public HttpHandler {
 public:
  HttpResponse Handle(const HttpRequest& request, HttpBody& body) override {
    const Result<std::string> text = ReadWhole(body, 1 << 20);
    HttpResponse response;
    response.headers = {{"RateLimit", "\"minute\";r=3;t=9"}};
    if (request.path == "/long") response.body = std::string(100'000, 'x');
    if (request.path == "/away") {
      response.status = 302;
      response.headers.emplace_back("Location", "http://127.0.0.1:1/");
    }
    if (response.body.empty())
      response.body = fmt::format("{} {} {} {}", request.method, request.path,
                                  request.header("Authorization"), text.ok() ? *text : "");
    for (const auto& [name, value] : request.query) response.body += " " + name + "=" + value;
    return response;
  }
  HttpResponse Refuse(int status) override { return {.status = status}; }
};

class HttpClientTest : public testing::Test {
 protected:
  std::string Url(std::string_view path) const {
    return fmt::format("http://127.0.0.1:{}{}", (*server_)->port(), path);
  }
  Echo echo_;
  Result<std::unique_ptr<HttpServer>> server_ = HttpServer::Start(0, echo_);
  RealHttpClient client_;
};

TEST_F(HttpClientTest, ACallTravelsWithKeyBodyAndQuery) {
  const auto answer = client_.Send({.method = "PUT",
                                    .url = Url("/a/b?x=" + PercentEncoded("1 & {2}")),
                                    .bearer = Secret("k-1"),
                                    .body = "{}"});
  ASSERT_TRUE(answer.ok()) << answer.error().Text();
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "PUT /a/b Bearer k-1 {} x=1 & {2}");
  EXPECT_EQ(answer->Header("ratelimit"), "\"minute\";r=3;t=9");
  EXPECT_EQ(answer->Header("nothing"), "");
}

TEST_F(HttpClientTest, ARedirectIsAnAnswer) {
  const auto answer = client_.Send({.url = Url("/away"), .bearer = Secret("k")});
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->status, 302);
}

TEST_F(HttpClientTest, TooLongAnAnswerIsRefused) {
  const auto answer = client_.Send({.url = Url("/long"), .most_answer = 1000});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind(), ErrorKind::kCorrupt);
}

TEST_F(HttpClientTest, ALongAnswerIsCutWhereTheCallSaysSo) {
  const auto answer = client_.Send({.url = Url("/long"), .most_answer = 1000, .cut = true});
  ASSERT_TRUE(answer.ok()) << answer.error().Text();
  EXPECT_EQ(answer->status, 200);
  EXPECT_TRUE(answer->was_cut);
  EXPECT_EQ(answer->body, std::string(1000, 'x'));
  EXPECT_EQ(answer->Header("content-length"), "100000");
}

// Takes a connection and says its headers so slowly that no single wait is long.
class Dripper {
 public:
  Dripper() {
    const sockaddr_in any{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    sockaddr_in bound{};
    socklen_t size = sizeof bound;
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(getsockname(listener_, reinterpret_cast<sockaddr*>(&bound), &size), 0);
    port_ = ntohs(bound.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { Drip(stop); });
  }
  ~Dripper() {
    thread_.request_stop();
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  int port() const { return port_; }

 private:
  void Drip(const std::stop_token& stop) const {
    const int peer = accept(listener_, nullptr, nullptr);
    if (peer < 0) return;
    RealClock clock;
    (void)send(peer, "HTTP/1.1 200 OK\r\nX: ", 20, MSG_NOSIGNAL);
    while (clock.Wait(Millis(20), stop) && send(peer, "x", 1, MSG_NOSIGNAL) == 1) {
    }
    close(peer);
  }

  int listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::jthread thread_;
};

TEST_F(HttpClientTest, HeadersThatComeByDropsEndAtTheTimeout) {
  const Dripper dripper;
  const RealClock clock;
  const Ticks start = clock.Boot();
  const auto answer = client_.Send(
      {.url = fmt::format("http://127.0.0.1:{}/", dripper.port()), .timeout = Millis(200)});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind(), ErrorKind::kUnavailable);
  EXPECT_LT(clock.Boot() - start, Millis(5000));
}

TEST_F(HttpClientTest, NoConnectionIsToldApartFromNoAnswer) {
  const std::string url = Url("/x?token=abc");
  server_ = Result<std::unique_ptr<HttpServer>>(nullptr);
  const auto answer = client_.Send({.url = url, .bearer = Secret("k-very-secret")});
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(answer.error().Text(), Not(HasSubstr("secret")));
  EXPECT_THAT(answer.error().Text(), Not(HasSubstr("abc")));
}

TEST_F(HttpClientTest, AKeyIsNotSentInClearTextOffThisComputer) {
  for (const char* url :
       {"http://example.com/x", "http://127.0.0.1.example.com/", "ftp://a/b", "https://",
        "https://a b/", "http://127.0.0.1:80@example.com/", "https://a/\r\nX: y", ""}) {
    const auto answer = client_.Send({.url = url, .bearer = Secret("k")});
    ASSERT_FALSE(answer.ok()) << url;
    EXPECT_EQ(answer.error().kind(), ErrorKind::kInvalidInput) << url;
  }
}

TEST_F(HttpClientTest, ClearTextIsAllowedOnRequestAndNeverWithAKey) {
  const auto with_key = client_.Send({.url = "http://192.0.2.1:9/x",
                                      .bearer = Secret("k"),
                                      .timeout = Millis(50),
                                      .clear_text = true});
  ASSERT_FALSE(with_key.ok());
  EXPECT_EQ(with_key.error().kind(), ErrorKind::kInvalidInput);
  const auto without =
      client_.Send({.url = "http://192.0.2.1:9/x", .timeout = Millis(50), .clear_text = true});
  ASSERT_FALSE(without.ok());
  EXPECT_NE(without.error().kind(), ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace curbstop
