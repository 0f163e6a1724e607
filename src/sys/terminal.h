// What the terminal is and can do, and the two ways to ask its user something.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/secret.h"

namespace curbstop {

struct Terminal {
  bool in = false;   // stdin is a terminal: we may ask
  bool err = false;  // stderr is a terminal: one live line is allowed
  bool colour = false;
  int width = 80;
};

Terminal ReadTerminal();

// Prints `question [y/N] ` on stderr and reads a line. Errors: kDenied without a terminal.
Result<bool> AskYesNo(const Terminal& terminal, std::string_view question);

// The value without echo from the terminal (Ctrl-C and Ctrl-Z give its echo back first), or all of
// stdin (less one final newline) where it is none.
// Errors: kInvalidInput if empty or longer than 64 KiB.
Result<Secret> ReadSecretValue(const Terminal& terminal, std::string_view name);

void WriteOut(std::string_view text);  // the answer
void WriteErr(std::string_view text);  // talk

}  // namespace curbstop
