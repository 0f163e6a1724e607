#include "run/agent/step_cgroup.h"

#include <algorithm>
#include <unistd.h>

#include <gtest/gtest.h>

#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPure = "30 23 0:26 / /cg rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr std::string_view kHybrid =
    "31 30 0:28 / /cg rw - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /cg/freezer rw - cgroup cgroup rw,freezer\n"
    "33 31 0:30 / /cg/cpu rw shared:9 master:1 - cgroup cgroup rw,cpu,cpuacct\n"
    "34 31 0:31 / /cg/pids rw - cgroup cgroup rw,pids\n";

// A recorded tree with plain files where the kernel has its own.
class Tree {
 public:
  Tree(std::string_view cgroup, std::string_view mounts) {
    folder_.WriteFile("proc/self/cgroup", cgroup);
    folder_.WriteFile("proc/self/mountinfo", mounts);
  }
  fs::path AddCgroup(const std::string& place) {
    return folder_.WriteFile(place + "/cgroup.procs", "").parent_path();
  }
  std::vector<fs::path> Parents() const { return CgroupParents(folder_.path()); }
  fs::path operator/(std::string_view name) const { return folder_ / name; }

 private:
  TemporaryFolder folder_;
};

using Paths = std::vector<fs::path>;

TEST(CgroupParents, OurOwnPlaceInVersion2) {
  Tree tree("0::/user.slice/shell.scope\n", kPure);
  const fs::path own = tree.AddCgroup("cg/user.slice/shell.scope");
  EXPECT_EQ(tree.Parents(), Paths{own});
}

TEST(CgroupParents, FreezerBeforePidsInVersion1) {
  Tree tree("4:cpu,cpuacct:/\n3:freezer:/a\n2:pids:/b\n0::/\n", kHybrid);
  const fs::path freezer = tree.AddCgroup("cg/freezer/a");
  const fs::path pids = tree.AddCgroup("cg/pids/b");
  tree.AddCgroup("cg/cpu");
  EXPECT_EQ(tree.Parents(), (Paths{freezer, pids}));
}

TEST(CgroupParents, APartMountedIntoAContainerIsSeenFromThere) {
  Tree tree("0::/docker/abc/deep\n", "30 23 0:26 /docker/abc /cg rw - cgroup2 cgroup2 rw\n");
  const fs::path own = tree.AddCgroup("cg/deep");
  EXPECT_EQ(tree.Parents(), Paths{own});
}

TEST(CgroupParents, APlaceThatTheMountDoesNotShowIsNone) {
  Tree beside("0::/docker/abcd\n", "30 23 0:26 /docker/abc /cg rw - cgroup2 cgroup2 rw\n");
  beside.AddCgroup("cg");
  EXPECT_EQ(beside.Parents(), Paths{});
  Tree above("0::/../other\n", kPure);
  above.AddCgroup("other");
  EXPECT_EQ(above.Parents(), Paths{});
}

TEST(CgroupParents, ReadOnlyOnesAreNone) {
  Tree tree("0::/\n", kPure);
  EXPECT_EQ(tree.Parents(), Paths{});  // nothing there to be written
  const Tree nothing("", "");
  EXPECT_EQ(nothing.Parents(), Paths{});
}

class StepCgroupTest : public testing::Test {
 protected:
  // The kernel fills a new cgroup with its files; here they are there before.
  std::optional<StepCgroup> MakeAmongFiles() {
    folder.WriteFile("cg/step/cgroup.procs", "");
    return StepCgroup::Make({folder / "cg"}, "step", folder / "list", files);
  }

  TemporaryFolder folder;
  RealFileStore files;
};

TEST_F(StepCgroupTest, IsFoundAgainByItsList) {
  const auto made = MakeAmongFiles();
  ASSERT_TRUE(made.has_value());
  EXPECT_EQ(made->folder(), folder / "cg/step");
  const auto found = StepCgroup::Find(folder / "list");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->folder(), folder / "cg/step");
}

TEST_F(StepCgroupTest, WithoutAParentOrAListThereIsNone) {
  EXPECT_FALSE(StepCgroup::Make({}, "step", folder / "list", files).has_value());
  EXPECT_FALSE(StepCgroup::Find(folder / "list").has_value());
  fs::create_directory(folder / "cg");
  EXPECT_FALSE(StepCgroup::Make({folder / "cg"}, "step", folder / "no/list", files).has_value());
  EXPECT_FALSE(Exists(folder / "cg/step"));
}

TEST_F(StepCgroupTest, AFolderThatDoesNotBecomeACgroupIsLeftNowhere) {
  fs::create_directory(folder / "cg");
  EXPECT_FALSE(StepCgroup::Make({folder / "cg"}, "step", folder / "list", files).has_value());
  EXPECT_FALSE(Exists(folder / "cg/step"));
}

TEST_F(StepCgroupTest, ListsItsProcessesAndThoseBelowButNeverUsOrStrangers) {
  const auto cgroup = MakeAmongFiles();
  ASSERT_TRUE(cgroup.has_value());
  const std::string parent = std::to_string(getppid());
  folder.WriteFile("cg/step/cgroup.procs", std::to_string(getpid()) + "\n0\n-1\nx\n");
  folder.WriteFile("cg/step/inner/cgroup.procs", parent + "\n999999999\n");
  EXPECT_EQ(cgroup->Processes(), std::vector<int>{getppid()});
}

TEST_F(StepCgroupTest, KillAsksTheKernelWhereItCan) {
  const auto cgroup = MakeAmongFiles();
  ASSERT_TRUE(cgroup.has_value());
  cgroup->Kill();
  EXPECT_FALSE(Exists(folder / "cg/step/cgroup.kill"));
  folder.WriteFile("cg/step/cgroup.kill", "");
  cgroup->Kill();
  EXPECT_EQ(*ReadFile(folder / "cg/step/cgroup.kill"), "1");
}

}  // namespace
}  // namespace curbstop
