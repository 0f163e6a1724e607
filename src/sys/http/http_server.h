// An HTTP/1.1 server on 127.0.0.1: one thread per connection, bodies streamed both ways.
//
// Requests whose `Host` is not a loopback name are refused with 403, so that a web page cannot
// reach the server by making its own name point here (DNS rebinding).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "sys/http/http_pairs.h"

namespace curbstop {

struct HttpRequest {
  std::string method;  // upper case
  std::string path;    // percent-decoded once, starts with `/`, without the query
  HttpPairs query;     // decoded; repeated names stay repeated, in order
  std::function<std::string(const char* name)> header;  // empty if absent
};

// The request's body, to be read at most once; what nobody reads is read and dropped.
class HttpBody {
 public:
  virtual ~HttpBody() = default;
  // Calls `take` with each piece as it arrives; its first error ends the calls and is returned.
  // Errors: kUnavailable if the connection breaks before the end.
  virtual Status Read(const std::function<Status(std::string_view)>& take) = 0;
};

// Errors: those of Read, kInvalidInput above `most` bytes.
Result<std::string> ReadWhole(HttpBody& body, int64_t most);

// A file that is sent piece by piece and closed afterwards.
struct HttpFile {
  std::shared_ptr<const int> fd;  // its deleter closes it
  int64_t size_bytes = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  HttpFile file;  // instead of `body` where it has a file
  HttpPairs headers;
};

class HttpHandler {
 public:
  virtual ~HttpHandler() = default;
  // Threads: called by many at once.
  virtual HttpResponse Handle(const HttpRequest& request, HttpBody& body) = 0;
  // The body for what the HTTP layer refuses itself: 400, 403, 404, 413, 414, 415, 500.
  virtual HttpResponse Refuse(int status) = 0;
};

class HttpServer {
 public:
  // `port` 0: the system chooses. The handler outlives the server.
  // Errors: kConflict if the port is taken, kDenied, kExhausted.
  static Result<std::unique_ptr<HttpServer>> Start(int port, HttpHandler& handler);
  // Takes no new requests and waits for those in progress.
  virtual ~HttpServer() = default;
  virtual int port() const = 0;
};

}  // namespace curbstop
