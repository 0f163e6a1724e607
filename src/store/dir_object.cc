#include "store/dir_object.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "store/names.h"

namespace curbstop {
namespace {

constexpr std::string_view kMd5Key = "{\"md5\": \"";
constexpr std::string_view kPathKey = "\", \"relpath\": \"";

// The code point at the front of valid UTF-8, which is taken off.
uint32_t TakeCodePoint(std::string_view& text) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const uint32_t first = byte(0);
  const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint32_t point = length == 1 ? first : first & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) point = point << 6 | (byte(i) & 0x3F);
  text.remove_prefix(length);
  return point;
}

void AppendUnit(std::string& out, uint32_t unit) { out += fmt::format("\\u{:04x}", unit); }

void AppendEscaped(std::string& out, uint32_t point) {
  switch (point) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\b': out += "\\b"; return;
    case '\f': out += "\\f"; return;
    default: break;
  }
  if (point >= 0x20 && point <= 0x7E) {
    out += static_cast<char>(point);
  } else if (point < 0x10000) {
    AppendUnit(out, point);
  } else {
    AppendUnit(out, 0xD800 + ((point - 0x10000) >> 10));
    AppendUnit(out, 0xDC00 + ((point - 0x10000) & 0x3FF));
  }
}

bool IsPlain(char c) { return c >= 0x20 && c <= 0x7E && c != '"' && c != '\\'; }

void AppendText(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto plain =
        static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsPlain) - text.begin());
    out += text.substr(0, plain);
    text.remove_prefix(plain);
    if (!text.empty()) AppendEscaped(out, TakeCodePoint(text));
  }
}

bool Take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

// One member in exactly the bytes that json.dumps writes for a name without escapes.
bool TakePlainMember(std::string_view& text, DirMember& member) {
  if (!Take(text, kMd5Key) || text.size() < 32) return false;
  const std::optional<Md5> md5 = ParseMd5(text.substr(0, 32));
  if (!md5) return false;
  text.remove_prefix(32);
  if (!Take(text, kPathKey)) return false;
  const auto length =
      static_cast<size_t>(std::find_if_not(text.begin(), text.end(), IsPlain) - text.begin());
  member = {std::string(text.substr(0, length)), *md5};
  text.remove_prefix(length);
  return Take(text, "\"}");
}

// The usual list, at the speed of a scan; anything else is left to the JSON reader.
bool ReadPlainList(std::string_view text, std::vector<DirMember>& members) {
  if (!Take(text, "[")) return false;
  if (text == "]") return true;
  do {
    if (!TakePlainMember(text, members.emplace_back())) return false;
  } while (Take(text, ", "));
  return text == "]";
}

Result<DirMember> MemberOf(const Json& item) {
  TRY_ASSIGN(const std::string path, item.GetString("relpath"));
  TRY_ASSIGN(const std::string hex, item.GetString("md5"));
  const std::optional<Md5> md5 = ParseMd5(hex);
  if (!md5) return InvalidInput(fmt::format("`{}` is no md5", Printable(hex)));
  return DirMember{path, *md5};
}

Result<std::vector<DirMember>> ReadAnyList(std::string_view text) {
  TRY_ASSIGN(const Json list, ParseJson(text));
  if (!list.IsArray()) return InvalidInput("it is no JSON list");
  std::vector<DirMember> members;
  members.reserve(list.items().size());
  for (const Json& item : list.items()) {
    TRY_ASSIGN(members.emplace_back(), MemberOf(item));
  }
  return members;
}

// In sorted order a file `a` and a member `a/b` are not always neighbours (`a.txt` lies between),
// so each folder on the way is looked up.
Status CheckTree(const std::vector<DirMember>& members) {
  for (size_t i = 0; i < members.size(); ++i) {
    const std::string& path = members[i].path;
    TRY(CheckMemberName(path));
    if (i > 0 && members[i - 1].path == path) {
      return InvalidInput(fmt::format("`{}` is listed twice", Printable(path)));
    }
    for (size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
      // The member before it was checked already for the folders that both share.
      if (i > 0 && members[i - 1].path.compare(0, slash + 1, path, 0, slash + 1) == 0) continue;
      const std::string folder = path.substr(0, slash);
      const auto found = std::lower_bound(
          members.begin(), members.end(), folder,
          [](const DirMember& member, const std::string& name) { return member.path < name; });
      if (found == members.end() || found->path != folder) continue;
      return InvalidInput(
          fmt::format("`{}` is listed as a file and as a folder", Printable(folder)));
    }
  }
  return {};
}

Error Damaged(const Error& error) {
  return {ErrorKind::kCorrupt, "the folder's list is damaged: " + error.OneLine()};
}

}  // namespace

std::string WriteDirObject(const std::vector<DirMember>& members) {
  std::string text = "[";
  for (const DirMember& member : members) {
    if (text.size() > 1) text += ", ";
    text += kMd5Key;
    text += HexOf(member.md5);
    text += kPathKey;
    AppendText(text, member.path);
    text += "\"}";
  }
  return text + "]";
}

Result<std::vector<DirMember>> ReadDirObject(std::string_view bytes) {
  std::vector<DirMember> members;
  if (!ReadPlainList(bytes, members)) {
    Result<std::vector<DirMember>> any = ReadAnyList(bytes);
    if (!any.ok()) return Damaged(any.error());
    members = *std::move(any);
  }
  const auto by_path = [](const DirMember& a, const DirMember& b) { return a.path < b.path; };
  if (!std::is_sorted(members.begin(), members.end(), by_path)) {
    std::sort(members.begin(), members.end(), by_path);
  }
  if (Status sound = CheckTree(members); !sound.ok()) return Damaged(sound.error());
  return members;
}

}  // namespace curbstop
