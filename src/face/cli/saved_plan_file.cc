#include "face/cli/saved_plan_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"
#include "sys/files.h"
#include "sys/hash/sha256.h"

namespace curbstop {
namespace {

constexpr std::string_view kHashKey = "sha256";

Result<SavedPlan> ReadText(std::string_view text) {
  TRY_ASSIGN(Json json, ParseJson(text));
  TRY_ASSIGN(const std::string hash, json.GetString(kHashKey));
  Json::Object members = json.members();
  std::erase_if(members, [](const auto& member) { return member.first == kHashKey; });
  if (Sha256Hex(WriteJson(Json::FromMembers(std::move(members)))) != hash) {
    return Error(ErrorKind::kCorrupt, "it was changed after it was made: its `sha256` does not fit")
        .WithHint("make it anew with `curbstop plan --out FILE`");
  }
  return ReadSavedPlan(json);
}

}  // namespace

Result<std::string> ProjectHashOf(const Project& project) {
  TRY_ASSIGN(const std::string text, ReadFile(project.file));
  return Sha256Hex(text);
}

Status WriteSavedPlan(const Plan& plan, const Planning& planning, const std::string& file,
                      CommandContext& context) {
  TRY_ASSIGN(const std::string hash, ProjectHashOf(planning.project));
  const SavedPlan saved = SavedFrom(plan, planning.facts, hash, context.clock.WallMs());
  Json json = SavedPlanJson(saved);
  json.Set(kHashKey, Sha256Hex(WriteJson(json)));
  TRY(context.files.Write(context.folder / file, WriteJson(json, JsonStyle::kIndented) + "\n"));
  context.out.Talk(
      fmt::format("kept in `{0}`: `curbstop run --plan {0}` does exactly this until {1}\n",
                  Printable(file), UtcText(saved.expires_at_ms)));
  return {};
}

Result<SavedPlan> ReadSavedPlanFile(const std::string& file, const CommandContext& context) {
  TRY_ASSIGN(const std::string text, ReadFile(context.folder / file));
  Result<SavedPlan> saved = ReadText(text);
  if (saved.ok()) return saved;
  return std::move(saved).error().While(
      fmt::format("cannot use the plan in `{}`", Printable(file)));
}

}  // namespace curbstop
