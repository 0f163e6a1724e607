// A file read by ranges from servers that behave, that do not, and that lie. Real sockets:
// tests/e2e/test_model_web.py.
#include "fit/files/http_source.h"

#include <functional>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "fit/files/model_place.h"
#include "sys/testing/fake_clock.h"

namespace curbstop::fit {
namespace {

// Serves one file and lets a test spoil the answer.
class FakeServer final : public HttpClient {
 public:
  using Spoil = std::function<void(const HttpCall&, HttpAnswer&)>;
  explicit FakeServer(std::string file, Spoil spoil = nullptr)
      : file_(std::move(file)), spoil_(std::move(spoil)) {}

  Result<HttpAnswer> Send(const HttpCall& call) override {
    calls.push_back(call);
    HttpAnswer answer{.status = 206, .headers = {{"ETag", "\"1\""}}};
    size_t first = 0;
    size_t last = file_.size() - 1;
    for (const auto& [name, value] : call.headers) {
      if (name != "Range") continue;
      const size_t dash = value.find('-');
      first = std::stoull(value.substr(6, dash - 6));
      last = std::min<size_t>(last, std::stoull(value.substr(dash + 1)));
    }
    if (first >= file_.size()) return HttpAnswer{.status = 416};
    answer.body = file_.substr(first, last - first + 1);
    answer.headers.emplace_back("Content-Range",
                                fmt::format("bytes {}-{}/{}", first, last, file_.size()));
    if (spoil_) spoil_(call, answer);
    if (answer.body.size() > static_cast<size_t>(call.most_answer)) {
      answer.body.resize(static_cast<size_t>(call.most_answer));
      answer.was_cut = true;
    }
    if (fail_next_ > 0 && fail_next_-- > 0) return Unavailable("broke");
    return answer;
  }

  std::vector<HttpCall> calls;
  int fail_next_ = 0;

