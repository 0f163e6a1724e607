// Where an object lies: `files/md5/<2>/<30>` of the cache for DVC 3, `<2>/<30>` for DVC 2.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "store/md5.h"

namespace curbstop {

inline constexpr std::string_view kDirSuffix = ".dir";

struct ObjectId {
  Md5 md5;
  bool is_folder = false;

  std::string Text() const { return HexOf(md5) + (is_folder ? std::string(kDirSuffix) : ""); }
  auto operator<=>(const ObjectId&) const = default;
};

// Errors: kInvalidInput if it is no md5, with or without `.dir`.
Result<ObjectId> ParseObjectId(std::string_view text);

// The folder that holds the 256 prefix folders.
std::filesystem::path ObjectsFolder(const std::filesystem::path& cache, HashKind kind);

// "ab/cdef…", below ObjectsFolder.
std::string ObjectPlace(const ObjectId& id);

}  // namespace curbstop
