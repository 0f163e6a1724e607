#include "sys/secrets.h"

#include <filesystem>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/files.h"
#include "sys/testing/fake_file_store.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// `secret-tool` as its manual page describes it: values by stdin, attributes as pairs.
class FakeKeyring final : public ProcessRunner {
 public:
  Result<ProcessOutcome> Run(const ProcessRequest& request) override {
    for (const std::string& word : request.argv) seen_arguments += word + "\n";
    ProcessOutcome outcome;
    const std::string& name = request.argv.back();
    const std::string& verb = request.argv.at(1);
    const bool is_lookup = verb != "store" && verb != "clear";
    if (broken || (is_lookup && !values.contains(name))) {
      outcome.exit_code = 1;
    } else if (verb == "store") {
      values[name] = request.input;
    } else if (verb == "clear") {
      values.erase(name);
    } else {
      outcome.out = values[name];
    }
    return outcome;
  }

  std::map<std::string, std::string> values;
  std::string seen_arguments;
  bool broken = false;
};

class Secrets : public ::testing::Test {
 protected:
  SecretStore Store(bool keyring) { return {directories_, keyring_, files_, keyring}; }
  std::string FileText() { return *ReadFile(directories_.Credentials()); }

  TemporaryFolder folder_;
  Directories directories_{.config = folder_ / "config",
                           .data = folder_ / "data",
                           .state = folder_ / "state",
                           .cache = folder_ / "cache"};
  FakeKeyring keyring_;
  FakeFileStore files_;
};

TEST_F(Secrets, LieInAPrivateFileWhereNoKeyringIs) {
  SecretStore store = Store(false);
  EXPECT_EQ(*store.Set("HF_TOKEN", Secret("hf_x\n\"y\"")), SecretHome::kFile);
  EXPECT_EQ(store.Get("HF_TOKEN")->Reveal(), "hf_x\n\"y\"");
  const auto mode = std::filesystem::status(directories_.Credentials()).permissions();
  EXPECT_EQ(mode, std::filesystem::perms(0600));
}

TEST_F(Secrets, LieInTheKeyringAndOnlyTheirNamesInTheFile) {
  SecretStore store = Store(true);
  EXPECT_EQ(*store.Set("HF_TOKEN", Secret("hf_x")), SecretHome::kKeyring);
  EXPECT_EQ(store.Get("HF_TOKEN")->Reveal(), "hf_x");
  EXPECT_THAT(FileText(), Not(HasSubstr("hf_x")));
  EXPECT_THAT(keyring_.seen_arguments, Not(HasSubstr("hf_x")));
}

TEST_F(Secrets, GoToTheFileWhenTheKeyringDoesNotAnswer) {
  keyring_.broken = true;
  SecretStore store = Store(true);
  EXPECT_EQ(*store.Set("HF_TOKEN", Secret("hf_x")), SecretHome::kFile);
  EXPECT_EQ(store.Get("HF_TOKEN")->Reveal(), "hf_x");
}

TEST_F(Secrets, InAKeyringOutOfReachSayHowToGoOn) {
  ASSERT_TRUE(Store(true).Set("HF_TOKEN", Secret("hf_x")).ok());
  const Result<Secret> value = Store(false).Get("HF_TOKEN");
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(value.error().hint(), HasSubstr("secret set HF_TOKEN"));
}

TEST_F(Secrets, AreListedByNameAndRemoved) {
  SecretStore store = Store(true);
  ASSERT_TRUE(store.Set("B", Secret("1")).ok());
  ASSERT_TRUE(Store(false).Set("A", Secret("2")).ok());
  const auto list = *store.List();
  ASSERT_EQ(list.size(), 2);
  EXPECT_EQ(list[0].name, "A");
  EXPECT_EQ(list[0].home, SecretHome::kFile);
  EXPECT_EQ(list[1].home, SecretHome::kKeyring);
  ASSERT_TRUE(store.Remove("A").ok());
  ASSERT_TRUE(store.Remove("B").ok());
  EXPECT_TRUE(store.List()->empty());
  EXPECT_TRUE(keyring_.values.empty());
}

TEST_F(Secrets, AMissingOneSaysHowToSetIt) {
  ASSERT_TRUE(Store(false).Set("HF_TOKEN", Secret("x")).ok());
  const Result<Secret> value = Store(false).Get("HF_TOKN");
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(value.error().message(), HasSubstr("did you mean `HF_TOKEN`?"));
  EXPECT_EQ(Store(false).Remove("NOPE").error().kind(), ErrorKind::kNotFound);
}

TEST_F(Secrets, AFileThatOthersCanReadIsRefused) {
  ASSERT_TRUE(Store(false).Set("A", Secret("x")).ok());
  std::filesystem::permissions(directories_.Credentials(), std::filesystem::perms(0640));
  EXPECT_EQ(Store(false).Get("A").error().kind(), ErrorKind::kDenied);
  EXPECT_EQ(Store(false).Set("A", Secret("y")).error().kind(), ErrorKind::kDenied);
  EXPECT_THAT(Store(false).List().error().hint(), HasSubstr("chmod 600"));
}

TEST_F(Secrets, ABrokenFileIsRefusedWithoutShowingIt) {
  for (const char* text : {"{\"version\":1,\"secrets\":{\"A\":{\"value\":\"hf_x\"", "hf_x", "[]",
                           "{\"version\":2,\"secrets\":{}}", "{\"version\":1,\"secrets\":[]}"}) {
    ASSERT_TRUE(MakeFolders(directories_.config).ok());
    ASSERT_TRUE(files_.Write(directories_.Credentials(), text, 0600).ok());
    const Result<Secret> value = Store(false).Get("A");
    ASSERT_FALSE(value.ok()) << text;
    EXPECT_EQ(value.error().kind(), ErrorKind::kCorrupt) << text;
    EXPECT_THAT(value.error().Text(), Not(HasSubstr("hf_x")));
  }
}

TEST_F(Secrets, AFullDiskLeavesWhatWasThere) {
  ASSERT_TRUE(Store(false).Set("A", Secret("x")).ok());
  files_.FailAt(1);
  EXPECT_FALSE(Store(false).Set("A", Secret("y")).ok());
  files_.FailAt(0);
  EXPECT_EQ(Store(false).Get("A")->Reveal(), "x");
}

TEST_F(Secrets, NamesAndValuesThatNoVariableCanHoldAreRefused) {
  for (const char* name : {"", "hf", "1A", "A-B", "A B", "A=B", "CURBSTOP_OUT", "CURBSTOP_X",
                           "PATH", "MLFLOW_TRACKING_TOKEN", "\xff", "A\nB"}) {
    EXPECT_EQ(Store(false).Set(name, Secret("x")).error().kind(), ErrorKind::kInvalidInput) << name;
  }
  EXPECT_FALSE(Store(false).Set("A", Secret("")).ok());
  EXPECT_FALSE(Store(false).Set("A", Secret(std::string("a\0b", 3))).ok());
  EXPECT_FALSE(Exists(directories_.Credentials()));
}

}  // namespace
}  // namespace curbstop
