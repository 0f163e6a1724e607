#include "run/agent/away_record.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

struct Served {
  std::string_view method;
  std::string_view route;
  AwayRecord::Kind kind;
};

constexpr auto kRead = AwayRecord::Kind::kRead;
constexpr auto kWrite = AwayRecord::Kind::kWrite;
constexpr Served kServed[] = {
    {"POST", "experiments/create", kWrite},
    {"GET", "experiments/get", kRead},
    {"GET", "experiments/get-by-name", kRead},
    {"POST", "experiments/search", kRead},
    {"GET", "experiments/search", kRead},
    {"POST", "experiments/set-experiment-tag", kWrite},
    {"POST", "runs/create", kWrite},
    {"POST", "runs/update", kWrite},
    {"GET", "runs/get", kRead},
    {"POST", "runs/search", kRead},
    {"POST", "runs/log-metric", kWrite},
    {"POST", "runs/log-parameter", kWrite},
    {"POST", "runs/log-batch", kWrite},
    {"POST", "runs/set-tag", kWrite},
    {"POST", "runs/delete-tag", kWrite},
    {"POST", "runs/log-inputs", kWrite},
    {"POST", "runs/delete", kWrite},
    {"POST", "runs/restore", kWrite},
};

constexpr size_t kMostKey = 250;
constexpr size_t kMostBatch = 1000;
constexpr size_t kMostInBatch = 100;

std::string TextIn(const Json& json, std::string_view key) {
  const Json* value = json.Find(key);
  if (value == nullptr || value->IsNull()) return "";
  return value->AsString() ? *value->AsString() : WriteJson(*value);
}

int64_t NumberIn(const Json& json, std::string_view key, int64_t fallback) {
  const Json* value = json.Find(key);
  if (value == nullptr) return fallback;
  if (const auto number = value->AsInt()) return *number;
  if (const auto real = value->AsDouble()) return static_cast<int64_t>(*real);
  return value->AsString() ? std::atoll(value->AsString()->c_str()) : fallback;
}

const Json::Array& ListIn(const Json& json, std::string_view key) {
  static const Json::Array kNone;
  const Json* list = json.Find(key);
  return list == nullptr ? kNone : list->items();
}

std::string RunIdIn(const Json& body) {
  const std::string id = TextIn(body, "run_id");
  return id.empty() ? TextIn(body, "run_uuid") : id;
}

Error Missing(std::string_view what) {
  return InvalidInput(fmt::format("Missing value for required parameter '{}'.", what));
}

Status CheckKey(const Json& item, std::string_view what) {
  const std::string key = TextIn(item, "key");
  if (key.empty()) return Missing(fmt::format("{}key", what));
  if (CodePoints(key) <= kMostKey) return {};
  return InvalidInput(
      fmt::format("'{}key' exceeds the maximum length of {} characters", what, kMostKey));
}

// A number, or one of the texts that stand for what JSON has no number for.
bool IsMetricValue(const Json* value) {
  if (value == nullptr) return false;
  if (value->IsNumber()) return true;
  const std::string* text = value->AsString();
  return text != nullptr && !text->empty();
}

Status CheckMetricItem(const Json& metric, std::string_view what) {
  TRY(CheckKey(metric, what));
  if (!IsMetricValue(metric.Find("value"))) return Missing(fmt::format("{}value", what));
  if (metric.Find("timestamp") == nullptr) return Missing(fmt::format("{}timestamp", what));
  return {};
}

Json KeyValues(const std::map<std::string, std::string>& map) {
  Json list = Json::MakeArray();
  for (const auto& [key, value] : map)
    list.Push(Json::MakeObject({{"key", key}, {"value", value}}));
  return list;
}

// NaN compares as 0, as the store at home keeps it.
double AsNumber(const Json& value) {
  if (const auto number = value.AsDouble()) return *number;
  const std::string text = value.AsString() ? Lower(*value.AsString()) : "";
  const double parsed = std::strtod(text.c_str(), nullptr);
  return parsed == parsed ? parsed : 0;
}

