#include "store/places/fetch_object.h"

#include <deque>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/files.h"
#include "sys/testing/fake_clock.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

// An object, as a server has it; `trouble` answers in place of it, one call each.
class FakeStore final : public HttpClient {
 public:
  Result<HttpAnswer> Send(const HttpCall& call) override {
    ++calls;
    if (!trouble.empty()) {
      const int status = trouble.front();
      trouble.pop_front();
      if (status == 0) return Unavailable("cut");
      if (status == -1) return NotFound("no connection");
      return HttpAnswer{.status = status, .headers = {}, .body = "<Error/>"};
    }
    if (!knows_ranges) return HttpAnswer{.status = 200, .headers = {}, .body = object};
    size_t from = 0;
    size_t to = 0;
    EXPECT_EQ(sscanf(call.headers.at(0).second.c_str(), "bytes=%zu-%zu", &from, &to), 2);
    HttpAnswer answer{.status = 206, .headers = {}, .body = object.substr(from, to - from + 1)};
    const std::string range =
        "bytes " + std::to_string(from) + "-" + std::to_string(to) + "/" + std::to_string(total());
    answer.headers = {{"Content-Range", range}, {"ETag", version}};
    if (replaced_after == calls) version = "other";
    if (after_call) after_call();
    return answer;
  }
  size_t total() const { return announced == 0 ? object.size() : announced; }

  std::string object;
  std::string version = "one";
  std::deque<int> trouble;
  size_t announced = 0;
  int replaced_after = 0;
  std::function<void()> after_call;
  bool knows_ranges = true;
  int calls = 0;
};

class FetchesObjects : public testing::Test {
 protected:
  FetchesObjects()
      : place_(*NamedPlace::Open(
            "s3://my-bucket/p",
            [](std::string_view name) {
              return name.starts_with("AWS_ACCESS") || name.starts_with("AWS_SECRET") ? "x" : "";
            },
            clock_)) {}
  Status Fetch() { return FetchObject(store_, place_, "a/b", file_, clock_); }

  FakeClock clock_;
  NamedPlace place_;
  FakeStore store_;
  TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "object";
};

TEST_F(FetchesObjects, APieceAfterTheOther) {
  store_.object.assign((8 << 20) + 5, 'a');
  store_.object += "end";
  store_.trouble = {503, 0};  // tried again
  ASSERT_TRUE(Fetch().ok());
  EXPECT_EQ(*ReadFile(file_), store_.object);
  EXPECT_EQ(store_.calls, 4);
}

TEST_F(FetchesObjects, TriesAgainAfterAPauseThatGrows) {
  store_.object = "small";
  store_.trouble = {503, 503};
  const Ticks began = clock_.Awake();
  ASSERT_TRUE(Fetch().ok());
  EXPECT_EQ(clock_.Awake() - began, std::chrono::seconds(1 + 2));
  store_.trouble = {404};
  EXPECT_FALSE(Fetch().ok());
  EXPECT_EQ(clock_.Awake() - began, std::chrono::seconds(3));  // no pause for an answer
}

TEST_F(FetchesObjects, AStopEndsItBeforeTheNextPiece) {
  store_.object.assign((16 << 20) + 5, 'a');
  std::stop_source stop;
  store_.after_call = [&] { stop.request_stop(); };
  EXPECT_EQ(FetchObject(store_, place_, "a/b", file_, clock_, stop.get_token()).error().kind(),
            ErrorKind::kCancelled);
  EXPECT_EQ(store_.calls, 1);
}

TEST_F(FetchesObjects, WhatLayThereBeforeIsReplaced) {
  store_.object = "new";
  ASSERT_TRUE(AppendQuickly(file_, "old and longer").ok());
  ASSERT_TRUE(Fetch().ok());
  EXPECT_EQ(*ReadFile(file_), "new");
}

TEST_F(FetchesObjects, AServerWithoutRangesSendsTheWhole) {
  store_.object = "small";
  store_.knows_ranges = false;
  ASSERT_TRUE(Fetch().ok());
  EXPECT_EQ(*ReadFile(file_), "small");
}

TEST_F(FetchesObjects, RefusalsAreToldApart) {
  for (const auto& [status, kind] : {std::pair{404, ErrorKind::kNotFound},
                                     {403, ErrorKind::kDenied},
                                     {401, ErrorKind::kDenied},
                                     {400, ErrorKind::kCorrupt}}) {
    store_.trouble = {status};
    EXPECT_EQ(Fetch().error().kind(), kind) << status;
  }
  store_.trouble = {503, 429, 500};
  EXPECT_EQ(Fetch().error().kind(), ErrorKind::kUnavailable);
}

TEST_F(FetchesObjects, WithoutAConnectionNothingIsKnownOfTheObject) {
  store_.trouble = {-1, -1, -1, -1, -1, -1};
  EXPECT_EQ(Fetch().error().kind(), ErrorKind::kUnavailable);
}

TEST_F(FetchesObjects, AnObjectThatIsReplacedMeanwhileIsNotMixed) {
  store_.object.assign((8 << 20) + 5, 'a');
  store_.replaced_after = 1;
  EXPECT_EQ(Fetch().error().kind(), ErrorKind::kCorrupt);
}

TEST_F(FetchesObjects, LessThanWasAnnouncedIsNoWhole) {
  store_.object = "short";
  store_.announced = 100;
  EXPECT_EQ(Fetch().error().kind(), ErrorKind::kCorrupt);
}

TEST_F(FetchesObjects, TheStartAlone) {
  store_.object = "0123456789";
  for (const bool knows_ranges : {true, false}) {
    store_.knows_ranges = knows_ranges;
    EXPECT_EQ(*FetchStart(store_, place_, "a/b", 4, clock_), "0123");
    EXPECT_EQ(*FetchStart(store_, place_, "a/b", 400, clock_), "0123456789");
  }
}

}  // namespace
}  // namespace curbstop
