// Text wrapped for a terminal of 80 columns, the narrowest that is usual.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace curbstop {

inline constexpr size_t kPageWidth = 80;

// Lines of at most `width` columns, broken at spaces; a longer word stands alone.
std::vector<std::string> Wrapped(std::string_view text, size_t width);

// `first` before the first line, `rest` before the others.
std::string Paragraph(std::string_view text, std::string_view first, std::string_view rest);

// "1234567" → "1,234,567".
std::string Grouped(int64_t number);

}  // namespace curbstop