std::string RandomDigits(Random& random, size_t count) {
  std::array<unsigned char, 20> bytes{};
  random.Fill(bytes);
  std::string digits = "8";  // 18 digits: the ids at home are small
  for (size_t i = 0; i < count; ++i) digits += static_cast<char>('0' + bytes[i] % 10);
  return digits;
}

// `attribute = 'text'` clauses joined by `and`: what a script asks of its own runs.
struct Clause {
  std::string name;
  std::string value;
};

Result<std::vector<Clause>> ParseFilter(std::string_view filter) {
  std::vector<Clause> clauses;
  while (!(filter = Trim(filter)).empty()) {
    const size_t equals = filter.find('=');
    const size_t open = equals == filter.npos ? filter.npos : filter.find_first_of("'\"", equals);
    const size_t shut = open == filter.npos ? filter.npos : filter.find(filter[open], open + 1);
    const bool is_equal = equals != filter.npos && equals > 0 && filter[equals - 1] != '!' &&
                          shut != filter.npos &&
                          Trim(filter.substr(equals + 1, open - equals - 1)).empty();
    if (!is_equal) {
      return InvalidInput(fmt::format(
          "Invalid clause(s) in filter string: {}. While this machine is away from home its record "
          "knows `name = 'text'`, joined by `and`.",
          Printable(filter)));
    }
    std::string name(Trim(filter.substr(0, equals)));
    std::erase(name, '`');
    clauses.push_back({std::move(name), std::string(filter.substr(open + 1, shut - open - 1))});
    filter = Trim(filter.substr(shut + 1));
    if (Lower(filter.substr(0, 4)) == "and ") filter.remove_prefix(4);
    else if (!filter.empty())
      return InvalidInput("Invalid clause(s) in filter string: expected `and`");
  }
  return clauses;
}

bool Holds(const Clause& clause, const Json& info, const std::map<std::string, std::string>& params,
           const std::map<std::string, std::string>& tags) {
  const auto in = [&](const std::map<std::string, std::string>& map, size_t prefix) {
    const auto found = map.find(clause.name.substr(prefix));
    return found != map.end() && found->second == clause.value;
  };
  for (const std::string_view prefix : {"params.", "param.", "parameters."}) {
    if (clause.name.starts_with(prefix)) return in(params, prefix.size());
  }
  for (const std::string_view prefix : {"tags.", "tag."}) {
    if (clause.name.starts_with(prefix)) return in(tags, prefix.size());
  }
  const size_t dot = clause.name.find('.');
  const std::string name = dot == clause.name.npos ? clause.name : clause.name.substr(dot + 1);
  return TextIn(info, name) == clause.value;
}

}  // namespace

AwayRecord::Kind AwayRecord::KindOf(std::string_view method, std::string_view route) {
  for (const Served& served : kServed) {
    if (served.method == method && served.route == route) return served.kind;
  }
  return Kind::kUnknown;
}

AwayRecord::AwayRecord(const Json& start) : step_id_(TextIn(start, "step_id")) {
  for (const Json& experiment : ListIn(start, "experiments")) {
    const std::string id = TextIn(experiment, "experiment_id");
    experiments_[id] = {TextIn(experiment, "name"), experiment, false};
  }
  const Json* given = start.Find("run");
  const Json* info = given == nullptr ? nullptr : given->Find("info");
  if (info == nullptr) return;
  Run run{.info = *info};
  if (const Json* data = given->Find("data")) {
    for (const Json& item : ListIn(*data, "params"))
      run.params[TextIn(item, "key")] = TextIn(item, "value");
    for (const Json& item : ListIn(*data, "tags"))
      run.tags[TextIn(item, "key")] = TextIn(item, "value");
    for (const Json& item : ListIn(*data, "metrics")) PutMetric(run, item);
  }
  own_run_ = RunIdIn(*info);
  is_used_ = !run.metrics.empty();
  runs_[own_run_] = std::move(run);
}

Result<AwayRecord::Run*> AwayRecord::FindRun(const Json& body) {
  const std::string id = RunIdIn(body);
  if (id.empty()) return Missing("run_id");
  const auto found = runs_.find(id);
  if (found == runs_.end()) return NotFound(fmt::format("Run with id={} not found", id));
  return &found->second;
}

