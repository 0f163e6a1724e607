// Where a header's bytes come from: memory, a file, a server. The readers of this room ask for a
// few at a time, so that a header of any length takes no more memory than one window of it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace curbstop::fit {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // For errors, printable.
  virtual const std::string& name() const = 0;
  // Of the whole.
  virtual uint64_t size() const = 0;
  // Bytes from `offset` on, `least` of them or more; fewer only at the end. They hold until the
  // next call. `least` is at most kMostAtOnce.
  // Errors: kUnavailable, kCorrupt.
  virtual Result<std::string_view> Read(uint64_t offset, uint64_t least) = 0;
};

// What a reader may want to see in one piece: a JSON header is the longest.
inline constexpr uint64_t kMostAtOnce = uint64_t{16} << 20;

class BytesInMemory final : public ByteSource {
 public:
  // `bytes` must outlive it.
  BytesInMemory(std::string_view bytes, std::string_view name) : bytes_(bytes), name_(name) {}
  const std::string& name() const override { return name_; }
  uint64_t size() const override { return bytes_.size(); }
  Result<std::string_view> Read(uint64_t offset, uint64_t) override {
    return offset < bytes_.size() ? bytes_.substr(static_cast<size_t>(offset)) : std::string_view();
  }

 private:
  std::string_view bytes_;
  std::string name_;
};

}  // namespace curbstop::fit
