#include "base/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "base/check.h"
#include "base/text.h"

namespace curbstop {
namespace {

constexpr size_t kMostDepth = 128;

// Builds our values straight from the library's events: no second tree.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Add(Json()); }
  bool boolean(bool value) override { return Add(Json(value)); }
  bool number_integer(int64_t value) override { return Add(Json(value)); }
  bool number_unsigned(uint64_t value) override {
    if (value > INT64_MAX) return Add(Json(static_cast<double>(value)));
    return Add(Json(static_cast<int64_t>(value)));
  }
  bool number_float(double value, const std::string&) override { return Add(Json(value)); }
  bool string(std::string& value) override { return Add(Json(std::move(value))); }
  bool binary(nlohmann::json::binary_t&) override { return false; }
  bool start_object(size_t) override { return Open(true); }
  bool start_array(size_t) override { return Open(false); }
  bool key(std::string& name) override {
    open_.back().key = std::move(name);
    return true;
  }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool parse_error(size_t position, const std::string&, const nlohmann::json::exception&) override {
    error_at_ = position;
    return false;
  }

  Json& value() { return value_; }
  size_t error_at() const { return error_at_; }
  bool too_deep() const { return too_deep_; }

 private:
  struct Frame {
    bool is_object;
    std::string key;  // of the next member
    Json::Object members;
    Json::Array items;
  };

  bool Open(bool is_object) {
    too_deep_ = open_.size() >= kMostDepth;
    if (!too_deep_) open_.push_back({is_object, {}, {}, {}});
    return !too_deep_;
  }
  bool Close() {
    Frame done = std::move(open_.back());
    open_.pop_back();
    return Add(done.is_object ? Json::FromMembers(std::move(done.members))
                              : Json(std::move(done.items)));
  }
  bool Add(Json value) {
    if (open_.empty()) {
      value_ = std::move(value);
    } else if (Frame& frame = open_.back(); frame.is_object) {
      frame.members.emplace_back(std::move(frame.key), std::move(value));
    } else {
      frame.items.push_back(std::move(value));
    }
    return true;
  }

  Json value_;
  std::vector<Frame> open_;
  size_t error_at_ = 0;
  bool too_deep_ = false;
};

Error PlaceError(std::string_view text, size_t offset, std::string_view what) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const size_t start = before.rfind('\n');
  const size_t column = before.size() - (start == before.npos ? 0 : start + 1);
  return InvalidInput(
      fmt::format("line {}, column {}: {}", line, std::max<size_t>(column, 1), what));
}

bool HasRepeats(const Json::Object& members) {
  std::vector<std::string_view> names;
  names.reserve(members.size());
  for (const auto& [name, value] : members) names.push_back(name);
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

class Writer {
 public:
  Writer(std::string& out, JsonStyle style) : out_(out), style_(style) {}

  void Write(const Json& value) {
    if (value.IsNull()) out_ += "null";
    else if (value.IsBool()) out_ += *value.AsBool() ? "true" : "false";
    else if (value.IsInt()) WriteInt(*value.AsInt());
    else if (value.IsNumber()) WriteDouble(*value.AsDouble());
    else if (value.IsString()) WriteString(*value.AsString());
    else if (value.IsArray()) WriteArray(value.items());
    else WriteObject(value.members());
  }

 private:
  void WriteInt(int64_t value) {
    char text[20];
    out_.append(text, std::to_chars(text, text + sizeof text, value).ptr);
  }

  void WriteDouble(double value) {
    if (std::isnan(value)) out_ += "\"NaN\"";
    else if (std::isinf(value)) out_ += value > 0 ? "\"Infinity\"" : "\"-Infinity\"";
    else {
      const std::string text = fmt::format("{}", value);
      const bool whole = text.find_first_of(".e") == text.npos;
      out_ += whole ? text + ".0" : text;
    }
  }

  void WriteString(const std::string& text) {
    const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
      return c >= 0x20 && c < 0x7F && c != '"' && c != '\\';
    });
    if (plain) {
      out_ += '"', out_ += text, out_ += '"';
      return;
    }
    out_ += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  }

  void WriteArray(const Json::Array& items) {
    if (items.empty()) return void(out_ += "[]");
    out_ += '[';
    ++depth_;
    for (size_t i = 0; i < items.size(); ++i) {
      NextItem(i);
      Write(items[i]);
    }
    CloseWith(']');
  }

  void WriteObject(const Json::Object& members) {
    if (members.empty()) return void(out_ += "{}");
    out_ += '{';
    ++depth_;
    for (size_t i = 0; i < members.size(); ++i) {
      NextItem(i);
      WriteString(members[i].first);
      out_ += ':';
      if (style_ == JsonStyle::kIndented) out_ += ' ';
      Write(members[i].second);
    }
    CloseWith('}');
  }

  void NextItem(size_t index) {
    if (index > 0) out_ += ',';
    NewLine();
  }

  void CloseWith(char bracket) {
    --depth_;
    NewLine();
    out_ += bracket;
  }

  void NewLine() {
    if (style_ == JsonStyle::kIndented) out_ += "\n" + std::string(2 * depth_, ' ');
  }

  std::string& out_;
  JsonStyle style_;
  size_t depth_ = 0;
};

}  // namespace

