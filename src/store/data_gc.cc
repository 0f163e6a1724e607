#include "store/data_gc.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "store/dvc_config.h"
#include "store/internal/add_tree.h"
#include "store/internal/build_tree.h"
#include "store/internal/pointers.h"
#include "store/internal/references.h"
#include "store/internal/store_lock.h"
#include "sys/failpoint.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

struct HeldObject {
  fs::path path;
  int64_t size = 0;
};

// Both layouts; the same id may lie in both.
using HeldObjects = std::multimap<ObjectId, HeldObject>;

bool IsPrefix(const FolderEntry& entry) {
  return entry.kind == EntryKind::kFolder && entry.name.size() == 2 &&
         entry.name.find_first_not_of("0123456789abcdef") == entry.name.npos;
}

Status ListObjectsIn(const fs::path& folder, HeldObjects& held) {
  if (!IsFolder(folder)) return {};
  TRY_ASSIGN(const std::vector<FolderEntry> prefixes, ListFolder(folder));
  for (const FolderEntry& prefix : prefixes) {
    if (!IsPrefix(prefix)) continue;
    TRY_ASSIGN(const std::vector<FolderEntry> entries, ListFolder(folder / prefix.name));
    for (const FolderEntry& entry : entries) {
      const Result<ObjectId> id = ParseObjectId(prefix.name + entry.name);
      const fs::path path = folder / prefix.name / entry.name;
      struct stat info{};
      if (!id.ok() || lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) continue;
      held.insert({*id, {path, info.st_size}});
    }
  }
  return {};
}

Result<HeldObjects> ListObjects(const DvcConfig& config) {
  HeldObjects held;
  TRY(ListObjectsIn(ObjectsFolder(config.cache, HashKind::kMd5), held));
  TRY(ListObjectsIn(ObjectsFolder(config.cache, HashKind::kMd5Dos2Unix), held));
  return held;
}

// The members of every needed folder whose list is here; the number of lists that are not.
Result<size_t> AddMembers(const DvcConfig& config, const HeldObjects& held,
                          std::set<ObjectId>& ids) {
  std::set<ObjectId> members;
  size_t unknown = 0;
  for (const ObjectId& id : ids) {
    if (!id.is_folder) continue;
    if (!held.contains(id)) ++unknown;
    for (const HashKind kind : {HashKind::kMd5, HashKind::kMd5Dos2Unix}) {
      const fs::path objects = ObjectsFolder(config.cache, kind);
      if (!Exists(objects / ObjectPlace(id))) continue;
      TRY_ASSIGN(const std::vector<DirMember> list, ReadFolderList(objects, id));
      for (const DirMember& member : list) members.insert({member.md5, false});
    }
  }
  ids.merge(members);
  return unknown;
}

Status RequireOwnCache(const fs::path& root, const DvcConfig& config) {
  if (!InsideRoot(config.cache, root / ".dvc").empty()) return {};
  return InvalidInput(
             fmt::format(
                 "the cache `{}` lies outside of this project's `.dvc`: other projects may use it",
                 config.cache.string()))
      .WithHint("`dvc gc --projects` can weigh several projects");
}

Result<GcPlan> Plan(const fs::path& root, ProcessRunner& processes, const GcRoots& roots) {
  TRY_ASSIGN(const DvcConfig config, ReadDvcConfig(root));
  TRY(RequireOwnCache(root, config));
  GcPlan plan;
  std::set<ObjectId> needed;
  TRY(FindIdsInWorkTree(root, needed));
  TRY(FindIdsInHistory(root, processes, needed, plan.notes));
  TRY_ASSIGN(const std::vector<std::string> extra, roots());
  for (const std::string& id : extra) FindIds(id, needed);
  TRY_ASSIGN(const HeldObjects held, ListObjects(config));
  TRY_ASSIGN(const size_t unknown, AddMembers(config, held, needed));
  if (unknown > 0) {
    plan.notes.push_back(
        fmt::format("the lists of {} folders named by pointers or history are not in the store: "
                    "files of theirs cannot be told from others",
                    unknown));
  }
  for (const auto& [id, object] : held) {
    if (needed.contains(id)) {
      ++plan.kept_objects;
      plan.kept_bytes += object.size;
    } else {
      plan.objects.push_back(object.path);
      plan.bytes += object.size;
    }
  }
  std::sort(plan.objects.begin(), plan.objects.end());
  return plan;
}