Result<AwayRecord::Run*> AwayRecord::FindActive(const Json& body) {
  TRY_ASSIGN(Run* const run, FindRun(body));
  if (TextIn(run->info, "lifecycle_stage") != "deleted") return run;
  return InvalidInput(fmt::format(
      "The run {} must be in the 'active' state. Current state is deleted.", RunIdIn(body)));
}

Result<AwayRecord::Experiment*> AwayRecord::FindExperiment(const std::string& id) {
  const auto found = experiments_.find(id);
  if (found == experiments_.end())
    return NotFound(fmt::format("No Experiment with id={} exists", id));
  return &found->second;
}

const std::string* AwayRecord::IdOfName(const std::string& name) const {
  for (const auto& [id, experiment] : experiments_) {
    if (experiment.name == name) return &id;
  }
  return nullptr;
}

void AwayRecord::AddExperimentName(const std::string& id, Json& line) const {
  const auto found = experiments_.find(id);
  if (found != experiments_.end() && found->second.is_made_here)
    line.Set("experiment_name", found->second.name);
}

// Write-once; but a script's value takes the place of one that curbstop gave.
Status AwayRecord::CheckParam(const Run& run, const std::string& key,
                              const std::string& value) const {
  const auto known = run.params.find(key);
  if (known == run.params.end() || known->second == value) return {};
  const auto given = run.tags.find("curbstop.param." + key);
  if (given != run.tags.end() && given->second == known->second) return {};
  return InvalidInput(fmt::format(
      "Changing param values is not allowed. Param with key='{}' was already logged with "
      "value='{}' for run ID='{}'. Attempted logging new value '{}'.",
      key, known->second, TextIn(run.info, "run_id"), value));
}

Status AwayRecord::CheckLogging(std::string_view route, const Run& run, const Json& body) const {
  if (route == "runs/log-metric") return CheckMetricItem(body, "");
  if (route == "runs/set-tag" || route == "runs/delete-tag") return CheckKey(body, "");
  if (route == "runs/log-parameter") {
    TRY(CheckKey(body, ""));
    return CheckParam(run, TextIn(body, "key"), TextIn(body, "value"));
  }
  if (route != "runs/log-batch") return {};
  const Json::Array& metrics = ListIn(body, "metrics");
  const Json::Array& params = ListIn(body, "params");
  const Json::Array& tags = ListIn(body, "tags");
  if (metrics.size() > kMostBatch || params.size() > kMostInBatch || tags.size() > kMostInBatch ||
      metrics.size() + params.size() + tags.size() > kMostBatch) {
    return InvalidInput(fmt::format(
        "A batch logging request can contain at most {} metrics, {} params and {} tags, {} in "
        "total. Got {}, {} and {}.",
        kMostBatch, kMostInBatch, kMostInBatch, kMostBatch, metrics.size(), params.size(),
        tags.size()));
  }
  for (size_t i = 0; i < metrics.size(); ++i)
    TRY(CheckMetricItem(metrics[i], fmt::format("metrics[{}].", i)));
  for (size_t i = 0; i < tags.size(); ++i) TRY(CheckKey(tags[i], fmt::format("tags[{}].", i)));
  std::map<std::string, std::string> seen;
  for (size_t i = 0; i < params.size(); ++i) {
    TRY(CheckKey(params[i], fmt::format("params[{}].", i)));
    const std::string key = TextIn(params[i], "key");
    TRY(CheckParam(run, key, TextIn(params[i], "value")));
    if (!seen.emplace(key, "").second)
      return InvalidInput(
          fmt::format("Duplicate parameter keys have been submitted: ['{}'].", key));
  }
  return {};
}

Result<Json> AwayRecord::Prepare(std::string_view route, const Json& body, Random& random,
                                 int64_t now_ms) {
  Json line = Json::MakeObject({{"route", route}, {"body", body}, {"at_ms", now_ms}});
  if (route == "experiments/create") return PrepareExperiment(body, std::move(line), random);
  if (route == "runs/create") return PrepareRun(body, std::move(line), random);
  if (route == "runs/get") return PrepareMove(body, std::move(line));
  if (route == "experiments/set-experiment-tag") {
    const std::string id = TextIn(body, "experiment_id");
    TRY(FindExperiment(id));
    TRY(CheckKey(body, ""));
    AddExperimentName(id, line);
    return line;
  }
  if (route == "runs/restore") {
    TRY(FindRun(body));
    return line;
  }
  if (!route.starts_with("runs/") || route == "runs/search") return Json();
  TRY_ASSIGN(const Run* run, FindActive(body));
  TRY(CheckLogging(route, *run, body));
  return line;
}

