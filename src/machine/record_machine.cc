#include "machine/record_machine.h"

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/read_parts.h"
#include "machine/internal/recording_source.h"
#include "sys/files.h"

namespace curbstop {

Status RecordMachine(const std::filesystem::path& folder, ProcessRunner& processes,
                     FileStore& files) {
  if (Exists(folder)) {
    TRY_ASSIGN(const std::vector<FolderEntry> entries, ListFolder(folder));
    if (!entries.empty()) {
      return Conflict(fmt::format("`{}` is not empty", Printable(folder.string())))
          .WithHint("name a folder that does not exist yet");
    }
  }
  const std::unique_ptr<FactSource> live = MakeLiveSource(processes);
  RecordingSource recording(*live);
  ReadFrom(recording, ReadDepth::kEverything);
  for (const auto& [name, text] : recording.Tree()) {
    const std::filesystem::path file = folder / name;
    TRY(MakeFolders(file.parent_path()));
    TRY(files.Write(file, text));
  }
  return {};
}

}  // namespace curbstop
