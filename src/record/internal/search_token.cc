#include "record/internal/search_token.h"

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

bool IsKeyByte(char c) {
  const bool is_beyond_ascii = static_cast<unsigned char>(c) >= 0x80;
  return IsLetter(c) || IsDigit(c) || is_beyond_ascii ||
         std::string_view("_.-/:@").find(c) != std::string_view::npos;
}

// One past the closing quote, or npos. A doubled quote and a backslash keep the text open.
size_t EndOfQuoted(std::string_view text, size_t start) {
  const char quote = text[start];
  for (size_t i = start + 1; i < text.size(); ++i) {
    if (text[i] == '\\' && quote == '\'') {
      ++i;
    } else if (text[i] == quote) {
      if (quote != '\'' || i + 1 >= text.size() || text[i + 1] != quote) return i + 1;
      ++i;
    }
  }
  return text.npos;
}

// A key may hold quoted parts: tags.`a b`.
size_t EndOfKey(std::string_view text, size_t start) {
  size_t i = start;
  while (i < text.size() && i != text.npos) {
    if (IsKeyByte(text[i])) {
      ++i;
    } else if (text[i] == '`' || text[i] == '"') {
      i = EndOfQuoted(text, i);
    } else {
      break;
    }
  }
  return i;
}

size_t EndOfNumber(std::string_view text, size_t start) {
  size_t i = start;
  while (i < text.size() &&
         (IsDigit(text[i]) || text[i] == '.' || text[i] == 'e' || text[i] == 'E' ||
          ((text[i] == '-' || text[i] == '+') &&
           (i == start || Lower(text.substr(i - 1, 1)) == "e")))) {
    ++i;
  }
  return i;
}

size_t EndOfMark(std::string_view text, size_t start) {
  const std::string_view two = text.substr(start, 2);
  if (two == "!=" || two == ">=" || two == "<=") return start + 2;
  return std::string_view("=<>(),").find(text[start]) == std::string_view::npos ? text.npos
                                                                                : start + 1;
}

struct Found {
  SearchTokenKind kind;
  size_t end;
};

Found FindToken(std::string_view text, size_t start) {
  const char c = text[start];
  if (c == '\'') return {SearchTokenKind::kText, EndOfQuoted(text, start)};
  if (IsDigit(c) || c == '-' || c == '+' || c == '.') {
    return {SearchTokenKind::kNumber, EndOfNumber(text, start)};
  }
  if (IsKeyByte(c) || c == '`' || c == '"') return {SearchTokenKind::kWord, EndOfKey(text, start)};
  return {SearchTokenKind::kMark, EndOfMark(text, start)};
}

}  // namespace

Result<std::vector<SearchToken>> SearchTokens(std::string_view filter) {
  std::vector<SearchToken> tokens;
  size_t at = 0;
  while (true) {
    while (at < filter.size() && IsSpace(filter[at])) ++at;
    if (at == filter.size()) return tokens;
    const Found found = FindToken(filter, at);
    if (found.end == filter.npos) {
      return InvalidInput(
          fmt::format("Invalid clause(s) in filter string: '{}'", filter.substr(at)));
    }
    tokens.push_back({found.kind, filter.substr(at, found.end - at)});
    at = found.end;
  }
}

}  // namespace curbstop
