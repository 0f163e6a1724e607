#include "cloud/accounts/accounts.h"

#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud/practice/practice_home.h"
#include "cloud/practice/practice_server.h"
#include "sys/file_store.h"
#include "sys/files.h"
#include "sys/process.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using testing::HasSubstr;
using testing::Not;

class Accounts : public testing::Test {
 protected:
  Accounts() {
    unsetenv("VAST_API_KEY");    // NOLINT(concurrency-mt-unsafe)
    unsetenv("RUNPOD_API_KEY");  // NOLINT(concurrency-mt-unsafe)
  }
  std::string KeyOf(std::string_view provider) {
    const auto account = FindAccount(provider, sources_);
    return account.ok() ? account->key.Reveal() : "none: " + account.error().Text();
  }

  TemporaryFolder folder_;
  Directories directories_{folder_ / "config", folder_ / "data", folder_ / "state",
                           folder_ / "cache"};
  RealProcessRunner processes_;
  RealFileStore files_;
  SecretStore secrets_{directories_, processes_, files_, false};
  AccountSources sources_{directories_, secrets_, folder_.path()};
};

TEST_F(Accounts, AKeyIsFoundInVariableStoreAndFileInThisOrder) {
  EXPECT_THAT(KeyOf("vast"), HasSubstr("curbstop secret set VAST_API_KEY"));
  folder_.WriteFile(".config/vastai/vast_api_key", "from-file\n");
  EXPECT_EQ(KeyOf("vast"), "from-file");
  ASSERT_TRUE(secrets_.Set("VAST_API_KEY", Secret("from-store")).ok());
  EXPECT_EQ(KeyOf("vast"), "from-store");
  setenv("VAST_API_KEY", "from-variable", 1);  // NOLINT(concurrency-mt-unsafe)
  EXPECT_EQ(KeyOf("vast"), "from-variable");
  unsetenv("VAST_API_KEY");  // NOLINT(concurrency-mt-unsafe)
}

TEST_F(Accounts, RunpodsOwnFileIsToml) {
  folder_.WriteFile(".runpod/config.toml", "apiurl = 'https://x'\napiKey = \"rpa_1\"\n");
  EXPECT_EQ(KeyOf("runpod"), "rpa_1");
}

TEST_F(Accounts, AKeyThatWouldBreakItsHeaderIsRefusedUnseen) {
  folder_.WriteFile(".vast_api_key", "abc\r\nX-Evil: 1\n");
  EXPECT_THAT(KeyOf("vast"), HasSubstr("not one word"));
  EXPECT_THAT(KeyOf("vast"), Not(HasSubstr("abc")));
}

TEST_F(Accounts, AProviderWithoutADriverIsToldSo) {
  EXPECT_THAT(KeyOf("lambda"), HasSubstr("no driver for `lambda`"));
}

TEST_F(Accounts, ThePracticeCloudCountsWhileItHasMachines) {
  EXPECT_TRUE(FindAllAccounts(sources_).accounts.empty());
  PracticeState state{.key = "k", .port = 4711};
  ASSERT_TRUE(SavePractice(PracticeHomeOf(directories_), files_, state).ok());
  EXPECT_TRUE(FindAllAccounts(sources_).accounts.empty());
  state.machines.push_back({.id = 1});
  ASSERT_TRUE(SavePractice(PracticeHomeOf(directories_), files_, state).ok());
  const std::vector<Account> accounts = FindAllAccounts(sources_).accounts;
  ASSERT_EQ(accounts.size(), 2u);
  EXPECT_EQ(accounts[0].place, "practice:runpod");
  EXPECT_EQ(accounts[0].base_url, "http://127.0.0.1:4711/v2");
  EXPECT_EQ(accounts[1].place, "practice:vast");
  EXPECT_EQ(accounts[1].base_url, "http://127.0.0.1:4711");
}

TEST_F(Accounts, WhatCannotBeReadIsNamedAndHidesNoOther) {
  const PracticeHome home = PracticeHomeOf(directories_);
  ASSERT_TRUE(MakeFolders(home.folder).ok());
  ASSERT_TRUE(files_.Write(home.State(), "{", 0600).ok());
  const FoundAccounts found = FindAllAccounts(sources_);
  ASSERT_EQ(found.unread.size(), 1u);
  EXPECT_EQ(found.unread[0].first, "practice");
  EXPECT_EQ(found.unread[0].second.kind(), ErrorKind::kCorrupt);
}

// Over real sockets: server, account, HTTP client and driver together, from offer to end.
TEST_F(Accounts, BothDriversRentAndEndOnTheServer) {
  const PracticeHome home = PracticeHomeOf(directories_);
  RealClock clock;
  RealRandom random;
  RealHttpClient http;
  PracticeState state{.key = "k", .now_ms = clock.WallMs()};
  ASSERT_TRUE(SavePractice(home, files_, state).ok());
  const auto server = PracticeServer::Start(home, files_, clock);
  ASSERT_TRUE(server.ok()) << server.error().Text();
  for (const char* name : {"vast", "runpod"}) {
    const auto provider = OpenProvider(*FindPracticeAccount(name, sources_), http, clock, random);
    const auto offers = provider->FindOffers({.gpu_memory = GiB(24)});
    ASSERT_TRUE(offers.ok()) << offers.error().Text();
    const CreateOutcome made = provider->Create({.offer = offers->front(),
                                                 .mark = {.run = "0123456789", .expires_s = 9},
                                                 .image = "i",
                                                 .disk = Bytes{10'000'000'000},
                                                 .lease = Millis(60'000),
                                                 .public_key = "ssh-ed25519 AAAA"});
    ASSERT_EQ(made.result, CreateResult::kMade) << made.why;
    EXPECT_NEAR(static_cast<double>(made.date_ms), static_cast<double>(clock.WallMs()), 2000);
    EXPECT_EQ(LoadPractice(home)->machines.back().name, "cs1-0123456789-9-0");  // kept before told
    const auto found = provider->Find(made.machine);
    ASSERT_TRUE(found.ok()) << found.error().Text();
    EXPECT_EQ(found->machines.at(0).mark->run, "0123456789");
    EXPECT_TRUE(provider->Destroy(made.machine).ok());
  }
}

}  // namespace
}  // namespace curbstop
