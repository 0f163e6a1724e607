// What every command file is made of: options, Run, and the function that declares both to CLI11.
//
// The context carries the outside world's pieces because a command only hands them on; no logic
// lives here.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include <CLI/CLI.hpp>

#include "base/json.h"
#include "base/result.h"
#include "sys/clock.h"
#include "sys/directories.h"
#include "sys/file_store.h"
#include "sys/process.h"
#include "sys/random_bytes.h"
#include "sys/terminal.h"

namespace curbstop {

// stdout is the answer, stderr is talk.
class Output {
 public:
  explicit Output(Terminal terminal) : terminal_(terminal) {}

  void UseJson() { json_ = true; }
  bool json() const { return json_; }
  const Terminal& terminal() const { return terminal_; }

  // The answer: the object with --json, else the text. Once per command.
  void Answer(const Json& object, std::string_view text);
  // One line or more, on stderr, in both modes.
  void Talk(std::string_view text);
  // The answer's text while it still grows (logs -f); nothing with --json.
  void Stream(std::string_view text);

 private:
  Terminal terminal_;
  bool json_ = false;
};

struct CommandContext {
  Output& out;
  const Directories& directories;
  Clock& clock;
  ProcessRunner& processes;
  FileStore& files;
  Random& random;
  std::filesystem::path folder;   // the working folder
  std::filesystem::path program;  // this program's own file
  bool yes = false;               // --yes was given
  int exit_code = 0;              // a command that answers may still exit with 1 (an honest "no")
};

using Action = std::function<Status(CommandContext&)>;

// -C DIR | -f FILE, and a first positional that is a folder or a *.yaml.
struct ProjectOption {
  std::string folder;
  std::string file;
  // Takes the first of `words` off if it is a project's folder or a *.yaml and neither option was
  // given. A folder that merely has a step's name stays a word: without a slash it must hold a
  // `curbstop.yaml`.
  void TakeFrom(std::vector<std::string>& words, const CommandContext& context);
  // Where LoadProject shall look. Errors: kInvalidInput if both are given.
  Result<std::filesystem::path> Where(const CommandContext& context) const;
};
void AddProjectOption(CLI::App& command, ProjectOption& option);

}  // namespace curbstop
