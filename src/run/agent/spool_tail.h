// Reads a growing spool (agent/spool.h) from where it stopped, in bounded pieces.
//
// A torn last line waits for its newline. A writer that cuts a torn line off replaces the file; the
// whole lines before it stay what they were, so that the place in it stays right.
#pragma once

#include <filesystem>
#include <vector>

#include "run/agent/spool.h"

namespace curbstop {

class SpoolTail {
 public:
  static constexpr size_t kPiece = 256 << 10;

  // Lines with a sequence number above `after`.
  SpoolTail(std::filesystem::path file, int64_t after) : file_(std::move(file)), last_seq_(after) {}

  // What has been added, about kPiece bytes of it at most; empty when all is read.
  // Errors: kCorrupt for a whole line that is no line of a spool, or longer than kLongestSpoolLine.
  Result<std::vector<SpoolLine>> Read();

 private:
  std::filesystem::path file_;
  int64_t offset_ = 0;
  int64_t last_seq_;
};

// At most `most` bytes from `offset` on; a missing file is empty. Errors: kDenied, kUnavailable.
Result<std::string> ReadFrom(const std::filesystem::path& file, int64_t offset, size_t most);

}  // namespace curbstop
