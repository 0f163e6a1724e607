#include "run/agent/record_spool.h"

#include <algorithm>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <optional>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "run/agent/away_record.h"
#include "run/agent/spool.h"
#include "run/agent/touch_watch.h"
#include "sys/authorization.h"
#include "sys/failpoint.h"
#include "sys/files.h"
#include "sys/loopback/loopback_server.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMostBody = 64 << 20;
constexpr std::string_view kVersion = "3.17.2";  // of MLflow, as the record at home
constexpr std::string_view kArtifactRoute = "mlflow-artifacts/artifacts";

struct Refused {
  int status;
  std::string_view code;
};

// As the record at home refuses.
Refused RefusedAs(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput: return {400, "INVALID_PARAMETER_VALUE"};
    case ErrorKind::kNotFound: return {404, "RESOURCE_DOES_NOT_EXIST"};
    case ErrorKind::kConflict: return {400, "RESOURCE_ALREADY_EXISTS"};
    case ErrorKind::kUnavailable: return {503, "TEMPORARILY_UNAVAILABLE"};
    case ErrorKind::kExhausted: return {507, "RESOURCE_EXHAUSTED"};
    default: return {500, "INTERNAL_ERROR"};
  }
}

LoopbackAnswer Saying(int status, std::string_view code, std::string_view message) {
  return {.status = status,
          .body = WriteJson(Json::MakeObject({{"error_code", code}, {"message", message}})),
          .file = {}};
}

LoopbackAnswer Saying(const Error& error) {
  const Refused refused = RefusedAs(error.kind());
  return Saying(refused.status, refused.code, error.OneLine());
}

LoopbackAnswer Plain(std::string_view text) {
  return {.content_type = "text/plain", .body = std::string(text), .file = {}};
}

LoopbackAnswer Said(const Json& json) { return {.body = WriteJson(json), .file = {}}; }

std::string_view Behind(std::string_view path) {
  for (const std::string_view prefix : {"/api/2.0/", "/ajax-api/2.0/"}) {
    if (path.starts_with(prefix)) return path.substr(prefix.size());
  }
  return {};
}

Json MessageOf(const LoopbackRequest& request) {
  Json message = Json::MakeObject();
  for (const auto& [name, value] : request.query) {
    const Json* known = message.Find(name);
    if (known == nullptr) message.Set(name, value);
    else if (known->IsArray()) message.Set(name, Json(*known).Push(value));
    else message.Set(name, Json::MakeArray({*known, value}));
  }
  return message;
}

// Text that is itself JSON is decoded a second time (old clients).
Result<Json> MessageOf(LoopbackBody& body) {
  std::string text;
  TRY(body.Read([&](std::string_view bytes) -> Status {
    if (text.size() + bytes.size() > kMostBody) return InvalidInput("the request is too large");
    text += bytes;
    return {};
  }));
  if (Trim(text).empty()) return Json::MakeObject();
  TRY_ASSIGN(Json message, ParseJson(text));
  if (const std::string* inner = message.AsString()) {
    TRY_ASSIGN(message, ParseJson(std::string(*inner)));
  }
  if (!message.IsObject()) return InvalidInput("Bad Request: the body is no JSON object");
  return message;
}

class RealRecordSpool final : public RecordSpool, private LoopbackHandler {
 public:
  RealRecordSpool(RecordSpoolOptions options, SpoolWriter writer, Clock& clock, FileStore& files,
                  Random& random)
      : options_(std::move(options)),
        writer_(std::move(writer)),
        clock_(clock),
        files_(files),
        random_(random),
        record_(options_.start) {}

  Status Recover(const std::vector<SpoolLine>& lines) {
    for (const SpoolLine& line : lines) {
      record_.Apply(line.body);
      Remember(line.body, line.seq);
    }
    return MakeFolders(ArtifactFolder(), true);
  }

  Status Serve(int port) {
    TRY_ASSIGN(server_, LoopbackServer::Start(port, *this));
    return {};
  }

  int port() const override { return server_->port(); }

 private:
  fs::path ArtifactFolder() const { return options_.folder / "record.artifacts"; }

  LoopbackAnswer Handle(const LoopbackRequest& request, LoopbackBody& body) override {
    if (request.path == "/health") return Plain("OK");
    if (request.path == "/version") return Plain(kVersion);
    if (!MayUse(options_.token, std::string(request.Header("authorization"))))
      return Saying(401, "UNAUTHENTICATED", "this server needs the token in MLFLOW_TRACKING_TOKEN");
    const std::string_view behind = Behind(request.path);
    if (behind == kArtifactRoute || behind.starts_with(std::string(kArtifactRoute) + "/")) {
      const std::string_view rest = behind.substr(kArtifactRoute.size());
      return HandleArtifact(request, std::string(rest.substr(rest.empty() ? 0 : 1)), body);
    }
    return HandleCall(request, behind, body);
  }

