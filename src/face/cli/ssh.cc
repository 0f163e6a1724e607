// `curbstop ssh RUN` and `curbstop exec RUN -- COMMAND`: a person's own way to a rented machine.
#include <cerrno>
#include <cstring>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/rented_run.h"
#include "sys/ssh/ssh_folder.h"
#include "sys/ssh/ssh_options.h"

namespace curbstop {
namespace {

struct Options {
  std::string run;
  std::vector<std::string> forward;
  std::vector<std::string> command;
};

// From here on this process is ssh: its terminal, its signals, its exit code.
Status Become(std::vector<std::string> words) {
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  execvp(argv[0], argv.data());
  return NotFound(fmt::format("cannot start `{}`: {}", words[0], std::strerror(errno)))
      .WithHint("it comes with the package openssh-client");
}

// In its work folder, where the step runs.
std::string InWorkFolder(const std::string& run, const std::string& command) {
  return fmt::format("cd \"${{CURBSTOP_HOME:-/var/lib/curbstop}}/work/{}\" 2>/dev/null; {}", run,
                     command);
}

// `8888` is the port of that number on both sides.
std::string Forward(const std::string& words) {
  return IsDigits(words) ? fmt::format("{0}:localhost:{0}", words) : words;
}

// One word is a line for the shell there, as with ssh; several are a program and its words.
std::string ShellLine(const std::vector<std::string>& command) {
  if (command.size() == 1) return command[0];
  std::vector<std::string> quoted;
  for (const std::string& word : command) quoted.push_back(ShellQuote(word));
  return "exec " + Join(quoted, " ");
}

Status Run(const Options& options, bool is_exec, CommandContext& context) {
  TRY_ASSIGN(RentedRun run, FindRentedRun(options.run, context));
  TRY_ASSIGN(run.target.control_folder, MakeControlFolder(ReadVariable("XDG_RUNTIME_DIR")));
  std::vector<std::string> words = SessionArguments(run.target);
  for (const std::string& forward : options.forward) {
    words.emplace_back("-L");
    words.push_back(Forward(forward));
  }
  if (!is_exec) words.emplace_back("-t");
  words.push_back(DestinationOf(run.target));
  words.push_back(InWorkFolder(
      run.row.run.id, is_exec ? ShellLine(options.command) : "exec \"${SHELL:-/bin/sh}\" -l"));
  return Become(std::move(words));
}

}  // namespace

Action AddSsh(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("ssh", "Log in to the machine a run rents");
  command->add_option("RUN", options->run, "A run's id or a step's name")->required();
  command
      ->add_option("-L,--forward", options->forward,
                   "A port here that leads to one there, as 8888 or 8888:localhost:80")
      ->type_name("PORT[:HOST:PORT]");
  return [options](CommandContext& context) { return Run(*options, false, context); };
}

Action AddExec(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("exec", "Run a command on the machine a run rents");
  command->add_option("RUN", options->run, "A run's id or a step's name")->required();
  command
      ->add_option("COMMAND", options->command,
                   "After `--`: a program and its words, or one line for the shell")
      ->required();
  return [options](CommandContext& context) { return Run(*options, true, context); };
}

}  // namespace curbstop
