// One machine's part of the run's `step.log` at home: where it begins, how far it was heard, and
// how large it may get. A machine that babbles fills no disk here: above the run's limit nothing
// more is kept, a last line says so, and the step goes on.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "run/away/machine_notes.h"
#include "sys/file_store.h"

namespace curbstop {

inline constexpr int64_t kMostLog = int64_t{1} << 30;  // of one run, all its machines together

class HomeLog {
 public:
  HomeLog(std::filesystem::path run_folder, int64_t rental, FileStore& files,
          int64_t most = kMostLog);

  // Notes where this machine's part begins, unless that was noted before.
  Status Begin();

  // Bytes of its log that need not be sent again.
  int64_t Heard() const;

  // A piece that began at `at` over there; what was heard before is left out. Errors: kCorrupt
  // (what lies between is missing), those of appending.
  Status Take(int64_t at, std::string_view text);

 private:
  Status Append(std::string_view text);
  Status Drop(int64_t heard);

  std::filesystem::path file_;
  MachineNotes notes_;
  FileStore& files_;
  int64_t most_;
  int64_t dropped_to_ = 0;  // heard up to here, and not kept; as far as it is known
  int64_t noted_ = 0;
};

}  // namespace curbstop
