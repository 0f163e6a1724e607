// A record server outside a run, for tests with stock MLflow clients.
//
//   record_server_for_tests DATABASE ARTIFACTS PORT [RUN_UUID STEP_ID EXPERIMENT]
//
// Prints its port on one line and serves until its stdin ends. The token is "test-token". With a
// run it first makes that run, as `curbstop run` does for a step.
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include "record/record.h"
#include "record/record_server.h"

namespace curbstop {
namespace {

Status StartStepRun(const RecordServerOptions& options, const char* experiment) {
  TRY_ASSIGN(Record record, Record::Open(options.database, options.artifacts));
  RecordRunRequest request;
  request.run_uuid = options.run_uuid;
  request.experiment = experiment;
  request.run_name = "step";
  request.user = "tester";
  request.start_ms = 1'764'000'000'000;
  request.tags = {{"curbstop.step_id", options.step_id}};
  TRY(record.StartRun(request));
  return {};
}

Status Serve(int argc, char** argv) {
  if (argc != 4 && argc != 7)
    return InvalidInput("expected DATABASE ARTIFACTS PORT [RUN STEP EXPERIMENT]");
  RecordServerOptions options;
  options.database = argv[1];
  options.artifacts = argv[2];
  options.port = std::atoi(argv[3]);
  options.token = Secret("test-token");
  if (argc == 7) {
    options.run_uuid = argv[4];
    options.step_id = argv[5];
    TRY(StartStepRun(options, argv[6]));
  }
  TRY_ASSIGN(const auto server, RecordServer::Start(options));
  std::printf("%d\n", server->port());
  std::fflush(stdout);
  char byte = 0;
  while (read(STDIN_FILENO, &byte, 1) > 0) {
  }
  return {};
}

}  // namespace
}  // namespace curbstop

int main(int argc, char** argv) {
  const curbstop::Status served = curbstop::Serve(argc, argv);
  if (!served.ok()) std::fprintf(stderr, "error: %s\n", served.error().Text().c_str());
  return served.ok() ? 0 : 1;
}
