#include "run/checkpoint_folder.h"

#include <fmt/format.h>

#include "base/text.h"
#include "run/fingerprint.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr const char* kOwnFolder = "give `checkpoint:` a folder that nothing else uses, as `ckpt`";

// A file in the folder that git tracks and that is there, or empty.
std::string TrackedFile(const std::filesystem::path& root, const std::filesystem::path& dir,
                        ProcessRunner& processes) {
  const std::string listed =
      AskGit(root, {"--literal-pathspecs", "ls-files", "-z", "--", dir.string()}, processes);
  for (const std::string& path : Split(listed, '\0')) {
    if (!path.empty() && Exists(root / path)) return path;
  }
  return "";
}

}  // namespace

Result<int64_t> CheckFreshCheckpointFolder(const std::filesystem::path& root,
                                           const std::filesystem::path& dir,
                                           ProcessRunner& processes) {
  const std::string name = Printable(dir.string());
  if (!Exists(root / dir)) return 0;
  if (!IsFolder(root / dir)) {
    return InvalidInput(fmt::format("the checkpoint folder `{}` is no folder", name))
        .WithHint(kOwnFolder);
  }
  TRY_ASSIGN(const std::vector<FolderEntry> entries, ListFolder(root / dir));
  const std::string tracked = entries.empty() ? "" : TrackedFile(root, dir, processes);
  if (tracked.empty()) return static_cast<int64_t>(entries.size());
  return InvalidInput(
             fmt::format("git tracks `{}`, and a step that starts afresh would move it out "
                         "of its checkpoint folder",
                         Printable(tracked)))
      .While(fmt::format("`{}` cannot be the checkpoint folder", name))
      .WithHint(kOwnFolder);
}

}  // namespace curbstop
