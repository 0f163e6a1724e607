#include "cloud/internal/api_caller.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMostTries = 4;
constexpr Millis kFirstWait{500};
constexpr Millis kLongestWait = seconds(60);
constexpr int64_t kMostSeconds = 1'000'000;  // of what a provider may ask for

bool MayHelpToRepeat(const Result<ApiAnswer>& answer) {
  if (!answer.ok()) return answer.error().kind() == ErrorKind::kUnavailable;
  return answer->status == 429 || answer->status >= 500;
}

int64_t ReadNumber(std::string_view text) {
  int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && value >= 0 ? std::min(value, kMostSeconds) : 0;
}

// The number after `;name=`, or -1.
int64_t Parameter(std::string_view item, std::string_view name) {
  const size_t at = item.find(fmt::format(";{}=", name));
  return at == item.npos ? -1 : ReadNumber(item.substr(at + name.size() + 2));
}

// How long a provider that has had too many calls wants to be left alone: by the header, or as
// Vast.ai says it, "API requests too frequent: endpoint threshold=5.5", in seconds between calls.
Millis RetryAfterOf(const HttpAnswer& answer) {
  const int64_t told = ReadNumber(answer.Header("Retry-After"));
  constexpr std::string_view kThreshold = "threshold=";
  const size_t at = answer.body.find(kThreshold);
  if (told > 0 || answer.status != 429 || at == answer.body.npos) return seconds(told);
  return seconds(ReadNumber(std::string_view(answer.body).substr(at + kThreshold.size())) + 1);
}

}  // namespace

int64_t ParseHttpDate(std::string_view text) {
  std::tm parts{};
  const char* end = strptime(std::string(text).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return end == nullptr ? 0 : int64_t{timegm(&parts)} * 1000;
}

Millis WaitOf(std::string_view rate_limit) {
  Millis wait{0};
  for (const std::string& item : Split(std::string(rate_limit), ',')) {
    if (Parameter(item, "r") == 0) wait = std::max<Millis>(wait, seconds(Parameter(item, "t")));
  }
  return std::min(wait, kLongestWait);
}

Result<ApiAnswer> ApiCaller::Call(const ApiCall& call) {
  Millis wait = kFirstWait;
  for (int tried = 1;; ++tried) {
    Result<ApiAnswer> answer = CallOnce(call);
    if (call.tries == Tries::kOnce || tried == kMostTries || !MayHelpToRepeat(answer))
      return answer;
    const Millis asked = answer.ok() ? std::min(answer->retry_after, kLongestWait) : Millis(0);
    clock_.Wait(std::max(asked, wait / 2) + Jitter(wait));
    wait *= 2;
  }
}

Result<ApiAnswer> ApiCaller::CallOnce(const ApiCall& call) {
  WaitForTurn(call);
  TRY_ASSIGN(HttpAnswer answer,
             http_.Send({.method = call.method,
                         .url = base_ + call.path,
                         .bearer = key_,
                         .body = call.body.IsNull() ? std::string() : WriteJson(call.body)}));
  LearnFrom(answer);
  const Millis retry_after = RetryAfterOf(answer);
  return ApiAnswer{.status = answer.status,
                   .body = std::move(answer.body),
                   .date_ms = ParseHttpDate(answer.Header("Date")),
                   .retry_after = retry_after};
}

// Takes the next turn of the endpoint, then waits for it outside the lock.
void ApiCaller::WaitForTurn(const ApiCall& call) {
  Ticks turn{0};
  {
    const std::lock_guard lock(mutex_);
    Ticks& next = next_[call.endpoint];
    turn = std::max({next, none_before_, clock_.Boot()});
    next = turn + call.apart;
  }
  const Ticks now = clock_.Boot();
  if (turn > now) clock_.Wait(turn - now);
}

void ApiCaller::LearnFrom(const HttpAnswer& answer) {
  const Millis wait = WaitOf(answer.Header("RateLimit"));
  if (wait.count() == 0) return;
  const std::lock_guard lock(mutex_);
  none_before_ = clock_.Boot() + wait;
}

Millis ApiCaller::Jitter(Millis most) {
  std::array<unsigned char, 2> bytes{};
  random_.Fill(bytes);
  return most * (bytes[0] * 256 + bytes[1]) / 65536;
}

}  // namespace curbstop
