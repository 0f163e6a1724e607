#include "run/moves.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class MovesTest : public ::testing::Test {
 protected:
  MovesTest() {
    project_.name = "demo";
    project_.root = folder_ / "project";
    project_.data = {{"raw", "data/raw"}};
    Step prepare;
    prepare.name = "prepare";
    prepare.outputs = {"set.bin"};
    Step train;
    train.name = "train";
    train.run = "train {data.raw} {prepare.set.bin}";
    train.inputs = {"configs/*.json"};
    train.setup = "pip install .";
    project_.steps = {prepare, train};
  }

  void Write(const std::string& path, size_t bytes) {
    folder_.WriteFile("project/" + path, std::string(bytes, 'x'));
  }
  StepMoves Read() {
    Result<StepMoves> moves = ReadMoves(project_, project_.steps[1], journal_);
    EXPECT_TRUE(moves.ok()) << (moves.ok() ? "" : moves.error().Text());
    return *moves;
  }
  void AddRun(const std::string& id, const std::string& place, int64_t at_ms,
              const std::string& outputs = "[]") {
    ASSERT_TRUE(journal_.database()
                    .Execute(fmt::format(
                        "INSERT INTO runs VALUES('{}', 'demo', 'train', '/r', '{}', 'f', 'm', '', "
                        "'{{}}', {}, 0, 'succeeded', '', 1, '', 0, '', 0, 0, 0, 0, 0, '{}', "
                        "'null', '')",
                        id, place, at_ms, outputs))
                    .ok());
  }
  void AddReport(const std::string& run, int64_t seq, int64_t at_ms, const std::string& data) {
    ASSERT_TRUE(journal_.database()
                    .Execute(fmt::format("INSERT INTO events(run, seq, at_ms, awake_ms, kind, "
                                         "effect, agent_seq, data) VALUES('{}', {}, {}, 0, "
                                         "'agent_report', '', {}, '{}')",
                                         run, seq, at_ms, seq, data))
                    .ok());
  }

  TemporaryFolder folder_;
  Project project_;
  Journal journal_ = *Journal::Open(folder_ / "money.db");
};

std::map<std::string, int64_t> SizesOf(const StepMoves& moves) {
  std::map<std::string, int64_t> sizes;
  for (const MovedInput& input : moves.inputs) sizes[input.path] = input.size.value;
  return sizes;
}

TEST_F(MovesTest, InputsHaveTheSizeOfWhatLiesThere) {
  Write("data/raw/a", 100);
  Write("data/raw/deep/b", 23);
  Write("configs/one.json", 7);
  Write("configs/other.txt", 1000);
  Write("out/prepare/set.bin", 50);
  const StepMoves moves = Read();
  EXPECT_THAT(SizesOf(moves),
              ElementsAre(testing::Pair("configs/one.json", 7), testing::Pair("data/raw", 123),
                          testing::Pair("out/prepare/set.bin", 50)));
  EXPECT_THAT(moves.unknown, IsEmpty());
  EXPECT_FALSE(moves.outputs || moves.checkpoint || moves.setup);
}

TEST_F(MovesTest, CodeIsWhatGoesToARunAndNoData) {
  Write("train.py", 300);
  Write("lib/net.py", 40);
  Write("data/raw/a", 1000);
  Write("out/prepare/set.bin", 1000);
  Write("configs/one.json", 1000);  // an input of `train`
  project_.steps[1].code = {"lib/**"};
  RealProcessRunner processes;
  EXPECT_THAT(SizesOfCode(project_, processes), ElementsAre(Bytes{340}, Bytes{40}));
}

TEST_F(MovesTest, CodeThatCannotBeListedIsNotCounted) {
  project_.root = folder_ / "not there";
  RealProcessRunner processes;
  EXPECT_THAT(SizesOfCode(project_, processes), ElementsAre(Bytes{}, Bytes{}));
}

TEST_F(MovesTest, WhatIsNotThereYetIsNamed) {
  EXPECT_THAT(Read().unknown, ElementsAre("configs/*.json", "data/raw", "out/prepare/set.bin"));
}

TEST_F(MovesTest, AFolderInTheStoreIsNotWalked) {
  Write("data/raw/a", 100);
  folder_.WriteFile("project/data/raw.dvc",
                    "outs:\n- md5: 0123456789abcdef0123456789abcdef.dir\n  size: 600000000000\n"
                    "  nfiles: 2000000\n  hash: md5\n  path: raw\n");
  EXPECT_EQ(SizesOf(Read()).at("data/raw"), 600'000'000'000);
}

TEST_F(MovesTest, ABrokenDvcFileIsNoReasonNotToCount) {
  Write("data/raw/a", 100);
  folder_.WriteFile("project/data/raw.dvc", "{{{");
  EXPECT_EQ(SizesOf(Read()).at("data/raw"), 100);
}

TEST_F(MovesTest, TheLatestSuccessTellsWhatComesHome) {
  AddRun("old", "vast", 1, R"([{"path":"m","md5":"x","size":1}])");
  AddRun("new", "local", 2, R"([{"path":"m","md5":"x","size":40},{"path":"n","size":2}])");
  EXPECT_EQ(Read().outputs, Bytes{42});
}

TEST_F(MovesTest, SetupIsAsLongAsItTookAwayElseHere) {
  AddRun("home", "local", 5);
  AddReport("home", 1, 1000, R"({"kind":"setup_started"})");
  AddReport("home", 2, 4000, R"({"kind":"setup_ended","exit_code":0})");
  EXPECT_EQ(Read().setup, Millis(3000));
  AddRun("away", "vast", 2);
  AddReport("away", 1, 1000, R"({"kind":"setup_started"})");
  AddReport("away", 2, 61'000, R"({"kind":"setup_ended","exit_code":0})");
  EXPECT_EQ(Read().setup, Millis(60'000));
  project_.steps[1].setup.clear();
  EXPECT_FALSE(Read().setup);
}

TEST_F(MovesTest, LinksAreThoseMeasuredLastAtEachProvider) {
  AddRun("one", "vast", 1);
  AddReport("one", 1, 1, R"({"kind":"staged","bytes":1,"files":1,"bytes_per_s":1000})");
  AddRun("two", "vast/Alberta/1x-A10", 2);
  AddReport("two", 1, 1, R"({"kind":"staged","bytes":1,"files":1,"bytes_per_s":2000})");
  AddRun("three", "practice:vast", 3);
  AddReport("three", 1, 1, R"({"kind":"staged","bytes":1,"files":1,"bytes_per_s":3000})");
  AddRun("broken", "runpod", 4);
  AddReport("broken", 1, 1, R"({"kind":"staged","bytes_per_s":-5})");
  const auto links = ReadLinks("demo", journal_);
  ASSERT_TRUE(links.ok());
  ASSERT_EQ(links->size(), 2u);
  EXPECT_EQ(links->at("vast").bytes_per_s, 2000);
  EXPECT_TRUE(links->at("vast").is_measured);
  EXPECT_EQ(links->at("practice:vast").bytes_per_s, 3000);
  EXPECT_THAT(*ReadLinks("other", journal_), IsEmpty());
}

}  // namespace
}  // namespace curbstop
