#include "record/replay.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "record/internal/api.h"
#include "record/internal/artifacts.h"
#include "record/internal/experiment_rows.h"
#include "record/internal/routes.h"
#include "record/internal/run_json.h"
#include "record/internal/run_rows.h"
#include "record/internal/step_run.h"
#include "sys/failpoint.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostPerCommit = 256;  // calls that share one wait for the disk
constexpr size_t kMostRefusals = 20;
constexpr std::string_view kStepTag = "curbstop.step_id";

class FileBody final : public HttpBody {
 public:
  explicit FileBody(fs::path file) : file_(std::move(file)) {}

  Status Read(const std::function<Status(std::string_view)>& take) override {
    const int fd = open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) return FromErrno(errno, fmt::format("cannot open `{}`", file_.string()));
    Status done = ReadAll(fd, take);
    close(fd);
    return done;
  }

 private:
  Status ReadAll(int fd, const std::function<Status(std::string_view)>& take) const {
    std::string piece(64 << 10, '\0');
    for (;;) {
      const ssize_t got = read(fd, piece.data(), piece.size());
      if (got < 0) return FromErrno(errno, fmt::format("cannot read `{}`", file_.string()));
      if (got == 0) return {};
      TRY(take(std::string_view(piece).substr(0, static_cast<size_t>(got))));
    }
  }

  fs::path file_;
};

// The record says no to the call itself; the rest is trouble of this computer.
bool IsRefusal(ErrorKind kind) {
  return kind == ErrorKind::kInvalidInput || kind == ErrorKind::kNotFound ||
         kind == ErrorKind::kConflict || kind == ErrorKind::kNo || kind == ErrorKind::kDenied;
}

bool IsArtifact(const Json& call) { return call.StringOr("route", "").starts_with("artifacts/"); }

void Count(const Error& error, int64_t seq, ReplayOutcome& outcome) {
  ++outcome.refused;
  if (outcome.refusals.size() < kMostRefusals)
    outcome.refusals.push_back(fmt::format("call {}: {}", seq, error.OneLine()));
}

// What an agent away serves and a step may change; the rest of the record is none of its business.
bool IsServedAway(std::string_view route) {
  constexpr std::string_view kRoutes[] = {"experiments/set-experiment-tag",
                                          "runs/update",
                                          "runs/log-metric",
                                          "runs/log-parameter",
                                          "runs/log-batch",
                                          "runs/set-tag",
                                          "runs/delete-tag",
                                          "runs/log-inputs",
                                          "runs/delete",
                                          "runs/restore"};
  return std::find(std::begin(kRoutes), std::end(kRoutes), route) != std::end(kRoutes);
}

const Json& BodyOf(const Json& call) {
  static const Json kEmpty = Json::MakeObject();
  const Json* body = call.Find("body");
  return body == nullptr ? kEmpty : *body;
}

}  // namespace

Result<int64_t> RecordReplay::Applied() {
  TRY(GetRun(record_.database(), options_.run_uuid));
  TRY_ASSIGN(const auto tags, ReadTags(record_.database(), options_.run_uuid));
  for (const KeyValue& tag : tags) {
    if (tag.key == Tag()) return int64_t{std::atoll(tag.value.c_str())};
  }
  return 0;
}

Result<ReplayOutcome> RecordReplay::Apply(const std::vector<Json>& calls, const fs::path& files) {
  ReplayOutcome outcome;
  TRY_ASSIGN(outcome.applied, Applied());
  for (size_t at = 0; at < calls.size();) {
    TRY_ASSIGN(const int64_t seq, calls[at].GetInt("seq"));
    if (seq <= outcome.applied) {
      ++at;
    } else if (seq != outcome.applied + 1) {
      return Conflict(fmt::format("call {} comes after call {}: what is between is missing", seq,
                                  outcome.applied));
    } else if (IsArtifact(calls[at])) {
      TRY(ApplyArtifact(calls[at++], files, outcome));
    } else {
      size_t end = at;
      while (end < calls.size() && end - at < kMostPerCommit && !IsArtifact(calls[end])) ++end;
      TRY(ApplyGroup(calls, at, end, outcome));  // the next round passes over what it applied
    }
  }
  return outcome;
}

