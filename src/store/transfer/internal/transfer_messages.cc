#include "store/transfer/internal/transfer_messages.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kMostSize = int64_t{1} << 60;
constexpr size_t kMostPath = 4096;
constexpr size_t kMostErrorText = 1000;

void Put(std::string& out, uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(number >> (8 * i));
}

void PutText(std::string& out, std::string_view text) {
  Put(out, text.size(), 2);
  out += text;
}

// Takes from the front; once it has run dry every answer is 0 or empty, and ok() says so.
class Taker {
 public:
  explicit Taker(std::string_view bytes) : left_(bytes) {}
  bool ok() const { return ok_; }
  bool empty() const { return left_.empty(); }

  std::string_view Take(size_t count) {
    if (count > left_.size()) ok_ = false, count = 0;
    const std::string_view piece = left_.substr(0, count);
    left_.remove_prefix(count);
    return piece;
  }
  uint64_t Number(int bytes) {
    uint64_t number = 0;
    const std::string_view piece = Take(static_cast<size_t>(bytes));
    for (size_t i = 0; i < piece.size(); ++i) {
      number |= static_cast<uint64_t>(static_cast<unsigned char>(piece[i])) << (8 * i);
    }
    return number;
  }
  int64_t Size() {
    const uint64_t size = Number(8);
    if (size > static_cast<uint64_t>(kMostSize)) ok_ = false;
    return ok_ ? static_cast<int64_t>(size) : 0;
  }
  std::string Text() { return std::string(Take(Number(2))); }

 private:
  std::string_view left_;
  bool ok_ = true;
};

Error Malformed(std::string_view what) {
  return Corrupt(fmt::format("the other side sent a malformed {}", what));
}

WireEntry TakeEntry(Taker& taker) {
  WireEntry entry;
  entry.kind = static_cast<WireKind>(taker.Number(1));
  entry.path = taker.Text();
  if (entry.IsLink()) {
    entry.link_to = taker.Text();
    return entry;
  }
  const std::string_view md5 = taker.Take(entry.md5.size());
  std::copy(md5.begin(), md5.end(), entry.md5.begin());
  entry.size = taker.Size();
  return entry;
}

Error BadName(std::string_view path, std::string_view why) {
  constexpr size_t kShown = 200;
  return InvalidInput(
      fmt::format("`{}` cannot be transferred: {}", Printable(path.substr(0, kShown)), why));
}

bool LeadsInside(const WireEntry& entry) {
  const std::string& to = entry.link_to;
  if (to.empty() || to.size() > kMostPath || to.front() == '/' || to.find('\0') != to.npos) {
    return false;
  }
  // After a name `..` is refused: that name may be a link to anywhere inside.
  auto depth = std::count(entry.path.begin(), entry.path.end(), '/');
  bool at_front = true;
  for (const std::string& part : Split(to, '/')) {
    if (part == "..") {
      if (!at_front || depth-- == 0) return false;
    } else if (!part.empty() && part != ".") {
      at_front = false;
    }
  }
  return true;
}

}  // namespace

Status CheckEntry(const WireEntry& entry) {
  const std::string& path = entry.path;
  if (const Status inside = CheckInside(path); !inside.ok()) {
    return BadName(path, inside.error().message());
  }
  if (!IsUtf8(path)) return BadName(path, "its name is not UTF-8");
  if (path.size() > kMostPath) return BadName(path, "its name is too long");
  for (const std::string& part : Split(path, '/')) {
    if (part.size() > 255) return BadName(path, "its name is too long");
    if (part == kTransferFolder) return BadName(path, "the name is curbstop's own");
  }
  if (entry.IsLink() && !LeadsInside(entry)) {
    return BadName(path, fmt::format("it is a link to `{}`, which may lead out of the folder",
                                     Printable(entry.link_to.substr(0, 200))));
  }
  return {};
}

std::string HelloText(const WireHello& hello) {
  std::string text;
  Put(text, kTransferVersion, 4);
  Put(text, static_cast<uint64_t>(hello.files), 8);
  Put(text, static_cast<uint64_t>(hello.bytes), 8);
  Put(text, hello.only_asks ? 1 : 0, 1);
  return text;
}