Result<Json> AwayRecord::PrepareExperiment(const Json& body, Json line, Random& random) {
  const std::string name = TextIn(body, "name");
  if (name.empty()) return Missing("name");
  if (IdOfName(name) != nullptr)
    return Conflict(fmt::format("Experiment(name={}) already exists.", name));
  line.Set("experiment_id", RandomDigits(random, 17));
  line.Set("experiment_name", name);
  return line;
}

Result<Json> AwayRecord::PrepareRun(const Json& body, Json line, Random& random) {
  std::string experiment = TextIn(body, "experiment_id");
  if (experiment.empty()) experiment = "0";
  TRY(FindExperiment(experiment));
  std::array<unsigned char, 16> id{};
  random.Fill(id);
  std::string name = TextIn(body, "run_name");
  for (const Json& tag : ListIn(body, "tags")) {
    if (name.empty() && TextIn(tag, "key") == "mlflow.runName") name = TextIn(tag, "value");
  }
  line.Set("run_id", Hex(id));
  line.Set("run_name", name.empty() ? "away-" + Hex(id).substr(0, 8) : name);
  AddExperimentName(experiment, line);
  return line;
}

// As record/internal/step_run.h has it: a stock client refuses to start the step's run after
// `set_experiment("x")` unless the run lies in x.
Result<Json> AwayRecord::PrepareMove(const Json& body, Json line) {
  const bool wants = RunIdIn(body) == own_run_ && !own_run_.empty() && !is_used_ &&
                     !named_experiment_.empty() && experiments_.contains(named_experiment_);
  if (!wants || TextIn(runs_[own_run_].info, "experiment_id") == named_experiment_) return Json();
  line.Set("route", "curbstop/move-run");
  line.Set("body", Json::MakeObject({{"run_id", own_run_}, {"experiment_id", named_experiment_}}));
  AddExperimentName(named_experiment_, line);
  return line;
}

void AwayRecord::Apply(const Json& line) {
  const std::string route = TextIn(line, "route");
  const Json* body = line.Find("body");
  if (body == nullptr) return;
  if (route == "experiments/create") return ApplyExperiment(line, *body);
  if (route == "runs/create") return ApplyRun(line, *body);
  const auto run = runs_.find(RunIdIn(*body));
  if (run == runs_.end()) return;
  is_used_ = is_used_ || (run->first == own_run_ && route != "curbstop/move-run");
  ApplyToRun(route, *body, run->second);
}

void AwayRecord::ApplyExperiment(const Json& line, const Json& body) {
  const std::string id = TextIn(line, "experiment_id");
  const std::string location = TextIn(body, "artifact_location");
  const int64_t at_ms = line.IntOr("at_ms", 0);
  const Json json = Json::MakeObject(
      {{"experiment_id", id},
       {"name", TextIn(body, "name")},
       {"artifact_location", location.empty() ? "mlflow-artifacts:/" + id : location},
       {"lifecycle_stage", "active"},
       {"last_update_time", at_ms},
       {"creation_time", at_ms}});
  experiments_.try_emplace(id, Experiment{TextIn(body, "name"), json, true});
}

