#include "run/agent/resources.h"

#include <fmt/format.h>

#include "run/agent/step_leader.h"
#include "run/agent/step_process.h"
#include "sys/files.h"

namespace curbstop {
namespace {

std::filesystem::path OwnerFile(const std::filesystem::path& lock) {
  return lock.string() + ".owner";
}

Json ReadOwner(const std::filesystem::path& lock) {
  const Result<std::string> text = ReadFile(OwnerFile(lock), 65536);
  if (!text.ok()) return Json();
  const Result<Json> owner = ParseJson(*text);
  return owner.ok() ? *owner : Json();
}

std::string OwnerText(const Json& owner) {
  if (!owner.IsObject()) return "another run";
  return fmt::format("run `{}` (step `{}` of `{}`)", owner.StringOr("run", "?"),
                     owner.StringOr("step", "?"), owner.StringOr("project", "?"));
}

}  // namespace

// What a dead owner's step left running.
void Resources::EndLeftBehind(const Json& owner) {
  const std::string step_id = owner.StringOr("step_id", "");
  const std::string run = owner.StringOr("run", "");
  if (step_id.empty() || !CheckInside(run).ok()) return;
  const std::filesystem::path folder = runs_ / run;
  EndStepProcesses({step_id, folder / kCgroupList, LostLeader(folder / "agent.events")},
                   order_.grace, clock_);
}

Result<std::optional<FileLock>> Resources::TakeAsOwner(const std::filesystem::path& file,
                                                       std::string_view what, ResourceWait& wait) {
  TRY_ASSIGN(std::optional<FileLock> lock, FileLock::TryTake(file));
  const Json before = ReadOwner(file);
  if (!lock) {
    wait.reason = fmt::format("{} is used by {}", what, OwnerText(before));
    return std::optional<FileLock>();
  }
  EndLeftBehind(before);
  const Json owner = Json::MakeObject({{"run", order_.run},
                                       {"project", order_.project},
                                       {"step", order_.step},
                                       {"step_id", order_.step_id}});
  TRY(files_.Write(OwnerFile(file), WriteJson(owner), 0600));
  return lock;
}

Result<std::optional<HeldResources>> Resources::TryTake(ResourceWait& wait) {
  HeldResources held;
  TRY_ASSIGN(std::optional<FileLock> step, TakeAsOwner(order_.step_lock, "the step", wait));
  if (!step) return std::optional<HeldResources>();
  held.locks.push_back(*std::move(step));
  for (const GpuSlot& gpu : order_.gpus) {
    if (static_cast<int64_t>(held.gpus.size()) == order_.gpus_needed) break;
    TRY_ASSIGN(std::optional<FileLock> lock,
               TakeAsOwner(gpu.lock, fmt::format("GPU {}", gpu.index), wait));
    if (!lock) continue;
    held.locks.push_back(*std::move(lock));
    held.gpus.push_back(gpu.index);
  }
  if (static_cast<int64_t>(held.gpus.size()) < order_.gpus_needed)
    return std::optional<HeldResources>();
  return std::optional(std::move(held));
}

}  // namespace curbstop
