#include "project/yaml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/text.h"
#include "project/project.h"
#include "project/schema.h"
#include "project/settings.h"
#include "project/template.h"
#include "sys/testing/fuzz_corpus.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using ::testing::HasSubstr;

Node Parse(std::string_view text) {
  Result<Node> node = ParseYaml(text, NodeSource{"f"});
  EXPECT_TRUE(node.ok()) << (node.ok() ? "" : node.error().Text());
  return node.ok() ? *std::move(node) : Node{};
}

std::string ErrorOf(std::string_view text) {
  const Result<Node> node = ParseYaml(text, NodeSource{"f"});
  return node.ok() ? "no error" : node.error().message();
}

std::string Repeat(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) repeated += text;
  return repeated;
}

TEST(Yaml, KeepsTextAndPlaces) {
  const Node root = Parse("# c\na: 0x1F\nb:\n  - ~\n  - '~'\n  - é: yes\n");
  EXPECT_EQ(root.Find("a")->text, "0x1F");
  const Node& list = *root.Find("b");
  EXPECT_TRUE(list.items.at(0).IsNull());
  EXPECT_EQ(list.items.at(1).text, "~");
  EXPECT_TRUE(list.items.at(1).quoted);
  const Node& value = *list.items.at(2).Find("é");
  EXPECT_EQ(value.text, "yes");
  EXPECT_EQ(value.line, 6);
  EXPECT_EQ(value.column, 8);  // in letters, not bytes
}

TEST(Yaml, TakesWindowsLinesAndAByteOrderMark) {
  const Node root = Parse(
      "\xEF\xBB\xBF"
      "a: b\r\nc: |\r\n  d\r\n");
  EXPECT_EQ(root.Find("a")->text, "b");
  EXPECT_EQ(root.Find("c")->text, "d\n");
  EXPECT_EQ(root.Find("c")->block_column, 3);
}

TEST(Yaml, RefusesANulInAnyScalarWithItsPlace) {
  for (const char* text :
       {"a:\n  b: \"x\\0y\"\n", "a:\n  \"b\\x00\": c\n", "a:\n  - \"\\u0000\"\n"}) {
    EXPECT_THAT(ErrorOf(text), HasSubstr("a NUL character (`\\0`) in a value")) << text;
    EXPECT_THAT(ErrorOf(text), HasSubstr("f:2:")) << text;
  }
}

TEST(Yaml, AnAliasIsACopyAtItsOwnPlace) {
  const Node root = Parse("a: &x {k: v}\nb: *x\n");
  EXPECT_EQ(root.Find("b")->Find("k")->text, "v");
  EXPECT_EQ(root.Find("b")->line, 2);
}

