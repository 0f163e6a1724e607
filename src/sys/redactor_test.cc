#include "sys/redactor.h"

#include <random>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curbstop {
namespace {

std::vector<Secret> Secrets(std::initializer_list<const char*> values) {
  std::vector<Secret> secrets;
  for (const char* value : values) secrets.emplace_back(value);
  return secrets;
}

// The slow and obvious way: marks every byte that lies in an occurrence, and lets occurrences that
// share a byte be one.
std::string ByMarks(std::string_view text, const std::vector<std::string>& values) {
  std::vector<int> joined(text.size() + 1,
                          0);  // 1: this byte and the one before are one occurrence
  std::vector<bool> marked(text.size(), false);
  for (const std::string& value : values) {
    for (size_t at = text.find(value); at != text.npos; at = text.find(value, at + 1)) {
      for (size_t i = at; i < at + value.size(); ++i) {
        marked[i] = true;
        if (i > at) joined[i] = 1;
      }
    }
  }
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (!marked[i]) {
      out += text[i];
    } else if (joined[i] == 0) {
      out += "***";
    }
  }
  return out;
}

// A hundred shapes of tokens: short and long, with regex characters, quotes, spaces, controls and
// bytes that are no UTF-8, repeated letters, and beginnings and parts of each other.
std::vector<std::string> TokenShapes() {
  std::vector<std::string> shapes{"a",
                                  "ab",
                                  "***",
                                  ".*",
                                  "a.c",
                                  "[x]",
                                  "(y|z)",
                                  "\\d+",
                                  "^$",
                                  "tok en",
                                  "to\tken",
                                  "line1\nline2-is-long",
                                  "'q'",
                                  "\"d\"",
                                  "%s%n",
                                  "${HOME}",
                                  "{out}",
                                  "\x01\x02",
                                  "\xff\xfe\x80",
                                  "é-ü-ß",
                                  "aaaa",
                                  "aaaaaaa",
                                  "abab",
                                  "ababab",
                                  "abcabcabd",
                                  "hf_abcdef",
                                  "hf_abcdefghij",
                                  "cdefgh",
                                  "sk-live-0123456789abcdef",
                                  "0123456789"};
  std::mt19937 random(7);
  const std::string_view alphabet = "abcXYZ019_-+/=.*?\\ ";
  while (shapes.size() < 100) {
    std::string shape;
    const size_t length = 1 + random() % 40;
    for (size_t i = 0; i < length; ++i) shape += alphabet[random() % alphabet.size()];
    shapes.push_back(shape);
  }
  return shapes;
}

TEST(Redactor, ReplacesAValueAndKeepsTheRest) {
  EXPECT_EQ(Redact("token hunter2! hunter2", Secrets({"hunter2"})), "token ***! ***");
  EXPECT_EQ(Redact("nothing here", Secrets({"hunter2"})), "nothing here");
  EXPECT_EQ(Redact("as it is", {}), "as it is");
}

TEST(Redactor, OverlappingValuesBecomeOneMark) {
  EXPECT_EQ(Redact("x abcdef y", Secrets({"abcd", "cdef"})), "x *** y");
  EXPECT_EQ(Redact("x abcdef y", Secrets({"abcdef", "cd"})), "x *** y");
  EXPECT_EQ(Redact("abcab", Secrets({"abc", "ab"})), "******");
}

TEST(Redactor, EveryTokenShapeGoesWhereverTheChunksAreCut) {
  for (const std::string& shape : TokenShapes()) {
    const std::vector<Secret> secrets{Secret(shape)};
    const std::string text = fmt::format("<<{0}>>{0}{0}=\n{0}", shape);
    const std::string expected = ByMarks(text, {shape});
    for (size_t cut = 0; cut <= text.size(); ++cut) {
      Redactor redactor(secrets);
      std::string out = redactor.Feed(std::string_view(text).substr(0, cut));
      out += redactor.Feed(std::string_view(text).substr(cut));
      out += redactor.Finish();
      ASSERT_EQ(out, expected) << "shape `" << shape << "` cut at " << cut;
    }
  }
}

