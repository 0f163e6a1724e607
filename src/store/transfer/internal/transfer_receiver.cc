#include "store/transfer/internal/transfer_receiver.h"

#include <fmt/format.h>

#include "store/transfer/internal/transfer_pace.h"

namespace curbstop {
namespace {

constexpr int64_t kSayTakenEvery = kLeastWindow / 4;
// A sender of ours has at most 2 * kMostBatches manifests open, of at least 24 bytes an entry.
constexpr size_t kMostWanted = 2 * kMostBatches * (kMostPayload / 24);
constexpr Millis kWait{200};  // a wish to stop is seen within it

}  // namespace

Status TransferReceiver::HearHello(const WireMessage& message) {
  if (greeted_) return Corrupt("the other side greets twice");
  TRY_ASSIGN(totals_, ParseHello(message.payload));
  TRY(allow_(totals_));
  greeted_ = true;
  wire_.Send(WireType::kHello, HelloText({}));
  return {};
}

Status TransferReceiver::HearManifest(const WireMessage& message) {
  TRY_ASSIGN(const std::vector<WireEntry> entries, ParseManifest(message.payload));
  std::vector<int64_t> needs;
  for (const WireEntry& entry : entries) {
    announced_files_ += 1;
    announced_bytes_ += entry.size;
    if (announced_files_ > totals_.files || announced_bytes_ > totals_.bytes) {
      return Corrupt(
          fmt::format("the other side sends more than the {} files of {} bytes announced",
                      totals_.files, totals_.bytes));
    }
    int64_t need = -1;
    if (totals_.only_asks) {
      TRY_ASSIGN(const bool has, writer_.Has(entry));
      need = has ? -1 : 0;
    } else {
      TRY_ASSIGN(need, writer_.Look(entry));
    }
    needs.push_back(need);
    if (need < 0) files_there_ += 1;
    bytes_there_ += need < 0 ? entry.size : need;
    if (need >= 0 && !totals_.only_asks) wanted_.push_back({entry, need});
    TRY(wire_.Breathe());
  }
  if (wanted_.size() > kMostWanted) return Corrupt("the other side announces without end");
  wire_.Send(WireType::kNeeds, NeedsText(needs));
  return {};
}

// `is_placed`: it has its name already.
Status TransferReceiver::Complete(bool is_placed) {
  bool good = true;
  if (!is_placed) {
    TRY_ASSIGN(good, writer_.Commit());
  }
  if (good) {
    done_.files += 1;
    files_there_ += 1;
  } else {
    done_.damaged += 1;
  }
  wanted_.pop_front();
  begun_ = false;
  return {};
}

Status TransferReceiver::HearData(std::string_view bytes) {
  while (!bytes.empty()) {
    if (wanted_.empty()) return Corrupt("the other side sends contents that nobody asked for");
    const Wanted& first = wanted_.front();
    if (!begun_) left_ = first.entry.size - first.offset;
    const std::string_view piece = bytes.substr(0, static_cast<size_t>(left_));
    const auto count = static_cast<int64_t>(piece.size());
    const bool is_whole = count == first.entry.size;
    if (is_whole) {
      TRY(writer_.WriteWhole(first.entry, piece));
    } else {
      if (!begun_) TRY(writer_.Begin(first.entry, first.offset));
      begun_ = true;
      TRY(writer_.Append(piece));
    }
    left_ -= count, taken_ += count, bytes_there_ += count, done_.bytes += count;
    bytes.remove_prefix(piece.size());
    if (left_ == 0) TRY(Complete(is_whole));
  }
  if (taken_ - said_taken_ >= kSayTakenEvery) SayTaken();
  return {};
}

void TransferReceiver::SayTaken() {
  wire_.Send(WireType::kTaken, NumberText(taken_));
  said_taken_ = taken_;
}

Status TransferReceiver::Hear(const WireMessage& message) {
  if (!greeted_ && message.type != WireType::kHello)
    return Corrupt("the other side does not greet");
  switch (message.type) {
    case WireType::kHello: return HearHello(message);
    case WireType::kManifest:
      if (ended_) return Corrupt("the other side goes on after its end");
      return HearManifest(message);
    case WireType::kData: return HearData(message.payload);
    case WireType::kEnd: ended_ = true; return {};
    default: return Corrupt("the other side sent a message of an unknown kind");
  }
}

Result<WireDone> TransferReceiver::Run() {
  while (!ended_ || !wanted_.empty()) {
    TRY(look_());
    TRY_ASSIGN(const std::optional<WireMessage> message, wire_.Next());
    if (message) {
      TRY(Hear(*message));
    } else {
      TRY(wire_.Move(kWait));
    }
  }
  if (announced_files_ != totals_.files) return Corrupt("the other side sent less than announced");
  if (taken_ > said_taken_) SayTaken();
  if (!totals_.only_asks) TRY(writer_.Finish());
  wire_.Send(WireType::kDone, DoneText(done_));
  TRY(wire_.Drain());
  return done_;
}

}  // namespace curbstop
