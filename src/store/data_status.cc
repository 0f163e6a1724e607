#include "store/data_status.h"

#include <algorithm>
#include <iterator>

#include "store/internal/tracked.h"

namespace curbstop {

std::string_view NameOf(DataChangeKind kind) {
  switch (kind) {
    case DataChangeKind::kModified: return "modified";
    case DataChangeKind::kAdded: return "added";
    case DataChangeKind::kDeleted: return "deleted";
    case DataChangeKind::kMissing: break;
  }
  return "missing";
}

Result<DataStatus> ReadDataStatus(const std::filesystem::path& root,
                                  const std::vector<std::string>& paths) {
  TRY_ASSIGN(const DvcConfig config, ReadDvcConfig(root));
  TRY_ASSIGN(const Pointers pointers, FindPointers(root));
  TRY_ASSIGN(std::vector<Pointer> chosen, ChoosePointers(pointers, paths));
  TRY_ASSIGN(const std::vector<TrackedData> all, ReadTracked(root, config, std::move(chosen)));
  DataStatus status;
  status.notes = pointers.notes;
  for (const TrackedData& data : all) {
    std::vector<DataChange> changes = Compare(data, config);
    std::move(changes.begin(), changes.end(), std::back_inserter(status.changes));
    ++status.pointers;
    status.files += static_cast<int64_t>(data.files.size());
  }
  std::sort(status.changes.begin(), status.changes.end(),
            [](const DataChange& a, const DataChange& b) { return a.path < b.path; });
  return status;
}

}  // namespace curbstop
