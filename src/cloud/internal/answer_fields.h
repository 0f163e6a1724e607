// The fields of one JSON object in a provider's answer. Unknown ones are not looked at; a wrong
// type is an error that names the field and what was found.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "base/money.h"
#include "base/result.h"

namespace curbstop {

class AnswerFields {
 public:
  // `where` reads like "pods[3]". The object outlives this.
  AnswerFields(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  // Errors: kCorrupt.
  Result<std::string> Text(std::string_view key) const;
  Result<int64_t> Whole(std::string_view key) const;
  Result<double> Number(std::string_view key) const;
  // USD, rounded up to whole micro-dollars. Errors: also below 0 or above 10^6.
  Result<MicroUsd> Usd(std::string_view key) const;

  // Empty where it is missing or null.
  Result<std::optional<std::string>> MaybeText(std::string_view key) const;
  Result<std::optional<int64_t>> MaybeWhole(std::string_view key) const;
  Result<std::optional<double>> MaybeNumber(std::string_view key) const;
  Result<std::optional<MicroUsd>> MaybeUsd(std::string_view key) const;
  Result<std::optional<bool>> MaybeFlag(std::string_view key) const;

  // An array that must be there; its items' places read like "pods[3]".
  Result<Json::Array> List(std::string_view key) const;

  std::string Place(std::string_view key) const;
  Error Wrong(std::string_view key, std::string_view expected) const;

 private:
  const Json* There(std::string_view key) const;  // null pointer: missing or null

  const Json& object_;
  std::string where_;
};

// The answer's body as an object. Errors: kCorrupt.
Result<Json> ParseAnswer(std::string_view body);

// Errors: kCorrupt if it is no object.
Status CheckObject(const Json& value, std::string_view where);

}  // namespace curbstop
