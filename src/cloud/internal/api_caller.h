// Calls to a provider's API: paced by endpoint, tried again with jitter where that is harmless.
//
// A provider says how far apart calls to one endpoint must be (Vast.ai), or how many are left
// (RateLimit headers, RunPod); a pacer for the whole process keeps to both. Reads, ends and labels
// are tried again after a lost answer, 429 or 5xx; a create is sent once.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/json.h"
#include "sys/clock.h"
#include "sys/http/http_client.h"
#include "sys/random_bytes.h"
#include "sys/secret.h"

namespace curbstop {

enum class Tries { kOnce, kSeveral };

struct ApiCall {
  std::string method = "GET";
  std::string path;      // below the base address, with the query
  std::string endpoint;  // what is paced together
  Millis apart{0};       // at least between two calls there
  Json body;             // null: none
  Tries tries = Tries::kSeveral;
};

struct ApiAnswer {
  int status = 0;
  std::string body;
  int64_t date_ms = 0;  // the provider's clock; 0: not told
  Millis retry_after{0};
};

class ApiCaller {
 public:
  // All of them outlive this.
  ApiCaller(HttpClient& http, Clock& clock, Random& random, std::string base_url, Secret key)
      : http_(http),
        clock_(clock),
        random_(random),
        base_(std::move(base_url)),
        key_(std::move(key)) {}

  // The last answer, of any status. Errors: those of HttpClient::Send.
  Result<ApiAnswer> Call(const ApiCall& call);

  const std::string& base_url() const { return base_; }

 private:
  Result<ApiAnswer> CallOnce(const ApiCall& call);
  void WaitForTurn(const ApiCall& call);
  void LearnFrom(const HttpAnswer& answer);
  Millis Jitter(Millis most);

  HttpClient& http_;
  Clock& clock_;
  Random& random_;
  std::string base_;
  Secret key_;
  std::mutex mutex_;
  std::map<std::string, Ticks> next_;  // by endpoint: not before
  Ticks none_before_{0};               // any endpoint: the minute's calls are used up
};

// An HTTP date as "Sun, 29 Nov 2026 20:14:05 GMT" (RFC 9110 §5.6.7); 0: it is none.
int64_t ParseHttpDate(std::string_view text);

// How long to wait by `RateLimit: "minute";r=0;t=12, …`; 0: some calls are left in each window.
Millis WaitOf(std::string_view rate_limit);

}  // namespace curbstop
