#include "store/places/fetch_object.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kPiece = 8 << 20;
constexpr int kTries = 3;  // of a piece
constexpr std::chrono::seconds kPause{1};
constexpr std::chrono::seconds kExpires{600};

struct Piece {
  std::string bytes;
  int64_t total = 0;
  std::string version;  // the object's ETag
};

// "bytes 0-9/1234": the last number; -1: it says none.
int64_t TotalOf(std::string_view range) {
  const std::string_view text = range.substr(std::min(range.rfind('/'), range.size() - 1) + 1);
  int64_t total = -1;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), total);
  return failed == std::errc() && end == text.data() + text.size() ? total : -1;
}

Error Refused(int status, const std::string& what) {
  const std::string text = fmt::format("{} answers {}", what, status);
  if (status == 404) return NotFound(text);
  if (status == 401 || status == 403) return Denied(text);
  return status >= 500 || status == 429 ? Unavailable(text) : Corrupt(text);
}

class ObjectReader {
 public:
  ObjectReader(HttpClient& http, const NamedPlace& place, const std::string& name, Clock& clock,
               std::stop_token stop)
      : http_(http), place_(place), name_(name), clock_(clock), stop_(std::move(stop)) {}

  // `most` bytes from `from` on, or fewer at its end.
  Result<Piece> Read(int64_t from, int64_t most) const {
    for (int tries = 1;; ++tries) {
      if (stop_.stop_requested()) return Cancelled("the transfer was stopped");
      Result<Piece> piece = ReadOnce(from, most);
      if (piece.ok() || piece.error().kind() != ErrorKind::kUnavailable || tries == kTries)
        return piece;
      clock_.Wait(kPause * tries, stop_);
    }
  }

 private:
  std::string What() const { return fmt::format("`{}` at `{}`", Printable(name_), place_.Text()); }

  Result<Piece> ReadOnce(int64_t from, int64_t most) const {
    TRY_ASSIGN(const Secret address, place_.PresignGet(name_, kExpires));
    HttpCall call;
    call.url = address.Reveal();
    call.headers = {{"Range", fmt::format("bytes={}-{}", from, from + most - 1)}};
    call.timeout = Millis(120'000);
    TRY_ASSIGN(HttpAnswer answer, SendToPlace(http_, call));
    if (answer.status != 206 && answer.status != 200) return Refused(answer.status, What());
    Piece piece{.bytes = std::move(answer.body), .version = std::string(answer.Header("ETag"))};
    const auto size = static_cast<int64_t>(piece.bytes.size());
    const std::string_view range = answer.Header("Content-Range");
    const bool is_whole = answer.status == 200 && from == 0;  // it knows no ranges
    piece.total = is_whole ? size : range.empty() ? -1 : TotalOf(range);
    const bool fits = is_whole || size == std::min(most, piece.total - from);
    if (fits && size > 0) return piece;
    return Corrupt(What() + " does not come as it was asked for");
  }

  HttpClient& http_;
  const NamedPlace& place_;
  const std::string& name_;
  Clock& clock_;
  std::stop_token stop_;
};

}  // namespace

Status FetchObject(HttpClient& http, const NamedPlace& place, const std::string& name,
                   const std::filesystem::path& file, Clock& clock, const std::stop_token& stop) {
  const ObjectReader reader(http, place, name, clock, stop);
  TRY(RemoveTree(file));
  TRY_ASSIGN(const Piece first, reader.Read(0, kPiece));
  TRY(AppendQuickly(file, first.bytes));
  for (auto have = static_cast<int64_t>(first.bytes.size()); have < first.total;) {
    TRY_ASSIGN(const Piece next, reader.Read(have, kPiece));
    if (next.version != first.version || next.total != first.total)
      return Corrupt(fmt::format("`{}` was replaced while it was read", Printable(name)));
    TRY(AppendQuickly(file, next.bytes));
    have += static_cast<int64_t>(next.bytes.size());
  }
  return {};
}

Result<std::string> FetchStart(HttpClient& http, const NamedPlace& place, const std::string& name,
                               int64_t most, Clock& clock) {
  TRY_ASSIGN(Piece piece, ObjectReader(http, place, name, clock, {}).Read(0, most));
  return piece.bytes.substr(0, static_cast<size_t>(most));
}

}  // namespace curbstop
