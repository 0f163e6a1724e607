#include "record/record.h"

#include <cmath>
#include <limits>
#include <thread>
#include <tuple>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "record/internal/run_rows.h"
#include "sys/files.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

const std::string kRun = "0123456789abcdef0123456789abcdef";

Record OpenIn(const TemporaryFolder& folder) {
  auto record = Record::Open(folder / "mlflow.db", folder / "artifacts");
  EXPECT_TRUE(record.ok()) << record.error().Text();
  return *std::move(record);
}

RecordRunRequest Request(const std::string& experiment = "triage") {
  return {.run_uuid = kRun,
          .experiment = experiment,
          .run_name = "train",
          .user = "ana",
          .start_ms = 1000,
          .tags = {{"curbstop.step_id", "s1"}},
          .params = {{"lr", "0.1"}}};
}

int64_t Count(Record& record, const std::string& sql) {
  auto statement = record.database().Prepare(sql);
  EXPECT_TRUE(statement.ok());
  EXPECT_TRUE(*statement->Step());
  return statement->Int(0);
}

TEST(Record, AStartedRunHasItsParamsTagsAndName) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  const auto run = record.StartRun(Request());
  ASSERT_TRUE(run.ok());
  EXPECT_EQ(run->experiment_id, "1");  // 0 is `Default`

  const auto json = record.RunAsJson(kRun);
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json->StringOr("status", ""), "RUNNING");
  EXPECT_EQ(json->StringOr("artifact_uri", ""), "mlflow-artifacts:/1/" + kRun + "/artifacts");
  EXPECT_EQ(json->Find("params")->StringOr("lr", ""), "0.1");
  EXPECT_EQ(json->Find("tags")->StringOr("mlflow.runName", ""), "train");
  EXPECT_EQ(json->Find("tags")->StringOr("curbstop.step_id", ""), "s1");
}

std::string ParamOf(Record& record, const std::string& name) {
  return record.RunAsJson(kRun)->Find("params")->StringOr(name, "");
}

// The project file says `lr: 1e-1`, the script logs what Python makes of it.
TEST(Record, AScriptsOwnValueOfAParamTakesThePlaceOfOurs) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  RecordRunRequest request = Request();
  request.params = {{"lr", "1e-1"}};
  ASSERT_TRUE(record.StartRun(request).ok());
  const auto log = [&](const std::string& value) {
    return PutParams(record.database(), kRun, {{"lr", value}}, ParamSource::kScript);
  };
  ASSERT_TRUE(log("0.1").ok());
  EXPECT_EQ(ParamOf(record, "lr"), "0.1");
  EXPECT_EQ(record.RunAsJson(kRun)->Find("tags")->StringOr("curbstop.param.lr", ""), "1e-1");
  EXPECT_TRUE(log("0.1").ok());
  EXPECT_EQ(log("0.2").error().kind(), ErrorKind::kInvalidInput);  // now it is the script's
  EXPECT_EQ(ParamOf(record, "lr"), "0.1");
}

TEST(Record, AParamThatTheScriptLoggedFirstIsWrittenOnce) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  ASSERT_TRUE(record.StartRun(Request()).ok());
  const auto log = [&](const std::string& value) {
    return PutParams(record.database(), kRun, {{"depth", value}}, ParamSource::kScript);
  };
  ASSERT_TRUE(log("3").ok());
  EXPECT_FALSE(log("4").ok());
  EXPECT_EQ(ParamOf(record, "depth"), "3");
}

TEST(Record, StartingTheSameRunTwiceHasTheEffectOfOnce) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  ASSERT_TRUE(record.StartRun(Request()).ok());
  ASSERT_TRUE(record.StartRun(Request()).ok());
  EXPECT_EQ(Count(record, "SELECT COUNT(*) FROM runs"), 1);
  EXPECT_EQ(Count(record, "SELECT COUNT(*) FROM experiments"), 2);
}

TEST(Record, ADeletedExperimentOfThatNameIsRestored) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  ASSERT_TRUE(
      record.database()
          .Execute("INSERT INTO experiments (experiment_id, name, artifact_location, "
                   "lifecycle_stage) VALUES (7, 'triage', 'mlflow-artifacts:/7', 'deleted')")
          .ok());
  EXPECT_EQ(record.StartRun(Request())->experiment_id, "7");
  EXPECT_EQ(Count(record, "SELECT COUNT(*) FROM experiments WHERE lifecycle_stage = 'active'"), 2);
}

TEST(Record, TheLastFinishWins) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  ASSERT_TRUE(record.StartRun(Request()).ok());
  ASSERT_TRUE(record.FinishRun(kRun, RecordStatus::kFinished, 2000).ok());
  ASSERT_TRUE(record.FinishRun(kRun, RecordStatus::kFailed, 3000).ok());
  const auto json = record.RunAsJson(kRun);
  EXPECT_EQ(json->StringOr("status", ""), "FAILED");
  EXPECT_EQ(json->IntOr("end_ms", 0), 3000);
}

TEST(Record, AnUnknownRunIsNotFound) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  EXPECT_EQ(record.LogMetrics("nope", {{"loss", 1, 1, 1}}).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(record.SetTags("nope", {{"a", "b"}}).error().kind(), ErrorKind::kNotFound);
  EXPECT_EQ(record.FinishRun("nope", RecordStatus::kFailed, 1).error().message(),
            "Run with id=nope not found");
}

