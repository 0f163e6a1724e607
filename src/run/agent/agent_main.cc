// `curbstop-agent RUN_FOLDER`: secrets on stdin as one JSON object, then end of file.
#include <exception>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <fmt/format.h>

#include "run/agent/agent.h"
#include "sys/files.h"
#include "sys/terminal.h"

namespace curbstop {
namespace {

// To its end; then stdin is empty, so that the secrets are not found in /proc/PID/fd.
std::string ReadInput() {
  std::string text;
  char buffer[4096];
  for (ssize_t count = 0; (count = read(STDIN_FILENO, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<size_t>(count));
  }
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (nothing > STDIN_FILENO) dup2(nothing, STDIN_FILENO), close(nothing);
  return text;
}

Status RunAgent(const std::filesystem::path& folder) {
  TRY_ASSIGN(AgentSecrets secrets, ParseSecrets(ReadInput()));
  TRY_ASSIGN(AgentOrder order, ReadOrder(folder));
  RealClock clock;
  RealFileStore files;
  RealProcessRunner processes;
  Agent agent(folder, std::move(order), std::move(secrets), clock, files, processes);
  return agent.Run();
}

int Main(int argc, char** argv) {
  if (argc != 2) {
    WriteErr("usage: curbstop-agent RUN_FOLDER (started by `curbstop run`)\n");
    return ExitCodeOf(ErrorKind::kInvalidInput);
  }
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  const Status done = RunAgent(argv[1]);
  if (done.ok()) return 0;
  WriteErr(fmt::format("error: {}\n", done.error().Text()));
  return ExitCodeOf(done.error().kind());
}

}  // namespace
}  // namespace curbstop

int main(int argc, char** argv) {
  try {
    return curbstop::Main(argc, argv);
  } catch (const std::exception& error) {
    curbstop::WriteErr(fmt::format("internal error: {}\n", error.what()));
    return curbstop::ExitCodeOf(curbstop::ErrorKind::kInternal);
  }
}
