#include "sys/directories.h"

#include <fmt/format.h>

namespace curbstop {
namespace {

using std::filesystem::path;

}  // namespace

Result<Directories> FindDirectories(const std::function<std::string(const char*)>& variable) {
  const path home = variable("HOME");
  Directories found;
  const struct {
    const char* name;
    const char* fallback;
    path Directories::* folder;
  } kFolders[] = {{"XDG_CONFIG_HOME", ".config", &Directories::config},
                  {"XDG_DATA_HOME", ".local/share", &Directories::data},
                  {"XDG_STATE_HOME", ".local/state", &Directories::state},
                  {"XDG_CACHE_HOME", ".cache", &Directories::cache}};
  for (const auto& [name, fallback, folder] : kFolders) {
    const path base = variable(name);
    if (base.is_relative() && home.is_relative()) {
      return InvalidInput(fmt::format("neither `{}` nor `HOME` is set to an absolute path", name))
          .WithHint("set `HOME` to your home folder");
    }
    found.*folder = (base.is_absolute() ? base : home / fallback) / "curbstop";
  }
  return found;
}

}  // namespace curbstop
