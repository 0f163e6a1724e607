#include "base/field_codecs.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

Error Unfit(const Node& node, const NodeSource& source, std::string_view form) {
  return source.At(node, fmt::format("found {}, expected {}", Describe(node), form));
}

template <typename T>
Result<T> ReadQuantity(const Node& node, const NodeSource& source,
                       Result<T> (*parse)(std::string_view)) {
  const std::string form = FieldCodec<T>::Form();
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, form));
  if (text.starts_with('-')) {
    return source.At(node, fmt::format("`{}` is negative, expected {}", Printable(text), form));
  }
  Result<T> value = parse(text);
  if (!value.ok()) return source.Put(node, value.error());
  return value;
}

}  // namespace

Result<std::string> ReadScalar(const Node& node, const NodeSource& source, std::string_view form) {
  if (node.IsScalar()) return node.text;
  Error error = Unfit(node, source, form);
  if (!node.IsMap()) return error;
  return std::move(error).WithHint("a value that starts with `{` must stand in quotes");
}

Result<int64_t> ReadInteger(const Node& node, const NodeSource& source, int64_t least,
                            int64_t most) {
  const std::string form = IntegerForm(least, most);
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, form));
  int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < least || value > most) {
    return Unfit(node, source, form);
  }
  return value;
}

std::string IntegerForm(int64_t least, int64_t most) {
  if (least == INT64_MIN) return "a whole number";
  if (most == INT64_MAX) return fmt::format("a whole number of at least {}", least);
  return fmt::format("a whole number from {} to {}", least, most);
}

Json TypeSchema(std::initializer_list<std::string_view> types) {
  if (types.size() == 1) return Json::MakeObject({{"type", *types.begin()}});
  return Json::MakeObject({{"type", Json::ArrayOf(types)}});
}

Json PatternSchema(std::string_view pattern) {
  return Json::MakeObject({{"type", "string"}, {"pattern", pattern}});
}

Result<std::string> FieldCodec<std::string>::Read(const Node& node, const NodeSource& source) {
  return ReadScalar(node, source, Form());
}

Result<bool> FieldCodec<bool>::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, Form()));
  if (text != "true" && text != "false") return Unfit(node, source, Form());
  return text == "true";
}

Result<double> FieldCodec<double>::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, Form()));
  double value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value))
    return Unfit(node, source, Form());
  return value;
}

Result<Bytes> FieldCodec<Bytes>::Read(const Node& node, const NodeSource& source) {
  return ReadQuantity<Bytes>(node, source, ParseBytes);
}

Result<Millis> FieldCodec<Millis>::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(const Millis time, ReadQuantity<Millis>(node, source, ParseDuration));
  if (time == Millis::zero()) return Unfit(node, source, "a duration above zero");
  return time;
}

Json FieldCodec<Millis>::Write(Millis value) { return DurationText(value); }

Result<MicroUsd> FieldCodec<MicroUsd>::Read(const Node& node, const NodeSource& source) {
  return ReadQuantity<MicroUsd>(node, source, ParseUsd);
}

Json FieldCodec<MicroUsd>::Write(MicroUsd value) {
  std::string text = ExactUsdText(value);
  while (text.ends_with('0') && !text.ends_with(".00")) text.pop_back();
  return text + " USD";
}

Json FieldCodec<MicroUsd>::Schema() { return TypeSchema({"string", "number"}); }

Result<size_t> ReadName(const Node& node, const NodeSource& source,
                        std::span<const std::string> names) {
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, NamesForm(names)));
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == text) return i;
  }
  return source.At(node, fmt::format("found {}, expected {}{}", Describe(node), NamesForm(names),
                                     DidYouMean(text, names)));
}

Json NamesSchema(std::span<const std::string> names) {
  return Json::MakeObject({{"enum", Json::ArrayOf(names)}});
}

std::string NamesForm(std::span<const std::string> names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::string_view before = i == 0 ? "" : i + 1 == names.size() ? " or " : ", ";
    text += fmt::format("{}`{}`", before, names[i]);
  }
  return text;
}

}  // namespace curbstop
