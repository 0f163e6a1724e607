#include "record/record_server.h"

#include <atomic>
#include <utility>

#include <fmt/format.h>

#include "record/internal/api.h"
#include "record/internal/artifacts.h"
#include "record/internal/connection_pool.h"
#include "record/internal/group_writer.h"
#include "record/internal/routes.h"
#include "record/internal/schema.h"
#include "record/internal/step_run.h"
#include "sys/authorization.h"
#include "sys/files.h"
#include "sys/http/http_server.h"

namespace curbstop {
namespace {

// A full batch is about 7 MB: 1000 metrics, or 100 params of 6000 characters; a dataset's profile
// may have 16 MB.
constexpr int64_t kMostBody = 64 << 20;

struct Refused {
  int status;
  std::string_view code;
};

// MLflow's error codes. A full disk is 507 and not 429 or 503: those make a stock client wait for
// minutes, and waiting frees no space.
Refused RefusedOf(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kInvalidInput: return {400, "INVALID_PARAMETER_VALUE"};
    case ErrorKind::kNotFound: return {404, "RESOURCE_DOES_NOT_EXIST"};
    case ErrorKind::kConflict: return {400, "RESOURCE_ALREADY_EXISTS"};
    case ErrorKind::kDenied: return {403, "PERMISSION_DENIED"};
    case ErrorKind::kUnavailable: return {503, "TEMPORARILY_UNAVAILABLE"};
    case ErrorKind::kExhausted: return {507, "RESOURCE_EXHAUSTED"};
    case ErrorKind::kCorrupt: return {500, "DATA_LOSS"};
    case ErrorKind::kNo: return {500, "INVALID_STATE"};
    default: return {500, "INTERNAL_ERROR"};
  }
}

HttpResponse ErrorResponse(int status, std::string_view code, std::string_view message) {
  HttpResponse response;
  response.status = status;
  response.body = WriteJson(Json::MakeObject({{"error_code", code}, {"message", message}}));
  return response;
}

HttpResponse ErrorResponse(const Error& error) {
  const Refused refused = RefusedOf(error.kind());
  return ErrorResponse(refused.status, refused.code, error.OneLine());
}

HttpResponse JsonResponse(const Json& json) {
  HttpResponse response;
  response.body = WriteJson(json, JsonStyle::kIndented);
  return response;
}

HttpResponse TextResponse(std::string_view text) {
  HttpResponse response;
  response.content_type = "text/plain";
  response.body = text;
  return response;
}

class Handler final : public HttpHandler {
 public:
  Handler(const RecordServerOptions& options, std::unique_ptr<GroupWriter> writer)
      : token_(options.token),
        step_run_(options.run_uuid, options.step_id),
        artifacts_(options.artifacts),
        readers_(options.database),
        writer_(std::move(writer)) {}

  HttpResponse Handle(const HttpRequest& request, HttpBody& body) override {
    if (request.path == "/health") return TextResponse("OK");
    if (request.path == "/version") return TextResponse(kMlflowVersion);
    if (!MayUse(token_, request.header("Authorization"))) {
      return ErrorResponse(401, "UNAUTHENTICATED",
                           "this server needs the token in MLFLOW_TRACKING_TOKEN");
    }
    constexpr std::string_view kArtifacts = "mlflow-artifacts/artifacts";
    const std::string_view behind = BehindPrefix(request.path);
    if (behind == kArtifacts || behind.starts_with(std::string(kArtifacts) + "/")) {
      return HandleArtifact(request, behind.substr(kArtifacts.size()), body);
    }
    return HandleCall(request, body);
  }

  HttpResponse Refuse(int status) override {
    const std::string_view code = status == 403   ? "PERMISSION_DENIED"
                                  : status == 404 ? "ENDPOINT_NOT_FOUND"
                                  : status >= 500 ? "INTERNAL_ERROR"
                                                  : "BAD_REQUEST";
    return ErrorResponse(status, code, "the request was refused before it was read");
  }

  int64_t writes() const { return writes_; }

 private:
  HttpResponse HandleCall(const HttpRequest& request, HttpBody& body) {
    const FoundRoute found = FindRoute(request.method, request.path);
    if (found.route == nullptr) {
      return ErrorResponse(
          501, "NOT_IMPLEMENTED",
          fmt::format("{} {} is not served by curbstop's record", request.method, request.path));
    }
    const Result<Message> message = ReadMessage(request, body);
    if (!message.ok()) return ErrorResponse(message.error());
    Result<Json> answer = Call(found, *message);
    if (!answer.ok()) return ErrorResponse(answer.error());
    if (found.route->kind == CallKind::kWrite) ++writes_;
    step_run_.Notice(found.route->path, *message, *answer);
    return JsonResponse(*answer);
  }

