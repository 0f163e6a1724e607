#include "sys/http/http_client.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace curbstop
