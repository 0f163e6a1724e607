#include "store/internal/add_tree.h"

#include "store/internal/data_tree.h"
#include "store/internal/parallel.h"
#include "store/internal/presence.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBatchBytes = int64_t{4}
                                << 30;  // so that a dead add of a huge folder is not lost

class Adder {
 public:
  Adder(const fs::path& path, const AddJob& job) : job_(job) {
    start_ = InsideRoot(path, job.root);
    hashing_.root = start_.empty() ? path.parent_path() : job.root;
    if (start_.empty()) {
      start_ = path.filename().string();
    } else {
      hashing_.index = IndexFile(job.root, HashKind::kMd5);
    }
    hashing_.scanned = {start_};
    hashing_.started_ns = KernelFileTimeNs();
  }

  Result<AddedTree> Run() {
    TRY_ASSIGN(DataTree tree, ListData(hashing_.root, start_, job_.config.cache, job_.rules));
    files_ = WithoutHashes(std::move(tree.files));
    TRY_ASSIGN(batch_, ObjectBatch::Open(job_.config));
    TRY(TakeFiles());
    AddedTree added{.id = {}, .size = 0, .files = {}, .executable = {}};
    for (const ContentFile& file : files_) Describe(file, tree.is_folder, added);
    if (tree.is_folder) {
      TRY(TakeList(added));
    } else {
      added.id = {files_.front().md5, false};
    }
    RememberObjects();
    added.files = std::move(files_);
    return added;
  }

 private:
  Status TakeFiles() {
    const HashIndex index = HashIndex::Load(hashing_.index);
    std::vector<size_t> wanted = LookUpHashes(index, files_);
    const bool news = !wanted.empty();
    AddThoseNotInStore(wanted);
    for (size_t start = 0; start < wanted.size();) {
      size_t end = start;
      for (int64_t bytes = 0; end < wanted.size() && bytes < kBatchBytes; ++end)
        bytes += files_[wanted[end]].stamp.size;
      TRY(TakeSome(wanted, start, end));
      start = end;
    }
    if (news) SaveHashes(index, files_, hashing_);
    return {};
  }

  // Files whose content is known by the index, but whose object is gone.
  void AddThoseNotInStore(std::vector<size_t>& wanted) const {
    Presence presence(ObjectsFolder(job_.config.cache, HashKind::kMd5));
    std::vector<size_t> gone;
    size_t next_unknown = 0;
    for (size_t i = 0; i < files_.size(); ++i) {
      if (next_unknown < wanted.size() && wanted[next_unknown] == i) {
        ++next_unknown;
      } else if (!presence.Has({files_[i].md5, false})) {
        gone.push_back(i);
      }
    }
    wanted.insert(wanted.end(), gone.begin(), gone.end());
  }

  Status TakeSome(const std::vector<size_t>& wanted, size_t start, size_t end) {
    TRY(ForEachParallel(end - start, 1, [&](size_t i) -> Status {
      ContentFile& file = files_[wanted[start + i]];
      TRY_ASSIGN(const TakenFile taken, batch_->TakeFile(SourceOf(hashing_.root, file), job_.how));
      file.md5 = taken.md5;
      file.stamp = taken.stamp;
      return {};
    }));
    return batch_->Commit();
  }

  void Describe(const ContentFile& file, bool is_folder, AddedTree& added) const {
    added.size += file.stamp.size;
    if (!file.executable()) return;
    added.executable.emplace_back(is_folder ? Member(file.path, start_)
                                            : std::string_view(file.path));
  }

  Status TakeList(AddedTree& added) {
    std::vector<DirMember> members;
    members.reserve(files_.size());
    for (const ContentFile& file : files_)
      members.push_back({std::string(Member(file.path, start_)), file.md5});
    const std::string list = WriteDirObject(members);
    added.id = {Md5Of(list), true};
    TRY(batch_->TakeFolderList(added.id, list));
    return batch_->Commit();
  }

  void RememberObjects() const {
    const fs::path file = ObjectIndexFile(job_.root);
    SweepTemporaries(file);
    const std::vector<IndexEntry> written = batch_->Written();
    if (written.empty()) return;
    static_cast<void>(HashIndex::Load(file).Save(file, written, {}));
  }

  const AddJob& job_;
  std::string start_;
  HashJob hashing_;
  std::vector<ContentFile> files_;
  std::unique_ptr<ObjectBatch> batch_;
};

}  // namespace

fs::path ObjectIndexFile(const fs::path& root) { return root / ".curbstop" / "objects"; }

std::string InsideRoot(const fs::path& path, const fs::path& root) {
  const fs::path relative = path.lexically_relative(root);
  if (relative.empty() || *relative.begin() == ".." || relative == ".") return "";
  return relative.string();
}

Result<AddedTree> AddTree(const fs::path& path, const AddJob& job) {
  return Adder(path, job).Run();
}

}  // namespace curbstop