  LoopbackAnswer HandleCall(const LoopbackRequest& request, std::string_view behind,
                            LoopbackBody& body) {
    constexpr std::string_view kRoom = "mlflow/";
    const std::string_view route = behind.starts_with(kRoom) ? behind.substr(kRoom.size()) : "";
    const bool lists = request.method == "GET" && route == "artifacts/list";
    if (!lists && AwayRecord::KindOf(request.method, route) == AwayRecord::Kind::kUnknown) {
      return Saying(501, "NOT_IMPLEMENTED",
                    fmt::format("{} {} is not served by curbstop's record away from home",
                                request.method, request.path));
    }
    const Result<Json> message = request.method == "GET" ? MessageOf(request) : MessageOf(body);
    if (!message.ok()) return Saying(message.error());
    const Result<Json> answer = lists ? ListOfRun(*message) : Call(std::string(route), *message);
    return answer.ok() ? Said(*answer) : Saying(answer.error());
  }

  Result<Json> Call(const std::string& route, const Json& message) {
    const std::lock_guard lock(mutex_);
    TRY_ASSIGN(const Json line, record_.Prepare(route, message, random_, clock_.WallMs()));
    if (!line.IsNull()) TRY(Append(line));
    TRY_ASSIGN(const Json answer, record_.Answer(route, message, line));
    record_.Notice(route, message, answer);
    return answer;
  }

  Status Append(const Json& line) {
    FAILPOINT("record.before_call");
    TRY(writer_.Append(line));
    FAILPOINT("record.after_call");
    record_.Apply(line);
    static_cast<void>(TouchFile(options_.folder / "record.life"));
    return {};
  }

  LoopbackAnswer HandleArtifact(const LoopbackRequest& request, const std::string& path,
                                LoopbackBody& body) {
    if (request.method == "GET" && path.empty()) return Said(ListBelow(PathOf(request), ""));
    if (!CheckInside(path).ok()) return Saying(InvalidInput("Invalid path"));
    if (request.method == "GET") return SendArtifact(path);
    const Status done = request.method == "PUT"      ? PutArtifact(path, body)
                        : request.method == "DELETE" ? RemoveArtifact(path)
                                                     : InvalidInput("expected GET, PUT or DELETE");
    return done.ok() ? Said(Json::MakeObject()) : Saying(done.error());
  }

  static std::string PathOf(const LoopbackRequest& request) {
    for (const auto& [name, value] : request.query) {
      if (name == "path") return value;
    }
    return "";
  }

  Status PutArtifact(const std::string& path, LoopbackBody& body) {
    const fs::path part = ArtifactFolder() / (".part-" + NewToken());
    int64_t size = 0;
    Status done = ReadInto(part, body, size);
    if (done.ok()) done = NameArtifact(path, part, size);
    if (!done.ok()) unlink(part.c_str());
    return done;
  }

  std::string NewToken() {
    const std::lock_guard lock(mutex_);
    return curbstop::NewToken(random_);
  }

  static Status ReadInto(const fs::path& part, LoopbackBody& body, int64_t& size) {
    const int fd = open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return FromErrno(errno, "cannot keep an artifact");
    Status done = body.Read([&](std::string_view bytes) -> Status {
      size += static_cast<int64_t>(bytes.size());
      while (!bytes.empty()) {
        const ssize_t wrote = write(fd, bytes.data(), bytes.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) return FromErrno(errno, "cannot keep an artifact");
        bytes.remove_prefix(static_cast<size_t>(wrote));
      }
      return {};
    });
    if (done.ok() && fdatasync(fd) != 0) done = FromErrno(errno, "cannot keep an artifact");
    close(fd);
    return done;
  }

  // The file has its name before the line that tells of it.
  Status NameArtifact(const std::string& path, const fs::path& part, int64_t size) {
    const std::lock_guard lock(mutex_);
    const std::string name = std::to_string(writer_.last_seq() + 1);
    TRY(files_.Move(part, ArtifactFolder() / name));
    Json line = ArtifactLine("artifacts/put", path);
    line.Set("file", name);
    line.Set("size", size);
    TRY(Append(line));
    Remember(line, writer_.last_seq());
    return {};
  }

  Status RemoveArtifact(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const Json line = ArtifactLine("artifacts/delete", path);
    TRY(Append(line));
    Remember(line, writer_.last_seq());
    return {};
  }

