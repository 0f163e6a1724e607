// What travels just now between home and a run's machine, for the live line of whoever watches:
// `transfer.json` in the run's folder, which is there while something travels.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "store/transfer/transfer.h"
#include "sys/clock.h"

namespace curbstop {

// "40 %, 1.2 GiB of 3.0 GiB, 12 s left".
std::string ProgressText(const TransferProgress& progress);

// Threads: one. Its destructor takes the file away.
class TransferNote {
 public:
  // `what`: "sends checkpoints".
  TransferNote(const std::filesystem::path& run_folder, std::string what, Clock& clock);
  TransferNote(const TransferNote&) = delete;
  TransferNote& operator=(const TransferNote&) = delete;
  ~TransferNote();

  // Written once a second at most; a file that cannot be written is no reason to stop.
  void Show(const TransferProgress& progress);

 private:
  std::filesystem::path file_;
  std::string what_;
  Clock& clock_;
  std::optional<Ticks> shown_;
};

// "sends checkpoints: 40 %, …"; empty: nothing travels. A file whose writer died counts for 5 s.
std::string ReadTransferNote(const std::filesystem::path& run_folder, int64_t now_ms);

}  // namespace curbstop
