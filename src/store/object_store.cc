#include "store/object_store.h"

#include <cerrno>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "store/internal/add_tree.h"
#include "store/internal/build_tree.h"
#include "store/internal/presence.h"
#include "store/internal/staging.h"
#include "store/internal/store_lock.h"
#include "store/internal/verify.h"
#include "sys/files.h"
#include "sys/mount_kind.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

// Objects are read-only, so a hardlink is as safe as a reflink.
const FileForm kOutputForm{.links = {LinkKind::kReflink, LinkKind::kHardlink, LinkKind::kCopy},
                           .read_only = true,
                           .executable = false};

Status SyncStaged(const fs::path& staged) {
  TRY_ASSIGN(const Fd fd, IsFolder(staged) ? OpenFolder(staged) : OpenToRead(staged));
  const int done = IsFolder(staged) ? syncfs(fd.get()) : fdatasync(fd.get());
  if (done != 0) return FromErrno(errno, Doing("write", staged));
  return {};
}

}  // namespace

Result<ObjectStore> ObjectStore::OpenForProject(const fs::path& root) {
  TRY_ASSIGN(DvcConfig config, ReadDvcConfig(root));
  TRY(RequireLocalMount(config.cache, "the store"));
  return ObjectStore(root, std::move(config));
}

Result<StoreHold> ObjectStore::Hold() const {
  TRY_ASSIGN(Fd lock, LockStore(root_, LockUse::kShared));
  return StoreHold(std::make_shared<const Fd>(std::move(lock)));
}

Result<StoredObject> ObjectStore::Add(const StoreHold& hold, const fs::path& path) {
  CHECK(hold.lock_ != nullptr);
  RealFileStore files;
  TRY(MakeDvcFolder(root_, files));
  const fs::path full = path.is_absolute() ? path : root_ / path;
  Result<AddedTree> added =
      AddTree(full.lexically_normal(),
              {.root = root_, .config = config_, .how = TakeHow::kCopy, .rules = {}});
  if (!added.ok()) {
    return std::move(added).error().While(
        fmt::format("cannot add `{}` to the store", Printable(path.string())));
  }
  return StoredObject{.path = path.string(),
                      .id = added->id.Text(),
                      .size = added->size,
                      .files = static_cast<int64_t>(added->files.size()),
                      .executable = std::move(added->executable)};
}

Result<bool> ObjectStore::Has(const std::string& id) const {
  TRY_ASSIGN(const ObjectId object, ParseObjectId(id));
  const fs::path objects = ObjectsFolder(config_.cache, HashKind::kMd5);
  if (!Exists(objects / ObjectPlace(object))) return false;
  if (!object.is_folder) return true;
  TRY_ASSIGN(const std::vector<DirMember> members, ReadFolderList(objects, object));
  Presence presence(objects);
  for (const DirMember& member : members) {
    if (!presence.Has({member.md5, false})) return false;
  }
  return true;
}

Status ObjectStore::Checkout(const std::string& id, const fs::path& target,
                             const std::vector<std::string>& executable) const {
  TRY_ASSIGN(const ObjectId object, ParseObjectId(id));
  const fs::path objects = ObjectsFolder(config_.cache, HashKind::kMd5);
  std::vector<DirMember> members;
  std::vector<ObjectId> ids;
  if (object.is_folder) {
    TRY_ASSIGN(members, ReadFolderList(objects, object));
    for (const DirMember& member : members) ids.push_back({member.md5, false});
  } else {
    ids.push_back(object);
  }
  TRY(VerifyObjects(objects, ObjectIndexFile(root_), std::move(ids), HashKind::kMd5));
  TRY(MakeFolders(target.parent_path()));
  TRY_ASSIGN(const std::unique_ptr<Staging> staging, OpenStagingFor(target, root_));
  const fs::path staged = staging->NextName();
  if (object.is_folder) {
    TRY(BuildTree(members, staged,
                  {.objects = objects, .form = kOutputForm, .executable = executable}));
  } else {
    FileForm form = kOutputForm;
    form.executable = !executable.empty();
    TRY(Materialize(objects / ObjectPlace(object), staged, form));
  }
  TRY(SyncStaged(staged));
  return PutInPlace(staged, target, *staging);
}

}  // namespace curbstop
