// Where connections have their sockets: a path short enough for a socket (108 bytes, of which ssh
// takes 17 for itself while it makes one), in a folder that only this user may enter.
//
// Source: unix(7), sun_path; muxserver_listen of OpenSSH 9.2.
#pragma once

#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace curbstop {

inline constexpr size_t kMostControlFolder = 70;  // bytes of the folder's path

// `$XDG_RUNTIME_DIR/curbstop` where that exists, is ours and short enough, else
// `/tmp/curbstop-UID`; made 0700. Errors: kDenied (it is somebody else's, or a link, or open to
// others).
Result<std::filesystem::path> MakeControlFolder(std::string_view runtime_folder);

// The same check for a folder named by the caller, which is made where it is not there.
// Errors: kDenied, kInvalidInput (too long).
Status CheckControlFolder(const std::filesystem::path& folder);

}  // namespace curbstop
