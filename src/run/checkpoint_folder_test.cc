#include "run/checkpoint_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "run/fingerprint.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using ::testing::HasSubstr;

class FreshCheckpointFolder : public testing::Test {
 protected:
  Result<int64_t> Check(const char* dir) {
    return CheckFreshCheckpointFolder(root.path(), dir, processes);
  }
  std::string ErrorOf(const char* dir) {
    const Result<int64_t> checked = Check(dir);
    return checked.ok() ? "no error" : checked.error().Text();
  }
  TemporaryFolder root;
  RealProcessRunner processes;
};

TEST_F(FreshCheckpointFolder, CountsWhatWouldBeMovedAway) {
  EXPECT_EQ(*Check("ckpt"), 0);
  root.WriteFile("ckpt/step-1/weights", "x");
  root.WriteFile("ckpt/step-2", "x");
  EXPECT_EQ(*Check("ckpt"), 2);
}

TEST_F(FreshCheckpointFolder, IsRefusedWhereItIsNoFolder) {
  root.WriteFile("train.py", "x");
  EXPECT_THAT(ErrorOf("train.py"), HasSubstr("`train.py` is no folder"));
}

TEST_F(FreshCheckpointFolder, IsRefusedWhereGitTracksAFileInIt) {
  AskGit(root.path(), {"init", "-q"}, processes);
  root.WriteFile("src/deep/train.py", "x");
  EXPECT_EQ(*Check("src"), 1);  // not tracked yet
  AskGit(root.path(), {"add", "src"}, processes);
  EXPECT_THAT(ErrorOf("src"), HasSubstr("git tracks `src/deep/train.py`"));
  EXPECT_THAT(ErrorOf("src"), HasSubstr("`src` cannot be the checkpoint folder"));
}

TEST_F(FreshCheckpointFolder, MayHaveHeldATrackedFileThatIsGone) {
  AskGit(root.path(), {"init", "-q"}, processes);
  root.WriteFile("ckpt/old", "x");
  AskGit(root.path(), {"add", "ckpt"}, processes);
  std::filesystem::remove(root / "ckpt/old");
  root.WriteFile("ckpt/step-1", "x");
  EXPECT_EQ(*Check("ckpt"), 1);
}

}  // namespace
}  // namespace curbstop
