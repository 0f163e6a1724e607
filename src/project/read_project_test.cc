#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "project/project.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Project Read(std::string_view text) {
  Result<Project> project = ReadProject("/home/me/triage/curbstop.yaml", text);
  EXPECT_TRUE(project.ok()) << (project.ok() ? "" : project.error().Text());
  return project.ok() ? *std::move(project) : Project{};
}

// The error without the folder, hint included.
std::string ErrorOf(std::string_view text) {
  const Result<Project> project = ReadProject("/p/curbstop.yaml", text);
  if (project.ok()) return "no error";
  EXPECT_EQ(project.error().kind(), ErrorKind::kInvalidInput);
  return project.error().Text().substr(3);
}

std::vector<std::string> NamesOf(const Project& project) {
  std::vector<std::string> names;
  for (const Step& step : project.steps) names.push_back(step.name);
  return names;
}

TEST(ReadProject, OneRunLineIsAStepNamedMain) {
  const Project project = Read("run: python train.py\n");
  ASSERT_THAT(NamesOf(project), ElementsAre("main"));
  EXPECT_EQ(project.steps[0].run, "python train.py");
  EXPECT_EQ(project.name, "triage");
  EXPECT_EQ(project.root, "/home/me/triage");
  EXPECT_EQ(project.file, "/home/me/triage/curbstop.yaml");
}

TEST(ReadProject, AFileWithoutStepsTakesAStepsKeysAtTheTop) {
  const Project project =
      Read("name: x\nrun: echo {lr} > {out}/a\nparams: {lr: 1e-4}\nbudget: {cap: 1 USD}\n");
  EXPECT_EQ(project.name, "x");
  EXPECT_EQ(project.steps.at(0).params.at("lr"), "1e-4");
  EXPECT_EQ(project.steps.at(0).mark.line, 2);
  EXPECT_EQ(project.budget.cap, MicroUsd(1'000'000));
}