Result<WireHello> ParseHello(std::string_view payload) {
  Taker taker(payload);
  const uint64_t version = taker.Number(4);
  if (taker.ok() && version != kTransferVersion) {
    return Corrupt(fmt::format("the other side speaks version {} of the transfer, this one {}",
                               version, kTransferVersion));
  }
  WireHello hello;
  hello.files = taker.Size();
  hello.bytes = taker.Size();
  hello.only_asks = taker.Number(1) == 1;
  if (!taker.ok() || !taker.empty()) return Malformed("greeting");
  return hello;
}

std::string EntryText(const WireEntry& entry) {
  std::string text;
  Put(text, static_cast<uint64_t>(entry.kind), 1);
  PutText(text, entry.path);
  if (entry.IsLink()) {
    PutText(text, entry.link_to);
    return text;
  }
  text.append(reinterpret_cast<const char*>(entry.md5.data()), entry.md5.size());
  Put(text, static_cast<uint64_t>(entry.size), 8);
  return text;
}

Result<std::vector<WireEntry>> ParseManifest(std::string_view payload) {
  std::vector<WireEntry> entries;
  for (Taker taker(payload); !taker.empty();) {
    WireEntry entry = TakeEntry(taker);
    if (!taker.ok() || entry.kind > WireKind::kLink) return Malformed("list of files");
    TRY(CheckEntry(entry));
    entries.push_back(std::move(entry));
  }
  if (entries.empty()) return Malformed("list of files");
  return entries;
}

std::string NeedsText(const std::vector<int64_t>& offsets) {
  std::string text;
  for (const int64_t offset : offsets) {
    Put(text, offset < 0 ? 0 : offset == 0 ? 1 : 2, 1);
    if (offset > 0) Put(text, static_cast<uint64_t>(offset), 8);
  }
  return text;
}

Result<std::vector<int64_t>> ParseNeeds(std::string_view payload,
                                        const std::vector<WireEntry>& entries) {
  std::vector<int64_t> offsets;
  Taker taker(payload);
  for (const WireEntry& entry : entries) {
    const uint64_t answer = taker.Number(1);
    const int64_t offset = answer == 2 ? taker.Size() : answer == 1 ? 0 : -1;
    if (!taker.ok() || answer > 2 || offset >= std::max<int64_t>(entry.size, 1)) {
      return Malformed("answer to a list of files");
    }
    offsets.push_back(offset);
  }
  if (!taker.empty()) return Malformed("answer to a list of files");
  return offsets;
}

std::string NumberText(int64_t number) {
  std::string text;
  Put(text, static_cast<uint64_t>(number), 8);
  return text;
}

Result<int64_t> ParseNumber(std::string_view payload) {
  Taker taker(payload);
  const int64_t number = taker.Size();
  if (!taker.ok() || !taker.empty()) return Malformed("number");
  return number;
}

std::string DoneText(const WireDone& done) {
  return NumberText(done.files) + NumberText(done.bytes) + NumberText(done.damaged);
}

Result<WireDone> ParseDone(std::string_view payload) {
  Taker taker(payload);
  WireDone done;
  done.files = taker.Size(), done.bytes = taker.Size(), done.damaged = taker.Size();
  if (!taker.ok() || !taker.empty()) return Malformed("last word");
  return done;
}

std::string FailedText(const Error& error) {
  std::string text;
  PutText(text, NameOf(error.kind()));
  return text + error.OneLine().substr(0, kMostErrorText);
}

Error ParseFailed(std::string_view payload) {
  constexpr ErrorKind kKinds[] = {ErrorKind::kInvalidInput, ErrorKind::kNotFound,
                                  ErrorKind::kConflict,     ErrorKind::kDenied,
                                  ErrorKind::kUnavailable,  ErrorKind::kExhausted};
  Taker taker(payload);
  const std::string name = taker.Text();
  const std::string text = Printable(
      payload.substr(std::min(payload.size(), name.size() + 2)).substr(0, kMostErrorText));
  for (const ErrorKind kind : kKinds) {
    if (NameOf(kind) == name) return {kind, "the machine says: " + text};
  }
  return Corrupt("the machine says: " + text);
}

}  // namespace curbstop
