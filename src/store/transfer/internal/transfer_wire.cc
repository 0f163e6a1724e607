#include "store/transfer/internal/transfer_wire.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr std::string_view kMagic = "curbxfr1";
constexpr size_t kMostChatter = 16 << 10;
constexpr size_t kMostText = 4 * kMostPayload;
constexpr size_t kHeader = 5;
constexpr Millis kLifeEvery{1'000};
constexpr Millis kGreetingWait{200};

}  // namespace

TransferWire::TransferWire(ByteStream& stream, Clock& clock, Millis silence)
    : stream_(stream),
      clock_(clock),
      silence_(silence),
      heard_(clock.Awake()),
      said_(clock.Awake()) {}

void TransferWire::Start(bool plain) {
  squeezer_ = Squeezer(plain);
  expander_ = Expander(plain);
}

// The byte after the magic.
Result<char> TransferWire::ReadGreeting(const std::function<Status()>& look) {
  for (;;) {
    TRY(look());
    const size_t at = in_.find(kMagic);
    if (at != in_.npos && in_.size() > at + kMagic.size()) {
      const char mode = in_[at + kMagic.size()];
      in_.erase(0, at + kMagic.size() + 1);
      return mode;
    }
    if (in_.size() > kMostChatter) {
      return Corrupt(fmt::format("the machine says `{}` in place of a greeting",
                                 Printable(std::string_view(in_).substr(0, 100))));
    }
    TRY(Move(kGreetingWait));
  }
}

Status TransferWire::GreetAsFar() {
  out_ = std::string(kMagic) + (CanSqueeze() ? 'z' : 'p');
  TRY_ASSIGN(const char mode, ReadGreeting([] { return Status(); }));
  if (mode != 'p' && (mode != 'z' || !CanSqueeze())) return Corrupt("an unknown greeting");
  Start(mode == 'p');
  return {};
}

Status TransferWire::GreetAsHome(const std::function<Status()>& look) {
  TRY_ASSIGN(const char theirs, ReadGreeting(look));
  const bool plain = theirs != 'z' || !CanSqueeze();
  out_ = std::string(kMagic) + (plain ? 'p' : 'z');
  Start(plain);
  return {};
}

void TransferWire::Send(WireType type, std::string_view payload) {
  std::string header(1, static_cast<char>(type));
  for (int i = 0; i < 4; ++i) header += static_cast<char>(payload.size() >> (8 * i));
  squeezer_.Add(header, out_);
  squeezer_.Add(payload, out_);
  dirty_ = true;
}

Result<std::optional<WireMessage>> TransferWire::Next() {
  for (;;) {
    const std::string_view text = std::string_view(text_).substr(parsed_);
    if (text.size() >= kHeader) {
      size_t length = 0;
      for (size_t i = 0; i < 4; ++i) {
        length |= static_cast<size_t>(static_cast<unsigned char>(text[1 + i])) << (8 * i);
      }
      if (length > kMostPayload) return Corrupt("the other side sent a message without end");
      if (text.size() >= kHeader + length) {
        WireMessage message{static_cast<WireType>(text[0]),
                            std::string(text.substr(kHeader, length))};
        parsed_ += kHeader + length;
        if (message.type == WireType::kLife) continue;
        if (message.type == WireType::kFailed) return ParseFailed(message.payload);
        return std::optional(std::move(message));
      }
    }
    text_.erase(0, std::exchange(parsed_, 0));
    std::string_view in = in_;
    TRY_ASSIGN(const bool more, expander_.Expand(in, kMostText - text_.size(), text_));
    in_.erase(0, in_.size() - in.size());
    if (!more) return std::optional<WireMessage>();
  }
}

Status TransferWire::WriteSome() {
  TRY_ASSIGN(const size_t count, stream_.Write(std::string_view(out_).substr(written_)));
  written_ += count;
  bytes_out_ += static_cast<int64_t>(count);
  if (count > 0) said_ = clock_.Awake();
  // A fast sender never lets it run empty.
  if (written_ == out_.size() || written_ > kMostOut) out_.erase(0, std::exchange(written_, 0));
  return {};
}

Status TransferWire::ReadSome() {
  if (in_.size() >= kMostText) return {};
  TRY_ASSIGN(const std::string piece, stream_.Read(64 << 10));
  in_ += piece;
  if (!piece.empty()) heard_ = clock_.Awake();
  return {};
}

Status TransferWire::SayLife() {
  if (out_.empty() && clock_.Awake() - said_ > kLifeEvery) Send(WireType::kLife, {});
  if (out_.empty() && dirty_) squeezer_.Flush(out_), dirty_ = false;
  return {};
}

Status TransferWire::Move(Millis wait) {
  TRY(SayLife());
  const size_t had = in_.size();
  const int64_t had_written = bytes_out_;
  const Status wrote = out_.empty() ? Status() : WriteSome();
  TRY(ReadSome());
  if (in_.size() > had || bytes_out_ > had_written) return {};
  // Where they take nothing any more, what they said last says why.
  if (stream_.AtEnd()) return wrote.ok() ? Unavailable("the other side has gone") : wrote;
  if (clock_.Awake() - heard_ > silence_) {
    return Unavailable(fmt::format("the other side was silent for {}", DurationText(silence_)));
  }
  stream_.Wait(wrote.ok() && !out_.empty(), std::min(wait, kLifeEvery));
  return {};
}

Status TransferWire::Drain() {
  while (dirty_ || !out_.empty()) {
    squeezer_.Flush(out_), dirty_ = false;
    TRY(WriteSome());
    if (!out_.empty()) stream_.Wait(true, kLifeEvery);
    if (clock_.Awake() - said_ > silence_) return Unavailable("the other side takes nothing");
  }
  return {};
}

Status TransferWire::Breathe() {
  if (clock_.Awake() - said_ < kLifeEvery) return {};
  if (out_.empty()) Send(WireType::kLife, {});
  squeezer_.Flush(out_), dirty_ = false;
  TRY(WriteSome());
  return ReadSome();
}

}  // namespace curbstop