TEST(ReadProject, ReadsEveryKeyThatWorksNow) {
  const Project project = Read(R"(
name: triage
budget: {cap: 40 USD, per: month, run: 5 USD, day: 0 USD, include: energy}
secrets: [HF_TOKEN]
data:
  calls: {from: data/calls/*.csv}
  more: data/more.csv
steps:
  train:
    setup: pip install -r requirements.txt
    run: python train.py --data {data.calls} --out {out} --lr {lr}
    params: {lr: 1e-4, deep: true}
    needs: {gpu: 10GB.., memory: 16GB.., disk: 20GB, cpus: 4, time: 20 min, arch: amd64}
    checkpoint: {dir: ckpt/, every: 5 min}
    inputs: conf/*.toml
    code: ["*.py", src/**]
    env: requirements.txt
    outputs: [model/, ./scores.csv]
    metrics: metrics.json
    where: ssh:box
    deadline: 12 h
    at_end: destroy
    retries: 3
    deterministic: true
    spot: never
  eval: {run: "python eval.py {train.model}", after: train, where: local}
)");
  ASSERT_EQ(project.steps.size(), 2);
  const Step& train = project.steps[0];
  EXPECT_EQ(project.budget.cap, MicroUsd(40'000'000));
  EXPECT_EQ(project.budget.run, MicroUsd(5'000'000));
  EXPECT_EQ(project.budget.day, MicroUsd(0));
  EXPECT_EQ(project.budget.marks.file, "curbstop.yaml");
  EXPECT_EQ(project.budget.marks.run, 3);
  EXPECT_TRUE(project.budget.include_energy);
  EXPECT_THAT(project.secrets, ElementsAre("HF_TOKEN"));
  EXPECT_EQ(project.data.at(0).from, "data/calls/*.csv");
  EXPECT_EQ(project.data.at(1).from, "data/more.csv");
  EXPECT_EQ(train.mark.line, 9);
  EXPECT_EQ(train.mark.column, 3);
  EXPECT_EQ(train.params.at("deep"), "true");
  EXPECT_EQ(train.needs.gpu->memory, Bytes{10'000'000'000});
  EXPECT_EQ(train.needs.memory, Bytes{16'000'000'000});
  EXPECT_EQ(train.needs.disk, Bytes{20'000'000'000});
  EXPECT_EQ(train.needs.cpus, 4);
  EXPECT_EQ(train.needs.time, Millis(20 * 60 * 1000));
  EXPECT_EQ(train.needs.arch, "x86_64");
  EXPECT_EQ(train.checkpoint->dir, "ckpt");
  EXPECT_EQ(train.checkpoint->every, Millis(300'000));
  EXPECT_THAT(train.inputs, ElementsAre("conf/*.toml"));
  EXPECT_THAT(train.code, ElementsAre("*.py", "src/**"));
  EXPECT_THAT(train.env, ElementsAre("requirements.txt"));
  EXPECT_THAT(train.outputs, ElementsAre("model/", "scores.csv"));
  EXPECT_EQ(train.metrics, "metrics.json");
  EXPECT_EQ(train.where.host, "box");
  EXPECT_EQ(train.deadline, Millis(12 * 3'600'000));
  EXPECT_EQ(train.at_end, AtEnd::kDestroy);
  EXPECT_EQ(train.Retries(), 3);
  EXPECT_TRUE(train.deterministic);
  EXPECT_EQ(train.spot, SpotUse::kNever);
  EXPECT_THAT(project.steps[1].after, ElementsAre("train"));
}

TEST(ReadProject, ACheckpointFolderAloneIsEnoughAndGivesTwoRetries) {
  const Step step = Read("run: x\ncheckpoint: ckpt\n").steps.at(0);
  EXPECT_EQ(step.checkpoint->dir, "ckpt");
  EXPECT_FALSE(step.checkpoint->every.has_value());
  EXPECT_EQ(step.Retries(), 2);
  EXPECT_EQ(Read("run: x").steps.at(0).Retries(), 0);
}

TEST(ReadProject, GpusAreWrittenAsMemoryNameOrCount) {
  const auto gpu = [](const std::string& text) {
    return *Read("run: x\nneeds: {gpu: " + text + "}\n").steps.at(0).needs.gpu;
  };
  EXPECT_EQ(gpu("2 x RTX-3080").count, 2);
  EXPECT_EQ(gpu("2 x RTX-3080").name, "RTX-3080");
  EXPECT_EQ(gpu("2x24GB..").count, 2);
  EXPECT_EQ(gpu("2x24GB..").memory, Bytes{24'000'000'000});
  EXPECT_EQ(gpu("RTX 4090 20GiB..").name, "RTX 4090");
  EXPECT_EQ(gpu("RTX 4090 20GiB..").memory, GiB(20));
  EXPECT_EQ(gpu("4").count, 4);
  EXPECT_EQ(gpu("A100").name, "A100");
  EXPECT_EQ(gpu("10 GB..").memory, Bytes{10'000'000'000});
}

TEST(ReadProject, StepsStandAfterThoseTheyNeedAndElseAsWritten) {
  const Project project = Read(R"(
steps:
  report: {run: "cat {eval.scores} {train.model}"}
  eval: {run: "eval {train.model}", outputs: scores.json}
  other: {run: echo}
  train: {run: train, outputs: model/}
)");
  EXPECT_THAT(NamesOf(project), ElementsAre("other", "train", "eval", "report"));
  EXPECT_THAT(project.FindStep("report")->after, ElementsAre("eval", "train"));
}

TEST(ReadProject, TheFoldersNameIsMadeAProjectsName) {
  const auto name = [](const char* file) { return ReadProject(file, "run: x")->name; };
  EXPECT_EQ(name("/tmp/My Project (2)/curbstop.yaml"), "My-Project-2");
  EXPECT_EQ(name("/curbstop.yaml"), "project");
  EXPECT_EQ(name("/tmp/\xC3\xA9t\xC3\xA9/curbstop.yaml"), "t");
}

TEST(ReadProject, ACycleIsPrinted) {
  EXPECT_THAT(
      ErrorOf(
          "steps:\n  a: {run: x, after: c}\n  b: {run: x, after: a}\n  c: {run: x, after: b}\n"),
      StartsWith("curbstop.yaml:2:22: steps wait for each other: a → c → b → a\n"));
}

TEST(ReadProject, AReferenceIsPlacedInsideTheCommand) {
  EXPECT_THAT(ErrorOf("run: echo {lr}\n"),
              StartsWith("curbstop.yaml:1:11: nothing is known as `{lr}`"));
  EXPECT_THAT(ErrorOf("run: |\n  echo\n    {lr}\n"), StartsWith("curbstop.yaml:3:5: nothing"));
  EXPECT_THAT(ErrorOf("run: 'é {lr}'\n"), StartsWith("curbstop.yaml:1:9: nothing"));
}

TEST(LoadProject, FindsTheFileInTheNearestParent) {
  const TemporaryFolder folder;
  folder.WriteFile("curbstop.yaml", "run: x\n");
  folder.WriteFile("a/b/c.txt", "");
  const Result<Project> project = LoadProject(folder / "a/b");
  ASSERT_TRUE(project.ok());
  EXPECT_EQ(project->root, folder.path());
}

TEST(LoadProject, ReadsAFileOfAnyName) {
  const TemporaryFolder folder;
  const auto file = folder.WriteFile("other.yaml", "run: x\n");
  EXPECT_EQ(LoadProject(file)->file, file);
}

TEST(LoadProject, NoFileIsNotFoundWithTheWayOut) {
  const TemporaryFolder folder;
  const Result<Project> project = LoadProject(folder.path());
  ASSERT_FALSE(project.ok());
  EXPECT_EQ(project.error().kind(), ErrorKind::kNotFound);
  EXPECT_THAT(project.error().hint(), HasSubstr("curbstop init"));
}

}  // namespace
}  // namespace curbstop
