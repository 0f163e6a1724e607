#include "store/ignore.h"

#include "base/text.h"

namespace curbstop {
namespace {

// Trailing spaces go unless a backslash holds the last of them.
std::string_view WithoutTrailingSpaces(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  while (line.ends_with(' ') && !line.ends_with("\\ ")) line.remove_suffix(1);
  return line;
}

// `**` crosses parts only where it is a whole part; elsewhere it is a `*`.
std::string WithPlainStars(std::string_view pattern) {
  std::string result;
  for (const std::string& part : Split(pattern, '/')) {
    std::string plain;
    for (const char c : part) {
      if (part == "**" || c != '*' || !plain.ends_with('*')) plain += c;
    }
    result += plain + "/";
  }
  result.pop_back();
  return result;
}

}  // namespace

bool IgnoreRules::Parse(std::string_view line, Rule& rule) {
  line = WithoutTrailingSpaces(line);
  if (line.empty() || line[0] == '#') return false;
  rule.takes_back = line[0] == '!';
  if (rule.takes_back) line.remove_prefix(1);
  rule.folders_only = line.ends_with('/');
  if (rule.folders_only) line.remove_suffix(1);
  rule.anchored = line.find('/') != line.npos;
  if (line.starts_with('/')) line.remove_prefix(1);
  rule.pattern = WithPlainStars(line);
  rule.literal = rule.pattern.find_first_of("*?[\\") == rule.pattern.npos;
  return !rule.pattern.empty();
}

void IgnoreRules::Add(std::string_view text, std::string_view folder) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (const std::string_view line : Lines(text)) {
    Rule rule;
    if (!Parse(line, rule)) continue;
    if (!folder.empty()) rule.folder = std::string(folder) + "/";
    rules_.push_back(std::move(rule));
  }
}

bool IgnoreRules::Matches(const Rule& rule, std::string_view path, std::string_view name) {
  if (!path.starts_with(rule.folder)) return false;
  const std::string_view asked = rule.anchored ? path.substr(rule.folder.size()) : name;
  return rule.literal ? rule.pattern == asked : GlobMatches(rule.pattern, asked);
}

bool IgnoreRules::Ignores(std::string_view path, bool is_folder) const {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  for (auto rule = rules_.rbegin(); rule != rules_.rend(); ++rule) {
    if (rule->folders_only && !is_folder) continue;
    if (Matches(*rule, path, name)) return !rule->takes_back;
  }
  return false;
}

bool IgnoreRules::IgnoresOrAbove(std::string_view path, bool is_folder) const {
  for (size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    if (Ignores(path.substr(0, slash), true)) return true;
  }
  return Ignores(path, is_folder);
}

}  // namespace curbstop
