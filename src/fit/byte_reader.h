// Little-endian bytes with a position: what every header reader walks over. A read past the end is
// an error that names the offset, never a crash and never an allocation of the size that a file
// claims.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include <fmt/format.h>

#include "base/result.h"

namespace curbstop::fit {

class ByteReader {
 public:
  // `what` names the file in errors and must outlive the reader. `base`: offset of the first byte.
  explicit ByteReader(std::string_view bytes, std::string_view what, size_t base = 0)
      : bytes_(bytes), what_(what), base_(base) {}

  size_t offset() const { return base_ + at_; }
  size_t left() const { return bytes_.size() - at_; }
  bool AtEnd() const { return left() == 0; }

  Error Wrong(std::string_view why) const { return WrongAt(offset(), why); }
  Error WrongAt(size_t offset, std::string_view why) const {
    return Corrupt(fmt::format("`{}` at offset {}: {}", what_, offset, why));
  }

  template <typename T>
  Result<T> Number() {
    if (left() < sizeof(T)) return Short(sizeof(T));
    T value;
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return value;
  }

  Result<std::string_view> Take(uint64_t length) {
    if (length > left()) return Short(length);
    const std::string_view taken = bytes_.substr(at_, static_cast<size_t>(length));
    at_ += static_cast<size_t>(length);
    return taken;
  }

 private:
  Error Short(uint64_t wanted) const {
    return Wrong(fmt::format("{} bytes are expected, {} are left", wanted, left()));
  }

  std::string_view bytes_;
  std::string_view what_;
  size_t base_;
  size_t at_ = 0;
};

}  // namespace curbstop::fit
