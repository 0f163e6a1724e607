// The practice cloud behind an HttpClient, without a socket: a call is served at once, at the fake
// clock's time. Tests of drivers and of whatever stands on them use it.
#pragma once

#include <string>
#include <vector>

#include "cloud/practice/practice_world.h"
#include "sys/http/http_client.h"
#include "sys/testing/fake_clock.h"

namespace curbstop {

inline constexpr const char* kDirectVast = "http://127.0.0.1:1";
inline constexpr const char* kDirectRunpod = "http://127.0.0.1:1/v2";
inline constexpr const char* kDirectKey = "practice-account-key";

class DirectHttp final : public HttpClient {
 public:
  // All hosts are good and the market's pace is not kept, unless `settings` says otherwise.
  explicit DirectHttp(FakeClock& clock, PracticeSettings settings = CalmSettings());

  static PracticeSettings CalmSettings();

  Result<HttpAnswer> Send(const HttpCall& call) override;

  PracticeWorld& world() { return world_; }
  void Script(std::vector<PracticeFault> faults);

  int sent = 0;              // calls that arrived
  bool breaks = false;       // a served call's answer is lost on the way
  bool is_down = false;      // nobody listens
  int64_t clock_off_ms = 0;  // how much the provider's clock is ahead

 private:
  FakeClock& clock_;
  PracticeWorld world_;
};

}  // namespace curbstop