  static Result<Message> ReadMessage(const HttpRequest& request, HttpBody& body) {
    if (request.method == "GET") return Message::FromQuery(request.query);
    TRY_ASSIGN(const std::string text, ReadWhole(body, kMostBody));
    if (!text.empty() && !request.header("Content-Type").starts_with("application/json")) {
      return InvalidInput("Bad Request. Content-Type should be 'application/json'.");
    }
    return Message::FromBody(text);
  }

  Result<Json> Call(const FoundRoute& found, const Message& message) {
    const auto run = [&](Database& database) {
      ApiContext context{database, artifacts_, step_run_.step_id(), found.parts};
      return found.route->call(context, message);
    };
    if (const auto experiment = step_run_.WantsMove(found.route->path, message)) {
      return writer_->Run([&](Database& database) -> Result<Json> {
        TRY(MoveEmptyRun(database, step_run_.run_uuid(), *experiment));
        return run(database);
      });
    }
    return found.route->kind == CallKind::kWrite ? writer_->Run(run) : Read(run);
  }

  // All reads of one call see one state of the record.
  Result<Json> Read(const WriteWork& work) {
    TRY_ASSIGN(Database database, readers_.Take());
    TRY(database.Execute("BEGIN"));
    Result<Json> answer = work(database);
    TRY(database.Execute("COMMIT"));
    readers_.Return(std::move(database));
    return answer;
  }

  HttpResponse HandleArtifact(const HttpRequest& request, std::string_view rest, HttpBody& body) {
    const std::string path(rest.starts_with('/') ? rest.substr(1) : rest);
    if (request.method == "GET" && path.empty()) return ListArtifacts(request);
    if (request.method == "GET") return SendArtifact(path);
    const Status done = request.method == "PUT"      ? artifacts_.Put(path, body)
                        : request.method == "DELETE" ? artifacts_.Remove(path)
                                                     : InvalidInput("expected GET, PUT or DELETE");
    if (!done.ok()) return ErrorResponse(done.error());
    ++writes_;
    return JsonResponse(Json::MakeObject());
  }

  HttpResponse ListArtifacts(const HttpRequest& request) {
    const std::string path = Message::FromQuery(request.query).json().StringOr("path", "");
    Result<Json> files = artifacts_.List(path, "");
    if (!files.ok()) return ErrorResponse(files.error());
    Json answer = Json::MakeObject();
    if (!files->items().empty()) answer.Set("files", *std::move(files));
    return JsonResponse(answer);
  }

  HttpResponse SendArtifact(const std::string& path) {
    Result<HttpFile> file = artifacts_.Open(path);
    if (!file.ok()) return ErrorResponse(file.error());
    HttpResponse response;
    response.file = *std::move(file);
    response.content_type = ContentTypeOf(path);
    response.headers = {{"X-Content-Type-Options", "nosniff"},
                        {"Content-Disposition", "attachment"}};
    return response;
  }

  Secret token_;
  StepRun step_run_;
  Artifacts artifacts_;
  ConnectionPool readers_;
  std::unique_ptr<GroupWriter> writer_;
  std::atomic<int64_t> writes_{0};
};

class RealRecordServer final : public RecordServer {
 public:
  RealRecordServer(std::unique_ptr<Handler> handler, std::unique_ptr<HttpServer> http)
      : handler_(std::move(handler)), http_(std::move(http)) {}
  int port() const override { return http_->port(); }
  int64_t writes() const override { return handler_->writes(); }

 private:
  std::unique_ptr<Handler> handler_;
  std::unique_ptr<HttpServer> http_;  // goes first: its threads use the handler
};

}  // namespace

Result<std::unique_ptr<RecordServer>> RecordServer::Start(const RecordServerOptions& options) {
  TRY(MakeFolders(options.artifacts, true));
  TRY_ASSIGN(auto writer, GroupWriter::Start(options.database));
  auto handler = std::make_unique<Handler>(options, std::move(writer));
  TRY_ASSIGN(auto http, HttpServer::Start(options.port, *handler));
  return std::unique_ptr<RecordServer>(
      std::make_unique<RealRecordServer>(std::move(handler), std::move(http)));
}

}  // namespace curbstop
