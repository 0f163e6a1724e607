// The `.dvc` files of a project and the data they point to.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/dvc_file.h"
#include "store/internal/walk.h"

namespace curbstop {

struct Pointer {
  std::string file;  // the `.dvc` file, relative to the root
  std::string path;  // the data, relative to the root
  DvcOut out;
};

struct Pointers {
  std::vector<Pointer> all;        // sorted by path
  std::vector<std::string> notes;  // entries that cannot be served, and why
};

// The rules by which DVC leaves files out: its built-in ones and `.dvcignore` files.
WalkRules DvcRules();

// Searches the whole project but not the data that pointers track.
// Errors: kInvalidInput for a pointer that cannot be read.
Result<Pointers> FindPointers(const std::filesystem::path& root);

// The pointer that tracks `path` or a folder above it, or null.
const Pointer* PointerOf(const Pointers& pointers, std::string_view path);

// Whether `path` is `folder` or lies in it; everything lies in "".
bool IsIn(std::string_view path, std::string_view folder);

}  // namespace curbstop