TEST(Record, TheRunNameTagRenamesTheRun) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  ASSERT_TRUE(record.StartRun(Request()).ok());
  ASSERT_TRUE(record.SetTags(kRun, {{"mlflow.runName", "better"}}).ok());
  EXPECT_EQ(record.RunAsJson(kRun)->StringOr("run_name", ""), "better");
}

TEST(Record, ARepeatedMetricIsDropped) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  ASSERT_TRUE(record.StartRun(Request()).ok());
  const std::vector<RecordMetric> points = {{"loss", 0.5, 10, 1}, {"loss", 0.5, 10, 1}};
  ASSERT_TRUE(record.LogMetrics(kRun, points).ok());
  ASSERT_TRUE(record.LogMetrics(kRun, points).ok());
  EXPECT_EQ(Count(record, "SELECT COUNT(*) FROM metrics"), 1);
}

TEST(Record, NanAndInfinityAreStoredAsMlflowDoes) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  ASSERT_TRUE(record.StartRun(Request()).ok());
  ASSERT_TRUE(
      record
          .LogMetrics(kRun,
                      {{"n", std::nan(""), 1, 1}, {"i", kInfinity, 1, 1}, {"m", -kInfinity, 1, 1}})
          .ok());
  const auto latest = record.LatestMetrics(kRun);
  EXPECT_TRUE(std::isnan(latest->at("n")));
  EXPECT_EQ(latest->at("i"), 1.7976931348623157e308);
  EXPECT_EQ(latest->at("m"), -1.7976931348623157e308);
  EXPECT_EQ(
      Count(record, "SELECT COUNT(*) FROM metrics WHERE key = 'n' AND value = 0 AND is_nan = 1"),
      1);
}

// Oracle: sort all points of a key by (step, timestamp, value), take the last.
TEST(Record, TheLatestMetricIsTheGreatestByStepThenTimeThenValue) {
  TemporaryFolder folder;
  Record record = OpenIn(folder);
  int number = 0;
  rc::check([&] {
    RecordRunRequest request = Request();
    request.run_uuid = fmt::format("{:032x}", ++number);
    RC_ASSERT(record.StartRun(request).ok());
    std::map<std::string, std::tuple<int64_t, int64_t, double>> oracle;
    std::vector<RecordMetric> metrics;
    const int count = *rc::gen::inRange(1, 12);
    for (int i = 0; i < count; ++i) {
      const RecordMetric metric{*rc::gen::element<std::string>("a", "b"),
                                *rc::gen::inRange(-3, 3) * 0.5, *rc::gen::inRange(0, 3),
                                *rc::gen::inRange(-1, 2)};
      metrics.push_back(metric);
      const std::tuple point(metric.step, metric.at_ms, metric.value);
      const auto [entry, is_new] = oracle.try_emplace(metric.key, point);
      if (!is_new) entry->second = std::max(entry->second, point);
    }
    const auto middle = metrics.begin() + count / 2;
    RC_ASSERT(record.LogMetrics(request.run_uuid, {metrics.begin(), middle}).ok());
    RC_ASSERT(record.LogMetrics(request.run_uuid, {middle, metrics.end()}).ok());
    const auto latest = record.LatestMetrics(request.run_uuid);
    for (const auto& [key, point] : oracle) RC_ASSERT(latest->at(key) == std::get<2>(point));
  });
}

TEST(Record, SeveralProcessesMayMakeTheSchemaAtOnce) {
  TemporaryFolder folder;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { OpenIn(folder); });
  threads.clear();
  Record record = OpenIn(folder);
  EXPECT_EQ(Count(record, "SELECT COUNT(*) FROM experiments"), 1);
}

TEST(Record, AnotherRevisionIsRefusedWithBothNamesAndNotTouched) {
  TemporaryFolder folder;
  OpenIn(folder);
  {
    auto database = Database::Open(folder / "mlflow.db");
    ASSERT_TRUE(database
                    ->Execute("UPDATE alembic_version SET version_num = 'abc123';"
                              "PRAGMA journal_mode=DELETE")
                    .ok());
  }
  const auto before = ReadFile(folder / "mlflow.db");
  const auto record = Record::Open(folder / "mlflow.db", folder / "artifacts");
  ASSERT_FALSE(record.ok());
  EXPECT_EQ(record.error().kind(), ErrorKind::kConflict);
  EXPECT_NE(record.error().Text().find("revision `abc123`, expected `dc11669786a5`"),
            std::string::npos)
      << record.error().Text();
  EXPECT_EQ(*ReadFile(folder / "mlflow.db"), *before);
}

TEST(Record, ADatabaseThatIsNotMlflowsIsRefused) {
  TemporaryFolder folder;
  {
    auto database = Database::Open(folder / "mlflow.db");
    ASSERT_TRUE(database->Execute("CREATE TABLE mine (a)").ok());
  }
  EXPECT_EQ(Record::Open(folder / "mlflow.db", folder / "a").error().kind(), ErrorKind::kConflict);
}

}  // namespace
}  // namespace curbstop
