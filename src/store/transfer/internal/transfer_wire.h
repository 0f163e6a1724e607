// Messages over a byte stream: a greeting, then each way one squeezed stream of
// type (1 byte), length (4, little-endian), payload.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "store/transfer/internal/byte_stream.h"
#include "store/transfer/internal/squeeze.h"
#include "store/transfer/internal/transfer_messages.h"
#include "sys/clock.h"

namespace curbstop {

// Threads: one.
class TransferWire {
 public:
  // `silence`: how long nothing may come before the other side counts as gone. Each side sends a
  // sign of life while it has nothing to say.
  TransferWire(ByteStream& stream, Clock& clock, Millis silence);

  // The far end speaks first and says whether it has zstd; home decides. What a login shell prints
  // before is passed over, up to 16 KiB. Errors: kUnavailable, kCorrupt.
  // `look` is called while it waits, and may end it.
  Status GreetAsHome(const std::function<Status()>& look);
  Status GreetAsFar();

  void Send(WireType type, std::string_view payload);
  bool Full() const { return out_.size() - written_ > kMostOut; }

  // The next message that is here, signs of life left out; kFailed comes back as its error.
  // Errors: kCorrupt.
  Result<std::optional<WireMessage>> Next();
  // Moves bytes both ways; waits for some where none can be moved at once.
  // Errors: kUnavailable where the other side has gone, or is silent.
  Status Move(Millis wait);
  // Everything said has left. Errors: as Move.
  Status Drain();
  // In the middle of long work of our own.
  Status Breathe();

 private:
  static constexpr size_t kMostOut = 256 << 10;
  Status WriteSome();
  Status ReadSome();
  Status SayLife();
  Result<char> ReadGreeting(const std::function<Status()>& look);
  void Start(bool plain);

  ByteStream& stream_;
  Clock& clock_;
  Millis silence_;
  Squeezer squeezer_{true};
  Expander expander_{true};
  bool dirty_ = false;  // said, but not flushed
  std::string out_;
  size_t written_ = 0;
  std::string in_;    // as it came
  std::string text_;  // expanded
  size_t parsed_ = 0;
  int64_t bytes_out_ = 0;
  Ticks heard_;
  Ticks said_;
};

}  // namespace curbstop
