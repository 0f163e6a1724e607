// The side that has the files.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/transfer/internal/entries_ahead.h"
#include "store/transfer/internal/transfer_pace.h"
#include "store/transfer/internal/transfer_wire.h"
#include "store/transfer/internal/tree_source.h"
#include "sys/clock.h"

namespace curbstop {

// Threads: one.
class TransferSender {
 public:
  // `look` is called often, and may end the transfer.
  TransferSender(TransferWire& wire, TreeSource& source, Clock& clock, std::function<Status()> look)
      : wire_(wire), source_(source), clock_(clock), look_(std::move(look)) {}

  // `only_asks`: nothing is sent, the totals say what would be. Errors: kUnavailable where files
  // arrived damaged and are to be sent again; those of the wire and the source.
  Result<WireDone> Run(bool only_asks);

  const WireHello& totals() const { return totals_; }
  int64_t files_there() const { return files_there_; }  // had already, or sent to their end
  int64_t bytes_there() const { return bytes_there_ + taken_; }
  int64_t lacking_files() const { return lacking_files_; }
  int64_t lacking_bytes() const { return lacking_bytes_; }
  int64_t bytes_taken() const { return taken_; }

 private:
  struct Numbered {
    int64_t number;
    WireEntry entry;
  };
  // A manifest and what came of it.
  struct Batch {
    std::vector<Numbered> entries;
    std::string text;
    int64_t bytes = 0;
    std::optional<std::vector<int64_t>> needs;
    size_t next = 0;

    bool IsEnough() const;
  };
  Result<bool> Announce();
  Status Gather();
  Result<bool> Produce();
  Result<bool> SendPiece();
  Status FillPiece(size_t most);
  Result<bool> OpenNext();
  Status ReadOn(size_t most);
  Status Hear(const WireMessage& message);
  Status HearNeeds(const WireMessage& message);
  size_t Unanswered() const;

  TransferWire& wire_;
  TreeSource& source_;
  Clock& clock_;
  std::function<Status()> look_;
  std::optional<EntriesAhead> ahead_;
  bool only_asks_ = false;
  bool greeted_ = false;
  WireHello totals_;
  Batch gathered_;  // not announced yet
  std::deque<Batch> batches_;
  std::optional<Numbered> held_;  // did not fit the last manifest
  int64_t announced_ = 0;
  int64_t announced_bytes_ = 0;
  bool all_announced_ = false;
  bool waits_for_source_ = false;
  std::string piece_;  // contents that go with the next message
  OwnFd file_;
  int64_t left_ = 0;  // of it
  TransferPace pace_;
  int64_t sent_ = 0;
  int64_t taken_ = 0;
  int64_t files_there_ = 0;
  int64_t bytes_there_ = 0;
  int64_t lacking_files_ = 0;
  int64_t lacking_bytes_ = 0;
  std::optional<WireDone> done_;
};

}  // namespace curbstop
