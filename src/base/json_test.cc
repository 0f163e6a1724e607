#include "base/json.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

using namespace std::string_literals;

std::string Rewritten(std::string_view text) {
  const Result<Json> value = ParseJson(text);
  return value.ok() ? WriteJson(*value) : value.error().OneLine();
}

TEST(Json, KeepsTheOrderOfKeys) {
  EXPECT_EQ(Rewritten(R"({"b":1,"a":{"z":null,"y":[true,false]}})"),
            R"({"b":1,"a":{"z":null,"y":[true,false]}})");
}

TEST(Json, KeepsIntegersExact) {
  EXPECT_EQ(Rewritten("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(Rewritten("-9223372036854775808"), "-9223372036854775808");
  EXPECT_TRUE(ParseJson("9223372036854775807")->IsInt());
  EXPECT_FALSE(ParseJson("9223372036854775808")->IsInt());  // a double, as the header says
  EXPECT_FALSE(ParseJson("1.0")->IsInt());
}

TEST(Json, WritesDoublesThatReadBackEqual) {
  EXPECT_EQ(WriteJson(Json(0.1)), "0.1");
  EXPECT_EQ(WriteJson(Json(3.0)), "3.0");
  EXPECT_EQ(WriteJson(Json(-0.0)), "-0.0");
  EXPECT_EQ(WriteJson(Json(1e300)), "1e+300");
}

TEST(Json, WritesWhatIsNoNumberAsMlflowDoes) {
  EXPECT_EQ(WriteJson(Json(std::nan(""))), "\"NaN\"");
  EXPECT_EQ(WriteJson(Json(std::numeric_limits<double>::infinity())), "\"Infinity\"");
  EXPECT_EQ(WriteJson(Json(-std::numeric_limits<double>::infinity())), "\"-Infinity\"");
}

TEST(Json, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(WriteJson(Json("a\xFF"s)), "\"a\xEF\xBF\xBD\"");
}

TEST(Json, EscapesWhatMustBe) {
  EXPECT_EQ(WriteJson(Json("\"\\\n\x01"s)), "\"\\\"\\\\\\n\\u0001\"");
  EXPECT_EQ(WriteJson(Json("a\0b"s)), "\"a\\u0000b\"");
  EXPECT_EQ(WriteJson(Json("caf\xC3\xA9"s)), "\"caf\xC3\xA9\"");
}

TEST(Json, ALaterDuplicateKeyWinsAtTheFirstPlace) {
  EXPECT_EQ(Rewritten(R"({"a":1,"b":2,"a":3})"), R"({"a":3,"b":2})");
}

TEST(Json, ErrorsSayLineAndColumn) {
  const Result<Json> value = ParseJson("{\n  \"a\": nope\n}");
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(value.error().message(), "line 2, column 9: not valid JSON here");
}

TEST(Json, RefusesWhatIsNotJson) {
  for (const std::string& text : {""s, "{"s, "[1,]"s, "{\"a\"}"s, "'a'"s, "1 2"s, "01"s, "NaN"s,
                                  "\"\xFF\""s, "\"\n\""s, "1e999"s, "\"\\ud800\""s}) {
    EXPECT_FALSE(ParseJson(text).ok()) << text;
  }
}

TEST(Json, IsAtMost128LevelsDeep) {
  EXPECT_TRUE(ParseJson(std::string(128, '[') + std::string(128, ']')).ok());
  const Result<Json> deep = ParseJson(std::string(100'000, '['));
  ASSERT_FALSE(deep.ok());
  EXPECT_EQ(deep.error().message(), "more than 128 levels deep");
}

// Looking each key up among the earlier ones would take 2 * 10^10 comparisons here: minutes.
TEST(Json, ReadsAnObjectOf200000KeysInOneGo) {
  std::string text = "{";
  for (int i = 0; i < 200'000; ++i)
    text += (i ? ",\"" : "\"") + std::to_string(i) + "\":" + std::to_string(i);
  const Result<Json> value = ParseJson(text + "}");
  ASSERT_TRUE(value.ok());
  EXPECT_EQ(value->members().size(), 200'000u);
  EXPECT_EQ(value->members()[123].first, "123");
}

TEST(Json, IndentedFormHasOneMemberPerLine) {
  const Json value =
      Json::MakeObject({{"a", 1}, {"b", Json::MakeArray({Json(2)})}, {"c", Json::MakeObject()}});
  EXPECT_EQ(WriteJson(value, JsonStyle::kIndented),
            "{\n  \"a\": 1,\n  \"b\": [\n    2\n  ],\n  \"c\": {}\n}");
}

TEST(Json, MembersAreReadByType) {
  const Json value = *ParseJson(R"({"s":"x","i":7,"b":true,"d":1.5})");
  EXPECT_EQ(*value.GetString("s"), "x");
  EXPECT_EQ(*value.GetInt("i"), 7);
  EXPECT_EQ(value.GetInt("s").error().message(), "`s` is not an integer, expected an integer");
  EXPECT_EQ(value.GetString("none").error().message(), "`none` is missing, expected text");
  EXPECT_EQ(value.IntOr("d", 3), 3);
  EXPECT_EQ(value.StringOr("i", "y"), "y");
  EXPECT_TRUE(value.BoolOr("b", false));
  EXPECT_EQ(*value.Find("i")->AsDouble(), 7.0);
  EXPECT_EQ(Json(3).Find("a"), nullptr);
  EXPECT_TRUE(Json(3).items().empty());
}

TEST(Json, SetReplacesAndAdds) {
  Json value;
  value.Set("a", 1).Set("b", 2).Set("a", 3);
  EXPECT_EQ(WriteJson(value), R"({"a":3,"b":2})");
  Json array;
  array.Push(1).Push("x");
  EXPECT_EQ(WriteJson(array), R"([1,"x"])");
}

TEST(JsonDeathTest, SetOnANumberIsOurMistake) {
  EXPECT_DEATH(Json(3).Set("a", 1), "does not hold");
}

Json RandomValue(int depth) {
  const int kind = *rc::gen::inRange(0, depth > 0 ? 7 : 5);
  const auto text = [] { return *rc::gen::container<std::string>(rc::gen::inRange<char>(1, 127)); };
  if (kind == 0) return {};
  if (kind == 1) return *rc::gen::arbitrary<bool>();
  if (kind == 2) return *rc::gen::arbitrary<int64_t>();
  if (kind == 3) return *rc::gen::arbitrary<double>();
  if (kind == 4) return text();
  Json value = kind == 5 ? Json::MakeArray() : Json::MakeObject();
  for (int left = *rc::gen::inRange(0, 4); left > 0; --left) {
    if (kind == 5) value.Push(RandomValue(depth - 1));
    else value.Set(text(), RandomValue(depth - 1));
  }
  return value;
}

RC_GTEST_PROP(Json, ReadsBackWhatItWrote, ()) {
  const Json value = RandomValue(3);
  RC_ASSERT(*ParseJson(WriteJson(value)) == value);
  RC_ASSERT(*ParseJson(WriteJson(value, JsonStyle::kIndented)) == value);
}

RC_GTEST_PROP(Json, AnyBytesAreAnErrorOrAValueThatWritesBack, (const std::string& text)) {
  const Result<Json> value = ParseJson(text);
  if (value.ok()) RC_ASSERT(*ParseJson(WriteJson(*value)) == *value);
}

}  // namespace
}  // namespace curbstop
