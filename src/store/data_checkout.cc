#include "store/data_checkout.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <set>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/add_tree.h"
#include "store/internal/materialize.h"
#include "store/internal/parallel.h"
#include "store/internal/presence.h"
#include "store/internal/staging.h"
#include "store/internal/store_lock.h"
#include "store/internal/tracked.h"
#include "store/internal/verify.h"
#include "sys/failpoint.h"
#include "sys/file_store.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

struct NewFile {
  std::string path;  // relative to the root
  Md5 md5;
  HashKind hash = HashKind::kMd5;
  bool executable = false;
  fs::path staged;
};

// What has to be done, over all pointers.
struct Work {
  std::vector<NewFile> files;
  std::vector<std::string> folders;      // to be there, empty ones too
  std::vector<std::string> removals;     // files in the way, relative to the root
  std::vector<std::string> whole;        // things of the wrong kind (a file for a folder)
  std::vector<ContentFile> overwritten;  // files whose content is replaced or removed
};

struct Situation {
  DvcConfig config;
  std::vector<TrackedData> all;
  CheckoutPlan plan;
  Work work;
};

std::string PathOf(const TrackedData& data, const std::string& member) {
  return member.empty() ? data.pointer.path : data.pointer.path + "/" + member;
}

bool IsExecutable(const TrackedData& data, const std::string& member) {
  const DvcOut& out = data.pointer.out;
  if (!out.is_folder) return out.executable;
  return std::binary_search(out.executable_members.begin(), out.executable_members.end(), member);
}

void PlanFiles(const TrackedData& data, Work& work) {
  const DvcOut& out = data.pointer.out;
  const bool same_kind = data.in_work_tree && data.is_folder_now == out.is_folder;
  if (data.in_work_tree && !same_kind) work.whole.push_back(data.pointer.path);
  if (out.is_folder) work.folders.push_back(data.pointer.path);
  auto file = data.files.begin();
  const auto in_the_way = [&] {
    if (same_kind) work.removals.push_back(file->path);
    work.overwritten.push_back(*file++);
  };
  for (const DirMember& member : data.members) {
    const std::string path = PathOf(data, member.path);
    while (file != data.files.end() && file->path < path) in_the_way();
    const bool there = same_kind && file != data.files.end() && file->path == path;
    if (!there || file->md5 != member.md5) {
      work.files.push_back({path, member.md5, out.hash, IsExecutable(data, member.path), {}});
      if (there) work.overwritten.push_back(*file);
    }
    if (there) ++file;
  }
  while (file != data.files.end()) in_the_way();
}

Status RequireList(const TrackedData& data, const DvcConfig& config) {
  if (data.list_in_store) return {};
  const fs::path object =
      ObjectsFolder(config.cache, data.pointer.out.hash) / ObjectPlace(data.id());
  return NotFound(fmt::format("the list of the folder `{}` is not in the store: `{}`",
                              Printable(data.pointer.path), object.string()))
      .WithHint("copy the objects from where the data was added");
}

Status RequireObjects(const Work& work, const DvcConfig& config) {
  size_t missing = 0;
  std::string first;
  for (const HashKind kind : {HashKind::kMd5, HashKind::kMd5Dos2Unix}) {
    Presence presence(ObjectsFolder(config.cache, kind));
    for (const NewFile& file : work.files) {
      if (file.hash != kind || presence.Has({file.md5, false})) continue;
      if (missing++ == 0) first = file.path;
    }
  }
  if (missing == 0) return {};
  return NotFound(fmt::format("{} of {} objects are not in the store, first that of `{}`", missing,
                              work.files.size(), Printable(first)))
      .WithHint(
          "copy the objects from where the data was added; `curbstop data status` lists them");
}

// Contents that only the work tree has.
void FindLost(Situation& situation) {
  Presence presence(ObjectsFolder(situation.config.cache, HashKind::kMd5));
  Presence legacy(ObjectsFolder(situation.config.cache, HashKind::kMd5Dos2Unix));
  for (const ContentFile& file : situation.work.overwritten) {
    if (!presence.Has({file.md5, false}) && !legacy.Has({file.md5, false}))
      situation.plan.lost.push_back(file.path);
  }
  std::sort(situation.plan.lost.begin(), situation.plan.lost.end());
}

Result<Situation> Survey(const fs::path& root, const std::vector<std::string>& paths) {
  Situation situation;
  TRY_ASSIGN(situation.config, ReadDvcConfig(root));
  TRY_ASSIGN(const Pointers pointers, FindPointers(root));
  situation.plan.notes = pointers.notes;
  TRY_ASSIGN(std::vector<Pointer> chosen, ChoosePointers(pointers, paths));
  std::erase_if(chosen, [](const Pointer& pointer) { return !pointer.out.cached; });
  TRY_ASSIGN(situation.all, ReadTracked(root, situation.config, std::move(chosen)));
  for (const TrackedData& data : situation.all) {
    TRY(RequireList(data, situation.config));
    const std::vector<DataChange> changes = Compare(data, situation.config);
    situation.plan.changes.insert(situation.plan.changes.end(), changes.begin(), changes.end());
    PlanFiles(data, situation.work);
  }
  TRY(RequireObjects(situation.work, situation.config));
  FindLost(situation);
  return situation;
}

