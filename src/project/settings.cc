#include "project/settings.h"

#include <fmt/format.h>

#include "base/field_codecs.h"
#include "project/yaml.h"
#include "sys/files.h"

namespace curbstop {
namespace {

struct ElectricityKeys {
  std::optional<MicroUsd> price;
};

struct SettingsFile {
  ElectricityKeys electricity;
};

const FieldTable<ElectricityKeys>& FieldsOf(const ElectricityKeys*) {
  static const FieldTable<ElectricityKeys> kTable{
      Field<&ElectricityKeys::price>("price", "What a kWh costs at home.")};
  return kTable;
}

const FieldTable<SettingsFile>& FieldsOf(const SettingsFile*) {
  static const FieldTable<SettingsFile> kTable{
      Field<&SettingsFile::electricity>("electricity", "Energy of steps that run at home.")};
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
  return settings;
}

std::string OriginOf(const Loaded& loaded, std::string_view group, std::string_view key) {
  const Node* keys = loaded.root.Find(group);
  const Node* value = keys == nullptr ? nullptr : keys->Find(key);
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
  return std::vector<SettingRow>{
      {.key = "electricity.price",
       .value = *FieldCodec<MicroUsd>::Write(settings.electricity_per_kwh).AsString(),
       .origin = OriginOf(loaded, "electricity", "price"),
       .doc = "What a kWh costs at home."}};
}

}  // namespace curbstop
