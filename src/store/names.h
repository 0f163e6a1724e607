// Which names may enter the store or be made from it. A name of a foreign folder object is hostile
// until it passed.
#pragma once

#include <string_view>

#include "base/result.h"

namespace curbstop {

// A path of a folder's member: relative, UTF-8, no empty, `.` or `..` part, no NUL, newline or
// backslash, no part `.git`, `.dvc` or `.curbstop` in any case.
// Errors: kInvalidInput, naming the path and the reason.
Status CheckMemberName(std::string_view path);

}  // namespace curbstop
