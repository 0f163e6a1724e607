#include "run/agent/away_record.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

constexpr const char* kStart = R"({
  "step_id": "r0-train",
  "experiments": [{"experiment_id": "0", "name": "Default", "artifact_location": "mlflow-artifacts:/0"},
                  {"experiment_id": "3", "name": "triage", "artifact_location": "mlflow-artifacts:/3"}],
  "run": {"info": {"run_id": "own", "run_uuid": "own", "experiment_id": "3", "run_name": "train",
                   "status": "RUNNING", "start_time": 1, "lifecycle_stage": "active",
                   "artifact_uri": "mlflow-artifacts:/3/own/artifacts"},
          "data": {"params": [{"key": "lr", "value": "0.1"}, {"key": "depth", "value": "3"}],
                   "tags": [{"key": "curbstop.param.lr", "value": "0.1"}]}}})";

class AwayRecordTest : public testing::Test {
 protected:
  // As the endpoint does it.
  Result<Json> Call(const std::string& route, const std::string& body) {
    const Json message = *ParseJson(body);
    TRY_ASSIGN(const Json line, record.Prepare(route, message, random, 1000));
    if (!line.IsNull()) lines.push_back(line), record.Apply(line);
    TRY_ASSIGN(const Json answer, record.Answer(route, message, line));
    record.Notice(route, message, answer);
    return answer;
  }
  Json Data(const std::string& run) {
    return *Call("runs/get", R"({"run_id":")" + run + "\"}")->Find("run")->Find("data");
  }
  std::string Refusal(const std::string& route, const std::string& body) {
    const Result<Json> answer = Call(route, body);
    return answer.ok() ? "accepted" : answer.error().message();
  }
  RealRandom random;
  AwayRecord record{*ParseJson(kStart)};
  std::vector<Json> lines;
};

TEST_F(AwayRecordTest, TheLatestMetricIsTheGreatestStepThenTimeThenValue) {
  for (const char* metric :
       {R"({"run_id":"own","key":"loss","value":0.5,"timestamp":9,"step":2})",
        R"({"run_id":"own","key":"loss","value":0.9,"timestamp":99,"step":1})",
        R"({"run_id":"own","key":"loss","value":0.4,"timestamp":9,"step":2})"}) {
    ASSERT_TRUE(Call("runs/log-metric", metric).ok());
  }
  EXPECT_EQ(Data("own").Find("metrics")->items()[0].Find("value")->AsDouble(), 0.5);
  EXPECT_EQ(lines.size(), 3u);
}

TEST_F(AwayRecordTest, ParamsAreWrittenOnceButForOnesThatCurbstopGave) {
  EXPECT_TRUE(Call("runs/log-parameter", R"({"run_id":"own","key":"lr","value":"0.2"})").ok());
  EXPECT_TRUE(Call("runs/log-parameter", R"({"run_id":"own","key":"depth","value":"3"})").ok());
  EXPECT_TRUE(Refusal("runs/log-parameter", R"({"run_id":"own","key":"depth","value":"4"})")
                  .starts_with("Changing param values is not allowed."));
  EXPECT_TRUE(Refusal("runs/log-parameter", R"({"run_id":"own","key":"lr","value":"0.3"})")
                  .starts_with("Changing param values is not allowed."));
}

TEST_F(AwayRecordTest, ABatchIsTakenWholeOrNotAtAll) {
  EXPECT_NE(Refusal("runs/log-batch",
                    R"({"run_id":"own","metrics":[{"key":"a","value":1,"timestamp":1}],
                        "params":[{"key":"p","value":"1"},{"key":"p","value":"1"}]})"),
            "accepted");
  EXPECT_EQ(Data("own").Find("metrics"), nullptr);
  EXPECT_TRUE(Call("runs/log-batch",
                   R"({"run_id":"own","metrics":[{"key":"a","value":"NaN","timestamp":1}],
                       "params":[{"key":"p","value":"1"}],"tags":[{"key":"t","value":"x"}]})")
                  .ok());
  EXPECT_EQ(Data("own").Find("params")->items().size(), 3u);
}

