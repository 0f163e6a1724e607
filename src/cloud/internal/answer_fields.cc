#include "cloud/internal/answer_fields.h"

#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr size_t kShown = 60;
constexpr double kDearestUsd = 1e6;

std::string Found(const Json* value) {
  if (value == nullptr) return "nothing";
  if (value->IsNull()) return "null";
  if (value->IsObject()) return "an object";
  if (value->IsArray()) return "a list";
  return fmt::format("`{}`", Printable(WriteJson(*value).substr(0, kShown)));
}

// Of a field that must be there and of one that may be missing, read alike.
template <typename T>
Result<T> Needed(const AnswerFields& fields, std::string_view key, Result<std::optional<T>> value,
                 std::string_view expected) {
  if (!value.ok()) return std::move(value).error();
  if (!*value) return fields.Wrong(key, expected);
  return **std::move(value);
}

}  // namespace

const Json* AnswerFields::There(std::string_view key) const {
  const Json* value = object_.Find(key);
  return value == nullptr || value->IsNull() ? nullptr : value;
}

std::string AnswerFields::Place(std::string_view key) const {
  return where_.empty() ? std::string(key) : fmt::format("{}.{}", where_, key);
}

Error AnswerFields::Wrong(std::string_view key, std::string_view expected) const {
  return Corrupt(
      fmt::format("`{}` is {}, expected {}", Place(key), Found(object_.Find(key)), expected));
}

Result<std::optional<std::string>> AnswerFields::MaybeText(std::string_view key) const {
  const Json* value = There(key);
  if (value == nullptr) return std::optional<std::string>();
  if (!value->IsString()) return Wrong(key, "text");
  return std::optional(*value->AsString());
}

Result<std::optional<int64_t>> AnswerFields::MaybeWhole(std::string_view key) const {
  const Json* value = There(key);
  if (value == nullptr) return std::optional<int64_t>();
  if (!value->IsInt()) return Wrong(key, "a whole number");
  return value->AsInt();
}

Result<std::optional<double>> AnswerFields::MaybeNumber(std::string_view key) const {
  const Json* value = There(key);
  if (value == nullptr) return std::optional<double>();
  if (!value->IsNumber()) return Wrong(key, "a number");
  return value->AsDouble();
}

Result<std::optional<MicroUsd>> AnswerFields::MaybeUsd(std::string_view key) const {
  TRY_ASSIGN(const std::optional<double> usd, MaybeNumber(key));
  if (!usd) return std::optional<MicroUsd>();
  if (!(*usd >= 0 && *usd <= kDearestUsd)) return Wrong(key, "a price in USD");
  // What a decimal like 0.29 lacks or has too much as a double is far below a thousandth.
  return std::optional(MicroUsd(static_cast<int64_t>(std::ceil(*usd * 1e6 - 1e-3))));
}

Result<std::optional<bool>> AnswerFields::MaybeFlag(std::string_view key) const {
  const Json* value = There(key);
  if (value == nullptr) return std::optional<bool>();
  if (!value->IsBool()) return Wrong(key, "true or false");
  return value->AsBool();
}

Result<std::string> AnswerFields::Text(std::string_view key) const {
  return Needed(*this, key, MaybeText(key), "text");
}
Result<int64_t> AnswerFields::Whole(std::string_view key) const {
  return Needed(*this, key, MaybeWhole(key), "a whole number");
}
Result<double> AnswerFields::Number(std::string_view key) const {
  return Needed(*this, key, MaybeNumber(key), "a number");
}
Result<MicroUsd> AnswerFields::Usd(std::string_view key) const {
  return Needed(*this, key, MaybeUsd(key), "a price in USD");
}

Result<Json::Array> AnswerFields::List(std::string_view key) const {
  const Json* value = There(key);
  if (value == nullptr || !value->IsArray()) return Wrong(key, "a list");
  return value->items();
}

Result<Json> ParseAnswer(std::string_view body) {
  Result<Json> json = ParseJson(body);
  if (!json.ok()) return Corrupt(fmt::format("the answer is no JSON: {}", json.error().message()));
  TRY(CheckObject(*json, "the answer"));
  return json;
}

Status CheckObject(const Json& value, std::string_view where) {
  if (value.IsObject()) return {};
  return Corrupt(fmt::format("`{}` is {}, expected an object", where, Found(&value)));
}

}  // namespace curbstop
