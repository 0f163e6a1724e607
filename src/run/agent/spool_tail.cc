#include "run/agent/spool_tail.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {

Result<std::string> ReadFrom(const std::filesystem::path& file, int64_t offset, size_t most) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return std::string();
  if (fd < 0) return FromErrno(errno, fmt::format("cannot open `{}`", file.string()));
  std::string text(most, '\0');
  size_t size = 0;
  ssize_t got = 0;
  while (size < most && (got = pread(fd, text.data() + size, most - size,
                                     offset + static_cast<int64_t>(size))) > 0) {
    size += static_cast<size_t>(got);
  }
  const int error = errno;
  close(fd);
  if (got < 0) return FromErrno(error, fmt::format("cannot read `{}`", file.string()));
  text.resize(size);
  return text;
}

namespace {

// Whole lines from `offset` on: as many as fit kPiece, or one that is longer.
Result<std::string> ReadLines(const std::filesystem::path& file, int64_t offset) {
  for (size_t most = SpoolTail::kPiece; most <= kLongestSpoolLine; most *= 4) {
    TRY_ASSIGN(std::string text, ReadFrom(file, offset, most));
    const size_t newline = text.rfind('\n');
    const bool is_all = text.size() < most;
    text.erase(newline == text.npos ? 0 : newline + 1);
    if (!text.empty() || is_all) return text;
  }
  return Corrupt(
      fmt::format("`{}` has a line of more than {} bytes", file.string(), kLongestSpoolLine));
}

}  // namespace

Result<std::vector<SpoolLine>> SpoolTail::Read() {
  std::vector<SpoolLine> lines;
  while (lines.empty()) {
    TRY_ASSIGN(const std::string text, ReadLines(file_, offset_));
    if (text.empty()) return lines;
    for (const std::string_view line : Lines(text)) {
      TRY_ASSIGN(SpoolLine parsed, ParseSpoolLine(line, file_));
      if (parsed.seq > last_seq_) lines.push_back(std::move(parsed));
    }
    offset_ += static_cast<int64_t>(text.size());
  }
  last_seq_ = lines.back().seq;
  return lines;
}

}  // namespace curbstop
