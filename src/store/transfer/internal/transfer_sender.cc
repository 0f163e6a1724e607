#include "store/transfer/internal/transfer_sender.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

// One manifest asks for about so much, so that many are on their way while contents are.
constexpr int64_t kEnoughBytes = 2 << 20;
constexpr size_t kEnoughFiles = 512;
constexpr Millis kWait{200};  // a wish to stop is seen within it
constexpr Millis kWaitForSource{5};

}  // namespace

size_t TransferSender::Unanswered() const {
  return static_cast<size_t>(std::count_if(batches_.begin(), batches_.end(),
                                           [](const Batch& batch) { return !batch.needs; }));
}

bool TransferSender::Batch::IsEnough() const {
  return bytes >= kEnoughBytes || entries.size() >= kEnoughFiles;
}

// Takes what the source has ready until there is enough for a manifest.
Status TransferSender::Gather() {
  while (!gathered_.IsEnough()) {
    if (!held_) {
      TRY_ASSIGN(std::optional<WireEntry> entry, ahead_->Next());
      waits_for_source_ = !entry && !ahead_->AtEnd();
      if (!entry) return {};
      held_ = Numbered{announced_++, *std::move(entry)};
      announced_bytes_ += held_->entry.size;
    }
    const std::string more = EntryText(held_->entry);
    if (gathered_.text.size() + more.size() > kMostPayload) return {};
    gathered_.text += more;
    gathered_.bytes += held_->entry.size;
    gathered_.entries.push_back(*std::move(held_));
    held_.reset();
  }
  return {};
}

// One manifest, or the end. False: there is none yet. While the source is slow a small one goes
// only where nothing else is asked, so that what is open is never many small ones.
Result<bool> TransferSender::Announce() {
  TRY(Gather());
  if (announced_ > totals_.files || announced_bytes_ > totals_.bytes) {
    return Conflict("files were added or grew while they were sent");
  }
  if (gathered_.entries.empty()) {
    all_announced_ = ahead_->AtEnd() && !held_;
    if (all_announced_) wire_.Send(WireType::kEnd, {});
    return all_announced_;
  }
  if (waits_for_source_ && Unanswered() > 0) return false;
  wire_.Send(WireType::kManifest, gathered_.text);
  gathered_.text = {};
  batches_.push_back(std::exchange(gathered_, {}));
  return true;
}

// The next file that is needed. False: none is, as far as is known.
Result<bool> TransferSender::OpenNext() {
  while (!batches_.empty() && batches_.front().needs) {
    Batch& batch = batches_.front();
    if (batch.next == batch.entries.size()) {
      batches_.pop_front();
      continue;
    }
    const Numbered& next = batch.entries[batch.next];
    const int64_t offset = (*batch.needs)[batch.next];
    batch.next += 1;
    if (offset < 0) continue;
    TRY_ASSIGN(file_, source_.Open(next.number, next.entry));
    if (offset > 0 && lseek(file_.get(), offset, SEEK_SET) < 0) {
      return FromErrno(errno, fmt::format("cannot read `{}`", Printable(next.entry.path)));
    }
    left_ = next.entry.size - offset;
    return true;
  }
  return false;
}

// Of the file that is open, into the piece.
Status TransferSender::ReadOn(size_t most) {
  const size_t had = piece_.size();
  const size_t wanted = std::min(most, static_cast<size_t>(left_));
  piece_.resize(had + wanted);
  const ssize_t count = read(file_.get(), piece_.data() + had, wanted);
  piece_.resize(had + static_cast<size_t>(std::max<ssize_t>(count, 0)));
  const std::string& path = batches_.front().entries[batches_.front().next - 1].entry.path;
  if (count < 0) return FromErrno(errno, fmt::format("cannot read `{}`", Printable(path)));
  if (count == 0) {
    return Conflict(fmt::format("`{}` became shorter while it was sent", Printable(path)));
  }
  left_ -= count;
  if (left_ == 0) files_there_ += 1, file_ = OwnFd();
  return {};
}

