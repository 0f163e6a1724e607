#include "run/agent/step_leader.h"

#include <unistd.h>

#include <gtest/gtest.h>

#include "run/agent/spool.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

class LostLeaderTest : public testing::Test {
 protected:
  void Say(const Json& said) { ASSERT_TRUE(SpoolWriter::Open(events, files)->Append(said).ok()); }
  void SayStarted() {
    Json said = Json::MakeObject({{"kind", "attempt_started"}, {"pid", int64_t{getpid()}}});
    Say(NoteLeader(said, getpid()));
  }

  TemporaryFolder folder;
  RealFileStore files;
  std::filesystem::path events = folder / "agent.events";
};

TEST_F(LostLeaderTest, IsTheLastAttemptsWhoseEndNobodySaw) {
  SayStarted();
  EXPECT_EQ(LostLeader(events), IdentifySelf());
  Say(Json::MakeObject({{"kind", "attempt_ended"}}));
  EXPECT_EQ(LostLeader(events), std::nullopt);
  SayStarted();
  EXPECT_EQ(LostLeader(events), IdentifySelf());
}

TEST_F(LostLeaderTest, IsNobodyWhereAnOlderAgentSaidOnlyItsNumber) {
  Say(Json::MakeObject({{"kind", "attempt_started"}, {"pid", int64_t{getpid()}}}));
  EXPECT_EQ(LostLeader(events), std::nullopt);
}

TEST_F(LostLeaderTest, IsNobodyWhereNothingWasSaid) { EXPECT_EQ(LostLeader(events), std::nullopt); }

}  // namespace
}  // namespace curbstop
