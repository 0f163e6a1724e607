#include "run/metrics_file.h"

#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sys/files.h"

namespace curbstop {
namespace {

constexpr std::pair<std::string_view, double> kNotFinite[] = {
    {"NaN", std::numeric_limits<double>::quiet_NaN()},
    {"Infinity", std::numeric_limits<double>::infinity()},
    {"-Infinity", -std::numeric_limits<double>::infinity()},
};

// Tells a bare word from a text of the same letters once both are JSON strings.
constexpr char kMark = '\x01';

std::string_view BareWordAt(std::string_view rest) {
  for (const auto& [name, value] : kNotFinite) {
    if (rest.starts_with(name)) return name;
  }
  return "";
}

// The string that starts at `from`, with its quotes; the rest where it has no end.
std::string_view StringAt(std::string_view text, size_t from) {
  size_t end = from + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return text.substr(from, end + 1 - from);
}

std::string WithBareWordsQuoted(std::string_view text) {
  std::string quoted;
  for (size_t at = 0; at < text.size();) {
    std::string_view taken = text.substr(at, 1);
    const std::string_view word = BareWordAt(text.substr(at));
    if (!word.empty()) {
      quoted += fmt::format("\"\\u0001{}\"", word);
      at += word.size();
      continue;
    }
    if (text[at] == '"') taken = StringAt(text, at);
    quoted += taken;
    at += taken.size();
  }
  return quoted;
}

void CollectNumbers(const Json& value, const std::string& name, Json::Object& numbers) {
  if (value.IsNumber()) numbers.emplace_back(name, value);
  if (value.IsBool()) numbers.emplace_back(name, *value.AsBool() ? 1.0 : 0.0);
  const std::string* text = value.AsString();
  if (text != nullptr && text->starts_with(kMark)) {
    const std::string_view word = BareWordAt(text->substr(1));
    if (!word.empty()) numbers.emplace_back(name, word);
  }
  for (const auto& [key, member] : value.members()) {
    CollectNumbers(member, name.empty() ? key : name + "." + key, numbers);
  }
}

}  // namespace

Result<Json> ReadMetrics(const std::filesystem::path& file) {
  TRY_ASSIGN(const std::string text, ReadFile(file, 16 << 20));
  const Result<Json> json = ParseJson(WithBareWordsQuoted(text));
  if (!json.ok() || !json->IsObject()) {
    const std::string why = json.ok() ? "it is no JSON object" : json.error().message();
    return InvalidInput(why).While(
        fmt::format("cannot read the metrics `{}`", file.filename().string()));
  }
  Json::Object numbers;
  CollectNumbers(*json, "", numbers);
  return Json::FromMembers(std::move(numbers));
}

double MetricNumber(const Json& value) {
  const std::string* text = value.AsString();
  for (const auto& [name, number] : kNotFinite) {
    if (text != nullptr && *text == name) return number;
  }
  return value.AsDouble().value_or(0);
}

}  // namespace curbstop
