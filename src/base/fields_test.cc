#include "base/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/field_codecs.h"

namespace curbstop {
namespace {

enum class Colour { kRed, kBlue };

std::span<const EnumName<Colour>> NamesFor(Colour) {
  static constexpr EnumName<Colour> kNames[] = {{"red", Colour::kRed}, {"blue", Colour::kBlue}};
  return kNames;
}

struct Wheel {
  int64_t spokes = 32;
};

const FieldTable<Wheel>& FieldsOf(const Wheel*) {
  static const FieldTable<Wheel> kTable{
      Field<&Wheel::spokes, IntegerCodec<1, 99>>("spokes", "How many.")};
  return kTable;
}

struct Bicycle {
  std::string owner;
  bool locked = false;
  double gear = 1.5;
  std::optional<Bytes> memory;
  std::optional<Millis> age;
  MicroUsd price{250'000};
  std::vector<std::string> bags;
  std::map<std::string, std::string> tags;
  Colour colour = Colour::kBlue;
  Wheel wheel;
};

const FieldTable<Bicycle>& FieldsOf(const Bicycle*) {
  static const FieldTable<Bicycle> kTable{
      Field<&Bicycle::owner>("owner", "Whose it is.", FieldUse::kRequired),
      Field<&Bicycle::locked>("locked", "Whether it is locked."),
      Field<&Bicycle::gear>("gear", "Ratio."),
      Field<&Bicycle::memory>("memory", "Of the computer."),
      Field<&Bicycle::age>("age", "Since it was made."),
      Field<&Bicycle::price>("price", "When new."),
      Field<&Bicycle::bags>("bags", "Bags."),
      Field<&Bicycle::tags>("tags", "Anything."),
      Field<&Bicycle::colour>("colour", "Paint."),
      Field<&Bicycle::wheel>("wheel", "Both wheels."),
      LaterField<Bicycle>("motor")};
  return kTable;
}

const NodeSource kSource{"bike.yaml"};

Node Scalar(std::string text, int column = 5) {
  Node node;
  node.kind = NodeKind::kScalar;
  node.text = std::move(text);
  node.line = 1;
  node.column = column;
  return node;
}

Node Map(std::initializer_list<std::pair<const char*, Node>> entries) {
  Node map;
  map.kind = NodeKind::kMap;
  map.line = map.column = 1;
  for (const auto& [key, value] : entries) map.entries.push_back({Scalar(key, 1), value});
  return map;
}

Node List(std::initializer_list<const char*> items) {
  Node list = Scalar("");
  list.kind = NodeKind::kList;
  for (const char* item : items) list.items.push_back(Scalar(item));
  return list;
}

std::string ErrorOf(const Node& node) {
  const Result<Bicycle> bicycle = ReadFields<Bicycle>(node, kSource);
  return bicycle.ok() ? "no error" : bicycle.error().message();
}

TEST(Fields, ReadEveryType) {
  const Result<Bicycle> read =
      ReadFields<Bicycle>(Map({{"owner", Scalar("me")},
                               {"locked", Scalar("true")},
                               {"gear", Scalar("2.5e0")},
                               {"memory", Scalar("2 KiB")},
                               {"age", Scalar("90 s")},
                               {"price", Scalar("1.50 USD")},
                               {"bags", List({"a", "b"})},
                               {"tags", Map({{"k", Scalar("v")}})},
                               {"colour", Scalar("red")},
                               {"wheel", Map({{"spokes", Scalar("28")}})}}),
                          kSource);
  ASSERT_TRUE(read.ok()) << read.error().Text();
  EXPECT_EQ(read->owner, "me");
  EXPECT_TRUE(read->locked);
  EXPECT_EQ(read->gear, 2.5);
  EXPECT_EQ(read->memory, Bytes{2048});
  EXPECT_EQ(read->age, Millis(90'000));
  EXPECT_EQ(read->price, MicroUsd(1'500'000));
  EXPECT_THAT(read->bags, ::testing::ElementsAre("a", "b"));
  EXPECT_EQ(read->tags.at("k"), "v");
  EXPECT_EQ(read->colour, Colour::kRed);
  EXPECT_EQ(read->wheel.spokes, 28);
}

TEST(Fields, KeepDefaultsForWhatIsNotThere) {
  const Result<Bicycle> read = ReadFields<Bicycle>(Map({{"owner", Scalar("me")}}), kSource);
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(
      WriteJson(WriteFields(*read)),
      "{\"owner\":\"me\",\"locked\":false,\"gear\":1.5,\"memory\":null,\"age\":null,"
      "\"price\":\"0.25 USD\",\"bags\":[],\"tags\":{},\"colour\":\"blue\",\"wheel\":{\"spokes\":32}}");
}

TEST(Fields, OneValueStandsForAListOfOne) {
  const Result<Bicycle> read =
      ReadFields<Bicycle>(Map({{"owner", Scalar("me")}, {"bags", Scalar("a")}}), kSource);
  EXPECT_THAT(read->bags, ::testing::ElementsAre("a"));
}

TEST(Fields, ErrorsNameThePlaceAndWhatIsAllowed) {
  EXPECT_EQ(ErrorOf(Map({{"onwer", Scalar("me")}})),
            "bike.yaml:1:1: unknown key `onwer` (did you mean `owner`?)");
  EXPECT_EQ(ErrorOf(Map({})), "bike.yaml:1:1: `owner` is missing, expected text");
  EXPECT_EQ(ErrorOf(Map({{"motor", Scalar("x")}})), "bike.yaml:1:1: `motor` is not built yet");
  EXPECT_EQ(ErrorOf(Map({{"locked", Scalar("no")}})),
            "bike.yaml:1:5: found `no`, expected `true` or `false`");
  EXPECT_EQ(ErrorOf(Map({{"gear", Scalar("inf")}})),
            "bike.yaml:1:5: found `inf`, expected a number");
  EXPECT_EQ(ErrorOf(Map({{"colour", Scalar("blu")}})),
            "bike.yaml:1:5: found `blu`, expected `red` or `blue` (did you mean `blue`?)");
  EXPECT_EQ(ErrorOf(Map({{"wheel", Map({{"spokes", Scalar("100")}})}})),
            "bike.yaml:1:5: found `100`, expected a whole number from 1 to 99");
  EXPECT_EQ(ErrorOf(Map({{"price", Scalar("-1")}})),
            "bike.yaml:1:5: `-1` is negative, expected an amount, as `40 USD`");
  EXPECT_EQ(ErrorOf(Map({{"owner", List({})}})), "bike.yaml:1:5: found a list, expected text");
  EXPECT_EQ(ErrorOf(Scalar("x")), "bike.yaml:1:5: found `x`, expected keys and values");
}

TEST(Fields, TheSchemaHasTypesDefaultsDocsAndNoLaterKeys) {
  const Json schema = SchemaOf<Bicycle>();
  EXPECT_EQ(WriteJson(*schema.Find("required")), "[\"owner\"]");
  const Json& properties = *schema.Find("properties");
  EXPECT_EQ(properties.Find("motor"), nullptr);
  EXPECT_EQ(WriteJson(*properties.Find("colour")),
            "{\"enum\":[\"red\",\"blue\"],\"description\":\"Paint.\",\"default\":\"blue\"}");
  EXPECT_EQ(
      WriteJson(*properties.Find("wheel")->Find("properties")->Find("spokes")),
      "{\"type\":\"integer\",\"minimum\":1,\"maximum\":99,\"description\":\"How many.\",\"default\":32}");
}

TEST(Node, PlacesPointIntoPlainQuotedAndBlockText) {
  Node node = Scalar("a\xC3\xA9{x}");
  EXPECT_EQ(kSource.AtOffset(node, 3, "m").message(),
            "bike.yaml:1:7: m");  // two letters, three bytes
  node.quoted = true;
  EXPECT_EQ(kSource.AtOffset(node, 3, "m").message(), "bike.yaml:1:8: m");
  node = Scalar("a\nbc{x}");
  EXPECT_EQ(kSource.AtOffset(node, 4, "m").message(), "bike.yaml:1:5: m");  // folded: the start
  node.block_column = 3;
  EXPECT_EQ(kSource.AtOffset(node, 4, "m").message(), "bike.yaml:3:5: m");
}

TEST(Node, DescribesLongTextCutBetweenLetters) {
  const std::string shown =
      Describe(Scalar("x" + std::string(29, 'y') + "\xC3\xA9" + std::string(27, 'z') + "\xC3\xA9"));
  EXPECT_EQ(shown, "`x" + std::string(29, 'y') + "\xC3\xA9" + std::string(27, 'z') + "…`");
}

}  // namespace
}  // namespace curbstop