 private:
  std::string file_;
  Spoil spoil_;
};

std::string Pattern(size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 1000);
  return bytes;
}

class HttpSourceTest : public testing::Test {
 protected:
  Result<std::unique_ptr<HttpSource>> Open(HttpClient& server, std::string key = "") {
    reach_ = std::make_unique<WebReach>(WebReach{
        .http = server, .clock = clock_, .until = clock_.Boot() + std::chrono::seconds(60)});
    if (!key.empty()) reach_->bearer = Secret(std::move(key));
    return HttpSource::Open("https://models.example/a/x.gguf?token=abc", *reach_);
  }
  FakeClock clock_;
  std::unique_ptr<WebReach> reach_;
};

void SetHeader(HttpAnswer& answer, std::string_view name, std::string value) {
  for (auto& [key, old] : answer.headers) {
    if (key == name) old = value;
  }
}

TEST_F(HttpSourceTest, WindowsGiveTheFilesBytesAndGrowToTwoMebibytes) {
  const std::string file = Pattern(12 << 20);
  FakeServer server(file);
  const auto source = Open(server);
  ASSERT_TRUE(source.ok()) << source.error().Text();
  EXPECT_EQ((*source)->name(), "x.gguf");
  EXPECT_EQ((*source)->size(), file.size());
  for (uint64_t at = 0; at + 100 < file.size(); at += 99'991) {
    const auto bytes = (*source)->Read(at, 100);
    ASSERT_TRUE(bytes.ok()) << bytes.error().Text();
    ASSERT_EQ(bytes->substr(0, 100), file.substr(at, 100)) << at;
  }
  EXPECT_LE(server.calls.size(), 10U);
  for (const HttpCall& call : server.calls) EXPECT_LE(call.most_answer, 2 << 20);
}

TEST_F(HttpSourceTest, ASmallFileComesAtOnceAndItsEndIsShort) {
  FakeServer server("tiny");
  const auto source = Open(server);
  ASSERT_TRUE(source.ok());
  EXPECT_EQ(*(*source)->Read(1, 100), "iny");
  EXPECT_EQ(*(*source)->Read(4, 1), "");
  EXPECT_EQ(server.calls.size(), 1U);
}

TEST_F(HttpSourceTest, AServerWithoutRangesGivesEightMebibytesAndNoMore) {
  const std::string file = Pattern(40 << 20);
  FakeServer server(file, [&](const HttpCall&, HttpAnswer& answer) {
    answer = {
        .status = 200, .headers = {{"Content-Length", std::to_string(file.size())}}, .body = file};
  });
  const auto source = Open(server);
  ASSERT_TRUE(source.ok()) << source.error().Text();
  EXPECT_EQ((*source)->size(), file.size());
  EXPECT_EQ((*source)->Read((8 << 20) - 10, 10)->substr(0, 10), file.substr((8 << 20) - 10, 10));
  const auto beyond = (*source)->Read(8 << 20, 10);
  ASSERT_FALSE(beyond.ok());
  EXPECT_NE(beyond.error().Text().find("gives no ranges"), std::string::npos);
  EXPECT_LE((*source)->fetched(), (8U << 20) + (256U << 10));
}

TEST_F(HttpSourceTest, LiesAreTold) {
  struct Lie {
    const char* says;
    FakeServer::Spoil spoil;
  };
  const Lie lies[] = {
      {"names no range",
       [](const HttpCall&, HttpAnswer& a) { SetHeader(a, "Content-Range", "x"); }},
      {"names no range",
       [](const HttpCall&, HttpAnswer& a) { SetHeader(a, "Content-Range", "bytes 0-9/*"); }},
      {"are asked for",
       [](const HttpCall&, HttpAnswer& a) { SetHeader(a, "Content-Range", "bytes 1-9/100"); }},
      {"names no range",
       [](const HttpCall&, HttpAnswer& a) {
         SetHeader(a, "Content-Range", "bytes 0-9/9223372036854775807");
       }},
      {"are asked for", [](const HttpCall&, HttpAnswer& a) { a.body.resize(a.body.size() / 2); }},
      {"and more", [](const HttpCall&, HttpAnswer& a) { a.body += a.body; }},
      {"packs it",
       [](const HttpCall&, HttpAnswer& a) { a.headers.emplace_back("Content-Encoding", "gzip"); }}};
  for (const Lie& lie : lies) {
    FakeServer server(Pattern(1 << 20), lie.spoil);
    const auto source = Open(server);
    ASSERT_FALSE(source.ok()) << lie.says;
    EXPECT_EQ(source.error().kind(), ErrorKind::kCorrupt);
    EXPECT_NE(source.error().Text().find(lie.says), std::string::npos) << source.error().Text();
    EXPECT_EQ(source.error().Text().find("token"), std::string::npos) << "a query may be a key";
  }
}

TEST_F(HttpSourceTest, AFileThatChangesMeanwhileIsAnError) {
  int asked = 0;
  FakeServer server(Pattern(4 << 20), [&](const HttpCall&, HttpAnswer& answer) {
    if (++asked > 1) SetHeader(answer, "ETag", "\"2\"");
  });
  const auto source = Open(server);
  ASSERT_TRUE(source.ok());
  const auto bytes = (*source)->Read(1 << 20, 1);
  ASSERT_FALSE(bytes.ok());
  EXPECT_NE(bytes.error().Text().find("another version"), std::string::npos);
}

TEST_F(HttpSourceTest, RedirectsAreFollowedAndTheKeyStaysAtHome) {
  FakeServer server("bytes", [](const HttpCall& call, HttpAnswer& answer) {
    if (call.url.starts_with("https://models.example/"))
      answer = {.status = 302, .headers = {{"Location", "https://cdn.example/y?sig=1"}}};
  });
  const auto source = Open(server, "hf_secret");
  ASSERT_TRUE(source.ok()) << source.error().Text();
  ASSERT_EQ(server.calls.size(), 2U);
  EXPECT_FALSE(server.calls[0].bearer.empty());
  EXPECT_EQ(server.calls[1].url, "https://cdn.example/y?sig=1");
  EXPECT_TRUE(server.calls[1].bearer.empty());
}

TEST_F(HttpSourceTest, RedirectsEnd) {
  FakeServer round("bytes", [](const HttpCall& call, HttpAnswer& answer) {
    answer = {.status = 302, .headers = {{"Location", call.url}}};
  });
  EXPECT_NE(Open(round).error().Text().find("more than 5 times"), std::string::npos);
  EXPECT_EQ(round.calls.size(), 6U);
  FakeServer down("bytes", [](const HttpCall&, HttpAnswer& answer) {
    answer = {.status = 302, .headers = {{"Location", "http://models.example/x"}}};
  });
  EXPECT_EQ(Open(down).error().kind(), ErrorKind::kInvalidInput);
}

TEST_F(HttpSourceTest, ABrokenCallIsTriedOnceMore) {
  FakeServer server("bytes");
  server.fail_next_ = 1;
  EXPECT_TRUE(Open(server).ok());
  server.fail_next_ = 2;
  EXPECT_EQ(Open(server).error().kind(), ErrorKind::kUnavailable);
}

TEST_F(HttpSourceTest, TimeIsUpForAllFilesTogether) {
  FakeServer server(Pattern(4 << 20));
  const auto source = Open(server);
  ASSERT_TRUE(source.ok());
  clock_.Advance(std::chrono::seconds(61));
  const auto late = (*source)->Read(1 << 20, 1);
  ASSERT_FALSE(late.ok());
  EXPECT_NE(late.error().Text().find("took too long"), std::string::npos);
}

TEST_F(HttpSourceTest, RefusalsKeepTheirKind) {
  const std::pair<int, ErrorKind> kinds[] = {
      {404, ErrorKind::kNotFound}, {401, ErrorKind::kDenied},      {403, ErrorKind::kDenied},
      {416, ErrorKind::kCorrupt},  {503, ErrorKind::kUnavailable}, {204, ErrorKind::kUnavailable}};
  for (const auto& [status, kind] : kinds) {
    FakeServer server("bytes", [status = status](const HttpCall&, HttpAnswer& answer) {
      answer = {.status = status};
    });
    EXPECT_EQ(Open(server).error().kind(), kind) << status;
  }
}

TEST(ContentRange, IsReadStrictly) {
  const auto range = ParseContentRange("bytes 5-9/10");
  ASSERT_TRUE(range.has_value());
  EXPECT_EQ(range->first, 5U);
  EXPECT_EQ(range->last, 9U);
  EXPECT_EQ(range->total, 10U);
  for (const char* wrong :
       {"", "bytes", "bytes 5-9", "bytes 9-5/10", "bytes 5-10/10", "bytes 5-9/*", "bytes */10",
        "items 5-9/10", "bytes 5-9/10x", "bytes -5-9/10", "bytes 0-18446744073709551615/3",
        "bytes 0-9223372036854775807/9223372036854775808", "bytes 99999999999999999999-1/2"}) {
    EXPECT_FALSE(ParseContentRange(wrong).has_value()) << wrong;
  }
}

RC_GTEST_PROP(ContentRange, AnyTextIsARangeInOrderOrNone, (const std::string& text)) {
  const auto range = ParseContentRange(text);
  if (range) RC_ASSERT(range->first <= range->last && range->last < range->total);
}

TEST(Redirect, LeadsWhereTheBrowserWouldGo) {
  const std::string from = "https://a.example/x/y?q=1";
  EXPECT_EQ(*RedirectedUrl(from, "https://b.example/z"), "https://b.example/z");
  EXPECT_EQ(*RedirectedUrl(from, "/z?k"), "https://a.example/z?k");
  EXPECT_EQ(*RedirectedUrl(from, "z"), "https://a.example/x/z");
  EXPECT_EQ(*RedirectedUrl(from, "//b.example/z"), "https://b.example/z");
  for (const char* wrong : {"", "http://a.example/", "file:///etc/passwd", "ftp://a/b"})
    EXPECT_FALSE(RedirectedUrl(from, wrong).ok()) << wrong;
  EXPECT_EQ(*RedirectedUrl("http://a/b", "http://c/d"), "http://c/d");
}

TEST(WebAddress, PagesOfTheHubStandForTheirFiles) {
  const auto read = [](const char* url) {
    const auto address = ReadWebAddress(url);
    return address.ok() ? address->base + "|" + address->file + "|" + address->query : "wrong";
  };
  EXPECT_EQ(read("https://huggingface.co/org/name"),
            "https://huggingface.co/org/name/resolve/main/||");
  EXPECT_EQ(read("https://huggingface.co/org/name/tree/v2/"),
            "https://huggingface.co/org/name/resolve/v2/||");
  EXPECT_EQ(read("https://huggingface.co/org/name/blob/main/sub/x.Q4_K_M.gguf?download=true"),
            "https://huggingface.co/org/name/resolve/main/sub/|x.Q4_K_M.gguf|?download=true");
  EXPECT_EQ(read("http://127.0.0.1:8/m/config.json#top"), "http://127.0.0.1:8/m/|config.json|");
  EXPECT_EQ(read("http://nas:8000/m"), "http://nas:8000/m/||");
  for (const char* wrong : {"https://", "https:///x", "ftp://a/b", "qwen"})
    EXPECT_EQ(read(wrong), "wrong") << wrong;
}

}  // namespace
}  // namespace curbstop::fit
