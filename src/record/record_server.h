// MLflow's REST on loopback, for a step's unmodified `mlflow` client.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "base/result.h"
#include "sys/secret.h"

namespace curbstop {

struct RecordServerOptions {
  std::filesystem::path database;
  std::filesystem::path artifacts;
  int port = 0;  // 0: the system chooses; else that one or an error
  Secret token;  // Bearer token, or the password of Basic; without it: 401
  // The run made for the step: a `set_experiment` before its first use moves it, and runs that the
  // script starts itself are tagged with the step id.
  std::string run_uuid;
  std::string step_id;
};

// Threads: the server has its own; the object belongs to one.
class RecordServer {
 public:
  // Errors: kConflict if the port is taken, and those of Record::Open.
  static Result<std::unique_ptr<RecordServer>> Start(const RecordServerOptions& options);
  virtual ~RecordServer() = default;  // stops it; requests in progress are finished
  virtual int port() const = 0;
  // Calls that changed something since the start: it grows as long as the script logs.
  // Threads: any.
  virtual int64_t writes() const = 0;
};

}  // namespace curbstop
