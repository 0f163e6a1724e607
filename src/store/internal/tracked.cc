#include "store/internal/tracked.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "base/text.h"
#include "store/internal/build_tree.h"
#include "store/internal/data_tree.h"
#include "store/internal/presence.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

Status ReadMembers(const DvcConfig& config, TrackedData& data) {
  const DvcOut& out = data.pointer.out;
  if (!out.is_folder) {
    data.members.push_back({"", *out.md5});
    return {};
  }
  auto members = ReadFolderList(ObjectsFolder(config.cache, out.hash), data.id(), out.hash);
  data.list_in_store = members.ok();
  if (members.ok()) {
    data.members = *std::move(members);
  } else if (members.error().kind() != ErrorKind::kNotFound) {
    return std::move(members).error();
  }
  return {};
}

// A pointer's path may not lead through a link: what it names would lie elsewhere.
Status CheckNoLinkAbove(const fs::path& root, const std::string& path) {
  for (size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    const std::string folder = path.substr(0, slash);
    if (!fs::is_symlink(fs::symlink_status(root / folder))) continue;
    return InvalidInput(
               fmt::format("`{}` lies behind the link `{}`", Printable(path), Printable(folder)))
        .WithHint("replace the link by a folder, or move the pointer to where the data is");
  }
  return {};
}

Result<std::vector<StatedFile>> ListWorkTree(const fs::path& root, const DvcConfig& config,
                                             TrackedData& data) {
  TRY(CheckNoLinkAbove(root, data.pointer.path));
  data.in_work_tree = Exists(root / data.pointer.path);
  if (!data.in_work_tree) return std::vector<StatedFile>();
  TRY_ASSIGN(DataTree tree, ListData(root, data.pointer.path, config.cache, DvcRules()));
  data.is_folder_now = tree.is_folder;
  return std::move(tree.files);
}

// Hashes the files of all data that are named by the same kind of hash, in one go.
Status HashWorkTree(const fs::path& root, const DvcConfig& config, HashKind kind,
                    std::vector<TrackedData>& all) {
  HashJob job{.root = root,
              .index = IndexFile(root, kind),
              .kind = kind,
              .scanned = {},
              .started_ns = KernelFileTimeNs()};
  std::vector<StatedFile> files;
  for (TrackedData& data : all) {
    if (data.pointer.out.hash != kind) continue;
    TRY_ASSIGN(std::vector<StatedFile> more, ListWorkTree(root, config, data));
    if (data.is_folder_now) job.scanned.push_back(data.pointer.path);
    std::move(more.begin(), more.end(), std::back_inserter(files));
  }
  std::sort(files.begin(), files.end(),
            [](const StatedFile& a, const StatedFile& b) { return a.path < b.path; });
  TRY_ASSIGN(std::vector<ContentFile> hashed, HashTree(std::move(files), job));
  for (TrackedData& data : all) {
    if (data.pointer.out.hash != kind || !data.in_work_tree) continue;
    const std::string& path = data.pointer.path;
    const auto first = std::lower_bound(
        hashed.begin(), hashed.end(), data.is_folder_now ? path + "/" : path,
        [](const ContentFile& file, const std::string& name) { return file.path < name; });
    const auto last = std::find_if(first, hashed.end(),
                                   [&](const ContentFile& file) { return !IsIn(file.path, path); });
    data.files.assign(std::make_move_iterator(first), std::make_move_iterator(last));
  }
  return {};
}

class Comparison {
 public:
  Comparison(const TrackedData& data, const DvcConfig& config)
      : data_(data), out_(data.pointer.out), presence_(ObjectsFolder(config.cache, out_.hash)) {}

  std::vector<DataChange> Run() {
    if (!data_.list_in_store) {
      CompareWithoutList();
    } else if (!data_.in_work_tree) {
      Add("", AllInStore() ? DataChangeKind::kDeleted : DataChangeKind::kMissing);
    } else if (data_.is_folder_now != out_.is_folder) {
      Add("", DataChangeKind::kModified);
    } else {
      CompareMembers();
    }
    return std::move(changes_);
  }

 private:
  void Add(std::string_view member, DataChangeKind kind) {
    const std::string& path = data_.pointer.path;
    changes_.push_back({member.empty() ? path : fmt::format("{}/{}", path, member), kind});
  }