Status VerifyAll(const fs::path& root, const Situation& situation) {
  for (const HashKind kind : {HashKind::kMd5, HashKind::kMd5Dos2Unix}) {
    std::vector<ObjectId> ids;
    for (const NewFile& file : situation.work.files) {
      if (file.hash == kind) ids.push_back({file.md5, false});
    }
    const fs::path index =
        kind == HashKind::kMd5 ? ObjectIndexFile(root) : root / ".curbstop" / "objects-dos2unix";
    TRY(VerifyObjects(ObjectsFolder(situation.config.cache, kind), index, std::move(ids), kind));
  }
  return {};
}

Status StageFiles(Situation& situation, Staging& staging) {
  std::vector<NewFile>& files = situation.work.files;
  return ForEachParallel(files.size(), 16, [&](size_t i) -> Status {
    files[i].staged = staging.NextName();
    const FileForm form{
        .links = situation.config.links, .read_only = false, .executable = files[i].executable};
    const fs::path object =
        ObjectsFolder(situation.config.cache, files[i].hash) / ObjectPlace({files[i].md5, false});
    return Materialize(object, files[i].staged, form);
  });
}

Status Move(const fs::path& from, const fs::path& to) {
  if (rename(from.c_str(), to.c_str()) == 0) return {};
  return FromErrno(errno, Doing("move", from));
}

// A folder that became empty by removals goes too, but not the data's own folder.
void RemoveEmptyFolders(const fs::path& root, const std::vector<std::string>& removals,
                        const std::vector<std::string>& keep) {
  for (const std::string& path : removals) {
    for (size_t slash = path.rfind('/'); slash != path.npos && slash > 0;
         slash = path.rfind('/', slash - 1)) {
      const std::string folder = path.substr(0, slash);
      if (std::find(keep.begin(), keep.end(), folder) != keep.end() ||
          rmdir((root / folder).c_str()) != 0)
        break;
    }
  }
}

Status PutAllInPlace(const fs::path& root, const Work& work, Staging& staging) {
  for (const std::string& path : work.whole) TRY(Move(root / path, staging.NextName()));
  for (const std::string& path : work.removals) TRY(Move(root / path, staging.NextName()));
  RemoveEmptyFolders(root, work.removals, work.folders);
  FAILPOINT("checkout.moved_away");
  std::set<std::string> folders(work.folders.begin(), work.folders.end());
  for (const NewFile& file : work.files) {
    if (file.path.find('/') != file.path.npos)
      folders.insert(file.path.substr(0, file.path.rfind('/')));
  }
  for (const std::string& folder : folders) TRY(MakeFolders(root / folder));
  for (const NewFile& file : work.files) {
    // A folder that stands where a member shall be held only what was removed above.
    if (IsFolder(root / file.path)) rmdir((root / file.path).c_str());
    TRY(Move(file.staged, root / file.path));
    FAILPOINT("checkout.file_in_place");
  }
  return {};
}

Status SyncAll(const fs::path& root) {
  TRY_ASSIGN(const Fd fd, OpenFolder(root));
  if (syncfs(fd.get()) != 0) return FromErrno(errno, Doing("write", root));
  return {};
}

}  // namespace

Result<CheckoutPlan> PlanCheckout(const fs::path& root, const std::vector<std::string>& paths) {
  TRY_ASSIGN(Situation situation, Survey(root, paths));
  return std::move(situation.plan);
}

Result<CheckoutOutcome> CheckoutData(const fs::path& root, const std::vector<std::string>& paths,
                                     Unsaved unsaved) {
  TRY_ASSIGN(Situation situation, Survey(root, paths));
  if (!situation.plan.lost.empty() && unsaved == Unsaved::kKeep) {
    return Conflict(fmt::format("{} files have contents that the store does not have, first `{}`",
                                situation.plan.lost.size(), Printable(situation.plan.lost.front())))
        .WithHint("`curbstop data add` keeps them, `--yes` gives them up");
  }
  Work& work = situation.work;
  CheckoutOutcome outcome{static_cast<int64_t>(work.files.size()),
                          static_cast<int64_t>(work.removals.size())};
  TRY_ASSIGN(const Fd lock, LockStore(root, LockUse::kShared));
  TRY(VerifyAll(root, situation));
  TRY_ASSIGN(const std::unique_ptr<Staging> staging, OpenStagingFor(root / ".curbstop", root));
  TRY(StageFiles(situation, *staging));
  FAILPOINT("checkout.staged");
  const bool any = outcome.written + outcome.removed > 0;
  if (any) TRY(SyncAll(root));
  TRY(PutAllInPlace(root, work, *staging));
  if (any) TRY(SyncAll(root));
  return outcome;
}

}  // namespace curbstop
