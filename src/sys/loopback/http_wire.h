// Bytes of HTTP/1.1 on one socket: heads, bodies, answers. Limits: a head of 64 KiB, a line of a
// chunk's size of 1 KiB.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sys/loopback/loopback_server.h"

namespace curbstop {

std::string PercentDecode(std::string_view text, bool plus_is_space);

// Errors: kInvalidInput for what is no request.
Result<LoopbackRequest> ParseHead(std::string_view head);

class HttpWire final : public LoopbackBody {
 public:
  // `stop`: readable when the server ends. Both are borrowed.
  HttpWire(int socket, int stop) : socket_(socket), stop_(stop) {}

  // Empty: the other side has closed, or the server ends.
  // Errors: kInvalidInput (no request), kUnavailable.
  Result<std::optional<LoopbackRequest>> ReadRequest();
  Status Read(const std::function<Status(std::string_view)>& take) override;
  Status Send(const LoopbackAnswer& answer, bool is_head_request);

 private:
  enum class Framing { kNone, kLength, kChunked };
  Status StartBody(const LoopbackRequest& request);
  Result<bool> Fill();  // more bytes into buffer_; false at the end
  Result<std::string> ReadLine();
  Status ReadExactly(int64_t size, const std::function<Status(std::string_view)>& take);
  Status ReadChunks(const std::function<Status(std::string_view)>& take);
  Status AwaitRoom() const;
  Status SendAll(std::string_view bytes) const;

  int socket_;
  int stop_;
  std::string buffer_;
  Framing framing_ = Framing::kNone;
  int64_t length_ = 0;
  bool expects_continue_ = false;
};

}  // namespace curbstop
