#include "store/places/named_place.h"

#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/testing/fake_clock.h"

namespace curbstop {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

using Variables = std::map<std::string, std::string, std::less<>>;

const Variables kKeys = {{"AWS_ACCESS_KEY_ID", "AKIDEXAMPLE"},
                         {"AWS_SECRET_ACCESS_KEY", "very-secret"},
                         {"AWS_REGION", "eu-north-1"}};

class Places : public ::testing::Test {
 protected:
  Result<NamedPlace> Open(std::string_view place, Variables variables = kKeys) {
    return NamedPlace::Open(
        place,
        [&](std::string_view name) {
          const auto found = variables.find(name);
          return found == variables.end() ? "" : found->second;
        },
        clock_);
  }
  FakeClock clock_;
};

TEST_F(Places, AnAddressIsOfTheBucketsOwnHost) {
  const Result<NamedPlace> place = Open("s3://my-bucket/runs/a");
  ASSERT_TRUE(place.ok());
  EXPECT_THAT(place->PresignPut("x/y.tar", std::chrono::seconds(60))->Reveal(),
              StartsWith("https://my-bucket.s3.eu-north-1.amazonaws.com/runs/a/x/y.tar?"));
}

TEST_F(Places, AnEndpointOrADottedBucketHasTheBucketInThePath) {
  Variables variables = kKeys;
  EXPECT_THAT(Open("s3://my.bucket")->PresignGet("x", std::chrono::seconds(60))->Reveal(),
              StartsWith("https://s3.eu-north-1.amazonaws.com/my.bucket/x?"));
  variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9000/";
  const Result<NamedPlace> place = Open("s3://my-bucket/p/", variables);
  ASSERT_TRUE(place.ok());
  EXPECT_THAT(place->PresignGet("x", std::chrono::seconds(60))->Reveal(),
              StartsWith("http://127.0.0.1:9000/my-bucket/p/x?"));
}

TEST_F(Places, WhatIsNoPlaceIsRefused) {
  for (const char* place :
       {"", "s3:", "s3://", "s3://ab", "s3://UPPER/x", "s3://a_b/x", "gs://abc/x", "s3://abc/../x",
        "s3://abc//x", "s3://abc/a\nb", "s3://abc/\xff", "s3://abc@evil/x", "s3://-abc/x"}) {
    const Result<NamedPlace> opened = Open(place);
    ASSERT_FALSE(opened.ok()) << place;
    EXPECT_EQ(opened.error().kind(), ErrorKind::kInvalidInput) << place;
  }
  for (const char* endpoint :
       {"host", "ftp://host", "https://", "https://a/b", "https://u:p@host"}) {
    Variables variables = kKeys;
    variables["AWS_ENDPOINT_URL_S3"] = endpoint;
    const Result<NamedPlace> opened = Open("s3://abc/x", variables);
    ASSERT_FALSE(opened.ok()) << endpoint;
    EXPECT_THAT(opened.error().Text(), Not(HasSubstr("u:p")));
  }
}

TEST_F(Places, WithoutKeysItIsDeniedAndSaysHow) {
  const Result<NamedPlace> opened = Open("s3://abc/x", {});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().kind(), ErrorKind::kDenied);
  EXPECT_THAT(opened.error().hint(), HasSubstr("AWS_ACCESS_KEY_ID"));
}

TEST_F(Places, NamesStayBelowThePrefixAndTimesWithinSevenDays) {
  const Result<NamedPlace> place = Open("s3://abc/x");
  for (const char* name : {"", "../y", "/y", "a//b", "a\nb"}) {
    EXPECT_FALSE(place->PresignPut(name, std::chrono::seconds(60)).ok()) << name;
  }
  EXPECT_FALSE(place->PresignPut("a", std::chrono::seconds(0)).ok());
  EXPECT_FALSE(place->PresignPut("a", kMostPresigned + std::chrono::seconds(1)).ok());
  EXPECT_TRUE(place->PresignPut("a", kMostPresigned).ok());
}

class Answers final : public HttpClient {
 public:
  int status = 200;
  Result<HttpAnswer> Send(const HttpCall& call) override {
    if (call.method == "PUT") body = call.body;
    HttpAnswer answer;
    answer.status = status;
    if (call.method == "GET") answer.body = body;
    return answer;
  }
  std::string body;
};

TEST_F(Places, TheWriteTestTellsCausesApartAndPrintsNoSignature) {
  const Result<NamedPlace> place = Open("s3://abc/x");
  Answers http;
  RealRandom random;
  EXPECT_TRUE(place->TestWriting(http, random).ok());
  const std::pair<int, ErrorKind> cases[] = {{403, ErrorKind::kDenied},
                                             {404, ErrorKind::kNotFound},
                                             {503, ErrorKind::kUnavailable},
                                             {301, ErrorKind::kInvalidInput}};
  for (const auto& [status, kind] : cases) {
    http.status = status;
    const Status tested = place->TestWriting(http, random);
    ASSERT_FALSE(tested.ok());
    EXPECT_EQ(tested.error().kind(), kind);
    EXPECT_THAT(tested.error().Text(), Not(HasSubstr("X-Amz")));
    EXPECT_THAT(tested.error().Text(), HasSubstr("`s3://abc/x`"));
  }
}

TEST_F(Places, WhatIsRemovedOrWasNeverThereIsGone) {
  const Result<NamedPlace> place = Open("s3://abc/x");
  Answers http;
  for (const int status : {204, 200, 404}) {
    http.status = status;
    EXPECT_TRUE(place->Remove(http, "a/b").ok()) << status;
  }
  http.status = 403;
  EXPECT_EQ(place->Remove(http, "a/b").error().kind(), ErrorKind::kDenied);
  EXPECT_EQ(place->Remove(http, "../b").error().kind(), ErrorKind::kInvalidInput);
}

}  // namespace
}  // namespace curbstop
