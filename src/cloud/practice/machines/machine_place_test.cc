#include "cloud/practice/machines/machine_place.h"

#include <algorithm>

#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

// Says what it was told to, whatever is run.
class SayingRunner final : public ProcessRunner {
 public:
  explicit SayingRunner(ProcessOutcome outcome) : outcome_(std::move(outcome)) {}
  Result<ProcessOutcome> Run(const ProcessRequest&) override { return outcome_; }

 private:
  ProcessOutcome outcome_;
};

PlaceFolders FoldersIn(const std::filesystem::path& path) {
  return {.disk = path / "disk", .etc = path / "etc", .host_name = "1234"};
}

TEST(MachinePlace, TheMachineWritesToItsOwnFoldersAndNowhereElse) {
  const auto argv = BubblewrapCommand(FoldersIn("/m"), "/p", {"practice", "machine"});
  size_t bound = 0;
  for (size_t i = 0; i + 2 < argv.size(); ++i) {
    if (argv[i] != "--bind") continue;
    ++bound;
    EXPECT_TRUE(argv[i + 1].starts_with("/m/disk/")) << argv[i + 1];
    EXPECT_EQ(argv[i + 1], "/m/disk" + argv[i + 2]);
  }
  EXPECT_EQ(bound, kOwnFolders.size());
  // Closed last: nothing is put into the root afterwards.
  const auto closed = std::find(argv.begin(), argv.end(), "--remount-ro");
  ASSERT_NE(closed, argv.end());
  EXPECT_EQ(std::find(closed, argv.end(), "--bind"), argv.end());
}

TEST(MachinePlace, ItsKeyIsInNoArgumentList) {
  const auto argv = BubblewrapCommand(FoldersIn("/m"), "/p", {"a", "b"});
  EXPECT_NE(std::find(argv.begin(), argv.end(), "/proc/sys"), argv.end());
  for (const char* needed :
       {"--unshare-user", "--unshare-pid", "--as-pid-1", "--new-session", "--cap-drop"})
    EXPECT_NE(std::find(argv.begin(), argv.end(), needed), argv.end()) << needed;
  // The environment is handed on by the start, never by a list that others can read.
  EXPECT_EQ(std::find(argv.begin(), argv.end(), "--setenv"), argv.end());
  EXPECT_EQ(std::vector<std::string>(argv.end() - 3, argv.end()),
            (std::vector<std::string>{"/run/curbstop-machine", "a", "b"}));
}

TEST(MachinePlace, FoldersAreMadeOnceAndKeepWhatIsInThem) {
  const TemporaryFolder folder;
  const PlaceFolders place = FoldersIn(folder.path());
  ASSERT_TRUE(MakePlaceFolders(place).ok());
  ASSERT_TRUE(AppendQuickly(place.disk / "root/kept", "x").ok());
  ASSERT_TRUE(MakePlaceFolders(place).ok());
  EXPECT_EQ(*ReadFile(place.disk / "root/kept"), "x");
  EXPECT_EQ(*ReadFile(place.etc / "hostname"), "1234\n");
}

TEST(MachinePlace, WhereBubblewrapFailsItIsPlainAndSaysWhy) {
  const TemporaryFolder folder;
  SayingRunner refused({.exit_code = 1, .err = "bwrap: No permissions to create new namespace\n"});
  const PlaceChoice choice = ChoosePlace(refused, "/p", folder.path() / "trial");
  EXPECT_EQ(choice.kind, MachinePlaceKind::kPlain);
  EXPECT_FALSE(choice.why.empty());
  EXPECT_FALSE(Exists(folder.path() / "trial"));
  if (FindProgram("bwrap").empty()) return;
  EXPECT_NE(choice.why.find("No permissions"), choice.why.npos) << choice.why;
  SayingRunner works({.exit_code = 0});
  EXPECT_EQ(ChoosePlace(works, "/p", folder.path() / "trial").kind, MachinePlaceKind::kBubblewrap);
}

}  // namespace
}  // namespace curbstop
