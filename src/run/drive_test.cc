#include "run/drive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/files.h"
#include "sys/testing/fake_clock.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using ::testing::HasSubstr;

class SilentAudience final : public RunAudience {
 public:
  void Line(const std::string&, const std::string&) override {}
  void Live(const std::string&) override {}
  Status Approve(const std::vector<std::string>&) override { return {}; }
};

TEST(FollowRun, GivesUpASupervisorThatEndsAtOnceFiveTimesInARow) {
  const TemporaryFolder folder;
  Directories directories;
  directories.data = directories.state = directories.config = directories.cache = folder.path();
  Result<Journal> journal = Journal::Open(directories.MoneyDb());
  ASSERT_TRUE(journal.ok());
  NewRun run;
  run.id = "aaaaaaaaaa";
  run.project = run.step = "p";
  run.facts = Json::MakeObject();
  Event created;
  created.kind = EventKind::kCreated;
  created.data = Json::MakeObject();
  ASSERT_TRUE(journal->Create(run, created, {1, 2, "boot"}).ok());
  folder.WriteFile("dies", "#!/bin/sh\necho x >> \"$0.starts\"\necho why it died\nexit 8\n");
  std::filesystem::permissions(folder / "dies", std::filesystem::perms::owner_all);
  FakeClock clock;
  RealFileStore files;
  RealProcessRunner processes;
  RealRandom random;
  const RunOutside outside{directories, clock, files, processes, random, folder / "dies"};
  SilentAudience audience;

  const Result<RunRow> followed = FollowRun(run.id, *journal, outside, audience);
  ASSERT_FALSE(followed.ok());
  EXPECT_EQ(followed.error().kind(), ErrorKind::kUnavailable);
  EXPECT_THAT(followed.error().Text(), HasSubstr("ended 5 times as soon as it was started"));
  EXPECT_THAT(followed.error().Text(), HasSubstr("supervisor.log"));
}

}  // namespace
}  // namespace curbstop
