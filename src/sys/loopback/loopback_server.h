// A small HTTP/1.1 server on 127.0.0.1 for the agent, which links no HTTP library: keep-alive,
// bodies by Content-Length or chunks, `Expect: 100-continue`. One thread per connection.
//
// As sys/http refuses it, so does this: a `Host` that is no loopback name is answered 403, so that
// a web page cannot reach the server by making its own name point here (DNS rebinding).
// Source: RFC 9112.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace curbstop {

struct LoopbackRequest {
  std::string method;
  std::string path;  // percent-decoded once, without the query
  std::vector<std::pair<std::string, std::string>> query;  // decoded, in order
  std::map<std::string, std::string> headers;              // names in lower case
  std::string Header(const std::string& name) const;       // empty if absent
};

// The body, to be read at most once; what nobody reads is read and dropped.
class LoopbackBody {
 public:
  virtual ~LoopbackBody() = default;
  // Errors: those of `take`, kUnavailable if the connection breaks, kInvalidInput for bad chunks.
  virtual Status Read(const std::function<Status(std::string_view)>& take) = 0;
};

struct LoopbackAnswer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::filesystem::path file;  // sent instead of `body` where given
};

class LoopbackHandler {
 public:
  virtual ~LoopbackHandler() = default;
  // Threads: called by many at once.
  virtual LoopbackAnswer Handle(const LoopbackRequest& request, LoopbackBody& body) = 0;
};

class LoopbackServer {
 public:
  // `port` 0: the system chooses. The handler outlives the server.
  // Errors: kConflict if the port is taken, kDenied, kExhausted.
  static Result<std::unique_ptr<LoopbackServer>> Start(int port, LoopbackHandler& handler);
  virtual ~LoopbackServer() = default;  // waits for requests in progress
  virtual int port() const = 0;
};

}  // namespace curbstop
