#include "store/dvc_config.h"

#include <map>
#include <string>

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/small_files.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

using Values = std::map<std::string, std::string>;  // "cache.dir" to its text

struct LinkName {
  std::string_view name;
  LinkKind kind;
};
constexpr LinkName kLinkNames[] = {{"reflink", LinkKind::kReflink},
                                   {"hardlink", LinkKind::kHardlink},
                                   {"symlink", LinkKind::kSymlink},
                                   {"copy", LinkKind::kCopy}};

std::string_view WithoutQuotes(std::string_view text) {
  const bool quoted = text.size() >= 2 && text.front() == text.back() &&
                      (text.front() == '"' || text.front() == '\'');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

Status ReadInto(const fs::path& file, Values& values) {
  if (!Exists(file)) return {};
  TRY_ASSIGN(const std::string text, ReadFile(file, 1 << 20));
  std::string section;
  for (const std::string_view raw : Lines(text)) {
    const std::string_view line = Trim(raw);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line.front() == '[' && line.back() == ']') {
      section = Lower(WithoutQuotes(Trim(line.substr(1, line.size() - 2))));
      continue;
    }
    const size_t equals = line.find('=');
    if (equals == line.npos) continue;
    const std::string key = section + "." + Lower(Trim(line.substr(0, equals)));
    values[key] = WithoutQuotes(Trim(line.substr(equals + 1)));
  }
  return {};
}

Result<LinkKind> LinkKindOf(std::string_view name, const fs::path& file) {
  std::vector<std::string> allowed;
  for (const LinkName& row : kLinkNames) {
    if (row.name == name) return row.kind;
    allowed.emplace_back(row.name);
  }
  return InvalidInput(fmt::format("`cache.type` in `{}` is `{}`, expected some of {}{}",
                                  file.string(), Printable(name), Join(allowed, ", "),
                                  DidYouMean(name, allowed)));
}

Status SetLinks(const std::string& text, const fs::path& file, DvcConfig& config) {
  config.links.clear();
  for (const std::string& name : Split(text, ',')) {
    TRY_ASSIGN(const LinkKind kind, LinkKindOf(Trim(name), file));
    config.links.push_back(kind);
  }
  return {};
}

Status SetCache(const std::string& text, const fs::path& file, DvcConfig& config) {
  if (text.find("://") != text.npos) {
    return InvalidInput(
        fmt::format("`cache.dir` in `{}` is `{}`, expected a folder of this computer",
                    file.string(), Printable(text)));
  }
  config.cache = (file.parent_path() / text).lexically_normal();
  return {};
}

}  // namespace

Result<DvcConfig> ReadDvcConfig(const fs::path& root) {
  const fs::path file = root / ".dvc" / "config";
  Values values;
  TRY(ReadInto(file, values));
  TRY(ReadInto(root / ".dvc" / "config.local", values));
  DvcConfig config;
  config.cache = root / ".dvc" / "cache";
  if (const auto dir = values.find("cache.dir"); dir != values.end())
    TRY(SetCache(dir->second, file, config));
  if (const auto type = values.find("cache.type"); type != values.end())
    TRY(SetLinks(type->second, file, config));
  config.group_shared = values["cache.shared"] == "group";
  return config;
}

Status MakeDvcFolder(const fs::path& root, FileStore& files) {
  const fs::path folder = root / ".dvc";
  if (Exists(folder / "config") && Exists(folder / ".gitignore")) return {};
  TRY_ASSIGN(const Fd lock, LockSmallFiles(root));
  TRY(MakeFolders(folder));
  if (!Exists(folder / ".gitignore")) {
    TRY(WriteSmallFile(files, folder / ".gitignore", "/config.local\n/tmp\n/cache\n"));
  }
  if (!Exists(folder / "config")) TRY(WriteSmallFile(files, folder / "config", ""));
  return {};
}

}  // namespace curbstop
