// Calls to HTTP servers, http and https. Nothing is tried twice here, and no redirect is followed:
// a key must not travel to where a server points.
//
// `http://` is taken for this computer alone (127.0.0.1, localhost), unless the call allows it and
// has no key: a key in clear text stays off the network. https is verified against the system's
// certificates.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "sys/http/http_pairs.h"
#include "sys/secret.h"

namespace curbstop {

struct HttpCall {
  std::string method = "GET";
  std::string url;  // with the query, percent-encoded
  HttpPairs headers;
  Secret bearer;           // sent as `Authorization: Bearer …` where there is one
  std::string body;        // sent as JSON where it is not empty
  Millis timeout{20'000};  // until the last byte is here
  int64_t most_answer = 16 << 20;
  bool cut = false;         // a longer answer is cut there and the connection closed
  bool clear_text = false;  // `http://` to other computers too
};

struct HttpAnswer {
  int status = 0;
  HttpPairs headers;
  std::string body;
  bool was_cut = false;

  // The first of that name, letter case aside; empty: none.
  std::string_view Header(std::string_view name) const;
};

class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Any status is an answer. The errors' texts name method and address without the query.
  // Errors: kInvalidInput (an address that is none, or clear text off this computer), kNotFound (no
  // connection: nothing was sent), kUnavailable (it broke or timed out: the server may have acted),
  // kCorrupt (an answer above `most_answer` that is not to be cut).
  // Threads: any.
  virtual Result<HttpAnswer> Send(const HttpCall& call) = 0;
};

class RealHttpClient final : public HttpClient {
 public:
  RealHttpClient();  // from here on this process ignores SIGPIPE
  Result<HttpAnswer> Send(const HttpCall& call) override;
};

// `text` for one part of a path or query: all but letters, digits and `-._~` as %XX.
std::string PercentEncoded(std::string_view text);

}  // namespace curbstop
