// The far ends of a transfer, which the agent runs: they speak on stdin and stdout. Errors have
// been told to home when they come back here.
#pragma once

#include <filesystem>

#include "base/result.h"

namespace curbstop {

// Files from home into `root`. Whatever home says, nothing outside of it is touched.
Status ServeReceive(const std::filesystem::path& root);

// Everything below `root` to home.
Status ServeSend(const std::filesystem::path& root);

}  // namespace curbstop
