#include "store/git_ignore.h"

#include <gtest/gtest.h>

#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

struct GitIgnoreTest : testing::Test {
  HiddenFromGit Hide(const std::string& root = "p") {
    const auto hidden = HideFromGit(folder / root, "out", files);
    EXPECT_TRUE(hidden.ok()) << hidden.error().Text();
    return *hidden;
  }
  TemporaryFolder folder;
  RealFileStore files;
};

TEST_F(GitIgnoreTest, AddsOneLineOnce) {
  folder.WriteFile("p/.git/HEAD", "");
  folder.WriteFile("p/.gitignore", "*.pyc");
  EXPECT_EQ(Hide(), HiddenFromGit::kNow);
  EXPECT_EQ(*ReadFile(folder / "p/.gitignore"), "*.pyc\n/out\n");
  EXPECT_EQ(Hide(), HiddenFromGit::kAlready);
  EXPECT_EQ(*ReadFile(folder / "p/.gitignore"), "*.pyc\n/out\n");
}

TEST_F(GitIgnoreTest, MakesTheFileWhereThereIsNone) {
  folder.WriteFile("p/.git", "gitdir: elsewhere\n");  // a submodule or a linked work tree
  EXPECT_EQ(Hide(), HiddenFromGit::kNow);
  EXPECT_EQ(*ReadFile(folder / "p/.gitignore"), "/out\n");
}

TEST_F(GitIgnoreTest, LeavesWhatARuleHidesAlready) {
  folder.WriteFile("p/.git/info/exclude", "out/\n");
  folder.WriteFile("p/sub/x", "");
  EXPECT_EQ(Hide(), HiddenFromGit::kAlready);
  EXPECT_EQ(Hide("p/sub"), HiddenFromGit::kAlready);
  folder.WriteFile("p/.git/info/exclude", "");
  folder.WriteFile("p/.gitignore", "/sub/out\n");
  EXPECT_EQ(Hide("p/sub"), HiddenFromGit::kAlready);
  EXPECT_FALSE(Exists(folder / "p/sub/.gitignore"));
}

TEST_F(GitIgnoreTest, AProjectBelowTheTopHasTheLineInItsOwnFolder) {
  folder.WriteFile("p/.git/HEAD", "");
  folder.WriteFile("p/.gitignore", "/out\n");
  folder.WriteFile("p/sub/x", "");
  EXPECT_EQ(Hide("p/sub"), HiddenFromGit::kNow);
  EXPECT_EQ(*ReadFile(folder / "p/sub/.gitignore"), "/out\n");
}

TEST_F(GitIgnoreTest, WithoutGitNothingIsWritten) {
  folder.WriteFile("p/x", "");
  EXPECT_EQ(Hide(), HiddenFromGit::kNoGit);
  EXPECT_EQ(ListFolder(folder / "p")->size(), 1u);
}

}  // namespace
}  // namespace curbstop