// `shown.objects` is sorted.
void KeepUnlessShown(const GcPlan& shown, GcPlan& plan) {
  std::erase_if(plan.objects, [&](const fs::path& object) {
    if (std::binary_search(shown.objects.begin(), shown.objects.end(), object)) return false;
    struct stat info{};
    const int64_t size = lstat(object.c_str(), &info) == 0 ? info.st_size : 0;
    plan.bytes -= size;
    plan.kept_bytes += size;
    ++plan.kept_objects;
    return true;
  });
}

// With the store locked.
Status RemoveObjects(GcPlan& plan) {
  // Lists before members: a list that lost a member would be a half folder.
  std::stable_partition(plan.objects.begin(), plan.objects.end(),
                        [](const fs::path& path) { return path.extension() == kDirSuffix; });
  for (const fs::path& object : plan.objects) {
    FAILPOINT("gc.before_remove");
    if (unlink(object.c_str()) != 0 && errno != ENOENT)
      return FromErrno(errno, Doing("remove", object));
    rmdir(object.parent_path().c_str());  // where it was the last
  }
  return {};
}

struct Named {
  std::string name;
  ObjectId id;
};

Result<std::vector<Named>> ListNamed(const fs::path& root) {
  std::vector<Named> named;
  TRY_ASSIGN(const Pointers pointers, FindPointers(root));
  for (const Pointer& pointer : pointers.all)
    named.push_back({pointer.path, {*pointer.out.md5, pointer.out.is_folder}});
  const fs::path lock = root / "curbstop.lock";
  if (!Exists(lock)) return named;
  TRY_ASSIGN(const std::string text, ReadFile(lock));
  TRY_ASSIGN(const Json json, ParseJson(text));
  const Json* results = json.Find("results");
  if (results == nullptr) return named;
  for (const auto& [step, result] : results->members()) {
    const Json* outputs = result.Find("outputs");
    if (outputs == nullptr) continue;
    for (const Json& output : outputs->items()) {
      const Result<ObjectId> id = ParseObjectId(output.StringOr("md5", ""));
      if (id.ok()) named.push_back({fmt::format("{}: {}", step, output.StringOr("path", "")), *id});
    }
  }
  return named;
}

}  // namespace

Result<GcPlan> PlanGc(const fs::path& root, ProcessRunner& processes, const GcRoots& roots) {
  return Plan(root, processes, roots);
}

Result<GcPlan> CollectGarbage(const fs::path& root, ProcessRunner& processes, const GcRoots& roots,
                              const GcPlan& shown) {
  TRY_ASSIGN(const Fd lock, LockStore(root, LockUse::kAlone));
  TRY_ASSIGN(GcPlan plan, Plan(root, processes, roots));
  KeepUnlessShown(shown, plan);
  TRY(RemoveObjects(plan));
  return plan;
}

Result<GcPlan> CollectGarbage(const fs::path& root, ProcessRunner& processes,
                              const GcRoots& roots) {
  TRY_ASSIGN(const Fd lock, LockStore(root, LockUse::kAlone));
  TRY_ASSIGN(GcPlan plan, Plan(root, processes, roots));
  TRY(RemoveObjects(plan));
  return plan;
}

Result<StoreUsage> MeasureStore(const fs::path& root) {
  TRY_ASSIGN(const DvcConfig config, ReadDvcConfig(root));
  TRY_ASSIGN(const HeldObjects held, ListObjects(config));
  TRY_ASSIGN(const std::vector<Named> named, ListNamed(root));
  StoreUsage usage;
  std::map<ObjectId, int> users;
  std::vector<std::set<ObjectId>> sets;
  for (const Named& entry : named) {
    std::set<ObjectId>& ids = sets.emplace_back();
    ids.insert(entry.id);
    TRY(AddMembers(config, held, ids));
    for (const ObjectId& id : ids) ++users[id];
  }
  for (size_t i = 0; i < named.size(); ++i) {
    StoreUse use{.name = named[i].name, .bytes = 0, .shared = 0, .objects = 0, .missing = 0};
    for (const ObjectId& id : sets[i]) {
      const auto object = held.find(id);
      if (object == held.end()) {
        ++use.missing;
        continue;
      }
      ++use.objects;
      use.bytes += object->second.size;
      if (users[id] > 1) use.shared += object->second.size;
    }
    usage.uses.push_back(std::move(use));
  }
  for (const auto& [id, object] : held) {
    ++usage.objects;
    usage.bytes += object.size;
    if (users.contains(id)) continue;
    ++usage.unreferenced_objects;
    usage.unreferenced_bytes += object.size;
  }
  std::stable_sort(usage.uses.begin(), usage.uses.end(),
                   [](const StoreUse& a, const StoreUse& b) { return a.bytes > b.bytes; });
  return usage;
}

}  // namespace curbstop
