// argv → one command → exit code. Errors go to stderr in three parts; with --json also as an
// object on stdout: {"error":{"kind":…,"message":…,"because":…,"hint":…}}.
#pragma once

#include "face/cli/command.h"

namespace curbstop {

int RunApp(int argc, char** argv, CommandContext& context);

}  // namespace curbstop