// Small files go many in a message, and each whole in one.
Status TransferSender::FillPiece(size_t most) {
  while (piece_.size() < most) {
    if (left_ == 0) {
      TRY_ASSIGN(const bool opened, OpenNext());
      if (!opened) return {};
    }
    const size_t room = most - piece_.size();
    const auto left = static_cast<size_t>(left_);
    if (!piece_.empty() && left > room && left <= most) return {};
    TRY(ReadOn(room));
  }
  return {};
}

// False when there is nothing to send just now.
Result<bool> TransferSender::SendPiece() {
  const int64_t room = pace_.window() - (sent_ - taken_);
  if (room < static_cast<int64_t>(kMostPayload)) return false;
  piece_.clear();
  TRY(FillPiece(kMostPayload));
  if (piece_.empty()) return false;
  wire_.Send(WireType::kData, piece_);
  sent_ += static_cast<int64_t>(piece_.size());
  pace_.Sent(clock_.Awake(), sent_);
  return true;
}

Result<bool> TransferSender::Produce() {
  waits_for_source_ = false;
  if (wire_.Full() || !greeted_) return false;
  if (!all_announced_ && Unanswered() < kMostBatches &&
      batches_.size() < size_t{2} * kMostBatches) {
    TRY_ASSIGN(const bool announced, Announce());
    if (announced) return true;
  }
  return SendPiece();
}

Status TransferSender::HearNeeds(const WireMessage& message) {
  const auto batch =
      std::find_if(batches_.begin(), batches_.end(), [](const Batch& one) { return !one.needs; });
  if (batch == batches_.end()) return Corrupt("the other side answered what was not asked");
  std::vector<WireEntry> entries;
  for (const Numbered& one : batch->entries) entries.push_back(one.entry);
  TRY_ASSIGN(std::vector<int64_t> needs, ParseNeeds(message.payload, entries));
  for (size_t i = 0; i < needs.size(); ++i) {
    const int64_t lacking = needs[i] < 0 ? 0 : entries[i].size - needs[i];
    if (needs[i] < 0) {
      files_there_ += 1;
    } else {
      lacking_files_ += 1;
    }
    lacking_bytes_ += lacking;
    bytes_there_ += entries[i].size - lacking;
    if (only_asks_) needs[i] = -1;
  }
  batch->needs = std::move(needs);
  return {};
}

Status TransferSender::Hear(const WireMessage& message) {
  switch (message.type) {
    case WireType::kHello: {
      TRY_ASSIGN([[maybe_unused]] const WireHello hello, ParseHello(message.payload));
      greeted_ = true;
      return {};
    }
    case WireType::kNeeds: return HearNeeds(message);
    case WireType::kTaken: {
      TRY_ASSIGN(const int64_t taken, ParseNumber(message.payload));
      if (taken < taken_ || taken > sent_) {
        return Corrupt("the other side counts what was not sent");
      }
      taken_ = taken;
      pace_.Taken(clock_.Awake(), taken);
      return {};
    }
    case WireType::kDone: {
      TRY_ASSIGN(done_, ParseDone(message.payload));
      const bool early = !all_announced_ || Unanswered() > 0 || left_ > 0;
      if (early) return Corrupt("the other side says it is done before it can be");
      return {};
    }
    default: return Corrupt("the other side sent a message of an unknown kind");
  }
}

Result<WireDone> TransferSender::Run(bool only_asks) {
  only_asks_ = only_asks;
  TRY_ASSIGN(totals_, source_.Totals());
  totals_.only_asks = only_asks;
  wire_.Send(WireType::kHello, HelloText(totals_));
  ahead_.emplace(source_);
  while (!done_) {
    TRY(look_());
    TRY_ASSIGN(const std::optional<WireMessage> message, wire_.Next());
    if (message) {
      TRY(Hear(*message));
      continue;
    }
    TRY_ASSIGN(const bool produced, Produce());
    // While there is more to say, only what can be moved at once is moved.
    if (!produced || wire_.Full()) TRY(wire_.Move(waits_for_source_ ? kWaitForSource : kWait));
  }
  if (done_->damaged > 0) {
    return Unavailable(fmt::format(
        "{} resumed files arrived damaged; the next try sends them whole", done_->damaged));
  }
  return *done_;
}

}  // namespace curbstop
