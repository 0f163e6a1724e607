// An append-only file of JSON lines with sequence numbers: how agent and supervisor tell each other
// things without either having to be alive at the time.
//
// One writer, any number of readers. A line counts once its newline is there; a torn last line
// (the writer died, or the disk was full) is cut off by the next writer and skipped by readers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "sys/file_store.h"

namespace curbstop {

struct SpoolLine {
  int64_t seq = 0;  // 1, 2, 3, …
  Json body;
};

// Lines with a sequence number above `after`; a missing file has none.
// Errors: kCorrupt for a whole line that is no JSON object with a `seq`.
Result<std::vector<SpoolLine>> ReadSpool(const std::filesystem::path& file, int64_t after);

// One whole line. Errors: as ReadSpool, whose text names `file`.
Result<SpoolLine> ParseSpoolLine(std::string_view line, const std::filesystem::path& file);

// With its newline. Whoever sends and hears lines holds one whole, so that a longer one would end
// each connection anew.
inline constexpr size_t kLongestSpoolLine = 4 << 20;

class SpoolWriter {
 public:
  static Result<SpoolWriter> Open(const std::filesystem::path& file, FileStore& files);
  // Durable when it returns. `seq` is put into the body. Errors: kExhausted (disk full): nothing
  // was added, try again; kInvalidInput (longer than kLongestSpoolLine): nothing was added.
  Status Append(const Json& body);
  int64_t last_seq() const { return last_seq_; }

 private:
  SpoolWriter(std::filesystem::path file, FileStore& files, int64_t last_seq)
      : file_(std::move(file)), files_(&files), last_seq_(last_seq) {}
  std::filesystem::path file_;
  FileStore* files_;
  int64_t last_seq_;
};

}  // namespace curbstop
