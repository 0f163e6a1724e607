#include "base/fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

std::vector<std::string> KeysOf(FieldList fields) {
  std::vector<std::string> keys;
  for (const FieldEntry& field : fields) {
    if (field.use != FieldUse::kLater) keys.emplace_back(field.key);
  }
  return keys;
}

const FieldEntry* FindField(FieldList fields, std::string_view key) {
  const auto found = std::find_if(fields.begin(), fields.end(),
                                  [&](const FieldEntry& field) { return field.key == key; });
  return found == fields.end() ? nullptr : &*found;
}

Error NotBuilt(const Node& key, FieldList fields, const NodeSource& source) {
  return source.At(key, fmt::format("`{}` is not built yet", key.text))
      .WithHint("this version knows " + KeysText(fields));
}

Status ReadEntry(void* object, FieldList fields, const NodeEntry& entry, const NodeSource& source) {
  const FieldEntry* field = FindField(fields, entry.key.text);
  if (field == nullptr) return UnknownKey(entry.key, fields, source);
  if (field->use == FieldUse::kLater) return NotBuilt(entry.key, fields, source);
  if (entry.value.IsNull()) {
    return source.At(entry.key,
                     fmt::format("`{}` has no value, expected {}", field->key, field->form()));
  }
  return field->read(object, entry.value, source);
}

bool SaysNothing(const Json& value) {
  return value.IsNull() || (value.IsArray() && value.items().empty()) ||
         (value.IsObject() && value.members().empty()) ||
         (value.IsString() && value.AsString()->empty());
}

Json FieldSchema(const FieldEntry& field, const void* defaults) {
  Json schema = field.schema();
  schema.Set("description", field.doc);
  const Json value = field.write(defaults);
  if (!SaysNothing(value) && !value.IsObject()) schema.Set("default", value);
  return schema;
}

}  // namespace

std::string KeysText(FieldList fields) {
  std::vector<std::string> quoted;
  for (const std::string& key : KeysOf(fields)) quoted.push_back("`" + key + "`");
  return Join(quoted, ", ");
}

Error UnknownKey(const Node& key, FieldList fields, const NodeSource& source) {
  const std::string near = DidYouMean(key.text, KeysOf(fields));
  return source.At(key, fmt::format("unknown key {}{}", Describe(key), near))
      .WithHint("allowed here: " + KeysText(fields));
}

Status ReadFieldsInto(void* object, FieldList fields, const Node& node, const NodeSource& source) {
  if (!node.IsMap()) {
    return source.At(node, fmt::format("found {}, expected keys and values", Describe(node)))
        .WithHint("allowed here: " + KeysText(fields));
  }
  for (const NodeEntry& entry : node.entries) TRY(ReadEntry(object, fields, entry, source));
  for (const FieldEntry& field : fields) {
    if (field.use != FieldUse::kRequired || node.Find(field.key) != nullptr) continue;
    return source.At(node, fmt::format("`{}` is missing, expected {}", field.key, field.form()));
  }
  return {};
}

Json WriteFieldsOf(const void* object, FieldList fields) {
  Json json = Json::MakeObject();
  for (const FieldEntry& field : fields) {
    if (field.use != FieldUse::kLater) json.Set(field.key, field.write(object));
  }
  return json;
}

Json FieldsSchema(FieldList fields, const void* defaults) {
  Json properties = Json::MakeObject();
  Json required = Json::MakeArray();
  for (const FieldEntry& field : fields) {
    if (field.use == FieldUse::kLater) continue;
    properties.Set(field.key, FieldSchema(field, defaults));
    if (field.use == FieldUse::kRequired) required.Push(field.key);
  }
  Json schema = Json::MakeObject({{"type", "object"}, {"properties", properties}});
  if (!required.items().empty()) schema.Set("required", required);
  schema.Set("additionalProperties", false);
  return schema;
}

}  // namespace curbstop
