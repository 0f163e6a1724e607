// What a wrong command line is told, in our words instead of CLI11's.
//
// Every such error is kInvalidInput, names the argument, what was found and what was expected, and
// suggests the nearest command or option. Hidden commands and options are never suggested.
#pragma once

#include <string>

#include <CLI/CLI.hpp>

#include "base/result.h"

namespace curbstop {

// The command that was understood, deepest first: `runs show` before `runs`.
struct ParsedCommand {
  const CLI::App* command;
  std::string path;    // "curbstop runs show"
  std::string parent;  // "curbstop runs"; empty for `curbstop` itself
};
ParsedCommand DeepestParsed(const CLI::App& app);

// Called once when everything is declared: switches take no value, and words need no type name.
void TidyDeclarations(CLI::App& app);

// The checks that an option makes while it is read. The bounds are allowed values.
void ExpectWholeNumber(CLI::Option& option, int64_t low, int64_t high);
void ExpectNumber(CLI::Option& option, double low, double high);

Error UsageError(const CLI::App& app, const CLI::ParseError& error);

// An empty word is a script's unset variable, never a wish: `cancel "$RUN"` must not end the newest
// run. Errors: kInvalidInput.
Status RefuseEmptyWords(const CLI::App& app);

}  // namespace curbstop
