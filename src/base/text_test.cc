#include "base/text.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

using namespace std::string_literals;

TEST(Text, LinesDropBothKindsOfLineEnds) {
  EXPECT_EQ(Lines("a\r\nb\n\nc"), (std::vector<std::string_view>{"a", "b", "", "c"}));
  EXPECT_TRUE(Lines("").empty());
  EXPECT_EQ(Lines("a\n").size(), 1u);
}

TEST(Text, SplitKeepsEmptyParts) {
  EXPECT_EQ(Split("a,b,", ','), (std::vector<std::string>{"a", "b", ""}));
  EXPECT_EQ(Split("", ','), std::vector<std::string>{""});
}

RC_GTEST_PROP(Text, JoinUndoesSplit, (const std::string& text)) {
  RC_ASSERT(Join(Split(text, ','), ",") == text);
}

TEST(Text, TrimTakesSpaceAtBothEndsOnly) {
  EXPECT_EQ(Trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(Trim(" \n"), "");
}

TEST(Text, DigitsAreAtLeastOneAndNothingElse) {
  EXPECT_TRUE(IsDigits("0123"));
  EXPECT_FALSE(IsDigits(""));
  EXPECT_FALSE(IsDigits("-1"));
  EXPECT_FALSE(IsDigits("1 "));
}

// RFC 3629 §4: the shortest form only, no surrogates, nothing above U+10FFFF.
TEST(Utf8, AcceptsTheShortestFormsOnly) {
  for (const std::string& good : {"plain"s, "\xC2\x80"s, "\xE0\xA0\x80"s, "\xED\x9F\xBF"s,
                                  "\xF0\x90\x80\x80"s, "\xF4\x8F\xBF\xBF"s, "\0"s}) {
    EXPECT_TRUE(IsUtf8(good)) << Printable(good);
  }
  for (const std::string& bad :
       {"\x80"s, "\xC0\x80"s, "\xC1\xBF"s, "\xE0\x9F\xBF"s, "\xED\xA0\x80"s, "\xF0\x8F\xBF\xBF"s,
        "\xF4\x90\x80\x80"s, "\xFF"s, "\xE2\x82"s}) {
    EXPECT_FALSE(IsUtf8(bad)) << Printable(bad);
  }
}

TEST(Printable, WritesControlCharactersAndForeignBytesOut) {
  EXPECT_EQ(Printable("a\nb\x1B[31m\x7F"), "a\\nb\\x1b[31m\\x7f");
  EXPECT_EQ(Printable("caf\xC3\xA9 \xFF"), "caf\xC3\xA9 \\xff");
  EXPECT_EQ(Printable("\xC2\x9B"), "\\xc2\\x9b");           // C1: a one-character escape sequence
  EXPECT_EQ(Printable("\xE2\x80\xAE"), "\\xe2\\x80\\xae");  // turns the text after it around
}

RC_GTEST_PROP(Printable, IsAlwaysUtf8WithoutControlCharacters, (const std::string& text)) {
  const std::string printable = Printable(text);
  RC_ASSERT(IsUtf8(printable));
  RC_ASSERT(std::none_of(printable.begin(), printable.end(),
                         [](char c) { return (c >= 0 && c < 0x20) || c == 0x7F; }));
}

TEST(NaturalLess, ComparesNumbersAsNumbers) {
  EXPECT_TRUE(NaturalLess("step-9", "step-10"));
  EXPECT_FALSE(NaturalLess("step-10", "step-9"));
  EXPECT_TRUE(NaturalLess("a2b", "a10"));
  EXPECT_TRUE(NaturalLess("ckpt-18446744073709551615", "ckpt-18446744073709551616"));
}

RC_GTEST_PROP(NaturalLess, IsAStrictOrder, ()) {
  const auto name = rc::gen::container<std::string>(rc::gen::element('0', '1', '9', 'a', '-'));
  const std::string a = *name;
  const std::string b = *name;
  const std::string c = *name;
  RC_ASSERT(!NaturalLess(a, a));
  RC_ASSERT(a == b || NaturalLess(a, b) != NaturalLess(b, a));
  if (NaturalLess(a, b) && NaturalLess(b, c)) RC_ASSERT(NaturalLess(a, c));
}

TEST(DidYouMean, FindsTheNearestName) {
  const std::vector<std::string> names = {"plan", "paths", "run", "assess"};
  EXPECT_EQ(DidYouMean("asess", names), " (did you mean `assess`?)");
  EXPECT_EQ(DidYouMean("pahts", names), " (did you mean `paths`?)");  // two letters swapped
  EXPECT_EQ(DidYouMean("RUN", names), " (did you mean `run`?)");
  EXPECT_EQ(DidYouMean("deploy", names), "");
}

TEST(ShellQuote, LeavesPlainWordsAlone) {
  EXPECT_EQ(ShellQuote("out/train/model.npz"), "out/train/model.npz");
  EXPECT_EQ(ShellQuote(""), "''");
  EXPECT_EQ(ShellQuote("it's; rm -rf $HOME"), "'it'\\''s; rm -rf $HOME'");
  EXPECT_EQ(ShellQuote("~"), "'~'");
}

// The obvious matcher: every star tries every length.
bool SlowGlob(std::string_view pattern, std::string_view path, bool at_part_start = true) {
  if (pattern.empty()) return path.empty();
  if (at_part_start && pattern == "**") return true;
  if (at_part_start && pattern.starts_with("**/")) {
    if (SlowGlob(pattern.substr(3), path)) return true;
    const size_t slash = path.find('/');
    return slash != path.npos && SlowGlob(pattern, path.substr(slash + 1));
  }
  if (pattern[0] == '*') {
    if (SlowGlob(pattern.substr(1), path, false)) return true;
    return !path.empty() && path[0] != '/' && SlowGlob(pattern, path.substr(1), false);
  }
  if (path.empty()) return false;
  const bool one = pattern[0] == '?' ? path[0] != '/' : pattern[0] == path[0];
  return one && SlowGlob(pattern.substr(1), path.substr(1), pattern[0] == '/');
}

TEST(Glob, StaysWithinOnePathPart) {
  EXPECT_TRUE(GlobMatches("data/*.csv", "data/calls.csv"));
  EXPECT_FALSE(GlobMatches("data/*.csv", "data/old/calls.csv"));
  EXPECT_FALSE(GlobMatches("a?b", "a/b"));
  EXPECT_FALSE(GlobMatches("a[/]b", "a/b"));
}

TEST(Glob, TwoStarsStandForAnyNumberOfParts) {
  EXPECT_TRUE(GlobMatches("**/*.py", "train.py"));
  EXPECT_TRUE(GlobMatches("**/*.py", "src/deep/train.py"));
  EXPECT_TRUE(GlobMatches("src/**/x", "src/x"));
  EXPECT_TRUE(GlobMatches("src/**", "src/a/b"));
  EXPECT_FALSE(GlobMatches("src/**", "src"));
  EXPECT_FALSE(GlobMatches("src/**/x", "lib/x"));
}

TEST(Glob, ClassesAndQuotesWorkAsInTheShell) {
  EXPECT_TRUE(GlobMatches("[a-c]x", "bx"));
  EXPECT_FALSE(GlobMatches("[!a-c]x", "bx"));
  EXPECT_TRUE(GlobMatches("[]]", "]"));
  EXPECT_TRUE(GlobMatches("[a", "[a"));  // not closed: a plain bracket
  EXPECT_TRUE(GlobMatches("\\*", "*"));
  EXPECT_FALSE(GlobMatches("\\*", "a"));
}

TEST(Glob, ManyStarsCostNoMoreThanPatternTimesPath) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  // Trying every length of every star would take more than 10^100 steps.
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(4000, 'a')));
  std::string parts;
  for (int i = 0; i < 60; ++i) parts += "**/a/";
  std::string path;
  for (int i = 0; i < 400; ++i) path += "a/";
  EXPECT_FALSE(GlobMatches(parts + "b", path + "c"));
}

