#include "record/internal/message.h"

#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace curbstop {
namespace {

constexpr std::string_view kSeeDocs =
    " See the API docs for more information about request parameters.";

// The name of the type as MLflow's texts have it.
std::string_view TypeName(const Json& value) {
  if (value.IsNull()) return "NoneType";
  if (value.IsBool()) return "bool";
  if (value.IsInt()) return "int";
  if (value.IsNumber()) return "float";
  if (value.IsString()) return "str";
  return value.IsArray() ? "list" : "dict";
}

Error WrongType(std::string_view parameter, const Json& value) {
  return InvalidValue(parameter, value,
                      fmt::format(" Hint: Value was of type '{}'.{}", TypeName(value), kSeeDocs));
}

template <typename Number>
std::optional<Number> ParseWhole(const std::string& text) {
  Number number{};
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end) return std::nullopt;
  return number;
}

std::optional<int64_t> ToInt(const Json& value) {
  if (value.IsInt()) return value.AsInt();
  if (const std::string* text = value.AsString()) return ParseWhole<int64_t>(*text);
  const auto number = value.AsDouble();
  constexpr double kMost = 9.2e18;
  if (!number || std::floor(*number) != *number || std::abs(*number) > kMost) return std::nullopt;
  return static_cast<int64_t>(*number);
}

std::optional<double> ToDouble(const Json& value) {
  const std::string* text = value.AsString();
  if (text == nullptr) return value.AsDouble();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (*text == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (*text == "Infinity") return kInfinity;
  if (*text == "-Infinity") return -kInfinity;
  return ParseWhole<double>(*text);
}

bool IsMissing(const Json* value) {
  return value == nullptr || value->IsNull() || (value->AsString() && value->AsString()->empty());
}

}  // namespace

Error MissingValue(std::string_view parameter) {
  return InvalidInput(
      fmt::format("Missing value for required parameter '{}'.{}", parameter, kSeeDocs));
}

Error InvalidValue(std::string_view parameter, const Json& value, std::string_view why) {
  return InvalidInput(fmt::format("Invalid value {} for parameter '{}' supplied{}{}",
                                  WriteJson(value), parameter, why.empty() ? "." : ": ", why));
}

Result<Message> Message::FromBody(const std::string& body) {
  if (body.empty()) return Message(Json::MakeObject());
  TRY_ASSIGN(Json json, ParseJson(body));
  if (const std::string* inner = json.AsString()) {
    TRY_ASSIGN(json, ParseJson(std::string(*inner)));
  }
  if (!json.IsObject()) return InvalidInput("the request's body is no JSON object");
  return Message(std::move(json));
}

Message Message::FromQuery(const HttpPairs& query) {
  Json json = Json::MakeObject();
  for (const auto& [name, value] : query) {
    const Json* known = json.Find(name);
    if (known == nullptr) {
      json.Set(name, value);
      continue;
    }
    Json list = known->IsArray() ? *known : Json::MakeArray({*known});
    json.Set(name, std::move(list.Push(value)));
  }
  return Message(std::move(json));
}

Result<std::string> Message::Text(std::string_view key) const {
  const Json* value = Find(key);
  if (value == nullptr || value->IsNull()) return std::string();
  if (value->IsString()) return *value->AsString();
  // Experiment ids were numbers once, and some clients still send them so.
  if (value->IsInt() && key == "experiment_id") return std::to_string(*value->AsInt());
  return WrongType(key, *value);
}

Result<std::string> Message::RequiredText(std::string_view key) const {
  if (IsMissing(Find(key))) return MissingValue(key);
  return Text(key);
}

Result<std::optional<int64_t>> Message::Int(std::string_view key) const {
  const Json* value = Find(key);
  if (value == nullptr || value->IsNull()) return std::optional<int64_t>();
  const auto number = ToInt(*value);
  if (!number) return WrongType(key, *value);
  return number;
}

Result<int64_t> Message::RequiredInt(std::string_view key) const {
  TRY_ASSIGN(const auto number, Int(key));
  if (!number) return MissingValue(key);
  return *number;
}

Result<double> Message::RequiredDouble(std::string_view key) const {
  const Json* value = Find(key);
  if (IsMissing(value)) return MissingValue(key);
  const auto number = ToDouble(*value);
  if (!number) return WrongType(key, *value);
  return *number;
}

Result<std::vector<std::string>> Message::Texts(std::string_view key) const {
  const Json* value = Find(key);
  std::vector<std::string> texts;
  if (value == nullptr || value->IsNull()) return texts;
  if (value->IsString()) return std::vector<std::string>{*value->AsString()};
  if (!value->IsArray()) return WrongType(key, *value);
  for (const Json& item : value->items()) {
    if (item.IsString()) texts.push_back(*item.AsString());
    else if (item.IsInt()) texts.push_back(std::to_string(*item.AsInt()));
    else return WrongType(key, *value);
  }
  return texts;
}

Result<std::vector<Message>> Message::Messages(std::string_view key) const {
  const Json* value = Find(key);
  std::vector<Message> messages;
  if (value == nullptr || value->IsNull()) return messages;
  if (!value->IsArray()) return WrongType(key, *value);
  for (const Json& item : value->items()) {
    if (!item.IsObject()) return WrongType(key, *value);
    messages.emplace_back(item);
  }
  return messages;
}

Result<std::vector<KeyValue>> Message::Pairs(std::string_view list) const {
  TRY_ASSIGN(const auto messages, Messages(list));
  std::vector<KeyValue> pairs;
  for (const Message& message : messages) {
    TRY_ASSIGN(std::string key, message.Text("key"));
    TRY_ASSIGN(std::string value, message.Text("value"));
    pairs.push_back({std::move(key), std::move(value)});
  }
  return pairs;
}

Result<std::string> Message::RunId() const {
  if (!IsMissing(Find("run_id"))) return Text("run_id");
  if (!IsMissing(Find("run_uuid"))) return Text("run_uuid");
  return MissingValue("run_id");
}

}  // namespace curbstop
