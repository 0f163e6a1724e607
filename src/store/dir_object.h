// The list that stands for a folder in DVC's cache: which member has which content.
//
// JSON as Python's json.dumps(sort_keys=True) writes it: `[{"md5": "…", "relpath": "…"}, …]`,
// sorted by relpath in code-point order (of UTF-8: byte order), everything outside 0x20..0x7E as
// \uXXXX in lower-case hex with surrogate pairs, no final newline. The folder's id is the md5 of
// these bytes and `.dir`. Sizes, modes and empty folders are not in it.
// Source: dvc-data b9ec41c, hashfile/tree.py.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/md5.h"

namespace curbstop {

struct DirMember {
  std::string path;
  Md5 md5;
  bool operator==(const DirMember&) const = default;
};

// `members` sorted by path, names checked (store/names.h).
std::string WriteDirObject(const std::vector<DirMember>& members);

// Sorted by path. Keys other than md5 and relpath are let pass.
// Errors: kCorrupt if it is no such list, or a name is hostile, there twice, or both a file and a
// folder.
Result<std::vector<DirMember>> ReadDirObject(std::string_view bytes);

}  // namespace curbstop
