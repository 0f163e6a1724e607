// A JSON value that keeps the order of its keys and its integers exact (63 bits and sign).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"

namespace curbstop {

class Json {
 public:
  using Array = std::vector<Json>;
  using Object = std::vector<std::pair<std::string, Json>>;

  Json() = default;                                             // null
  Json(bool value) : value_(value) {}                           // NOLINT(*-explicit-*)
  Json(int value) : value_(int64_t{value}) {}                   // NOLINT(*-explicit-*)
  Json(int64_t value) : value_(value) {}                        // NOLINT(*-explicit-*)
  Json(double value) : value_(value) {}                         // NOLINT(*-explicit-*)
  Json(const char* value) : value_(std::string(value)) {}       // NOLINT(*-explicit-*)
  Json(std::string_view value) : value_(std::string(value)) {}  // NOLINT(*-explicit-*)
  Json(std::string value) : value_(std::move(value)) {}         // NOLINT(*-explicit-*)
  Json(Array value) : value_(std::move(value)) {}               // NOLINT(*-explicit-*)
  static Json MakeObject(std::initializer_list<std::pair<std::string, Json>> items = {});
  // In time near linear; of equal names the last value stays, at the first one's place.
  static Json FromMembers(Object members);
  static Json MakeArray(Array items = {}) { return Json(std::move(items)); }
  template <typename Range>
  static Json ArrayOf(const Range& items) {
    Array array;
    for (const auto& item : items) array.push_back(Json(item));
    return Json(std::move(array));
  }

  bool IsNull() const { return std::holds_alternative<std::monostate>(value_); }
  bool IsObject() const { return std::holds_alternative<Object>(value_); }
  bool IsArray() const { return std::holds_alternative<Array>(value_); }
  bool IsString() const { return std::holds_alternative<std::string>(value_); }
  bool IsNumber() const { return IsInt() || std::holds_alternative<double>(value_); }
  bool IsInt() const { return std::holds_alternative<int64_t>(value_); }
  bool IsBool() const { return std::holds_alternative<bool>(value_); }

  // Empty where the value is of another type. An integer is also a double.
  std::optional<bool> AsBool() const;
  std::optional<int64_t> AsInt() const;
  std::optional<double> AsDouble() const;
  const std::string* AsString() const { return std::get_if<std::string>(&value_); }

  // Empty containers for a value of another type.
  const Array& items() const;
  const Object& members() const;

  // The member of that name, or null (the pointer) if there is none or this is no object.
  const Json* Find(std::string_view key) const;
  // Replaces or adds, in time linear in the members there are. CHECKs that this is an object or
  // null (which becomes an object).
  Json& Set(std::string_view key, Json value);
  // CHECKs that this is an array or null (which becomes an array).
  Json& Push(Json value);

  // Members that must be there, by type. Errors: kInvalidInput, naming the key.
  Result<std::string> GetString(std::string_view key) const;
  Result<int64_t> GetInt(std::string_view key) const;
  // Members that may be missing.
  std::string StringOr(std::string_view key, std::string_view fallback) const;
  int64_t IntOr(std::string_view key, int64_t fallback) const;
  bool BoolOr(std::string_view key, bool fallback) const;

  bool operator==(const Json&) const = default;

 private:
  std::variant<std::monostate, bool, int64_t, double, std::string, Array, Object> value_;
};

// At most 128 levels deep; a later duplicate key wins. Numbers without point or exponent are
// integers if they fit, else doubles.
// Errors: kInvalidInput with line and column.
Result<Json> ParseJson(std::string_view text);

enum class JsonStyle { kCompact, kIndented };

// Bytes that are not UTF-8 become U+FFFD. NaN and infinities become the strings "NaN", "Infinity"
// and "-Infinity", as MLflow's REST has them.
std::string WriteJson(const Json& value, JsonStyle style = JsonStyle::kCompact);
// The same, compact, behind what `out` holds.
void AppendJson(std::string& out, const Json& value);

}  // namespace curbstop
