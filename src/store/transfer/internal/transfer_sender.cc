#include "store/transfer/internal/transfer_sender.h"

#include <algorithm>
#include <cerrno>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

// Contents of one manifest: many manifests for many small files, so that hashing and asking go on
// while contents are on their way.
constexpr int64_t kMostBatchBytes = 4 << 20;
constexpr Millis kWait{1'000};

}  // namespace

size_t TransferSender::Unanswered() const {
  return static_cast<size_t>(std::count_if(batches_.begin(), batches_.end(),
                                           [](const Batch& batch) { return !batch.needs; }));
}

// One manifest, or the end.
Status TransferSender::Announce() {
  Batch batch;
  std::string text;
  int64_t bytes = 0;
  while (batch.entries.empty() || bytes < kMostBatchBytes) {
    if (!held_) {
      TRY_ASSIGN(std::optional<WireEntry> entry, source_.Next());
      if (!entry) break;
      held_ = Numbered{announced_++, *std::move(entry)};
      announced_bytes_ += held_->entry.size;
    }
    const std::string more = EntryText(held_->entry);
    if (text.size() + more.size() > kMostPayload) break;
    text += more;
    bytes += held_->entry.size;
    batch.entries.push_back(*std::move(held_));
    held_.reset();
  }
  if (announced_ > totals_.files || announced_bytes_ > totals_.bytes) {
    return Conflict("files were added or grew while they were sent");
  }
  if (batch.entries.empty()) {
    all_announced_ = true;
    wire_.Send(WireType::kEnd, {});
    return {};
  }
  wire_.Send(WireType::kManifest, text);
  batches_.push_back(std::move(batch));
  return {};
}

// Opens the next file that is needed; batches that are over go.
Status TransferSender::OpenNext(Batch& batch) {
  const size_t at = batch.next++;
  const int64_t offset = (*batch.needs)[at];
  const Numbered& next = batch.entries[at];
  if (offset < 0) return {};
  TRY_ASSIGN(file_, source_.Open(next.number, next.entry));
  if (lseek(file_.get(), offset, SEEK_SET) < 0) {
    return FromErrno(errno, fmt::format("cannot read `{}`", Printable(next.entry.path)));
  }
  left_ = next.entry.size - offset;
  return {};
}

// False when there is nothing to send just now.
Result<bool> TransferSender::SendPiece() {
  if (left_ == 0) {
    file_ = OwnFd();
    while (!batches_.empty() && batches_.front().needs &&
           batches_.front().next == batches_.front().entries.size()) {
      batches_.pop_front();
    }
    if (batches_.empty() || !batches_.front().needs) return false;
    TRY(OpenNext(batches_.front()));
    return true;
  }
  const int64_t room = std::min(left_, kTransferWindow - (sent_ - taken_));
  if (room <= 0) return false;
  char buffer[kMostPayload];
  const ssize_t count =
      read(file_.get(), buffer, static_cast<size_t>(std::min<int64_t>(room, sizeof buffer)));
  const WireEntry& entry = batches_.front().entries[batches_.front().next - 1].entry;
  if (count < 0) {
    return FromErrno(errno, fmt::format("cannot read `{}`", Printable(entry.path)));
  }
  if (count == 0) {
    return Conflict(fmt::format("`{}` became shorter while it was sent", Printable(entry.path)));
  }
  wire_.Send(WireType::kData, std::string_view(buffer, static_cast<size_t>(count)));
  left_ -= count, sent_ += count;
  if (left_ == 0) files_there_ += 1;
  return true;
}

Result<bool> TransferSender::Produce() {
  if (wire_.Full() || !greeted_) return false;
  if (!all_announced_ && Unanswered() < kMostBatches &&
      batches_.size() < size_t{2} * kMostBatches) {
    TRY(Announce());
    return true;
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
  while (!done_) {
    TRY(look_());
    TRY_ASSIGN(const std::optional<WireMessage> message, wire_.Next());
    if (message) {
      TRY(Hear(*message));
      continue;
    }
    TRY_ASSIGN(const bool produced, Produce());
    // While there is more to say, only what can be moved at once is moved.
    if (!produced || wire_.Full()) TRY(wire_.Move(kWait));
  }
  if (done_->damaged > 0) {
    return Unavailable(fmt::format(
        "{} resumed files arrived damaged; the next try sends them whole", done_->damaged));
  }
  return *done_;
}

}  // namespace curbstop