void AwayRecord::ApplyRun(const Json& line, const Json& body) {
  const std::string id = TextIn(line, "run_id");
  std::string experiment = TextIn(body, "experiment_id");
  if (experiment.empty()) experiment = "0";
  const auto found = experiments_.find(experiment);
  const std::string location = found == experiments_.end()
                                   ? "mlflow-artifacts:/" + experiment
                                   : TextIn(found->second.json, "artifact_location");
  Run run{.info = Json::MakeObject({{"run_uuid", id},
                                    {"experiment_id", experiment},
                                    {"run_name", TextIn(line, "run_name")},
                                    {"user_id", TextIn(body, "user_id")},
                                    {"status", "RUNNING"},
                                    {"start_time", NumberIn(body, "start_time", 0)},
                                    {"artifact_uri", fmt::format("{}/{}/artifacts", location, id)},
                                    {"lifecycle_stage", "active"},
                                    {"run_id", id}})};
  for (const Json& tag : ListIn(body, "tags")) run.tags[TextIn(tag, "key")] = TextIn(tag, "value");
  if (!step_id_.empty()) run.tags["curbstop.step_id"] = step_id_;
  run.tags["mlflow.runName"] = TextIn(line, "run_name");
  runs_.try_emplace(id, std::move(run));
}

void AwayRecord::ApplyToRun(std::string_view route, const Json& body, Run& run) {
  if (route == "runs/log-metric") PutMetric(run, body);
  if (route == "runs/log-parameter") run.params[TextIn(body, "key")] = TextIn(body, "value");
  if (route == "runs/set-tag") PutTag(run, TextIn(body, "key"), TextIn(body, "value"));
  if (route == "runs/delete-tag") run.tags.erase(TextIn(body, "key"));
  if (route == "runs/delete") run.info.Set("lifecycle_stage", "deleted");
  if (route == "runs/restore") run.info.Set("lifecycle_stage", "active");
  if (route == "runs/log-batch") {
    for (const Json& item : ListIn(body, "metrics")) PutMetric(run, item);
    for (const Json& item : ListIn(body, "params"))
      run.params[TextIn(item, "key")] = TextIn(item, "value");
    for (const Json& item : ListIn(body, "tags"))
      PutTag(run, TextIn(item, "key"), TextIn(item, "value"));
  }
  if (route == "runs/update") {
    const std::string status = TextIn(body, "status");
    if (!status.empty()) run.info.Set("status", status);
    if (const int64_t end = NumberIn(body, "end_time", 0); end != 0) run.info.Set("end_time", end);
    if (const std::string name = TextIn(body, "run_name"); !name.empty())
      PutTag(run, "mlflow.runName", name);
  }
  if (route == "curbstop/move-run") {
    const std::string id = TextIn(body, "experiment_id");
    const auto found = experiments_.find(id);
    if (found == experiments_.end()) return;
    run.info.Set("experiment_id", id);
    run.info.Set("artifact_uri",
                 fmt::format("{}/{}/artifacts", TextIn(found->second.json, "artifact_location"),
                             TextIn(run.info, "run_id")));
  }
}

void AwayRecord::PutTag(Run& run, const std::string& key, const std::string& value) {
  run.tags[key] = value;
  if (key == "mlflow.runName") run.info.Set("run_name", value);
}

// The latest is the greatest of (step, time, value).
void AwayRecord::PutMetric(Run& run, const Json& metric) {
  const Json* value = metric.Find("value");
  if (value == nullptr) return;
  Metric put{*value, NumberIn(metric, "timestamp", 0), NumberIn(metric, "step", 0)};
  const auto order = [](const Metric& m) { return std::tuple(m.step, m.at_ms, AsNumber(m.value)); };
  const auto [place, is_new] = run.metrics.try_emplace(TextIn(metric, "key"), put);
  if (!is_new && order(place->second) < order(put)) place->second = std::move(put);
}

Json AwayRecord::RunJson(const Run& run) const {
  Json metrics = Json::MakeArray();
  for (const auto& [key, metric] : run.metrics) {
    metrics.Push(Json::MakeObject({{"key", key},
                                   {"value", metric.value},
                                   {"timestamp", metric.at_ms},
                                   {"step", metric.step}}));
  }
  Json data = Json::MakeObject();
  if (!run.metrics.empty()) data.Set("metrics", std::move(metrics));
  if (!run.params.empty()) data.Set("params", KeyValues(run.params));
  if (!run.tags.empty()) data.Set("tags", KeyValues(run.tags));
  return Json::MakeObject({{"info", run.info},
                           {"data", std::move(data)},
                           {"inputs", Json::MakeObject()},
                           {"outputs", Json::MakeObject()}});
}

