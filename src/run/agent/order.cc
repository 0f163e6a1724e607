#include "run/agent/order.h"

#include <fmt/format.h>

#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kVersion = 1;

Json EnvironmentJson(const EnvironmentList& environment) {
  Json object = Json::MakeObject();
  for (const auto& [name, value] : environment) object.Set(name, value);
  return object;
}

EnvironmentList EnvironmentOf(const Json& object) {
  EnvironmentList list;
  for (const auto& [name, value] : object.members()) {
    if (value.IsString()) list.emplace_back(name, *value.AsString());
  }
  return list;
}

std::vector<std::string> TextsOf(const Json& order, std::string_view key) {
  std::vector<std::string> texts;
  const Json* list = order.Find(key);
  if (list == nullptr) return texts;
  for (const Json& item : list->items()) {
    if (item.IsString()) texts.push_back(*item.AsString());
  }
  return texts;
}

Millis MillisOf(const Json& order, std::string_view key) { return Millis(order.IntOr(key, 0)); }

Result<AgentOrder> OrderOf(const Json& json) {
  TRY_ASSIGN(const int64_t version, json.GetInt("version"));
  if (version != kVersion) {
    return Corrupt(fmt::format("the order has version {}, this agent knows {}", version, kVersion));
  }
  AgentOrder order;
  TRY_ASSIGN(order.run, json.GetString("run"));
  TRY_ASSIGN(order.step_id, json.GetString("step_id"));
  TRY_ASSIGN(order.root, json.GetString("root"));
  TRY_ASSIGN(order.command, json.GetString("command"));
  order.project = json.StringOr("project", "");
  order.step = json.StringOr("step", "");
  order.setup = json.StringOr("setup", "");
  order.setup_marker = json.StringOr("setup_marker", "");
  order.checkpoint_dir = json.StringOr("checkpoint_dir", "");
  order.keep_checkpoints = json.BoolOr("keep_checkpoints", false);
  order.checkpoints_after_kill = json.BoolOr("checkpoints_after_kill", true);
  order.checkpoints_renamed = TextsOf(json, "checkpoints_renamed");
  order.old_checkpoints = json.StringOr("old_checkpoints", "");
  if (const Json* environment = json.Find("environment"))
    order.environment = EnvironmentOf(*environment);
  order.secrets = TextsOf(json, "secrets");
  order.step_lock = json.StringOr("step_lock", "");
  if (const Json* gpus = json.Find("gpus")) {
    for (const Json& gpu : gpus->items()) {
      order.gpus.push_back({gpu.IntOr("index", 0), gpu.StringOr("lock", "")});
    }
  }
  order.gpus_needed = json.IntOr("gpus_needed", 0);
  order.retries = json.IntOr("retries", 0);
  order.time_limit = MillisOf(json, "time_limit_ms");
  order.expected_time = MillisOf(json, "expected_time_ms");
  order.grace = MillisOf(json, "grace_ms");
  order.hang_floor = MillisOf(json, "hang_floor_ms");
  order.supervisor = TextsOf(json, "supervisor");
  if (const Json* away = json.Find("away"); away != nullptr && away->IsObject())
    order.away = AwayOf(*away);
  return order;
}

}  // namespace

Json OrderJson(const AgentOrder& order) {
  Json gpus = Json::MakeArray();
  for (const GpuSlot& gpu : order.gpus) {
    gpus.Push(Json::MakeObject({{"index", gpu.index}, {"lock", gpu.lock}}));
  }
  Json json = Json::MakeObject({{"version", kVersion},
                                {"run", order.run},
                                {"step_id", order.step_id},
                                {"project", order.project},
                                {"step", order.step},
                                {"root", order.root.string()},
                                {"command", order.command},
                                {"setup", order.setup},
                                {"setup_marker", order.setup_marker.string()},
                                {"checkpoint_dir", order.checkpoint_dir.string()},
                                {"keep_checkpoints", order.keep_checkpoints},
                                {"checkpoints_after_kill", order.checkpoints_after_kill},
                                {"checkpoints_renamed", Json::ArrayOf(order.checkpoints_renamed)},
                                {"old_checkpoints", order.old_checkpoints.string()},
                                {"environment", EnvironmentJson(order.environment)},
                                {"secrets", Json::ArrayOf(order.secrets)},
                                {"step_lock", order.step_lock.string()},
                                {"gpus", gpus},
                                {"gpus_needed", order.gpus_needed},
                                {"retries", order.retries},
                                {"time_limit_ms", order.time_limit.count()},
                                {"expected_time_ms", order.expected_time.count()},
                                {"grace_ms", order.grace.count()},
                                {"hang_floor_ms", order.hang_floor.count()},
                                {"supervisor", Json::ArrayOf(order.supervisor)}});
  if (order.away) json.Set("away", AwayJson(*order.away));
  return json;
}

Result<AgentOrder> ReadOrder(const std::filesystem::path& run_folder) {
  TRY_ASSIGN(const std::string text, ReadFile(run_folder / "order.json", 16 << 20));
  TRY_ASSIGN(const Json json, ParseJson(text));
  return OrderOf(json);
}

std::string SecretsText(const AgentSecrets& secrets) {
  Json object = Json::MakeObject();
  for (const auto& [name, value] : secrets.environment) object.Set(name, value);
  if (secrets.away.HasPlace()) object.Set("away", AwaySecretsJson(secrets.away));
  return WriteJson(object);
}

Result<AgentSecrets> ParseSecrets(std::string_view text) {
  AgentSecrets secrets;
  if (text.empty()) return secrets;
  TRY_ASSIGN(const Json object, ParseJson(text));
  for (const auto& [name, value] : object.members()) {
    if (value.IsString()) secrets.environment[name] = *value.AsString();
    if (name == "away" && value.IsObject()) secrets.away = AwaySecretsOf(value);
  }
  return secrets;
}

}  // namespace curbstop
