#include "project/schema.h"

#include "project/internal/project_table.h"
#include "project/internal/step_codecs.h"

namespace curbstop {
namespace {

// The keys of `add` beside those of `object`.
void AddProperties(Json& object, const Json& add) {
  Json properties = *object.Find("properties");
  for (const auto& [key, schema] : add.Find("properties")->members()) properties.Set(key, schema);
  object.Set("properties", properties);
}

// `key` is there, and none of the properties of `others`.
Json OnlyWith(std::string_view key, const Json& others) {
  Json none = Json::MakeObject();
  for (const auto& [other, schema] : others.members()) none.Set(other, false);
  return Json::MakeObject({{"required", Json::MakeArray({key})}, {"properties", none}});
}

}  // namespace

Json ProjectSchema() {
  const Json step = SchemaOf<Step>();
  Json schema = Json::MakeObject(
      {{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", "curbstop.yaml"}});
  const Json project = SchemaOf<Project>();
  for (const auto& [key, value] : project.members()) schema.Set(key, value);
  AddProperties(schema, step);
  schema.Set("oneOf", Json::MakeArray({OnlyWith("run", Json::MakeObject({{"steps", true}})),
                                       OnlyWith("steps", *step.Find("properties"))}));
  return schema;
}

}  // namespace curbstop
