// The agent's program:
//   curbstop-agent RUN_FOLDER          at home: the worker; secrets on stdin as one JSON object
//   curbstop-agent keep RUN_FOLDER     away: the same stdin; returns when the worker has begun
//   curbstop-agent work RUN_FOLDER     what the keeper starts
//   curbstop-agent follow RUN_FOLDER --events N --log BYTES --calls N [--silence SECONDS]
//   curbstop-agent probe
//   curbstop-agent receive ROOT        the far ends of a transfer
//   curbstop-agent send ROOT
// Words and files: docs/formats/agent-away.md, docs/formats/transfer.md.
#include <algorithm>
#include <charconv>
#include <exception>
#include <fcntl.h>
#include <signal.h>
#include <span>
#include <unistd.h>

#include <fmt/format.h>

#include "run/agent/agent.h"
#include "run/agent/follow.h"
#include "run/agent/keeper.h"
#include "run/agent/probe.h"
#include "store/transfer/far_end.h"
#include "sys/files.h"
#include "sys/terminal.h"

namespace curbstop {
namespace {

using Words = std::span<const std::string_view>;

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

// Where the birth script put its files.
std::filesystem::path MachineHome() {
  const std::string set = ReadVariable("CURBSTOP_HOME");
  return set.empty() ? AwayOrder().home : std::filesystem::path(set);
}

Status Work(const std::filesystem::path& folder) {
  TRY_ASSIGN(AgentSecrets secrets, ParseSecrets(ReadInput()));
  TRY_ASSIGN(AgentOrder order, ReadOrder(folder));
  RealClock clock;
  RealFileStore files;
  RealProcessRunner processes;
  Agent agent(folder, std::move(order), std::move(secrets), clock, files, processes);
  return agent.Run();
}

Status RunAtHome(Words words) { return Work(words[0]); }

Status RunWorker(Words words) {
  HideMemory();
  return Work(words[0]);
}

Status RunKeeper(Words words) {
  const std::filesystem::path folder(words[0]);
  std::string secrets = ReadInput();
  TRY(ParseSecrets(secrets));
  TRY_ASSIGN(const AgentOrder order, ReadOrder(folder));
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return FromErrno(error.value(), "cannot read `/proc/self/exe`");
  return Keep(folder, order, std::move(secrets), program);
}

Status RunProbe(Words) {
  RealProcessRunner processes;
  WriteOut(WriteJson(Probe(MachineHome(), "/", processes)) + "\n");
  return {};
}

Result<int64_t> NumberOf(Words words, std::string_view option) {
  const auto found = std::find(words.begin(), words.end(), option);
  if (found == words.end()) return 0;
  int64_t number = -1;
  const std::string_view text = found + 1 == words.end() ? "" : found[1];
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec == std::errc() && read.ptr == text.data() + text.size() && number >= 0) return number;
  return InvalidInput(fmt::format("`{}` takes a number, not `{}`", option, text));
}

// After the folder: names that it knows, each with its number.
Status CheckOptions(Words options) {
  constexpr std::string_view kKnown[] = {"--events", "--log", "--calls", "--silence"};
  for (size_t i = 0; i < options.size(); i += 2) {
    if (std::find(std::begin(kKnown), std::end(kKnown), options[i]) == std::end(kKnown))
      return InvalidInput(fmt::format("`follow` has no option `{}`", options[i]));
  }
  return {};
}

Status RunFollow(Words words) {
  TRY(CheckOptions(words.subspan(1)));
  FollowRequest request;
  request.folder = words[0];
  TRY_ASSIGN(request.from.events, NumberOf(words, "--events"));
  TRY_ASSIGN(request.from.log, NumberOf(words, "--log"));
  TRY_ASSIGN(request.from.calls, NumberOf(words, "--calls"));
  TRY_ASSIGN(const int64_t silence, NumberOf(words, "--silence"));
  request.most_silence = std::chrono::seconds(silence);
  RealClock clock;
  RealFileStore files;
  return Follow(request, MachineHome(), clock, files);
}

Status RunReceive(Words words) { return ServeReceive(words[0]); }

Status RunSend(Words words) { return ServeSend(words[0]); }

struct Command {
  std::string_view name;
  size_t words;  // behind the name
  Status (*run)(Words words);
  bool has_options = false;
};

constexpr Command kCommands[] = {{"keep", 1, RunKeeper},         {"work", 1, RunWorker},
                                 {"follow", 1, RunFollow, true}, {"probe", 0, RunProbe},
                                 {"receive", 1, RunReceive},     {"send", 1, RunSend}};

Status Run(Words words) {
  for (const Command& command : kCommands) {
    const bool is_it = !words.empty() && words[0] == command.name;
    const size_t behind = words.size() - (is_it ? 1 : 0);
    if (is_it && (behind == command.words || (command.has_options && behind > command.words)))
      return command.run(words.subspan(1));
  }
  if (words.size() == 1 && words[0].starts_with('/')) return RunAtHome(words);
  return InvalidInput(
      "usage: curbstop-agent RUN_FOLDER | keep RUN_FOLDER | follow RUN_FOLDER … | probe (started by "
      "`curbstop run`)");
}

int Main(int argc, char** argv) {
  signal(SIGPIPE, SIG_IGN);
  signal(SIGHUP, SIG_IGN);
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  const Status done = Run(words);
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
