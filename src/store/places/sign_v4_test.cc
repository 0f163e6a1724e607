#include "store/places/sign_v4.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

constexpr int64_t kMay24 = 1'369'353'600'000;  // 2013-05-24T00:00:00Z

S3Keys ExampleKeys() {
  return {"AKIAIOSFODNN7EXAMPLE", Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), {}};
}

// Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters", its example.
TEST(PresignS3, IsTheVendorsExample) {
  S3Request request;
  request.method = "GET", request.scheme = "https";
  request.host = "examplebucket.s3.amazonaws.com", request.path = "/test.txt";
  request.region = "us-east-1", request.now_ms = kMay24;
  request.expires = std::chrono::seconds(86400);
  EXPECT_EQ(PresignS3(request, ExampleKeys()).Reveal(),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature="
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(PresignS3, EncodesNamesOnceAndKeepsSlashesAndDots) {
  S3Request request;
  request.method = "PUT", request.scheme = "http", request.host = "127.0.0.1:9000";
  request.path = "/bucket/a b/100%/\xc3\xa9+.~x";
  request.region = "eu-central-1", request.now_ms = kMay24;
  const std::string address = PresignS3(request, ExampleKeys()).Reveal();
  EXPECT_TRUE(address.starts_with("http://127.0.0.1:9000/bucket/a%20b/100%25/%C3%A9%2B.~x?"))
      << address;
}

TEST(PresignS3, ATemporaryKeysTokenIsSigned) {
  S3Request request;
  request.method = "GET", request.scheme = "https", request.host = "h", request.path = "/x";
  request.region = "r", request.now_ms = kMay24;
  S3Keys keys = ExampleKeys();
  const std::string without = PresignS3(request, keys).Reveal();
  keys.session_token = Secret("a/b+c=");
  const std::string with = PresignS3(request, keys).Reveal();
  EXPECT_NE(with.find("&X-Amz-Security-Token=a%2Fb%2Bc%3D&X-Amz-SignedHeaders=host"), with.npos);
  EXPECT_NE(with.substr(with.size() - 64), without.substr(without.size() - 64));
}

TEST(AmzTime, IsUtc) { EXPECT_EQ(AmzTime(kMay24 + 86'399'999), "20130524T235959Z"); }

}  // namespace
}  // namespace curbstop
