#include "cloud/testing/direct_http.h"

#include <charconv>

#include <fmt/format.h>

#include "base/check.h"
#include "cloud/practice/practice_home.h"

namespace curbstop {
namespace {

std::string Decoded(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned char byte = 0;
    const bool coded = text[i] == '%' && i + 2 < text.size();
    if (coded) std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16);
    plain += coded ? static_cast<char>(byte) : text[i];
    if (coded) i += 2;
  }
  return plain;
}

PracticeRequest ToPractice(const HttpCall& call) {
  const size_t path = call.url.find('/', call.url.find("://") + 3);
  const size_t query = call.url.find('?');
  PracticeRequest request{.method = call.method,
                          .path = call.url.substr(path, query - path),
                          .query = {},
                          .authorization = "Bearer " + call.bearer.Reveal(),
                          .body = call.body};
  if (query == std::string::npos) return request;
  std::string_view rest = std::string_view(call.url).substr(query + 1);
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find('&'));
    const size_t equals = item.find('=');
    request.query.emplace_back(Decoded(item.substr(0, equals)), Decoded(item.substr(equals + 1)));
    rest.remove_prefix(std::min(rest.size(), item.size() + 1));
  }
  return request;
}

}  // namespace

DirectHttp::DirectHttp(FakeClock& clock, PracticeSettings settings) : clock_(clock) {
  PracticeState state{.settings = std::move(settings), .key = kDirectKey};
  state.now_ms = state.script_from_ms = state.market_from_ms = clock.WallMs();
  Result<PracticeWorld> world = WorldOf(std::move(state));
  CHECK(world.ok());
  world_ = *std::move(world);
}

PracticeSettings DirectHttp::CalmSettings() { return {.bad_percent = 0, .keeps_pace = false}; }

void DirectHttp::Script(std::vector<PracticeFault> faults) {
  world_.state.script_from_ms = clock_.WallMs();
  world_.state.faults = std::move(faults);
}

Result<HttpAnswer> DirectHttp::Send(const HttpCall& call) {
  if (is_down) return NotFound("no connection");
  ++sent;
  PracticeReply reply = ServePractice(world_, ToPractice(call), clock_.WallMs());
  if (breaks) return Unavailable("the connection broke");
  for (auto& [name, value] : reply.headers) {
    if (name == "Date") value = HttpDateText(clock_.WallMs() + clock_off_ms);
  }
  return HttpAnswer{
      .status = reply.status, .headers = std::move(reply.headers), .body = std::move(reply.body)};
}

}  // namespace curbstop
