// The practice cloud as a state machine: (state, time or request) → (state, answer). No clock, no
// files, no network; a server (practice_server.h) brings requests and keeps the state on disk.
//
// What a machine lives through (booting, running, paused, …) is here once; the two skins
// (internal/vast_skin.cc, internal/runpod_skin.cc) say it in the providers' words.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cloud/practice/practice_state.h"

namespace curbstop {

struct PracticeWorld {
  PracticeState state;
  std::vector<PracticeHost> hosts;  // these two follow from the settings
  PracticeMarket market;
  std::map<std::string, int64_t> last_call;  // by key and endpoint, for the pace and the RateLimit
};

struct PracticeRequest {
  std::string method;
  std::string path;  // decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;
  std::string authorization;  // the header
  std::string body;
};

struct PracticeReply {
  int status = 200;
  std::string content_type = "application/json";
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
};

// Brings the state up to `now_ms`; an earlier time changes nothing.
void AdvancePractice(PracticeWorld& world, int64_t now_ms);

PracticeReply ServePractice(PracticeWorld& world, const PracticeRequest& request, int64_t now_ms);

// When something happens next by itself, in ms; INT64_MAX: nothing does.
int64_t NextPracticeMoment(const PracticeWorld& world);

// As the `Date` header has it (RFC 9110 §5.6.7).
std::string HttpDateText(int64_t at_ms);

// The provider's name and the machine's id in that provider's words.
std::string_view ProviderOf(PracticeSkin skin);
std::string PracticeId(const PracticeMachine& machine, const PracticeHost& host);

const PracticeHost& HostOf(const PracticeWorld& world, const PracticeMachine& machine);

// All that was ever billed, up to the state's time.
int64_t WholePracticeBill(const PracticeWorld& world);

// An accepted end of every machine that exists.
void EndAllMachines(PracticeWorld& world);

}  // namespace curbstop
