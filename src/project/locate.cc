#include "project/project.h"
#include "sys/files.h"

namespace curbstop {

std::filesystem::path FindProjectRoot(const std::filesystem::path& from) {
  for (const char* mark : {"curbstop.yaml", ".dvc", ".git"}) {
    for (std::filesystem::path folder = from;; folder = folder.parent_path()) {
      if (Exists(folder / mark)) return folder;
      if (!folder.has_relative_path()) break;
    }
  }
  return from;
}

}  // namespace curbstop
