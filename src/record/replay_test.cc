#include "record/replay.h"

#include <cstring>

#include <gtest/gtest.h>

#include "base/text.h"
#include "sys/file_store.h"
#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

constexpr const char* kOwn = "0123456789abcdef0123456789abcdef";
constexpr const char* kOther = "fedcba9876543210fedcba9876543210";

// What a step did away: a named experiment, which takes its run; metrics; a further run; an
// artifact of each; and one call that the record refuses.
constexpr const char* kCalls =
    R"({"seq":1,"route":"experiments/create","body":{"name":"x"},"experiment_id":"800000000000000001","experiment_name":"x"}
{"seq":2,"route":"curbstop/move-run","body":{"run_id":"OWN","experiment_id":"800000000000000001"},"experiment_name":"x"}
{"seq":3,"route":"runs/log-metric","body":{"run_id":"OWN","key":"loss","value":0.5,"timestamp":7,"step":1}}
{"seq":4,"route":"runs/log-batch","body":{"run_id":"OWN","metrics":[{"key":"loss","value":"NaN","timestamp":8,"step":2}],"params":[{"key":"lr","value":"0.1"}],"tags":[{"key":"team","value":"a"}]}}
{"seq":5,"route":"artifacts/put","body":{"path":"800000000000000001/OWN/artifacts/notes/a.txt"},"file":"5","size":5,"experiment_name":"x"}
{"seq":6,"route":"runs/create","body":{"experiment_id":"800000000000000001","start_time":"9","tags":[{"key":"k","value":"v"}]},"run_id":"OTHER","run_name":"second","experiment_name":"x"}
{"seq":7,"route":"runs/log-parameter","body":{"run_id":"OWN","key":"lr","value":"0.2"}}
{"seq":8,"route":"artifacts/put","body":{"path":"800000000000000001/OTHER/artifacts/b.txt"},"file":"8","size":5,"experiment_name":"x"}
{"seq":9,"route":"runs/update","body":{"run_id":"OTHER","status":"FINISHED","end_time":12}}
)";

std::vector<Json> Calls() {
  std::string text = kCalls;
  for (const auto& [name, id] : {std::pair("OWN", kOwn), std::pair("OTHER", kOther)}) {
    for (size_t at; (at = text.find(name)) != text.npos;) text.replace(at, std::strlen(name), id);
  }
  std::vector<Json> calls;
  for (const std::string_view line : Lines(text)) calls.push_back(*ParseJson(line));
  return calls;
}

class ReplayTest : public testing::Test {
 protected:
  ReplayTest() : record(*Record::Open(folder / "mlflow.db", folder / "artifacts")) {
    EXPECT_TRUE(record.StartRun({.run_uuid = kOwn, .experiment = "project"}).ok());
    EXPECT_TRUE(MakeFolders(folder / "files").ok());
    for (const char* name : {"5", "8"})
      EXPECT_TRUE(RealFileStore().Write(folder / "files" / name, "bytes", 0600).ok());
  }
  Result<ReplayOutcome> Apply(const std::vector<Json>& calls) {
    return RecordReplay(record, {kOwn, "step", "m1"}).Apply(calls, folder / "files");
  }
  // Everything a reader sees, without the mark.
  std::string Seen() {
    std::string seen;
    for (const char* sql :
         {"SELECT run_uuid || '|' || name || '|' || status || '|' || experiment_id || '|' || "
          "artifact_uri FROM runs ORDER BY 1",
          "SELECT key || '|' || value || '|' || step || '|' || is_nan || run_uuid FROM metrics "
          "ORDER BY 1",
          "SELECT key || '|' || value || run_uuid FROM params ORDER BY 1",
          "SELECT key || '|' || value || run_uuid FROM tags WHERE key NOT LIKE "
          "'curbstop.record_calls.%' ORDER BY 1",
          "SELECT name || lifecycle_stage FROM experiments ORDER BY 1"}) {
      Statement statement = *record.database().Prepare(sql);
      while (*statement.Step()) seen += statement.Text(0) + "\n";
    }
    return seen;
  }
  TemporaryFolder folder;
  Record record;
};

TEST_F(ReplayTest, CallsComeIntoTheRecordAsTheyWereMade) {
  const Result<ReplayOutcome> outcome = Apply(Calls());
  ASSERT_TRUE(outcome.ok()) << outcome.error().Text();
  EXPECT_EQ(outcome->applied, 9);
  EXPECT_EQ(outcome->refused, 1);
  EXPECT_TRUE(outcome->refusals[0].starts_with("call 7: Changing param values is not allowed"));
  const Json own = *record.RunAsJson(kOwn);
  const Json other = *record.RunAsJson(kOther);
  EXPECT_EQ(own.StringOr("experiment_id", "a"), other.StringOr("experiment_id", "b"));
  EXPECT_EQ(own.Find("params")->StringOr("lr", ""), "0.1");
  EXPECT_EQ(other.StringOr("status", ""), "FINISHED");
  EXPECT_EQ(other.Find("tags")->StringOr("curbstop.step_id", ""), "step");
  const auto at = [&](const Json& run, const char* name) {
    const std::string uri = run.StringOr("artifact_uri", "");
    return ReadFile(folder / "artifacts" / uri.substr(uri.find(":/") + 2) / name);
  };
  EXPECT_EQ(*at(own, "notes/a.txt"), "bytes");
  EXPECT_EQ(*at(other, "b.txt"), "bytes");
}

