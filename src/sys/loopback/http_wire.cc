#include "sys/loopback/http_wire.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr size_t kMostHead = 64 << 10;
constexpr size_t kMostLine = 1024;
constexpr size_t kPiece = 64 << 10;
constexpr int kPatienceMs = 300'000;

int HexDigit(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

void ReadQuery(std::string_view text, LoopbackRequest& request) {
  for (const std::string& part : Split(text, '&')) {
    if (part.empty()) continue;
    const size_t equals = std::min(part.find('='), part.size());
    const std::string_view value = std::string_view(part).substr(std::min(equals + 1, part.size()));
    request.query.emplace_back(PercentDecode(part.substr(0, equals), true),
                               PercentDecode(value, true));
  }
}

Error NoRequest(std::string_view why) { return InvalidInput(fmt::format("bad request: {}", why)); }

std::string_view Reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 501: return "Not Implemented";
    case 507: return "Insufficient Storage";
    default: return "Answer";
  }
}

std::string Head(const LoopbackAnswer& answer, int64_t size) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n"
      "X-Content-Type-Options: nosniff\r\n\r\n",
      answer.status, Reason(answer.status), answer.content_type, size);
}

}  // namespace

std::string PercentDecode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
                           HexDigit(text[i + 2]) >= 0;
    if (is_escape) {
      decoded += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      decoded += plus_is_space && text[i] == '+' ? ' ' : text[i];
    }
  }
  return decoded;
}

Result<LoopbackRequest> ParseHead(std::string_view head) {
  const std::vector<std::string_view> lines = Lines(head);
  const std::vector<std::string> words = Split(lines.empty() ? "" : Trim(lines[0]), ' ');
  if (words.size() != 3 || !words[2].starts_with("HTTP/1.") || !words[1].starts_with('/'))
    return NoRequest("its first line");
  LoopbackRequest request;
  request.method = words[0];
  const size_t question = words[1].find('?');
  request.path = PercentDecode(words[1].substr(0, question), false);
  if (question != std::string::npos) ReadQuery(words[1].substr(question + 1), request);
  for (size_t i = 1; i < lines.size(); ++i) {
    const size_t colon = lines[i].find(':');
    if (colon == std::string_view::npos || colon == 0) return NoRequest("a header");
    const std::string name = Lower(lines[i].substr(0, colon));
    if (name.find_first_of(" \t") != std::string::npos) return NoRequest("a header's name");
    const bool is_new =
        request.headers.emplace(name, std::string(Trim(lines[i].substr(colon + 1)))).second;
    const bool frames = name == "content-length" || name == "transfer-encoding" || name == "host";
    if (!is_new && frames) return NoRequest("a header twice");
  }
  return request;
}

Result<std::optional<LoopbackRequest>> HttpWire::ReadRequest() {
  for (;;) {
    const size_t end = buffer_.find("\r\n\r\n");
    if (end != buffer_.npos) {
      TRY_ASSIGN(LoopbackRequest request, ParseHead(std::string_view(buffer_).substr(0, end)));
      buffer_.erase(0, end + 4);
      TRY(StartBody(request));
      return std::optional(std::move(request));
    }
    if (buffer_.size() > kMostHead) return NoRequest("its head is too long");
    TRY_ASSIGN(const bool more, Fill());
    if (!more) return std::optional<LoopbackRequest>();
  }
}

Status HttpWire::StartBody(const LoopbackRequest& request) {
  framing_ = Framing::kNone;
  expects_continue_ = Lower(request.Header("expect")) == "100-continue";
  const std::string coding = Lower(request.Header("transfer-encoding"));
  const std::string length = request.Header("content-length");
  if (!coding.empty() && (coding != "chunked" || !length.empty())) return NoRequest("its coding");
  if (!coding.empty()) framing_ = Framing::kChunked;
  if (length.empty()) return {};
  if (!IsDigits(length) || length.size() > 18) return NoRequest("its length");
  framing_ = Framing::kLength;
  length_ = std::atoll(length.c_str());
  return {};
}

Result<bool> HttpWire::Fill() {
  pollfd waited[] = {{socket_, POLLIN, 0}, {stop_, POLLIN, 0}};
  const int ready = poll(waited, 2, kPatienceMs);
  if (ready < 0 && errno == EINTR) return true;
  if (ready == 0 || waited[1].revents != 0) return false;
  const size_t before = buffer_.size();
  buffer_.resize(before + kPiece);
  const ssize_t got = recv(socket_, buffer_.data() + before, kPiece, 0);
  const int error = errno;
  buffer_.resize(before + static_cast<size_t>(std::max<ssize_t>(got, 0)));
  if (got < 0 && error != EINTR) return FromErrno(error, "cannot read from a connection");
  return got != 0;
}