RC_GTEST_PROP(Glob, AgreesWithTheObviousMatcher, ()) {
  const auto word = [](auto... letters) {
    return rc::gen::resize(12, rc::gen::container<std::string>(rc::gen::element(letters...)));
  };
  const std::string pattern = *word('a', 'b', '/', '*', '*', '?');
  const std::string path = *word('a', 'b', '/');
  RC_ASSERT(GlobMatches(pattern, path) == SlowGlob(pattern, path));
}

TEST(TextTable, AlignsNumbersRightAndTextLeft) {
  EXPECT_EQ(TextTable({{"step", "cost"}, {"train", "12.50"}, {"e", "0.10"}}),
            "step    cost\n"
            "train  12.50\n"
            "e       0.10\n");
}

TEST(TextTable, CountsLettersNotBytes) {
  EXPECT_EQ(TextTable({{"caf\xC3\xA9", "x"}, {"abcdef", "y"}}), "caf\xC3\xA9    x\nabcdef  y\n");
}

TEST(TextTable, ShortRowsAndNoRowsAreFine) {
  EXPECT_EQ(TextTable({}), "");
  EXPECT_EQ(TextTable({{"a", "b"}, {"c"}}), "a  b\nc\n");
}

TEST(Hex, WritesTwoDigitsPerByte) {
  const unsigned char bytes[] = {0x00, 0x0F, 0xFF};
  EXPECT_EQ(Hex(bytes), "000fff");
}

}  // namespace
}  // namespace curbstop
