#include "run/away/transfer_note.h"

#include <fstream>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr std::chrono::seconds kShowEvery{1};
constexpr int64_t kHoldsMs = 5000;
constexpr int64_t kMostFile = 4096;

std::filesystem::path FileIn(const std::filesystem::path& folder) {
  return folder / "transfer.json";
}

}  // namespace

std::string ProgressText(const TransferProgress& progress) {
  const int64_t percent =
      progress.bytes_total == 0
          ? 100
          : static_cast<int64_t>(100.0 * static_cast<double>(progress.bytes_done) /
                                 static_cast<double>(progress.bytes_total));
  std::string text = fmt::format("{} %, {} of {}", percent, BytesText({progress.bytes_done}),
                                 BytesText({progress.bytes_total}));
  if (progress.remain && progress.bytes_done < progress.bytes_total)
    text += fmt::format(", {} left", DurationText(*progress.remain));
  return text;
}

TransferNote::TransferNote(const std::filesystem::path& run_folder, std::string what, Clock& clock)
    : file_(FileIn(run_folder)), what_(std::move(what)), clock_(clock) {}

TransferNote::~TransferNote() {
  std::error_code none;
  std::filesystem::remove(file_, none);
}

// Not durable, and torn where a reader comes at the wrong moment: he then shows nothing.
void TransferNote::Show(const TransferProgress& progress) {
  const Ticks now = clock_.Awake();
  if (shown_ && now - *shown_ < kShowEvery) return;
  shown_ = now;
  std::ofstream(file_, std::ios::trunc)
      << WriteJson(Json::MakeObject({{"at_ms", clock_.WallMs()},
                                     {"text", what_ + ": " + ProgressText(progress)},
                                     {"files_done", progress.files_done},
                                     {"files_total", progress.files_total},
                                     {"bytes_done", progress.bytes_done},
                                     {"bytes_total", progress.bytes_total}}));
}

std::string ReadTransferNote(const std::filesystem::path& run_folder, int64_t now_ms) {
  const Result<std::string> text = ReadFile(FileIn(run_folder), kMostFile);
  const Result<Json> note = text.ok() ? ParseJson(*text) : Result<Json>(text.error());
  if (!note.ok() || now_ms - note->IntOr("at_ms", 0) > kHoldsMs) return "";
  return Printable(note->StringOr("text", ""));
}

}  // namespace curbstop