  Json ArtifactLine(std::string_view route, const std::string& path) {
    Json line = Json::MakeObject({{"route", route},
                                  {"body", Json::MakeObject({{"path", path}})},
                                  {"at_ms", clock_.WallMs()}});
    const std::string experiment = record_.ExperimentNameOfPath(path);
    if (!experiment.empty()) line.Set("experiment_name", experiment);
    return line;
  }

  void Remember(const Json& line, int64_t seq) {
    const std::string route = line.StringOr("route", "");
    if (!route.starts_with("artifacts/")) return;
    const std::string path = line.Find("body")->StringOr("path", "");
    std::erase_if(artifacts_, [&](const auto& entry) {
      return entry.first == path || entry.first.starts_with(path + "/");
    });
    if (route == "artifacts/put") artifacts_[path] = {seq, line.IntOr("size", 0)};
  }

  LoopbackAnswer SendArtifact(const std::string& path) {
    const std::lock_guard lock(mutex_);
    const auto found = artifacts_.find(path);
    if (found == artifacts_.end())
      return Saying(NotFound(fmt::format("no artifact lies at `{}` on this machine", path)));
    return {.content_type = "application/octet-stream",
            .body = "",
            .file = ArtifactFolder() / std::to_string(found->second.seq)};
  }

  Result<Json> ListOfRun(const Json& message) {
    std::string run = message.StringOr("run_id", "");
    if (run.empty()) run = message.StringOr("run_uuid", "");
    const std::string path = message.StringOr("path", "");
    std::string uri;
    {
      const std::lock_guard lock(mutex_);
      uri = record_.ArtifactUri(run);
    }
    if (uri.empty()) return NotFound(fmt::format("Run with id={} not found", run));
    const std::string root = uri.substr(std::min(uri.size(), uri.find(":/") + 2));
    Json answer = ListBelow(path.empty() ? root : root + "/" + path, path);
    return answer.Set("root_uri", uri);
  }

  // One level; names stand behind `prefix`.
  Json ListBelow(const std::string& folder, const std::string& prefix) {
    const std::lock_guard lock(mutex_);
    const std::string start = folder.empty() ? "" : folder + "/";
    std::map<std::string, Json> entries;
    for (const auto& [path, artifact] : artifacts_) {
      if (!path.starts_with(start)) continue;
      const std::string rest = path.substr(start.size());
      const size_t slash = rest.find('/');
      const std::string name = rest.substr(0, slash);
      const std::string shown = prefix.empty() ? name : prefix + "/" + name;
      Json entry = Json::MakeObject({{"path", shown}, {"is_dir", slash != rest.npos}});
      if (slash == rest.npos) entry.Set("file_size", artifact.size);
      entries[name] = std::move(entry);
    }
    Json answer = Json::MakeObject();
    Json files = Json::MakeArray();
    for (auto& [name, entry] : entries) files.Push(std::move(entry));
    if (!entries.empty()) answer.Set("files", std::move(files));
    return answer;
  }

  struct Artifact {
    int64_t seq = 0;
    int64_t size = 0;
  };

  RecordSpoolOptions options_;
  SpoolWriter writer_;
  Clock& clock_;
  FileStore& files_;
  Random& random_;
  std::mutex mutex_;  // guards what follows, and the writer
  AwayRecord record_;
  std::map<std::string, Artifact> artifacts_;
  std::unique_ptr<LoopbackServer> server_;  // goes first: its threads use the rest
};

}  // namespace

Result<std::unique_ptr<RecordSpool>> RecordSpool::Start(RecordSpoolOptions options, Clock& clock,
                                                        FileStore& files, Random& random) {
  const fs::path calls = options.folder / "record.calls";
  const fs::path port_file = options.folder / "record.port";
  TRY_ASSIGN(SpoolWriter writer, SpoolWriter::Open(calls, files));
  TRY_ASSIGN(const std::vector<SpoolLine> lines, ReadSpool(calls, 0));
  const Result<std::string> port = ReadFile(port_file, 64);
  auto spool = std::make_unique<RealRecordSpool>(std::move(options), std::move(writer), clock,
                                                 files, random);
  TRY(spool->Recover(lines));
  Status serves = spool->Serve(port.ok() ? std::atoi(port->c_str()) : 0);
  if (!serves.ok() && serves.error().kind() == ErrorKind::kConflict) serves = spool->Serve(0);
  TRY(serves);
  TRY(files.Write(port_file, std::to_string(spool->port()), 0600));
  return std::unique_ptr<RecordSpool>(std::move(spool));
}

}  // namespace curbstop
