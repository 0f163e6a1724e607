// The step's MLflow endpoint. It keeps its port and token over supervisors: both lie in the run's
// folder, as `record.port` and `record.token`.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "record/record_server.h"
#include "run/port_wait.h"
#include "run/prepare.h"
#include "sys/environment.h"

namespace curbstop {

class RecordEndpoint {
 public:
  using Log = std::function<void(const std::string& line)>;
  RecordEndpoint(std::filesystem::path folder, const RunOutside& outside, Log log);

  // For a step that is yet to start: nobody uses its port, so that any will do where it is taken.
  Status Serve(const NewRun& run);
  // For a step that runs already, again and again: what fails for good is logged, and the step goes
  // on without its record rather than without a supervisor. Errors: retryable ones.
  Status ServeRunning(const NewRun& run);

  bool serves() const { return server_ != nullptr; }
  int64_t writes() const { return server_ ? server_->writes() : 0; }
  // What tells the step's client of it.
  EnvironmentList Variables(const NewRun& run, const std::string& experiment_id) const;

 private:
  Status Start(const NewRun& run, int port);
  Status StartOnAnyPort(const NewRun& run);
  int OwnPort() const;
  bool IsPortTaken(const Error& error) const;
  void Lose(const Error& error);

  std::filesystem::path folder_;
  RunOutside outside_;
  Log log_;
  std::unique_ptr<RecordServer> server_;
  PortWait port_wait_;
  bool is_lost_ = false;
};

}  // namespace curbstop
