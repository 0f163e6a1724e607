// Small text tools that the standard library lacks. ASCII unless a comment says UTF-8.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace curbstop {

constexpr bool IsDigit(char c) { return c >= '0' && c <= '9'; }
constexpr bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

bool IsDigits(std::string_view text);  // at least one, and nothing else
bool IsUtf8(std::string_view text);
size_t Utf8Prefix(std::string_view text);  // bytes at the front that are whole UTF-8
size_t CodePoints(std::string_view text);  // of UTF-8 text
std::string_view Trim(std::string_view text);
std::string Lower(std::string_view text);
std::string Join(std::span<const std::string> parts, std::string_view separator);

// "a,b," gives {"a", "b", ""}.
std::vector<std::string> Split(std::string_view text, char separator);
std::vector<std::string_view> Lines(std::string_view text);  // without the line ends

// Safe to print on a terminal and in an error: control characters (C0, C1, text direction) and
// bytes that are not UTF-8 become \xNN, newlines \n.
std::string Printable(std::string_view text);

// Numbers inside names compare as numbers: "step-9" before "step-10".
bool NaturalLess(std::string_view a, std::string_view b);

// The candidate at most a third of `name`'s letters away (one at least), or empty. A letter added,
// dropped, changed or swapped with its neighbour counts as one.
std::string Nearest(std::string_view name, std::span<const std::string> candidates);

// " (did you mean `x`?)", or empty.
std::string DidYouMean(std::string_view name, std::span<const std::string> candidates);

// One argument, quoted so that a POSIX shell reads it back unchanged.
std::string ShellQuote(std::string_view argument);

// `*`, `?`, `[...]` within one path part; `**` as a whole part stands for any number of parts, none
// too (`a/**/b` matches `a/b`; `a/**` what lies in `a`). `\` quotes. Time: pattern times path.
bool GlobMatches(std::string_view pattern, std::string_view path);

// Columns aligned with two spaces, no borders; cells that start with a digit or `$` align right
// when the whole column does. Width counts UTF-8 code points.
std::string TextTable(const std::vector<std::vector<std::string>>& rows);

std::string Hex(std::span<const unsigned char> bytes);

}  // namespace curbstop
