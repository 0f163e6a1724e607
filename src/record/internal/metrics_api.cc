#include <algorithm>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "record/internal/api.h"
#include "record/internal/page_token.h"
#include "record/internal/run_json.h"
#include "record/internal/run_rows.h"

namespace curbstop {
namespace {

constexpr size_t kMostRuns = 100;
constexpr int64_t kMostInterval = 2500;
constexpr int64_t kMostBulk = 25000;

constexpr std::string_view kHistory =
    "SELECT key, value, timestamp, step, is_nan, run_uuid FROM metrics "
    "WHERE run_uuid = ?1 AND key = ?2 ORDER BY timestamp, step, value LIMIT ?3 OFFSET ?4";

constexpr std::string_view kSteps =
    "SELECT key, value, timestamp, step, is_nan, run_uuid FROM metrics "
    "WHERE run_uuid = ?1 AND key = ?2 AND step IN (SELECT value FROM json_each(?3)) "
    "ORDER BY step, timestamp, value LIMIT ?4";

enum class RunIdShown { kNo, kYes };  // answers over several runs say whose point it is

Status Append(Statement& statement, RunIdShown shown, Json::Array& metrics) {
  while (true) {
    TRY_ASSIGN(const bool row, statement.Step());
    if (!row) return {};
    metrics.push_back(MetricJson(statement));
    if (shown == RunIdShown::kYes) metrics.back().Set("run_id", statement.Text(5));
  }
}

Json MetricsAnswer(Json::Array metrics) {
  Json answer = Json::MakeObject();
  if (!metrics.empty()) answer.Set("metrics", Json(std::move(metrics)));
  return answer;
}

Result<std::vector<std::string>> ReadRunIds(const Message& message, std::string_view key) {
  TRY_ASSIGN(auto runs, message.Texts(key));
  if (runs.empty()) return MissingValue(key);
  if (runs.size() <= kMostRuns) return runs;
  return InvalidInput(fmt::format(
      "GetMetricHistoryBulk request cannot specify more than {} run_ids. Received {} run_ids.",
      kMostRuns, runs.size()));
}

struct Interval {
  int64_t start = 0;
  int64_t end = 0;
};

Result<std::optional<Interval>> ReadInterval(const Message& message) {
  TRY_ASSIGN(const auto start, message.Int("start_step"));
  TRY_ASSIGN(const auto end, message.Int("end_step"));
  if (start.has_value() != end.has_value()) {
    return InvalidInput("If either start step or end step are specified, both must be specified.");
  }
  if (!start) return std::optional<Interval>();
  if (*start > *end) {
    return InvalidInput(fmt::format(
        "end_step must be greater than start_step. Found start_step={} and end_step={}.", *start,
        *end));
  }
  return std::optional(Interval{*start, *end});
}

// Every step of the runs within the interval, ascending; and each run's first and last one.
struct Steps {
  std::vector<int64_t> all;
  std::set<int64_t> ends;
};

Result<Steps> ReadSteps(Database& database, const std::vector<std::string>& runs,
                        const std::string& key, const std::optional<Interval>& interval) {
  TRY_ASSIGN(Statement read,
             database.Prepare("SELECT DISTINCT step FROM metrics WHERE run_uuid = ?1 AND key = ?2 "
                              "AND (?3 IS NULL OR step BETWEEN ?3 AND ?4) ORDER BY step"));
  std::set<int64_t> all;
  Steps steps;
  for (const std::string& run : runs) {
    read.BindAll(run, key);
    if (interval) read.Bind(3, interval->start).Bind(4, interval->end);
    std::optional<int64_t> last;
    while (true) {
      TRY_ASSIGN(const bool row, read.Step());
      if (!row) break;
      if (!last) steps.ends.insert(read.Int(0));
      last = read.Int(0);
      all.insert(*last);
    }
    if (last) steps.ends.insert(*last);
  }
  steps.all.assign(all.begin(), all.end());
  return steps;
}

// About `most` of the steps, evenly spaced, with every run's first and last one.
std::set<int64_t> Sampled(const Steps& steps, size_t most) {
  std::set<int64_t> sampled = steps.ends;
  const size_t stride = std::max<size_t>(1, (steps.all.size() + most - 1) / most);
  for (size_t i = 0; i < steps.all.size(); i += stride) sampled.insert(steps.all[i]);
  return sampled;
}

}  // namespace

Result<Json> MetricHistory(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const std::string uuid, message.RunId());
  TRY_ASSIGN(const std::string key, message.RequiredText("metric_key"));
  TRY_ASSIGN(const auto size, message.Int("max_results"));
  if (size && *size <= 0) {
    return InvalidInput(
        fmt::format("Invalid value {} for parameter 'max_results' supplied. It must "
                    "be a positive integer.",
                    *size));
  }
  TRY_ASSIGN(const std::string token, message.Text("page_token"));
  TRY_ASSIGN(const int64_t offset, ReadPageToken(token));
  TRY_ASSIGN(Statement statement, context.database.Prepare(kHistory));
  statement.BindAll(uuid, key, size ? *size + 1 : int64_t{-1}, offset);
  Json::Array metrics;
  TRY(Append(statement, RunIdShown::kNo, metrics));
  const bool more = size && static_cast<int64_t>(metrics.size()) > *size;
  if (more) metrics.pop_back();
  Json answer = MetricsAnswer(std::move(metrics));
  if (more) answer.Set("next_page_token", MakePageToken(offset + *size));
  return answer;
}

Result<Json> MetricHistoryInterval(ApiContext& context, const Message& message) {
  TRY_ASSIGN(const auto runs, ReadRunIds(message, "run_ids"));
  TRY_ASSIGN(const std::string key, message.RequiredText("metric_key"));
  TRY_ASSIGN(const auto interval, ReadInterval(message));
  TRY_ASSIGN(const auto size, message.Int("max_results"));
  const int64_t most = size.value_or(kMostInterval);
  if (most < 1 || most > kMostInterval) {
    return InvalidInput(fmt::format("max_results must be between 1 and {}.", kMostInterval));
  }
  TRY_ASSIGN(const Steps steps, ReadSteps(context.database, runs, key, interval));
  const std::string sampled =
      fmt::format("[{}]", fmt::join(Sampled(steps, static_cast<size_t>(most)), ","));
  TRY_ASSIGN(Statement statement, context.database.Prepare(kSteps));
  Json::Array metrics;
  for (const std::string& run : runs) {
    statement.BindAll(run, key, sampled, kMostBulk);
    TRY(Append(statement, RunIdShown::kYes, metrics));
  }
  return MetricsAnswer(std::move(metrics));
}

Result<Json> MetricHistoryBulk(ApiContext& context, const Message& message) {
  TRY_ASSIGN(auto runs, ReadRunIds(message, "run_id"));
  TRY_ASSIGN(const std::string key, message.RequiredText("metric_key"));
  TRY_ASSIGN(const auto size, message.Int("max_results"));
  const int64_t most = std::min(size.value_or(kMostBulk), kMostBulk);
  std::sort(runs.begin(), runs.end());
  TRY_ASSIGN(Statement statement, context.database.Prepare(kHistory));
  Json::Array metrics;
  for (const std::string& run : runs) {
    statement.BindAll(run, key, most - static_cast<int64_t>(metrics.size()), int64_t{0});
    TRY(Append(statement, RunIdShown::kYes, metrics));
  }
  Json answer = Json::MakeObject();
  answer.Set("metrics", Json(std::move(metrics)));
  return answer;
}

}  // namespace curbstop
