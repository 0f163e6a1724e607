#include "base/text.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace curbstop {
namespace {

// Length of the UTF-8 sequence at the front of `text`, 0 if it is not valid.
size_t SequenceLength(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return 1;
  const size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool too_short = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
  const bool surrogate = lead == 0xED && second > 0x9F;
  const bool too_large = lead == 0xF4 && second > 0x8F;
  return too_short || surrogate || too_large ? 0 : length;
}

size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row[b.size()];
}

bool LooksNumeric(std::string_view cell) {
  return !cell.empty() && (IsDigit(cell[0]) || cell[0] == '$' || cell == "-");
}

// Matches one `[...]` at the front of the pattern; `used` is its length, 0 if it is not closed.
bool ClassMatches(std::string_view pattern, char c, size_t& used) {
  size_t i = 1;
  const bool negated = i < pattern.size() && (pattern[i] == '!' || pattern[i] == '^');
  if (negated) ++i;
  bool found = false;
  for (const size_t first = i; i < pattern.size(); ++i) {
    if (pattern[i] == ']' && i > first) {
      used = i + 1;
      return found != negated;
    }
    if (i + 2 < pattern.size() && pattern[i + 1] == '-' && pattern[i + 2] != ']') {
      found = found || (pattern[i] <= c && c <= pattern[i + 2]);
      i += 2;
    } else {
      found = found || pattern[i] == c;
    }
  }
  used = 0;
  return false;
}

}  // namespace

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), IsDigit);
}

size_t Utf8Prefix(std::string_view text) {
  size_t prefix = 0;
  while (prefix < text.size()) {
    const size_t length = SequenceLength(text.substr(prefix));
    if (length == 0) break;
    prefix += length;
  }
  return prefix;
}

bool IsUtf8(std::string_view text) { return Utf8Prefix(text) == text.size(); }

size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  }));
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const size_t first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::string Join(std::span<const std::string> parts, std::string_view separator) {
  return fmt::format("{}", fmt::join(parts.begin(), parts.end(), separator));
}

std::vector<std::string> Split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (size_t start = 0;;) {
    const size_t end = text.find(separator, start);
    parts.emplace_back(text.substr(start, end - start));
    if (end == text.npos) return parts;
    start = end + 1;
  }
}

std::vector<std::string_view> Lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.push_back(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return lines;
}

std::string Printable(std::string_view text) {
  std::string printable;
  while (!text.empty()) {
    const size_t length = SequenceLength(text);
    const auto lead = static_cast<unsigned char>(text[0]);
    if (text[0] == '\n') {
      printable += "\\n";
    } else if (length == 0 || lead < 0x20 || lead == 0x7F) {
      printable += fmt::format("\\x{:02x}", lead);
    } else {
      printable += text.substr(0, length);
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  return printable;
}

bool NaturalLess(std::string_view a, std::string_view b) {
  size_t i = 0;
  size_t j = 0;
  while (i < a.size() && j < b.size()) {
    if (!IsDigit(a[i]) || !IsDigit(b[j])) {
      if (a[i] != b[j]) return a[i] < b[j];
      ++i, ++j;
      continue;
    }
    const auto number = [](std::string_view text, size_t& at) {
      while (at < text.size() && text[at] == '0') ++at;
      const size_t start = at;
      while (at < text.size() && IsDigit(text[at])) ++at;
      return text.substr(start, at - start);
    };
    const std::string_view x = number(a, i);
    const std::string_view y = number(b, j);
    if (x.size() != y.size()) return x.size() < y.size();
    if (x != y) return x < y;
  }
  if (i < a.size() || j < b.size()) return i >= a.size();
  return a < b;
}

std::string Nearest(std::string_view name, std::span<const std::string> candidates) {
  constexpr size_t kLongestName = 200;  // the comparison is quadratic
  std::string best;
  if (name.size() > kLongestName) return best;
  size_t best_distance = std::max<size_t>(1, name.size() / 3) + 1;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(Lower(name), Lower(candidate));
    if (distance < best_distance) best = candidate, best_distance = distance;
  }
  return best;
}

std::string DidYouMean(std::string_view name, std::span<const std::string> candidates) {
  const std::string nearest = Nearest(name, candidates);
  return nearest.empty() ? "" : fmt::format(" (did you mean `{}`?)", nearest);
}

std::string ShellQuote(std::string_view argument) {
  constexpr std::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=,@%+";
  if (!argument.empty() && argument.find_first_not_of(kPlain) == argument.npos) {
    return std::string(argument);
  }
  std::string quoted = "'";
  for (const char c : argument) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

bool GlobMatches(std::string_view pattern, std::string_view path) {
  if (pattern.empty()) return path.empty();
  if (pattern.starts_with("**")) {
    const std::string_view rest = pattern.substr(pattern.starts_with("**/") ? 3 : 2);
    if (rest.empty()) return true;
    for (size_t start = 0; start != path.npos;) {
      if (GlobMatches(rest, path.substr(start))) return true;
      const size_t slash = path.find('/', start);
      start = slash == path.npos ? slash : slash + 1;
    }
    return false;
  }
  if (pattern[0] == '*') {
    for (size_t length = 0;; ++length) {
      if (GlobMatches(pattern.substr(1), path.substr(length))) return true;
      if (length == path.size() || path[length] == '/') return false;
    }
  }
  if (path.empty()) return false;
  size_t used = 1;
  if (pattern[0] == '[' && path[0] != '/') {
    const bool matches = ClassMatches(pattern, path[0], used);
    if (used > 0) return matches && GlobMatches(pattern.substr(used), path.substr(1));
    used = 1;
  }
  if (pattern[0] == '\\' && pattern.size() > 1) {
    return pattern[1] == path[0] && GlobMatches(pattern.substr(2), path.substr(1));
  }
  const bool any = pattern[0] == '?' && path[0] != '/';
  return (any || pattern[0] == path[0]) && GlobMatches(pattern.substr(used), path.substr(1));
}

std::string TextTable(const std::vector<std::vector<std::string>>& rows) {
  std::vector<size_t> widths;
  std::vector<bool> right;
  for (size_t r = 0; r < rows.size(); ++r) {
    for (size_t c = 0; c < rows[r].size(); ++c) {
      if (c == widths.size()) widths.push_back(0), right.push_back(rows.size() > 1);
      widths[c] = std::max(widths[c], CodePoints(rows[r][c]));
      if (r > 0 && !LooksNumeric(rows[r][c])) right[c] = false;
    }
  }
  std::string table;
  for (const auto& row : rows) {
    std::string line;
    for (size_t c = 0; c < row.size(); ++c) {
      const std::string padding(widths[c] - CodePoints(row[c]), ' ');
      line += (c > 0 ? "  " : "") + (right[c] ? padding + row[c] : row[c] + padding);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + "\n";
  }
  return table;
}

std::string Hex(std::span<const unsigned char> bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

}  // namespace curbstop