TEST(Redactor, AllShapesAtOnceAgreeWithTheObviousWayByteByByte) {
  std::vector<std::string> values;
  for (const std::string& shape : TokenShapes()) {
    const bool of_lines = shape.find('\n') != shape.npos;  // each line is a form of its own
    if (shape.size() > 2 && !of_lines) values.push_back(shape);
  }
  std::vector<Secret> secrets;
  for (const std::string& value : values) secrets.emplace_back(value);
  std::mt19937 random(11);
  for (int round = 0; round < 50; ++round) {
    std::string text;
    for (int i = 0; i < 30; ++i) {
      const std::string& value = values[random() % values.size()];
      text += value.substr(random() % 2, random() % (value.size() + 1));
      if (random() % 3 == 0) text += '~';
    }
    Redactor redactor(secrets);
    std::string out;
    for (const char byte : text) out += redactor.Feed(std::string_view(&byte, 1));
    out += redactor.Finish();
    // Encoded forms can only add to what is hidden; this text holds none by construction.
    ASSERT_EQ(out, ByMarks(text, values)) << "round " << round;
  }
}

// printf %s 'p4ss-w0rd?>' | base64 → cDRzcy13MHJkPz4=
TEST(Redactor, FindsTheEncodedForms) {
  const std::vector<Secret> secrets = Secrets({"p4ss-w0rd?>"});
  EXPECT_EQ(Redact("b cDRzcy13MHJkPz4= e", secrets), "b *** e");
  EXPECT_EQ(Redact("u p4ss-w0rd%3F%3E e", secrets), "u *** e");
  EXPECT_EQ(Redact("l p4ss-w0rd%3f%3e e", secrets), "l *** e");
  EXPECT_EQ(Redact("YQ== a", Secrets({"a"})), "*** ***");
}

// printf %s 'user:p4ss-w0rd' | base64 → dXNlcjpwNHNzLXcwcmQ=; the value starts at byte 5, so the
// characters from 7 on are its own: `wNHNzLXcwcm`, and the last two depend on padding.
TEST(Redactor, FindsTheBytesInHexInEitherCase) {
  const auto secrets = Secrets({"kZ/9"});
  EXPECT_EQ(Redact("x6b5a2f39 6B5A2F39y 6b5a2f", secrets), "x*** ***y 6b5a2f");
}

TEST(Redactor, FindsBase64InsideALongerText) {
  EXPECT_EQ(Redact("Basic dXNlcjpwNHNzLXcwcmQ=", Secrets({"p4ss-w0rd"})), "Basic dXNlcjp***Q=");
}

TEST(Redactor, FindsJsonTextAndSingleLines) {
  const std::vector<Secret> secrets = Secrets({"-----BEGIN-----\nMIIEvQIBADAN\n-----END-----\n"});
  EXPECT_EQ(Redact("{\"k\":\"-----BEGIN-----\\nMIIEvQIBADAN\\n-----END-----\\n\"}", secrets),
            "{\"k\":\"***\"}");
  EXPECT_EQ(Redact("> MIIEvQIBADAN", secrets), "> ***");
}

TEST(Redactor, FindsJsonTextThatIsAsciiAlone) {
  const std::vector<Secret> secrets = Secrets({"Grüße \"€\" 😀"});
  EXPECT_EQ(Redact(R"({"k": "Gr\u00fc\u00dfe \"\u20ac\" \ud83d\ude00"})", secrets),
            R"({"k": "***"})");
  EXPECT_EQ(Redact(R"(Gr\u00FC\u00DFe \"\u20AC\" \uD83D\uDE00)", secrets), "***");
  EXPECT_EQ(Redact("\xff-no-text-1", Secrets({"\xff-no-text-1"})), "***");
}

TEST(Redactor, HoldsBackOnlyWhatCouldBeASecret) {
  Redactor redactor(Secrets({"hunter2"}));
  EXPECT_EQ(redactor.Feed("step 1\nhun"), "step 1\n");
  EXPECT_EQ(redactor.Feed("gry\n"), "hungry\n");
  EXPECT_EQ(redactor.Feed("hunter"), "");
  EXPECT_EQ(redactor.Finish(), "hunter");
  EXPECT_EQ(redactor.Feed("2 hunter2\n"), "2 ***\n");
}

}  // namespace
}  // namespace curbstop