TEST_F(ReplayTest, AnyPartsAnyNumberOfTimesMakeTheSameRecord) {
  ASSERT_TRUE(Apply(Calls()).ok());
  const std::string whole = Seen();
  const std::vector<Json> calls = Calls();
  for (size_t cut = 0; cut <= calls.size(); ++cut) {
    TemporaryFolder other;
    record = *Record::Open(other / "mlflow.db", other / "artifacts");
    ASSERT_TRUE(record.StartRun({.run_uuid = kOwn, .experiment = "project"}).ok());
    const auto middle = calls.begin() + static_cast<std::ptrdiff_t>(cut);
    ASSERT_TRUE(Apply({calls.begin(), middle}).ok());
    ASSERT_TRUE(Apply(calls).ok());
    ASSERT_EQ(Apply(calls)->applied, 9);
    EXPECT_EQ(Seen(), whole) << "cut after " << cut;
    record = *Record::Open(folder / "mlflow.db", folder / "artifacts");
  }
}

TEST_F(ReplayTest, AMissingCallOrFileStopsItAndTheRestComesLater) {
  std::vector<Json> calls = Calls();
  const std::vector<Json> gap = {calls[0], calls[2]};
  EXPECT_EQ(Apply(gap).error().kind(), ErrorKind::kConflict);
  std::filesystem::remove(folder / "files" / "5");
  EXPECT_EQ(Apply(calls).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(*RecordReplay(record, {kOwn, "step", "m1"}).Applied(), 4);
  ASSERT_TRUE(RealFileStore().Write(folder / "files" / "5", "bytes", 0600).ok());
  EXPECT_EQ(Apply(calls)->applied, 9);
}

TEST_F(ReplayTest, EachMachineCountsItsOwn) {
  ASSERT_TRUE(Apply({Calls()[0]}).ok());
  EXPECT_EQ(*RecordReplay(record, {kOwn, "step", "m2"}).Applied(), 0);
  EXPECT_EQ(*RecordReplay(record, {kOwn, "step", "m1"}).Applied(), 1);
}

TEST_F(ReplayTest, AHostileLineStaysInItsPlace) {
  const auto one = [&](const std::string& text) {
    const Result<int64_t> applied = RecordReplay(record, {kOwn, "step", "m1"}).Applied();
    Json call = *ParseJson(text);
    call.Set("seq", *applied + 1);
    const Result<ReplayOutcome> outcome = Apply({call});
    return outcome.ok() ? outcome->refused : int64_t{-1};
  };
  EXPECT_EQ(one(R"({"route":"artifacts/put","body":{"path":"../../x"},"file":"5"})"), 1);
  EXPECT_EQ(one(R"({"route":"artifacts/put","body":{"path":"1/a/artifacts/x"},"file":"../8"})"),
            -1);
  EXPECT_EQ(one(R"({"route":"runs/search","body":{}})"), 1);
  EXPECT_EQ(one(R"({"route":"runs/create","body":{},"run_id":"../../../x"})"), 1);
  ASSERT_TRUE(record.StartRun({.run_uuid = kOther, .experiment = "of somebody else"}).ok());
  const std::string other(kOther);
  EXPECT_EQ(one(R"({"route":"runs/delete","body":{"run_id":")" + other + "\"}}"), 1);
  EXPECT_EQ(one(R"({"route":"artifacts/put","body":{"path":"1/)" + other +
                R"(/artifacts/x"},"file":"5"})"),
            1);
  EXPECT_EQ(one(R"({"route":"experiments/delete","body":{"experiment_id":"1"}})"), 1);
  EXPECT_EQ(record.RunAsJson(kOther)->StringOr("status", ""), "RUNNING");
  EXPECT_EQ(one(R"({"route":7,"body":[]})"), 1);
  EXPECT_FALSE(Exists(folder / "x"));
}

TEST_F(ReplayTest, WhatGoesAwayHasTheRunAndTheExperiments) {
  const Json away = *RecordForAway(record, kOwn, "step");
  EXPECT_EQ(away.Find("run")->Find("info")->StringOr("run_id", ""), kOwn);
  EXPECT_EQ(away.Find("experiments")->items().size(), 2u);
  EXPECT_EQ(away.Find("experiments")->items()[0].StringOr("name", ""), "project");
  EXPECT_FALSE(RecordForAway(record, kOther, "step").ok());
}

}  // namespace
}  // namespace curbstop
