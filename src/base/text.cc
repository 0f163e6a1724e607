#include "base/text.h"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

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

// Whether one whole UTF-8 sequence steers the terminal: C0, DEL, C1 (U+0080..9F) and the marks that
// turn the direction of text (U+202A..E, U+2066..9).
bool IsControl(std::string_view sequence) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 1) return byte(0) < 0x20 || byte(0) == 0x7F;
  if (sequence.size() == 2) return byte(0) == 0xC2 && byte(1) < 0xA0;
  if (sequence.size() != 3 || byte(0) != 0xE2) return false;
  return (byte(1) == 0x80 && byte(2) >= 0xAA && byte(2) <= 0xAE) ||
         (byte(1) == 0x81 && byte(2) >= 0xA6 && byte(2) <= 0xA9);
}

// Letters inserted, dropped, changed, or swapped with their neighbour.
// Source: optimal string alignment, Boytsov, "Indexing methods for approximate dictionary
// searching", ACM JEA 16, 2011, section 2.
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before_last(b.size() + 1);
  std::vector<size_t> last(b.size() + 1);
  std::vector<size_t> row(b.size() + 1);
  std::iota(last.begin(), last.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t change = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, change});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
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

// Walks pattern and path together. When they part, only the latest `*` or, where that cannot grow
// over a `/`, the latest `**` takes one more character or part: an earlier star could reach no
// place that the later one does not, so the work is at most pattern times path.
class Glob {
 public:
  Glob(std::string_view pattern, std::string_view path) : pattern_(pattern), path_(path) {}

  bool Matches() {
    for (;;) {
      if (TakeStars()) continue;
      if (at_ == path_.size() && next_ == pattern_.size()) return true;
      if (TakeOne()) continue;
      if (!GrowStar() && !GrowParts()) return false;
    }
  }

 private:
  // A `*` or `**` at the front of what is left of the pattern.
  bool TakeStars() {
    const std::string_view rest = pattern_.substr(next_);
    if (!rest.starts_with('*')) return false;
    const bool begins_part = next_ == 0 || pattern_[next_ - 1] == '/';
    if (begins_part && (rest == "**" || rest.starts_with("**/"))) {
      next_ += std::min<size_t>(rest.size(), 3);
      parts_pattern_ = next_, parts_path_ = at_;
      star_pattern_ = kNone;
      if (rest == "**") at_ = path_.size();
    } else {
      star_pattern_ = ++next_, star_path_ = at_;
    }
    return true;
  }

  // One character of the path, if the front of the pattern allows it.
  bool TakeOne() {
    if (next_ == pattern_.size() || at_ == path_.size()) return false;
    size_t used = 1;
    if (!OneMatches(pattern_.substr(next_), path_[at_], used)) return false;
    next_ += used, ++at_;
    return true;
  }

  static bool OneMatches(std::string_view pattern, char c, size_t& used) {
    if (pattern[0] == '?') return c != '/';
    if (pattern[0] == '[' && c != '/') {
      const bool matches = ClassMatches(pattern, c, used);
      if (used > 0) return matches;
      used = 1;
    }
    if (pattern[0] == '\\' && pattern.size() > 1) {
      used = 2;
      return pattern[1] == c;
    }
    return pattern[0] == c;
  }

  bool GrowStar() {
    if (star_pattern_ == kNone || star_path_ == path_.size() || path_[star_path_] == '/')
      return false;
    next_ = star_pattern_, at_ = ++star_path_;
    return true;
  }

  bool GrowParts() {
    if (parts_pattern_ == kNone) return false;
    const size_t slash = path_.find('/', parts_path_);
    if (slash == path_.npos) return false;
    parts_path_ = slash + 1;
    next_ = parts_pattern_, at_ = parts_path_;
    star_pattern_ = kNone;
    return true;
  }

  static constexpr size_t kNone = std::string_view::npos;
  std::string_view pattern_;
  std::string_view path_;
  size_t next_ = 0;  // in the pattern
  size_t at_ = 0;    // in the path
  size_t star_pattern_ = kNone, star_path_ = 0;
  size_t parts_pattern_ = kNone, parts_path_ = 0;
};

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
    } else if (length == 0) {
      printable += fmt::format("\\x{:02x}", lead);
    } else if (IsControl(text.substr(0, length))) {
      for (const char c : text.substr(0, length)) {
        printable += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
      }
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
    if (candidate.size() > kLongestName) continue;
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
  return Glob(pattern, path).Matches();
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
