#include "run/record_endpoint.h"

#include <cstdlib>

#include <fmt/format.h>

#include "record/record.h"
#include "sys/files.h"

namespace curbstop {

RecordEndpoint::RecordEndpoint(std::filesystem::path folder, const RunOutside& outside, Log log)
    : folder_(std::move(folder)), outside_(outside), log_(std::move(log)) {}

Status RecordEndpoint::Serve(const NewRun& run) {
  if (serves()) return {};
  const Status started = Start(run, OwnPort());
  return started.ok() || !IsPortTaken(started.error()) ? started : StartOnAnyPort(run);
}

Status RecordEndpoint::ServeRunning(const NewRun& run) {
  if (serves() || is_lost_) return {};
  const PortWait::Next next = port_wait_.Look(outside_.clock.Awake());
  if (next == PortWait::Next::kNothingYet) return {};
  const bool is_own = next == PortWait::Next::kOwnPort;
  Status started = is_own ? Start(run, OwnPort()) : StartOnAnyPort(run);
  if (started.ok() || IsRetryable(started.error().kind())) return started;
  if (!is_own || !IsPortTaken(started.error())) return Lose(started.error()), Status();
  if (!port_wait_.waits()) log_(fmt::format("record.waits why=\"{}\"", started.error().OneLine()));
  port_wait_.Taken(outside_.clock.Awake());
  return {};
}

EnvironmentList RecordEndpoint::Variables(const NewRun& run,
                                          const std::string& experiment_id) const {
  return {{"MLFLOW_TRACKING_URI", fmt::format("http://127.0.0.1:{}", server_->port())},
          {"MLFLOW_RUN_ID", run.record_run},
          {"MLFLOW_EXPERIMENT_ID", experiment_id}};
}

Status RecordEndpoint::Start(const NewRun& run, int port) {
  const std::filesystem::path token_file = folder_ / "record.token";
  if (!Exists(token_file)) TRY(outside_.files.Write(token_file, NewToken(outside_.random), 0600));
  TRY_ASSIGN(std::string token, ReadFile(token_file, 4096));
  RecordServerOptions options;
  options.database = outside_.directories.MlflowDb();
  options.artifacts = outside_.directories.Artifacts();
  options.port = port;
  options.token = Secret(std::move(token));
  options.run_uuid = run.record_run;
  options.step_id = run.id + "-" + run.step;
  TRY_ASSIGN(std::unique_ptr<RecordServer> server, RecordServer::Start(options));
  if (server->port() != OwnPort()) {
    TRY(outside_.files.Write(folder_ / "record.port", std::to_string(server->port()), 0600));
  }
  server_ = std::move(server);
  return {};
}

Status RecordEndpoint::StartOnAnyPort(const NewRun& run) {
  const int before = OwnPort();
  TRY(Start(run, 0));
  log_(fmt::format(
      "record.moved from={} to={} why=\"another program has the port; a running attempt "
      "cannot reach its record any more, the next one can\"",
      before, server_->port()));
  return {};
}

int RecordEndpoint::OwnPort() const {
  const Result<std::string> port = ReadFile(folder_ / "record.port", 64);
  return port.ok() ? std::atoi(port->c_str()) : 0;
}

// Else the record itself is in conflict: another revision of its schema.
bool RecordEndpoint::IsPortTaken(const Error& error) const {
  return error.kind() == ErrorKind::kConflict &&
         Record::Open(outside_.directories.MlflowDb(), outside_.directories.Artifacts()).ok();
}

void RecordEndpoint::Lose(const Error& error) {
  is_lost_ = true;
  log_(fmt::format("record.lost why=\"{}\"", error.OneLine()));
}

}  // namespace curbstop