Json Json::MakeObject(std::initializer_list<std::pair<std::string, Json>> items) {
  Json object;
  object.value_ = Object(items.begin(), items.end());
  return object;
}

Json Json::FromMembers(Object members) {
  Json object;
  if (HasRepeats(members)) {
    std::map<std::string, size_t> places;
    Object unique;
    for (auto& [name, value] : members) {
      const auto [place, is_new] = places.try_emplace(name, unique.size());
      if (is_new) unique.emplace_back(name, Json());
      unique[place->second].second = std::move(value);
    }
    members = std::move(unique);
  }
  object.value_ = std::move(members);
  return object;
}

std::optional<bool> Json::AsBool() const {
  const bool* value = std::get_if<bool>(&value_);
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<int64_t> Json::AsInt() const {
  const int64_t* value = std::get_if<int64_t>(&value_);
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<double> Json::AsDouble() const {
  if (const auto integer = AsInt()) return static_cast<double>(*integer);
  const double* value = std::get_if<double>(&value_);
  return value ? std::optional(*value) : std::nullopt;
}

const Json::Array& Json::items() const {
  static const Array kNone;
  const Array* array = std::get_if<Array>(&value_);
  return array ? *array : kNone;
}

const Json::Object& Json::members() const {
  static const Object kNone;
  const Object* object = std::get_if<Object>(&value_);
  return object ? *object : kNone;
}

const Json* Json::Find(std::string_view key) const {
  for (const auto& [name, value] : members()) {
    if (name == key) return &value;
  }
  return nullptr;
}

Json& Json::Set(std::string_view key, Json value) {
  if (IsNull()) value_ = Object();
  CHECK(IsObject());
  Object& object = std::get<Object>(value_);
  for (auto& [name, old] : object) {
    if (name == key) {
      old = std::move(value);
      return *this;
    }
  }
  object.emplace_back(std::string(key), std::move(value));
  return *this;
}

Json& Json::Push(Json value) {
  if (IsNull()) value_ = Array();
  CHECK(IsArray());
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

Result<std::string> Json::GetString(std::string_view key) const {
  const Json* value = Find(key);
  if (value != nullptr && value->IsString()) return *value->AsString();
  return InvalidInput(
      fmt::format("`{}` is {}, expected text", key, value ? "not text" : "missing"));
}

Result<int64_t> Json::GetInt(std::string_view key) const {
  const Json* value = Find(key);
  if (value != nullptr && value->IsInt()) return *value->AsInt();
  return InvalidInput(
      fmt::format("`{}` is {}, expected an integer", key, value ? "not an integer" : "missing"));
}

std::string Json::StringOr(std::string_view key, std::string_view fallback) const {
  const Json* value = Find(key);
  return value && value->IsString() ? *value->AsString() : std::string(fallback);
}

int64_t Json::IntOr(std::string_view key, int64_t fallback) const {
  const Json* value = Find(key);
  return value ? value->AsInt().value_or(fallback) : fallback;
}

bool Json::BoolOr(std::string_view key, bool fallback) const {
  const Json* value = Find(key);
  return value ? value->AsBool().value_or(fallback) : fallback;
}

Result<Json> ParseJson(std::string_view text) {
  Builder builder;
  const bool parsed = nlohmann::json::sax_parse(text.begin(), text.end(), &builder);
  if (parsed) return std::move(builder.value());
  if (builder.too_deep()) return InvalidInput(fmt::format("more than {} levels deep", kMostDepth));
  return PlaceError(text, builder.error_at(), "not valid JSON here");
}

std::string WriteJson(const Json& value, JsonStyle style) {
  std::string out;
  Writer(out, style).Write(value);
  return out;
}

void AppendJson(std::string& out, const Json& value) {
  Writer(out, JsonStyle::kCompact).Write(value);
}

}  // namespace curbstop