Result<Json> AwayRecord::Answer(std::string_view route, const Json& body, const Json& line) {
  if (route == "experiments/create")
    return Json::MakeObject({{"experiment_id", TextIn(line, "experiment_id")}});
  if (route == "runs/create") {
    return Json::MakeObject({{"run", RunJson(runs_[TextIn(line, "run_id")])}});
  }
  if (route == "experiments/search") return SearchExperiments();
  if (route == "runs/search") return SearchRuns(body);
  if (route == "experiments/get" || route == "experiments/get-by-name") {
    const std::string name = TextIn(body, "experiment_name");
    const std::string* named = name.empty() ? nullptr : IdOfName(name);
    if (route == "experiments/get-by-name" && named == nullptr)
      return NotFound(fmt::format("Could not find experiment with name '{}'", name));
    TRY_ASSIGN(const Experiment* experiment,
               FindExperiment(named != nullptr ? *named : TextIn(body, "experiment_id")));
    return Json::MakeObject({{"experiment", experiment->json}});
  }
  if (route == "runs/get") {
    TRY_ASSIGN(const Run* run, FindRun(body));
    return Json::MakeObject({{"run", RunJson(*run)}});
  }
  if (route == "runs/update") {
    TRY_ASSIGN(const Run* run, FindRun(body));
    return Json::MakeObject({{"run_info", run->info}});
  }
  return Json::MakeObject();
}

Json AwayRecord::SearchExperiments() const {
  Json list = Json::MakeArray();
  for (const auto& [id, experiment] : experiments_) list.Push(experiment.json);
  return Json::MakeObject({{"experiments", std::move(list)}});
}

// Newest first, as at home without `order_by`.
Result<Json> AwayRecord::SearchRuns(const Json& body) const {
  TRY_ASSIGN(const std::vector<Clause> clauses, ParseFilter(TextIn(body, "filter")));
  std::vector<std::string> wanted;
  for (const Json& id : ListIn(body, "experiment_ids")) {
    wanted.push_back(id.AsString() ? *id.AsString() : WriteJson(id));
  }
  std::vector<const Run*> found;
  for (const auto& [id, run] : runs_) {
    const std::string experiment = TextIn(run.info, "experiment_id");
    const bool is_wanted = std::find(wanted.begin(), wanted.end(), experiment) != wanted.end();
    const bool holds = std::all_of(clauses.begin(), clauses.end(), [&](const Clause& clause) {
      return Holds(clause, run.info, run.params, run.tags);
    });
    if (is_wanted && holds && TextIn(run.info, "lifecycle_stage") == "active")
      found.push_back(&run);
  }
  std::stable_sort(found.begin(), found.end(), [](const Run* a, const Run* b) {
    return NumberIn(a->info, "start_time", 0) > NumberIn(b->info, "start_time", 0);
  });
  const auto most = static_cast<size_t>(std::max<int64_t>(1, NumberIn(body, "max_results", 1000)));
  Json list = Json::MakeArray();
  for (size_t i = 0; i < std::min(found.size(), most); ++i) list.Push(RunJson(*found[i]));
  Json answer = Json::MakeObject();
  if (!found.empty()) answer.Set("runs", std::move(list));
  return answer;
}

void AwayRecord::Notice(std::string_view route, const Json& body, const Json& answer) {
  if (route.starts_with("experiments/get") || route == "experiments/create") {
    const Json* experiment = answer.Find("experiment");
    named_experiment_ = TextIn(experiment != nullptr ? *experiment : answer, "experiment_id");
  } else if (route.starts_with("runs/") && route != "runs/get" && route != "runs/search") {
    is_used_ = is_used_ || RunIdIn(body) == own_run_;
  }
}

std::string AwayRecord::ArtifactUri(const std::string& run_id) const {
  const auto found = runs_.find(run_id);
  return found == runs_.end() ? "" : TextIn(found->second.info, "artifact_uri");
}

std::string AwayRecord::ExperimentNameOfPath(std::string_view artifact_path) const {
  Json line = Json::MakeObject();
  AddExperimentName(std::string(artifact_path.substr(0, artifact_path.find('/'))), line);
  return TextIn(line, "experiment_name");
}

}  // namespace curbstop
