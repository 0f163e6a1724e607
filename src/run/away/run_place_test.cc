#include "run/away/run_place.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/testing/fake_clock.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Each;
using testing::HasSubstr;
using testing::StartsWith;

// Keeps what was asked; refuses whatever has `refused` in its address.
class Bucket final : public HttpClient {
 public:
  Result<HttpAnswer> Send(const HttpCall& call) override {
    asked.push_back(call.method + " " + call.url.substr(0, call.url.find('?')));
    const bool refuses = !refused.empty() && call.url.find(refused) != std::string::npos;
    return HttpAnswer{.status = refuses ? 403 : 204};
  }
  std::vector<std::string> asked;
  std::string refused;
};

class RunPlaceTest : public testing::Test {
 protected:
  // As the environment of somebody with keys has it.
  Result<NamedPlace> Open() {
    const auto find = [](std::string_view name) {
      return std::string(name.starts_with("AWS_") && name.find("ACCESS_KEY") != name.npos ? "k"
                                                                                          : "");
    };
    return NamedPlace::Open("s3://abc/mine", find, clock_);
  }

  RunPlace Place() {
    return RunPlace("r0123", folder_.path(), [this] { return Open(); }, http_, clock_);
  }

  TemporaryFolder folder_;
  FakeClock clock_;
  Bucket http_;
};

TEST_F(RunPlaceTest, ItRemovesWhatItsMachinesHadAddressesForAndNothingElse) {
  ASSERT_TRUE(Place().Clear(2).ok());
  EXPECT_THAT(http_.asked, Each(AllOf(StartsWith("DELETE "), HasSubstr("/mine/r0123/"))));
  EXPECT_EQ(http_.asked.size(), 8u);
  const Result<AwaySecrets> secrets = Place().AddressesFor(2, 1h);
  ASSERT_TRUE(secrets.ok());
  std::vector<std::string> given = secrets->put_checkpoint;
  given.push_back(secrets->put_out);
  given.push_back(secrets->put_spools);
  for (const std::string& address : given) {
    EXPECT_THAT(http_.asked, testing::Contains("DELETE " + address.substr(0, address.find('?'))));
  }
}

TEST_F(RunPlaceTest, WhatCannotBeRemovedIsCountedAndTheRestIsRemoved) {
  http_.refused = "/1/out";
  const Status cleared = Place().Clear(1);
  ASSERT_FALSE(cleared.ok());
  EXPECT_EQ(cleared.error().kind(), ErrorKind::kDenied);
  EXPECT_THAT(cleared.error().Text(), HasSubstr("1 objects of run r0123 may be left"));
  EXPECT_EQ(http_.asked.size(), 4u);
}

// S3 itself looks at the expiry: X-Amz-Expires, in seconds.
TEST_F(RunPlaceTest, AddressesLastAnHourLongerThanTheLongestLease) {
  EXPECT_THAT(Place().AddressesFor(1, 5h)->put_out, HasSubstr("X-Amz-Expires=21600"));
  EXPECT_THAT(Place().AddressesFor(1, 400h)->put_out, HasSubstr("X-Amz-Expires=604800"));
}

}  // namespace
}  // namespace curbstop
