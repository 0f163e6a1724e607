#include "machine/internal/parse_mounts.h"

#include "base/text.h"

namespace curbstop {
namespace {

bool IsOctal(char c) { return c >= '0' && c <= '7'; }

std::string UndoEscapes(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && IsOctal(text[i + 1]) && IsOctal(text[i + 2]) &&
        IsOctal(text[i + 3])) {
      plain +=
          static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + text[i + 3] - '0');
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

// 36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/root rw,errors=continue
std::optional<Mount> ParseLine(std::string_view line) {
  const std::vector<std::string> fields = Split(line, ' ');
  size_t dash = 6;
  while (dash < fields.size() && fields[dash] != "-") ++dash;
  if (dash + 2 >= fields.size()) return std::nullopt;
  Mount mount;
  mount.device_number = fields[2];
  mount.root = UndoEscapes(fields[3]);
  mount.point = UndoEscapes(fields[4]);
  mount.file_system = fields[dash + 1];
  mount.source = UndoEscapes(fields[dash + 2]);
  if (dash + 3 < fields.size()) mount.super_options = fields[dash + 3];
  if (!mount.point.starts_with('/')) return std::nullopt;
  return mount;
}

}  // namespace

std::vector<Mount> ParseMountInfo(std::string_view text) {
  std::vector<Mount> mounts;
  for (const std::string_view line : Lines(text)) {
    if (std::optional<Mount> mount = ParseLine(line)) mounts.push_back(std::move(*mount));
  }
  return mounts;
}

bool HasOption(std::string_view options, std::string_view option) {
  for (const std::string& one : Split(options, ',')) {
    if (one == option) return true;
  }
  return false;
}

}  // namespace curbstop
