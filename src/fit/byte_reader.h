// Little-endian numbers and texts with a position: what every header reader walks over. A read past
// the end is an error that names the offset, never a crash and never an allocation of the size that
// a file claims.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

#include "fit/byte_source.h"

namespace curbstop::fit {

class ByteReader {
 public:
  // The source must outlive the reader.
  explicit ByteReader(ByteSource& source) : source_(source), end_(source.size()) {}

  uint64_t offset() const { return at_; }
  uint64_t left() const { return end_ - at_; }

  Error Wrong(std::string_view why) const { return WrongAt(at_, why); }
  Error WrongAt(uint64_t offset, std::string_view why) const {
    return Corrupt(fmt::format("`{}` at offset {}: {}", source_.name(), offset, why));
  }

  template <typename T>
  Result<T> Number() {
    TRY_ASSIGN(const std::string_view bytes, Take(sizeof(T)));
    T value;
    std::memcpy(&value, bytes.data(), sizeof(T));
    return value;
  }

  // The next bytes in one piece, until the next call.
  Result<std::string_view> Take(uint64_t length) {
    if (length > left()) return Short(length);
    const bool is_here = at_ >= window_at_ && at_ + length <= window_at_ + window_.size();
    if (!is_here) {
      TRY_ASSIGN(window_, source_.Read(at_, std::min(length, kMostAtOnce)));
      window_at_ = at_;
      if (window_.size() < length) return Wrong(fmt::format("{} bytes in one piece", length));
    }
    const std::string_view taken =
        window_.substr(static_cast<size_t>(at_ - window_at_), static_cast<size_t>(length));
    at_ += length;
    return taken;
  }

  // Past bytes that nobody looks at; the source is not asked for them.
  Status Skip(uint64_t length) {
    if (length > left()) return Short(length);
    at_ += length;
    return {};
  }

 private:
  Error Short(uint64_t wanted) const {
    return Wrong(fmt::format("{} bytes are expected, {} are left", wanted, left()));
  }

  ByteSource& source_;
  uint64_t end_;
  uint64_t at_ = 0;
  std::string_view window_;
  uint64_t window_at_ = 0;
};

}  // namespace curbstop::fit
