// HTTPS without TLS of our own, for the agent: the image's curl, wget or python3 puts a file at a
// presigned address. The address goes by stdin, never by an argument: it is a capability.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "sys/process.h"
#include "sys/secret.h"

namespace curbstop {

enum class PutTool { kCurl, kWget, kPython };

std::string_view NameOf(PutTool tool);  // "curl", "wget", "python3"

// Those in PATH, the best first.
std::vector<PutTool> FindPutTools();

// Errors: kDenied (401, 403: expired, or not ours), kNotFound, kInvalidInput (another 4xx, an
// address that is none), kUnavailable (no connection, 5xx, the time).
Status PutBy(PutTool tool, const std::filesystem::path& file, const Secret& address, Millis limit,
             ProcessRunner& processes);

// By the first tool that does it; kDenied and kNotFound are final. Errors: as PutBy; kNotFound
// where there is no tool at all.
Status PutByTool(const std::filesystem::path& file, const Secret& address, Millis limit,
                 ProcessRunner& processes);

}  // namespace curbstop
