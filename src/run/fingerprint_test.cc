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

  static Paths CodeOf(const Fingerprint& made) {
    Paths paths;
    for (const Json& file : made.content.Find("code")->items())
      paths.push_back(*file.items()[0].AsString());
    return paths;
  }
  void Remember(const Fingerprint& before) {
    const CodeBefore code{before.code, CodeOf(before), !step.code.empty()};
    ASSERT_TRUE(RememberMadeFiles(project.root, code, journal, processes).ok());
  }
  void Git(std::vector<std::string> argv) {
    argv.insert(argv.begin(), "git");
    const auto outcome = processes.Run(
        {.argv = std::move(argv), .folder = project.root, .environment = {}, .input = {}});
    ASSERT_TRUE(outcome.ok() && outcome->exit_code == 0);
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

TEST_F(FingerprintTest, WhatTheStepLeftLyingAroundIsNoCode) {
  const Fingerprint before = Make();
  Write("log.txt", "one\n");
  Write("__pycache__/train.pyc", "x");
  Remember(before);
  EXPECT_EQ(Make().id, before.id);
  Write("log.txt", "edited\n");
  EXPECT_NE(Make().id, before.id);
}

TEST_F(FingerprintTest, AFileThatEachRunWritesAnewStaysTheSteps) {
  Fingerprint before = Make();
  const std::string id = before.id;
  for (const char* text : {"one\n", "two\n", "three\n"}) {
    Write("log.txt", text);
    Remember(before);
    before = Make();
    EXPECT_EQ(before.id, id) << text;
  }
}

TEST_F(FingerprintTest, AProgramThatSomebodyWritesMeanwhileIsCode) {
  const Fingerprint before = Make();
  Write("helper.py", "def f(): pass\n");
  Remember(before);
  EXPECT_NE(Make().id, before.id);
}

TEST_F(FingerprintTest, AMarkDoesNotCountForWhatGitTracksOrCodeAsksFor) {
  Git({"init", "-q"});
  const Fingerprint before = Make();
  Write("conf/model.txt", "layers 3\n");
  Write("conf/__pycache__/x.pyc", "x");
  Remember(before);
  ASSERT_EQ(Make().id, before.id);
  step.code = {"train.py", "conf"};
  EXPECT_EQ(CodeOf(Make()), (Paths{"conf/model.txt", "train.py"}));
  step.code = {};
  Git({"add", "conf/model.txt"});
  EXPECT_EQ(CodeOf(Make()), (Paths{"conf/model.txt", "train.py"}));
}

TEST_F(FingerprintTest, WhatWasThereBeforeIsNotTakenForTheSteps) {
  Write("notes.txt", "mine\n");
  const Fingerprint before = Make();
  Remember(before);
  EXPECT_EQ(Make().id, before.id);
  EXPECT_EQ(CodeOf(Make()), (Paths{"notes.txt", "train.py"}));
}

}  // namespace
}  // namespace curbstop
