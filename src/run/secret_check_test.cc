#include "run/secret_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curbstop {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Refusal(const std::string& value, const PreparedRun& prepared) {
  const Status checked = CheckNotWritten("TOKEN", Secret(value), prepared);
  return checked.ok() ? "" : checked.error().Text();
}

PreparedRun Some() {
  PreparedRun prepared;
  prepared.step.name = "train";
  prepared.step.params["lr"] = "0.1";
  prepared.order.command = "python train.py --lr 0.1";
  return prepared;
}

TEST(SecretCheck, LetsPassWhatIsWrittenNowhere) { EXPECT_EQ(Refusal("s3cret-value", Some()), ""); }

TEST(SecretCheck, NamesThePlaceAndNeverTheValue) {
  PreparedRun prepared = Some();
  prepared.order.command += " --token=s3cret-value";
  const std::string refusal = Refusal("s3cret-value", prepared);
  EXPECT_THAT(refusal, HasSubstr("the secret `TOKEN` stands in the command of step `train`"));
  EXPECT_THAT(refusal, HasSubstr("`$TOKEN`"));
  EXPECT_THAT(refusal, Not(HasSubstr("s3cret")));
}

TEST(SecretCheck, FindsItInParametersAndInTheSetup) {
  PreparedRun prepared = Some();
  prepared.step.params["key"] = "a s3cret-value b";
  EXPECT_THAT(Refusal("s3cret-value", prepared), HasSubstr("parameter `key`"));
  prepared = Some();
  prepared.order.setup = "pip install --token s3cret-value x";
  EXPECT_THAT(Refusal("s3cret-value", prepared), HasSubstr("the setup"));
}

TEST(SecretCheck, AShortValueCountsOnlyAsAWholeParameter) {
  EXPECT_EQ(Refusal("py", Some()), "");
  EXPECT_THAT(Refusal("0.1", Some()), HasSubstr("parameter `lr`"));
}

}  // namespace
}  // namespace curbstop