  bool InStore(const Md5& md5) { return !out_.cached || presence_.Has({md5, false}); }

  bool AllInStore() {
    return std::all_of(data_.members.begin(), data_.members.end(),
                       [&](const DirMember& member) { return InStore(member.md5); });
  }

  std::string_view MemberOf(const ContentFile& file) const {
    if (file.path == data_.pointer.path) return "";
    return Member(file.path, data_.pointer.path);
  }

  // The list's own name tells whether the work tree is the same.
  void CompareWithoutList() {
    std::vector<DirMember> now;
    for (const ContentFile& file : data_.files)
      now.push_back({std::string(MemberOf(file)), file.md5});
    const bool same = data_.is_folder_now && Md5Of(WriteDirObject(now)) == *out_.md5;
    if (data_.in_work_tree && !same) Add("", DataChangeKind::kModified);
    if (out_.cached && (same || !data_.in_work_tree)) Add("", DataChangeKind::kMissing);
  }

  // Both sides are sorted by path.
  void CompareMembers() {
    auto file = data_.files.begin();
    for (const DirMember& member : data_.members) {
      for (; file != data_.files.end() && MemberOf(*file) < member.path; ++file) {
        Add(MemberOf(*file), DataChangeKind::kAdded);
      }
      const bool there = file != data_.files.end() && MemberOf(*file) == member.path;
      if (there && file->md5 != member.md5) {
        Add(member.path, DataChangeKind::kModified);
      } else if (!InStore(member.md5)) {
        Add(member.path, DataChangeKind::kMissing);
      } else if (!there) {
        Add(member.path, DataChangeKind::kDeleted);
      }
      if (there) ++file;
    }
    for (; file != data_.files.end(); ++file) Add(MemberOf(*file), DataChangeKind::kAdded);
  }

  const TrackedData& data_;
  const DvcOut& out_;
  Presence presence_;
  std::vector<DataChange> changes_;
};

}  // namespace

Result<std::vector<Pointer>> ChoosePointers(const Pointers& pointers,
                                            const std::vector<std::string>& paths) {
  if (paths.empty()) return pointers.all;
  std::vector<Pointer> chosen;
  std::vector<std::string> tracked;
  for (const Pointer& pointer : pointers.all) tracked.push_back(pointer.path);
  for (const std::string& path : paths) {
    bool any = false;
    for (const Pointer& pointer : pointers.all) {
      if (pointer.file != path && !IsIn(pointer.path, path)) continue;
      any = true;
      const bool twice = std::any_of(chosen.begin(), chosen.end(), [&](const Pointer& other) {
        return other.path == pointer.path;
      });
      if (!twice) chosen.push_back(pointer);
    }
    if (any || path.empty()) continue;
    const Pointer* above = PointerOf(pointers, path);
    return NotFound(
               fmt::format("`{}` is not tracked{}", Printable(path), DidYouMean(path, tracked)))
        .WithHint(above == nullptr
                      ? fmt::format("`curbstop data add {}` tracks it", ShellQuote(path))
                      : fmt::format("it is part of `{}`: name that", above->path));
  }
  std::sort(chosen.begin(), chosen.end(),
            [](const Pointer& a, const Pointer& b) { return a.path < b.path; });
  return chosen;
}

Result<std::vector<TrackedData>> ReadTracked(const fs::path& root, const DvcConfig& config,
                                             std::vector<Pointer> pointers) {
  std::vector<TrackedData> all;
  bool any_legacy = false;
  for (Pointer& pointer : pointers) {
    TrackedData& data = all.emplace_back();
    data.pointer = std::move(pointer);
    any_legacy |= data.pointer.out.hash == HashKind::kMd5Dos2Unix;
    TRY(ReadMembers(config, data));
  }
  TRY(HashWorkTree(root, config, HashKind::kMd5, all));
  if (any_legacy) TRY(HashWorkTree(root, config, HashKind::kMd5Dos2Unix, all));
  return all;
}

std::vector<DataChange> Compare(const TrackedData& data, const DvcConfig& config) {
  return Comparison(data, config).Run();
}

}  // namespace curbstop