TEST(Yaml, BombsAreRefusedWithTheirPlace) {
  std::string laughs = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c < 'k'; ++c) {
    const std::string before = std::string("*") + static_cast<char>(c - 1);
    laughs += std::string(1, c) + ": &" + c + " [" + before + Repeat(", " + before, 8) + "]\n";
  }
  // 9^5 values are there in line 5.
  EXPECT_THAT(ErrorOf(laughs), HasSubstr("f:5:"));
  EXPECT_THAT(ErrorOf(laughs), HasSubstr("too large"));
  EXPECT_THAT(ErrorOf("a: " + Repeat("[", 65) + Repeat("]", 65)),
              HasSubstr("nested more than 64 levels"));
  EXPECT_THAT(ErrorOf("a: " + Repeat("[", 200'000)), HasSubstr("nested more than 64 levels"));
  EXPECT_THAT(ErrorOf("a: &a " + Repeat("[", 40) + Repeat("]", 40) + "\nb: " + Repeat("[", 40) +
                      "*a" + Repeat("]", 40)),
              HasSubstr("f:2:44: nested more than 64 levels"));
  EXPECT_THAT(ErrorOf("a: &a [*a]\n"), HasSubstr("f:1:8: an alias inside its own anchor"));
  EXPECT_THAT(ErrorOf(Repeat("x", 1 << 20) + "\n"), HasSubstr("f:1:1: the file has 1048577 bytes"));
  EXPECT_THAT(ErrorOf("a: [" + Repeat("x,", 100'000) + "]"), HasSubstr("too large"));
}

TEST(Yaml, ControlBytesAreRefusedWithTheirPlace) {
  EXPECT_THAT(ErrorOf(std::string("a: b\nc: \0d", 10)), HasSubstr("f:2:4:"));
  EXPECT_THAT(ErrorOf("a: \x1b[0m"), HasSubstr("f:1:4:"));
  EXPECT_THAT(ErrorOf("\xff\xfe"
                      "a"),
              HasSubstr("f:1:1:"));
}

TEST(Yaml, OrdinaryNestingAndSizeAreFine) {
  EXPECT_EQ(Parse("a: " + Repeat("[", 60) + Repeat("]", 60)).entries.size(), 1);
  EXPECT_EQ(Parse("a: [" + Repeat("x,", 1'000) + "]").Find("a")->items.size(), 1'000);
}

// What the fuzzer has found or started from.
TEST(ProjectFuzz, TheCorpusPassesAgain) {
  EXPECT_GE(ReplayFuzzCorpus(CURBSTOP_SOURCE_DIR, "project"), 60);
}

TEST(Settings, AreDefaultsWithoutAFile) {
  const TemporaryFolder folder;
  const Settings settings = *LoadSettings(folder / "none.yaml");
  EXPECT_EQ(settings.electricity_per_kwh, MicroUsd(180'000));
  EXPECT_TRUE(settings.electricity_assumed);
  EXPECT_EQ(ListSettings(folder / "none.yaml")->at(0).origin, "default");
}

TEST(Settings, SayWhereTheyComeFrom) {
  const TemporaryFolder folder;
  const auto file = folder.WriteFile("settings.yaml", "electricity:\n  price: 0.315 USD\n");
  EXPECT_EQ(LoadSettings(file)->electricity_per_kwh, MicroUsd(315'000));
  EXPECT_FALSE(LoadSettings(file)->electricity_assumed);
  const SettingRow row = ListSettings(file)->at(0);
  EXPECT_EQ(row.value, "0.315 USD");
  EXPECT_EQ(row.origin, file.string() + ":2:10");
}

TEST(Settings, MistakesHaveTheirPlace) {
  const TemporaryFolder folder;
  const auto file = folder.WriteFile("settings.yaml", "electricity: {prize: 1}\n");
  EXPECT_EQ(LoadSettings(file).error().message(),
            file.string() + ":1:15: unknown key `prize` (did you mean `price`?)");
}

TEST(Template, WorksAsItIsAndWithAnyCommand) {
  for (const char* command :
       {"", "python3 train.py --out {out}", "echo a: b # c", "a\nb\n", "'q' \"d\" \\", "~", "- x",
        "{out}/x", " x ", "é", "true", "| x", "a\tb"}) {
    const Result<std::string> text = ProjectTemplate(command);
    ASSERT_TRUE(text.ok()) << command << text.error().Text();
    const Result<Project> project = ReadProject("/p/curbstop.yaml", *text);
    ASSERT_TRUE(project.ok());
    if (*command != '\0') {
      EXPECT_EQ(project->steps.at(0).run, command);
    }
  }
}

TEST(Template, RefusesACommandThatCannotWork) {
  EXPECT_FALSE(ProjectTemplate("echo {lr}").ok());
  EXPECT_FALSE(ProjectTemplate("\xff").ok());
  EXPECT_FALSE(ProjectTemplate("  ").ok());
}

// Each commented key is good as soon as its `#` is taken away.
TEST(Template, EveryCommentedKeyWorks) {
  const std::string text = *ProjectTemplate("");
  int keys = 0;
  for (const std::string_view line : Lines(text)) {
    if (!line.starts_with('#') || line.starts_with("# ") || line.starts_with("#  ") ||
        line == "#steps:")
      continue;
    const std::string file = "run: x\n" + std::string(line.substr(1)) + "\n";
    const Result<Project> project = ReadProject("/p/curbstop.yaml", file);
    EXPECT_TRUE(project.ok()) << file << (project.ok() ? "" : project.error().Text());
    ++keys;
  }
  EXPECT_EQ(keys, 11);
  std::string steps;
  for (const std::string_view line : Lines(std::string_view(text).substr(text.find("#steps:")))) {
    steps += std::string(line.substr(1)) + "\n";
  }
  const Result<Project> project = ReadProject("/p/curbstop.yaml", steps);
  EXPECT_TRUE(project.ok()) << steps << (project.ok() ? "" : project.error().Text());
}

TEST(Schema, HasEveryKeyOfAStepAndNoneThatIsNotBuilt) {
  const Json schema = ProjectSchema();
  const Json& properties = *schema.Find("properties");
  for (const char* key : {"name", "run", "steps", "checkpoint", "spot", "model", "method"})
    EXPECT_NE(properties.Find(key), nullptr) << key;
  for (const char* key : {"deploy", "notify", "data_policy"})
    EXPECT_EQ(properties.Find(key), nullptr) << key;
  EXPECT_EQ(properties.Find("at_end")->StringOr("default", ""), "save");
  EXPECT_FALSE(properties.Find("run")->StringOr("description", "").empty());
}

}  // namespace
}  // namespace curbstop
