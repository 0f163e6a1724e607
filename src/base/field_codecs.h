// How the types of field tables are read from text, written to JSON and described in JSON Schema.
//
// A codec is a struct of four static functions:
//   Result<T> Read(const Node&, const NodeSource&)   errors with place, and what is allowed
//   Json Write(const T&)
//   Json Schema()
//   std::string Form()                               "a size, as `10GB`"
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fields.h"
#include "base/money.h"
#include "base/units.h"

namespace curbstop {

// The text of a scalar. Errors: kInvalidInput "found a list, expected FORM".
Result<std::string> ReadScalar(const Node& node, const NodeSource& source, std::string_view form);

// An integer from `least` to `most`. Errors: kInvalidInput, naming the range.
Result<int64_t> ReadInteger(const Node& node, const NodeSource& source, int64_t least,
                            int64_t most);

Json TypeSchema(std::initializer_list<std::string_view> types);
Json PatternSchema(std::string_view pattern);

template <>
struct FieldCodec<std::string> {
  static Result<std::string> Read(const Node& node, const NodeSource& source);
  static Json Write(const std::string& value) { return value; }
  static Json Schema() { return TypeSchema({"string", "number", "boolean"}); }
  static std::string Form() { return "text"; }
};

template <>
struct FieldCodec<bool> {
  static Result<bool> Read(const Node& node, const NodeSource& source);
  static Json Write(bool value) { return value; }
  static Json Schema() { return TypeSchema({"boolean"}); }
  static std::string Form() { return "`true` or `false`"; }
};

// An integer within bounds.
template <int64_t Least, int64_t Most>
struct IntegerCodec {
  static Result<int64_t> Read(const Node& node, const NodeSource& source) {
    return ReadInteger(node, source, Least, Most);
  }
  static Json Write(int64_t value) { return value; }
  static Json Schema() {
    return Json::MakeObject({{"type", "integer"}, {"minimum", Least}, {"maximum", Most}});
  }
  static std::string Form();
};

std::string IntegerForm(int64_t least, int64_t most);  // "a whole number from 1 to 64"

template <int64_t Least, int64_t Most>
std::string IntegerCodec<Least, Most>::Form() {
  return IntegerForm(Least, Most);
}

template <>
struct FieldCodec<int64_t> : IntegerCodec<INT64_MIN, INT64_MAX> {};

template <>
struct FieldCodec<double> {
  static Result<double> Read(const Node& node, const NodeSource& source);
  static Json Write(double value) { return value; }
  static Json Schema() { return TypeSchema({"number"}); }
  static std::string Form() { return "a number"; }
};

template <>
struct FieldCodec<Bytes> {
  static Result<Bytes> Read(const Node& node, const NodeSource& source);
  static Json Write(Bytes value) { return value.value; }
  static Json Schema() { return TypeSchema({"string", "integer"}); }
  static std::string Form() { return "a size, as `10GB` or `10GiB`"; }
};

// Longer than nothing.
template <>
struct FieldCodec<Millis> {
  static Result<Millis> Read(const Node& node, const NodeSource& source);
  static Json Write(Millis value);
  static Json Schema() { return PatternSchema("^[0-9.]"); }
  static std::string Form() { return "a duration, as `90 s`, `15 min` or `12 h`"; }
};

template <>
struct FieldCodec<MicroUsd> {
  static Result<MicroUsd> Read(const Node& node, const NodeSource& source);
  static Json Write(MicroUsd value);
  static Json Schema();
  static std::string Form() { return "an amount, as `40 USD`"; }
};

// Null in JSON where there is none; never null in the file.
template <typename T, typename Inner = FieldCodec<T>>
struct OptionalCodec {
  static Result<std::optional<T>> Read(const Node& node, const NodeSource& source) {
    TRY_ASSIGN(T value, Inner::Read(node, source));
    return std::optional<T>(std::move(value));
  }
  static Json Write(const std::optional<T>& value) { return value ? Inner::Write(*value) : Json(); }
  static Json Schema() { return Inner::Schema(); }
  static std::string Form() { return Inner::Form(); }
};

template <typename T>
struct FieldCodec<std::optional<T>> : OptionalCodec<T> {};

inline constexpr size_t kMostListItems = 1000;

// A list, or one value that stands for a list of one.
template <typename T, typename Inner = FieldCodec<T>>
struct ListCodec {
  static Result<std::vector<T>> Read(const Node& node, const NodeSource& source) {
    std::vector<T> list;
    const auto add = [&](const Node& item) -> Status {
      if (item.IsNull()) return source.At(item, "an empty list item, expected " + Inner::Form());
      TRY_ASSIGN(T value, Inner::Read(item, source));
      list.push_back(std::move(value));
      return {};
    };
    if (node.items.size() > kMostListItems) {
      return source.At(node,
                       "too long a list, at most " + std::to_string(kMostListItems) + " are taken");
    }
    if (!node.IsList()) TRY(add(node));
    for (const Node& item : node.items) TRY(add(item));
    return list;
  }
  static Json Write(const std::vector<T>& list) {
    Json json = Json::MakeArray();
    for (const T& value : list) json.Push(Inner::Write(value));
    return json;
  }
  static Json Schema() {
    const Json many = Json::MakeObject({{"type", "array"}, {"items", Inner::Schema()}});
    return Json::MakeObject({{"anyOf", Json::MakeArray({Inner::Schema(), many})}});
  }
  static std::string Form() { return Inner::Form() + ", or a list of such"; }
};

template <typename T>
struct FieldCodec<std::vector<T>> : ListCodec<T> {};

// Names to values.
template <typename T, typename Inner = FieldCodec<T>>
struct MapCodec {
  static Result<std::map<std::string, T>> Read(const Node& node, const NodeSource& source) {
    if (!node.IsMap())
      return source.At(node, "found " + Describe(node) + ", expected names and values");
    std::map<std::string, T> map;
    for (const NodeEntry& entry : node.entries) {
      TRY_ASSIGN(map[entry.key.text], Inner::Read(entry.value, source));
    }
    return map;
  }
  static Json Write(const std::map<std::string, T>& map) {
    Json json = Json::MakeObject();
    for (const auto& [key, value] : map) json.Set(key, Inner::Write(value));
    return json;
  }
  static Json Schema() {
    return Json::MakeObject({{"type", "object"}, {"additionalProperties", Inner::Schema()}});
  }
  static std::string Form() { return "names and values, each " + Inner::Form(); }
};

template <typename T>
struct FieldCodec<std::map<std::string, T>> : MapCodec<T> {};

template <typename E>
struct EnumName {
  std::string_view name;
  E value;
};

// Index into `names`. Errors: kInvalidInput with the names and "did you mean".
Result<size_t> ReadName(const Node& node, const NodeSource& source,
                        std::span<const std::string> names);
Json NamesSchema(std::span<const std::string> names);
std::string NamesForm(std::span<const std::string> names);  // "`a`, `b` or `c`"

// An enum with a name table beside it: `std::span<const EnumName<E>> NamesFor(E)`.
template <typename E>
struct EnumCodec {
  static std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const EnumName<E>& entry : NamesFor(E{})) names.emplace_back(entry.name);
    return names;
  }
  static Result<E> Read(const Node& node, const NodeSource& source) {
    TRY_ASSIGN(const size_t index, ReadName(node, source, Names()));
    return NamesFor(E{})[index].value;
  }
  static Json Write(E value) {
    for (const EnumName<E>& entry : NamesFor(E{})) {
      if (entry.value == value) return entry.name;
    }
    return {};
  }
  static Json Schema() { return NamesSchema(Names()); }
  static std::string Form() { return NamesForm(Names()); }
};

template <typename E>
  requires std::is_enum_v<E>
struct FieldCodec<E> : EnumCodec<E> {};

template <typename S>
concept HasFields = requires { FieldsOf(static_cast<const S*>(nullptr)); };

template <HasFields S>
struct FieldCodec<S> {
  static Result<S> Read(const Node& node, const NodeSource& source) {
    return ReadFields<S>(node, source);
  }
  static Json Write(const S& value) { return WriteFields(value); }
  static Json Schema() { return SchemaOf<S>(); }
  static std::string Form() {
    return "keys and values: " + KeysText(FieldsOf(static_cast<const S*>(nullptr)).entries());
  }
};

}  // namespace curbstop
