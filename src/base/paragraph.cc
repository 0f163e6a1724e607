#include "base/paragraph.h"

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {

std::vector<std::string> Wrapped(std::string_view text, size_t width) {
  std::vector<std::string> lines(1);
  for (const std::string& word : Split(text, ' ')) {
    if (!lines.back().empty() && CodePoints(lines.back()) + 1 + CodePoints(word) > width)
      lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

std::string Paragraph(std::string_view text, std::string_view first, std::string_view rest) {
  std::string paragraph;
  for (const std::string& line : Wrapped(text, kPageWidth - rest.size())) {
    paragraph += paragraph.empty() ? first : rest;
    paragraph += line + "\n";
  }
  return paragraph;
}

std::string Grouped(int64_t number) {
  std::string text = fmt::format("{}", number);
  for (size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}

}  // namespace curbstop