// Each call is a savepoint of its own: its refusal undoes it alone.
Status RecordReplay::ApplyGroup(const std::vector<Json>& calls, size_t begin, size_t end,
                                ReplayOutcome& outcome) {
  Database& database = record_.database();
  ReplayOutcome reached = outcome;
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database));
  for (size_t at = begin; at < end; ++at) {
    TRY_ASSIGN(const int64_t seq, calls[at].GetInt("seq"));
    if (seq != reached.applied + 1) break;  // Apply says why
    TRY(database.Execute("SAVEPOINT away_call"));
    FAILPOINT("replay.before_call");
    const Status done = RunCall(calls[at]);
    if (!done.ok() && !IsRefusal(done.error().kind())) return done;
    if (!done.ok()) {
      TRY(database.Execute("ROLLBACK TO away_call"));
      Count(done.error(), seq, reached);
    }
    TRY(database.Execute("RELEASE away_call"));
    reached.applied = seq;
  }
  TRY(Mark(reached.applied));
  FAILPOINT("replay.before_commit");
  TRY(transaction.Commit());
  FAILPOINT("replay.after_commit");
  outcome = std::move(reached);
  return {};
}

// The file first: putting it once more changes nothing.
Status RecordReplay::ApplyArtifact(const Json& call, const fs::path& files,
                                   ReplayOutcome& outcome) {
  const Artifacts artifacts(record_.artifacts());
  const std::string name = call.StringOr("file", "");
  const bool is_put = call.StringOr("route", "") == "artifacts/put";
  if (is_put && !IsDigits(name)) return Corrupt("an artifact's file has no number for a name");
  if (is_put && !Exists(files / name))
    return NotFound(fmt::format("the artifact `{}` has not been fetched", (files / name).string()));
  const Result<std::string> path = HomePath(BodyOf(call).StringOr("path", ""));
  Status done = path.ok() ? Status() : path.error();
  FileBody body(files / name);
  if (done.ok()) done = is_put ? artifacts.Put(*path, body) : artifacts.Remove(*path);
  // A folder that cannot be written is trouble of this computer, whatever its kind.
  const bool refused = !done.ok() && (!path.ok() ? IsRefusal(done.error().kind())
                                                 : done.error().kind() == ErrorKind::kInvalidInput);
  if (!done.ok() && !refused) return done;
  FAILPOINT("replay.after_artifact");
  TRY_ASSIGN(const int64_t seq, call.GetInt("seq"));
  if (!done.ok()) Count(done.error(), seq, outcome);
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(record_.database()));
  TRY(Mark(seq));
  TRY(transaction.Commit());
  outcome.applied = seq;
  return {};
}

Status RecordReplay::RunCall(const Json& call) {
  Database& database = record_.database();
  const std::string route = call.StringOr("route", "");
  Json body = BodyOf(call);
  if (route == "experiments/create") {
    TRY(ExperimentOf(call, ""));
    return {};
  }
  if (route == "runs/create") return MakeRun(call, body);
  if (call.Find("experiment_name") != nullptr) {
    TRY_ASSIGN(const std::string id, ExperimentOf(call, ""));
    body.Set("experiment_id", id);
  }
  const bool is_of_run = route.starts_with("runs/") || route == "curbstop/move-run";
  if (is_of_run) {
    TRY_ASSIGN(const std::string run, Message(body).RunId());
    TRY(MayTouch(run));
  }
  if (route == "curbstop/move-run") {
    return MoveEmptyRun(database, body.StringOr("run_id", ""), body.StringOr("experiment_id", ""));
  }
  const FoundRoute found = FindRoute("POST", "/api/2.0/mlflow/" + route);
  if (found.route == nullptr || !IsServedAway(route))
    return InvalidInput(fmt::format("`{}` is no call that writes", Printable(route)));
  const Artifacts artifacts(record_.artifacts());
  ApiContext context{database, artifacts, options_.step_id, found.parts};
  const Result<Json> answer = found.route->call(context, Message(std::move(body)));
  return answer.ok() ? Status() : answer.error();
}

// A machine that lies must not reach the runs of others.
Status RecordReplay::MayTouch(const std::string& run_uuid) {
  if (run_uuid == options_.run_uuid) return {};
  TRY_ASSIGN(const auto tags, ReadTags(record_.database(), run_uuid));
  const bool is_of_step = std::any_of(tags.begin(), tags.end(), [&](const KeyValue& tag) {
    return tag.key == kStepTag && tag.value == options_.step_id && !tag.value.empty();
  });
  return is_of_step ? Status()
                    : Denied(fmt::format("run `{}` is not of this step", Printable(run_uuid)));
}

