// The side that lacks the files. What the sender says is hostile: see the checks in Hear….
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>

#include "base/result.h"
#include "store/transfer/internal/transfer_wire.h"
#include "store/transfer/internal/tree_writer.h"

namespace curbstop {

// Threads: one.
class TransferReceiver {
 public:
  // `allow` may refuse what the sender announces; `look` is called often, and may end the transfer.
  TransferReceiver(TransferWire& wire, TreeWriter& writer,
                   std::function<Status(const WireHello&)> allow, std::function<Status()> look)
      : wire_(wire), writer_(writer), allow_(std::move(allow)), look_(std::move(look)) {}

  Result<WireDone> Run();

  const WireHello& totals() const { return totals_; }
  int64_t files_there() const { return files_there_; }
  int64_t bytes_there() const { return bytes_there_; }
  int64_t bytes_taken() const { return taken_; }

 private:
  struct Wanted {
    WireEntry entry;
    int64_t offset;
  };
  Status Hear(const WireMessage& message);
  Status HearHello(const WireMessage& message);
  Status HearManifest(const WireMessage& message);
  Status HearData(std::string_view bytes);
  Status Complete(bool is_placed);
  void SayTaken();

  TransferWire& wire_;
  TreeWriter& writer_;
  std::function<Status(const WireHello&)> allow_;
  std::function<Status()> look_;
  bool greeted_ = false;
  bool ended_ = false;
  WireHello totals_;
  int64_t announced_files_ = 0;
  int64_t announced_bytes_ = 0;
  std::deque<Wanted> wanted_;
  bool begun_ = false;  // the first of them
  int64_t left_ = 0;    // of it
  int64_t taken_ = 0;
  int64_t said_taken_ = 0;
  int64_t files_there_ = 0;
  int64_t bytes_there_ = 0;
  WireDone done_;
};

}  // namespace curbstop
