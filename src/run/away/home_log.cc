#include "run/away/home_log.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/units.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kNoteEach = 64 << 20;  // heard again after a restart: dropped once more, at most

std::string CutLine(int64_t most) {
  return fmt::format(
      "\n[curbstop] log cut here: it is larger than {}. The step goes on; what it says from here "
      "on is not kept\n",
      BytesText(Bytes{most}));
}

}  // namespace

HomeLog::HomeLog(std::filesystem::path run_folder, int64_t rental, FileStore& files, int64_t most)
    : file_(run_folder / "step.log"),
      notes_(std::move(run_folder), rental),
      files_(files),
      most_(most),
      dropped_to_(notes_.Read("log-heard").value_or(0)),
      noted_(dropped_to_) {}

Status HomeLog::Begin() {
  return notes_.Read("log-base") ? Status() : notes_.Write("log-base", FileSize(file_), files_);
}

int64_t HomeLog::Heard() const {
  if (dropped_to_ > 0) return dropped_to_;
  const int64_t kept = std::min(FileSize(file_), most_);  // not the line that says it was cut
  return std::max<int64_t>(0, kept - notes_.Read("log-base").value_or(0));
}

Status HomeLog::Take(int64_t at, std::string_view text) {
  const int64_t have = Heard();
  if (at > have || at < 0) return Corrupt("a piece of the step's log is missing");
  const int64_t known = std::min<int64_t>(have - at, static_cast<int64_t>(text.size()));
  TRY(Append(text.substr(static_cast<size_t>(known))));
  return FileSize(file_) > most_ ? Drop(at + static_cast<int64_t>(text.size())) : Status();
}

// Past the limit lies the line that says so, and nothing else.
Status HomeLog::Append(std::string_view text) {
  const int64_t room = most_ - FileSize(file_);
  if (room < 0 || text.empty()) return {};
  if (static_cast<int64_t>(text.size()) <= room) return AppendQuickly(file_, text);
  return AppendQuickly(
      file_, fmt::format("{}{}", text.substr(0, static_cast<size_t>(room)), CutLine(most_)));
}

Status HomeLog::Drop(int64_t heard) {
  dropped_to_ = std::max(dropped_to_, heard);
  if (noted_ > 0 && dropped_to_ - noted_ < kNoteEach) return {};
  noted_ = dropped_to_;
  return notes_.Write("log-heard", noted_, files_);
}

}  // namespace curbstop
