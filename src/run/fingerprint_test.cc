#include "run/fingerprint.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

using Paths = std::vector<std::string>;

struct FingerprintTest : testing::Test {
  FingerprintTest() {
    project.name = "demo";
    project.root = folder / "project";
    Write("train.py", "print()\n");
    Write("data/a.csv", "1\n");
    step.name = "train";
    step.run = "python3 train.py";
    step.inputs = {"data"};
    project.steps = {step};
  }

  void Write(const std::string& path, const std::string& text) {
    folder.WriteFile("project/" + path, text);
  }
  Fingerprint Make() {
    const auto made = MakeFingerprint(project, step, journal, processes);
    EXPECT_TRUE(made.ok()) << made.error().Text();
    return *made;
  }
  // As it comes back from the run's folder.
  Paths ChangedSince(const Fingerprint& before) {
    const auto changed =
        ChangedSources(project.root, *ParseJson(WriteJson(before.content)), before.inputs);
    EXPECT_TRUE(changed.ok()) << changed.error().Text();
    return *changed;
  }

  TemporaryFolder folder;
  Project project;
  Step step;
  RealProcessRunner processes;
  Journal journal = *Journal::Open(folder / "money.db");
};

TEST_F(FingerprintTest, AChangeBehindALinkAmongTheInputsIsAnotherFingerprint) {
  Write("versions/1", "1\n");
  fs::create_symlink("../versions/1", project.root / "data/link");
  step.code = {"train.py"};
  const std::string before = Make().id;
  Write("versions/1", "2\n");
  EXPECT_NE(Make().id, before);
}

TEST_F(FingerprintTest, SourcesThatStayAreNoChange) {
  Write("caf\xE9.py", "not UTF-8\n");
  fs::create_symlink("train.py", project.root / "link.py");
  const Fingerprint before = Make();
  Write("new.py", "code that came later\n");
  Write("made.txt", "");
  EXPECT_EQ(ChangedSince(before), Paths());
}

TEST_F(FingerprintTest, ChangedGoneAndNewInputsAndChangedCodeAreNamed) {
  Write("gone.py", "");
  Write("data/b.csv", "");
  const Fingerprint before = Make();
  Write("train.py", "print(1)\n");
  Write("data/a.csv", "2\n");
  Write("data/c.csv", "");
  fs::remove(project.root / "gone.py");
  fs::remove(project.root / "data/b.csv");
  EXPECT_EQ(ChangedSince(before),
            (Paths{"data/a.csv", "data/b.csv", "data/c.csv", "gone.py", "train.py"}));
}

TEST_F(FingerprintTest, AnInputFolderThatIsGoneIsAChange) {
  const Fingerprint before = Make();
  fs::remove_all(project.root / "data");
  EXPECT_EQ(ChangedSince(before), Paths{"data/a.csv"});
}

}  // namespace
}  // namespace curbstop
