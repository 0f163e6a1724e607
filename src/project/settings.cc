#include "project/settings.h"

#include <fmt/format.h>

#include "base/field_codecs.h"
#include "base/text.h"
#include "project/yaml.h"
#include "sys/files.h"

namespace curbstop {
namespace {

struct ElectricityKeys {
  std::optional<MicroUsd> price;
};

struct SettingsFile {
  ElectricityKeys electricity;
  std::string place;
  std::string place_endpoint;
  std::string place_region;
};

constexpr const char* kPriceDoc = "What a kWh costs at home.";
constexpr const char* kPlaceDoc =
    "Where rented machines save while nobody is at home: `s3://bucket/prefix`.";
constexpr const char* kEndpointDoc = "Its server, unless it is Amazon's: `https://host:port`.";
constexpr const char* kRegionDoc = "Its region.";

const FieldTable<ElectricityKeys>& FieldsOf(const ElectricityKeys*) {
  static const FieldTable<ElectricityKeys> kTable{
      Field<&ElectricityKeys::price>("price", kPriceDoc)};
  return kTable;
}

const FieldTable<SettingsFile>& FieldsOf(const SettingsFile*) {
  static const FieldTable<SettingsFile> kTable{
      Field<&SettingsFile::electricity>("electricity", "Energy of steps that run at home."),
      Field<&SettingsFile::place>("place", kPlaceDoc),
      Field<&SettingsFile::place_endpoint>("place_endpoint", kEndpointDoc),
      Field<&SettingsFile::place_region>("place_region", kRegionDoc)};
  return kTable;
}

struct Loaded {
  NodeSource source;
  Node root;
  SettingsFile keys;
};

Result<Loaded> Load(const std::filesystem::path& file) {
  Loaded loaded{.source = {file.string()}, .root = {}, .keys = {}};
  if (!Exists(file)) return loaded;
  TRY_ASSIGN(const std::string text, ReadFile(file, 2 * kMostYamlBytes));
  TRY_ASSIGN(loaded.root, ParseYaml(text, loaded.source));
  if (loaded.root.IsNull()) return loaded;
  TRY_ASSIGN(loaded.keys, ReadFields<SettingsFile>(loaded.root, loaded.source));
  return loaded;
}

Settings SettingsOf(const SettingsFile& keys) {
  Settings settings;
  if (keys.electricity.price) {
    settings.electricity_per_kwh = *keys.electricity.price;
    settings.electricity_assumed = false;
  }
  settings.place = keys.place;
  settings.place_endpoint = keys.place_endpoint;
  settings.place_region = keys.place_region;
  return settings;
}

// "electricity.price", or a key that stands alone.
std::string OriginOf(const Loaded& loaded, const std::string& path) {
  const Node* value = &loaded.root;
  for (const std::string& key : Split(path, '.')) {
    if (value != nullptr) value = value->Find(key);
  }
  if (value == nullptr) return "default";
  return fmt::format("{}:{}:{}", loaded.source.file, value->line, value->column);
}

}  // namespace

Result<Settings> LoadSettings(const std::filesystem::path& file) {
  TRY_ASSIGN(const Loaded loaded, Load(file));
  return SettingsOf(loaded.keys);
}

Result<std::vector<SettingRow>> ListSettings(const std::filesystem::path& file) {
  TRY_ASSIGN(const Loaded loaded, Load(file));
  const Settings settings = SettingsOf(loaded.keys);
  const std::string price = *FieldCodec<MicroUsd>::Write(settings.electricity_per_kwh).AsString();
  std::vector<SettingRow> rows;
  const auto add = [&](const char* key, const std::string& value, const char* doc) {
    rows.push_back({key, value.empty() ? "none" : value, OriginOf(loaded, key), doc});
  };
  add("electricity.price", price, kPriceDoc);
  add("place", settings.place, kPlaceDoc);
  add("place_endpoint", settings.place_endpoint, kEndpointDoc);
  add("place_region", settings.place_region, kRegionDoc);
  return rows;
}

}  // namespace curbstop