TEST_F(AwayRecordTest, ANamedExperimentTakesTheEmptyRunOfTheStep) {
  EXPECT_EQ(Refusal("experiments/get-by-name", R"({"experiment_name":"x"})"),
            "Could not find experiment with name 'x'");
  const std::string id =
      Call("experiments/create", R"({"name":"x"})")->StringOr("experiment_id", "");
  EXPECT_EQ(id.size(), 18u);
  const Json run = *Call("runs/get", R"({"run_id":"own"})")->Find("run");
  EXPECT_EQ(run.Find("info")->StringOr("experiment_id", ""), id);
  EXPECT_EQ(lines.back().StringOr("route", ""), "curbstop/move-run");
  EXPECT_EQ(lines.back().StringOr("experiment_name", ""), "x");
  EXPECT_EQ(record.ExperimentNameOfPath(id + "/own/artifacts/a"), "x");
  ASSERT_TRUE(Call("runs/update", R"({"run_id":"own","status":"RUNNING"})").ok());
  ASSERT_TRUE(Call("experiments/get", R"({"experiment_id":"3"})").ok());
  EXPECT_EQ(Call("runs/get", R"({"run_id":"own"})")
                ->Find("run")
                ->Find("info")
                ->StringOr("experiment_id", ""),
            id);
}

TEST_F(AwayRecordTest, FurtherRunsHaveIdsOfTheirOwnAndAreFound) {
  const Json made = *Call("runs/create",
                          R"({"experiment_id":"3","run_name":"second","start_time":5,
                              "tags":[{"key":"team","value":"a"}]})")
                         ->Find("run");
  const std::string id = made.Find("info")->StringOr("run_id", "");
  EXPECT_EQ(id.size(), 32u);
  const auto count = [&](const std::string& filter) {
    const Result<Json> answer =
        Call("runs/search", WriteJson(Json::MakeObject(
                                {{"experiment_ids", Json::MakeArray({"3"})}, {"filter", filter}})));
    return !answer.ok()           ? -1
           : answer->Find("runs") ? static_cast<int>(answer->Find("runs")->items().size())
                                  : 0;
  };
  EXPECT_EQ(count(""), 2);
  EXPECT_EQ(count("tags.team = 'a' and attributes.run_name = \"second\""), 1);
  EXPECT_EQ(count("params.lr = '0.1'"), 1);
  EXPECT_EQ(count("metrics.loss > 0.5"), -1);
  EXPECT_TRUE(Call("runs/delete", R"({"run_id":")" + id + "\"}").ok());
  EXPECT_EQ(count(""), 1);
  EXPECT_NE(Refusal("runs/set-tag", R"({"run_id":")" + id + R"(","key":"a","value":"b"})"),
            "accepted");
}

TEST_F(AwayRecordTest, TheLinesMakeTheSameRecordAgain) {
  const std::string id =
      Call("experiments/create", R"({"name":"x"})")->StringOr("experiment_id", "");
  ASSERT_TRUE(Call("runs/create", R"({"experiment_id":")" + id + "\"}").ok());
  ASSERT_TRUE(
      Call("runs/log-metric", R"({"run_id":"own","key":"a","value":1,"timestamp":"7"})").ok());
  ASSERT_TRUE(
      Call("runs/set-tag", R"({"run_id":"own","key":"mlflow.runName","value":"new"})").ok());
  AwayRecord again(*ParseJson(kStart));
  for (int round = 0; round < 2; ++round) {
    for (const Json& line : lines) again.Apply(*ParseJson(WriteJson(line)));
  }
  const Json own = *ParseJson(R"({"run_id":"own"})");
  EXPECT_EQ(*again.Answer("runs/get", own, Json()), *record.Answer("runs/get", own, Json()));
  EXPECT_EQ(*again.Answer("experiments/search", own, Json()),
            *record.Answer("experiments/search", own, Json()));
}

TEST_F(AwayRecordTest, WhatIsMissingIsNamed) {
  EXPECT_EQ(Refusal("runs/log-metric", R"({"key":"a","value":1,"timestamp":1})"),
            "Missing value for required parameter 'run_id'.");
  EXPECT_EQ(Refusal("runs/log-metric", R"({"run_id":"own","key":"a","timestamp":1})"),
            "Missing value for required parameter 'value'.");
  EXPECT_EQ(Refusal("runs/set-tag", R"({"run_id":"nobody","key":"a","value":"b"})"),
            "Run with id=nobody not found");
  EXPECT_EQ(Refusal("runs/create", R"({"experiment_id":"77"})"), "No Experiment with id=77 exists");
  EXPECT_EQ(AwayRecord::KindOf("POST", "registered-models/create"), AwayRecord::Kind::kUnknown);
}

}  // namespace
}  // namespace curbstop