Status HttpWire::Read(const std::function<Status(std::string_view)>& take) {
  if (expects_continue_ && framing_ != Framing::kNone)
    TRY(SendAll("HTTP/1.1 100 Continue\r\n\r\n"));
  expects_continue_ = false;
  const Framing framing = std::exchange(framing_, Framing::kNone);
  Status taken;  // its error is told when the body is off the wire
  const auto keep_reading = [&](std::string_view bytes) {
    if (taken.ok()) taken = take(bytes);
    return Status();
  };
  if (framing == Framing::kLength) TRY(ReadExactly(length_, keep_reading));
  if (framing == Framing::kChunked) TRY(ReadChunks(keep_reading));
  return taken;
}

Status HttpWire::ReadExactly(int64_t size, const std::function<Status(std::string_view)>& take) {
  while (size > 0) {
    if (buffer_.empty()) {
      TRY_ASSIGN(const bool more, Fill());
      if (!more) return Unavailable("the connection broke inside the request's body");
    }
    const size_t piece = std::min(buffer_.size(), static_cast<size_t>(size));
    TRY(take(std::string_view(buffer_).substr(0, piece)));
    buffer_.erase(0, piece);
    size -= static_cast<int64_t>(piece);
  }
  return {};
}

Result<std::string> HttpWire::ReadLine() {
  size_t end = 0;
  while ((end = buffer_.find("\r\n")) == buffer_.npos) {
    if (buffer_.size() > kMostLine) return NoRequest("a chunk");
    TRY_ASSIGN(const bool more, Fill());
    if (!more) return Unavailable("the connection broke inside the request's body");
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

Status HttpWire::ReadChunks(const std::function<Status(std::string_view)>& take) {
  for (;;) {
    TRY_ASSIGN(const std::string line, ReadLine());
    const std::string_view digits = Trim(std::string_view(line).substr(0, line.find(';')));
    int64_t size = -1;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), size, 16);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || size < 0)
      return NoRequest("a chunk's size");
    if (size == 0) break;
    TRY(ReadExactly(size, take));
    TRY_ASSIGN(const std::string end, ReadLine());
    if (!end.empty()) return NoRequest("a chunk's end");
  }
  for (;;) {  // trailers, which nobody reads
    TRY_ASSIGN(const std::string line, ReadLine());
    if (line.empty()) return {};
  }
}

// A client that stops reading does not hold up the server's end.
Status HttpWire::AwaitRoom() const {
  pollfd waited[] = {{socket_, POLLOUT, 0}, {stop_, POLLIN, 0}};
  const int ready = poll(waited, 2, kPatienceMs);
  if (ready == 0) return Unavailable("the client reads no more");
  if (ready > 0 && waited[1].revents != 0) return Unavailable("the server ends");
  return {};
}

Status HttpWire::SendAll(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    const bool is_full = sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
    const bool again = is_full || (sent < 0 && errno == EINTR);
    if (is_full) TRY(AwaitRoom());
    if (again) continue;
    if (sent < 0) return FromErrno(errno, "cannot write to a connection");
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return {};
}

Status HttpWire::Send(const LoopbackAnswer& answer, bool is_head_request) {
  if (answer.file.empty()) {
    TRY(SendAll(Head(answer, static_cast<int64_t>(answer.body.size()))));
    return is_head_request ? Status() : SendAll(answer.body);
  }
  const int fd = open(answer.file.c_str(), O_RDONLY | O_CLOEXEC);
  struct stat info{};
  if (fd < 0 || fstat(fd, &info) != 0) {
    if (fd >= 0) close(fd);
    return Send({.status = 404, .body = "{}", .file = {}}, is_head_request);
  }
  Status done = SendAll(Head(answer, info.st_size));
  std::string piece(kPiece, '\0');
  for (off_t at = 0; done.ok() && !is_head_request && at < info.st_size;) {
    const ssize_t got = pread(fd, piece.data(), piece.size(), at);
    if (got <= 0) done = Unavailable("a file became shorter while it was sent");
    if (got > 0) done = SendAll(std::string_view(piece).substr(0, static_cast<size_t>(got)));
    at += got;
  }
  close(fd);
  return done;
}

}  // namespace curbstop