// With the id that it has away.
Status RecordReplay::MakeRun(const Json& call, const Json& body) {
  Database& database = record_.database();
  const Message message(body);
  NewRecordRun run{.uuid = call.StringOr("run_id", ""), .name = call.StringOr("run_name", "")};
  if (run.uuid.size() != 32) return InvalidInput("a run's id has 32 digits");
  TRY_ASSIGN(const auto known, FindRun(database, run.uuid));
  if (known) return {};
  TRY_ASSIGN(run.user, message.Text("user_id"));
  TRY_ASSIGN(const auto start, message.Int("start_time"));
  run.start_ms = start.value_or(0);
  TRY_ASSIGN(const auto pairs, message.Pairs("tags"));
  for (const KeyValue& tag : pairs) run.tags[tag.key] = tag.value;
  if (!options_.step_id.empty()) run.tags[std::string(kStepTag)] = options_.step_id;
  TRY_ASSIGN(const std::string id, ExperimentOf(call, body.StringOr("experiment_id", "0")));
  TRY_ASSIGN(const ExperimentRow experiment, GetExperiment(database, id.empty() ? "0" : id));
  return InsertRun(database, experiment, run);
}

// Ids count anew at home: what was made away is known by its name, and restored if it is deleted.
Result<std::string> RecordReplay::ExperimentOf(const Json& call, const std::string& away_id) {
  Database& database = record_.database();
  const std::string name = call.StringOr("experiment_name", "");
  if (name.empty()) return away_id;
  TRY_ASSIGN(const auto found, FindExperimentByName(database, name));
  if (found && found->lifecycle_stage != "active") TRY(RestoreExperiment(database, found->id));
  if (found) return found->id;
  const Message message(BodyOf(call));
  const bool is_create = call.StringOr("route", "") == "experiments/create";
  TagMap tags;
  if (is_create) {
    TRY_ASSIGN(const auto pairs, message.Pairs("tags"));
    for (const KeyValue& tag : pairs) tags[tag.key] = tag.value;
  }
  return InsertExperiment(database, name,
                          is_create ? message.json().StringOr("artifact_location", "") : "", tags);
}

// `EXPERIMENT/RUN/artifacts/…` lies where the run has its artifacts at home.
Result<std::string> RecordReplay::HomePath(const std::string& path) {
  const std::vector<std::string> parts = Split(path, '/');
  if (parts.size() < 4 || parts[2] != "artifacts") return InvalidInput("Invalid path");
  TRY(MayTouch(parts[1]));
  TRY_ASSIGN(const RecordedRun run, GetRun(record_.database(), parts[1]));
  TRY_ASSIGN(const std::string root, ArtifactPathOf(run.artifact_uri));
  const size_t before = parts[0].size() + parts[1].size() + parts[2].size() + 3;
  return JoinArtifactPath(root, path.substr(before));
}

Status RecordReplay::Mark(int64_t seq) {
  return PutTags(record_.database(), options_.run_uuid, {{Tag(), std::to_string(seq)}});
}

Result<Json> RecordForAway(Record& record, const std::string& run_uuid,
                           const std::string& step_id) {
  Database& database = record.database();
  TRY_ASSIGN(const RecordedRun run, GetRun(database, run_uuid));
  TRY_ASSIGN(RunReader reader, RunReader::Make(database));
  TRY_ASSIGN(Json json, reader.Read(run));
  TRY_ASSIGN(Statement statement,
             database.Prepare(fmt::format("SELECT {} FROM experiments WHERE lifecycle_stage = "
                                          "'active' ORDER BY experiment_id = ?1 DESC, "
                                          "last_update_time DESC LIMIT 1000",
                                          kExperimentColumns)));
  statement.Bind(1, run.experiment_id);
  Json experiments = Json::MakeArray();
  for (;;) {
    TRY_ASSIGN(const bool row, statement.Step());
    if (!row) break;
    TRY_ASSIGN(Json experiment, ExperimentJson(database, ReadExperimentRow(statement)));
    experiments.Push(std::move(experiment));
  }
  return Json::MakeObject(
      {{"step_id", step_id}, {"run", std::move(json)}, {"experiments", std::move(experiments)}});
}

}  // namespace curbstop
