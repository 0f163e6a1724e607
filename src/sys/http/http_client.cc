#include "sys/http/http_client.h"

#include <atomic>
#include <chrono>
#include <csignal>
#include <stop_token>
#include <thread>

#include <fmt/format.h>
#include <httplib.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/http/bytes_received.h"

namespace curbstop {
namespace {

struct Address {
  std::string server;  // "https://host:port"
  std::string target;  // "/path?query"
};

bool IsThisComputer(std::string_view host_and_port) {
  const std::string_view host = host_and_port.substr(0, host_and_port.find(':'));
  return host == "127.0.0.1" || Lower(host) == "localhost";
}

std::string Shown(const HttpCall& call) {
  const std::string_view url = std::string_view(call.url).substr(0, call.url.find('?'));
  return fmt::format("{} {}", call.method, Printable(url));
}

Result<Address> ReadAddress(const HttpCall& call) {
  const std::string_view url = call.url;
  const size_t scheme = url.find("://");
  const bool is_clear = url.starts_with("http://");
  const bool is_safe = url.starts_with("https://");
  const size_t host = scheme == url.npos ? 0 : scheme + 3;
  const size_t path = std::min(url.find('/', host), url.size());
  const std::string_view name = url.substr(host, path - host);
  const bool odd = name.empty() || name.find_first_of("@?#\\ \r\n") != name.npos ||
                   url.find_first_of("\r\n ") != url.npos;
  if ((!is_clear && !is_safe) || odd)
    return InvalidInput(fmt::format("`{}` is no address of a server", Printable(name)));
  const bool may_be_clear = call.clear_text && call.bearer.empty();
  if (is_clear && !may_be_clear && !IsThisComputer(name)) {
    return InvalidInput(fmt::format("`{}` would be called in clear text", Printable(name)))
        .WithHint("use `https://`");
  }
  return Address{std::string(url.substr(0, path)),
                 path == url.size() ? "/" : std::string(url.substr(path))};
}

httplib::Request ToLibrary(const HttpCall& call, const Address& address) {
  httplib::Request request;
  request.method = call.method;
  request.path = address.target;
  for (const auto& [name, value] : call.headers) request.headers.emplace(name, value);
  request.headers.emplace("Accept", "application/json");
  if (!call.bearer.empty())
    request.headers.emplace("Authorization", "Bearer " + call.bearer.Reveal());
  if (call.body.empty()) return request;
  request.body = call.body;
  request.headers.emplace("Content-Type", "application/json");
  return request;
}

Error ToError(httplib::Error why, const HttpCall& call) {
  switch (why) {
    case httplib::Error::Connection:
    case httplib::Error::ConnectionTimeout:
      return NotFound(fmt::format("no connection for {}", Shown(call)))
          .WithHint("is this computer online, and the service up?");
    case httplib::Error::SSLConnection:
    case httplib::Error::SSLLoadingCerts:
    case httplib::Error::SSLServerVerification:
      return NotFound(fmt::format("no trusted connection for {}: {}", Shown(call),
                                  httplib::to_string(why)))
          .WithHint("the system's certificates (`ca-certificates`) decide whom to trust");
    default:
      return Unavailable(fmt::format("no answer to {}: {}", Shown(call), httplib::to_string(why)));
  }
}

// Takes an answer's body until it is too long, or too late.
struct Taker {
  std::string body;
  size_t most;
  Ticks until;
  const RealClock clock;
  bool too_long = false;

  bool Take(const char* bytes, size_t size) {
    const size_t room = most - body.size();
    too_long = size > room;
    body.append(bytes, std::min(size, room));
    return !too_long && clock.Boot() <= until;
  }
};

constexpr uint64_t kMostHead = 1 << 20;  // bytes of an answer before its body
constexpr Millis kLook{20};

// Ends a call at its time, also one whose headers come drop by drop, and one whose headers do not
// end: the library keeps them all.
class Watch {
 public:
  Watch(httplib::Client& client, Millis timeout) : client_(client), timeout_(timeout) {
    client_.set_socket_options([this](socket_t socket) { socket_ = socket; });
    thread_ = std::jthread([this](const std::stop_token& stop) { Look(stop); });
  }
  void HeadIsHere() { head_is_here_ = true; }
  // A body without a length that is cut so looks whole to the library.
  bool Ended() const { return ended_; }

 private:
  void Look(const std::stop_token& stop) {
    const Ticks until = clock_.Boot() + timeout_;
    while (clock_.Wait(kLook, stop)) {
      const bool endless = !head_is_here_ && BytesReceived(socket_) > kMostHead;
      if (!endless && clock_.Boot() <= until) continue;
      ended_ = true;
      client_.stop();
    }
  }

  httplib::Client& client_;
  const Millis timeout_;
  RealClock clock_;
  std::atomic<socket_t> socket_ = -1;
  std::atomic<bool> head_is_here_ = false;
  std::atomic<bool> ended_ = false;
  std::jthread thread_;
};

}  // namespace

std::string_view HttpAnswer::Header(std::string_view name) const {
  for (const auto& [key, value] : headers) {
    if (Lower(key) == Lower(name)) return value;
  }
  return {};
}

std::string PercentEncoded(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = IsLetter(c) || IsDigit(c) || std::string_view("-._~").find(c) != text.npos;
    if (plain) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return encoded;
}

RealHttpClient::RealHttpClient() { std::signal(SIGPIPE, SIG_IGN); }

Result<HttpAnswer> RealHttpClient::Send(const HttpCall& call) {
  TRY_ASSIGN(const Address address, ReadAddress(call));
  // A connection of its own for each call: a kept one that breaks cannot be told from a lost
  // answer.
  httplib::Client client(address.server);
  client.set_connection_timeout(std::min(call.timeout, Millis(10'000)));
  client.set_read_timeout(call.timeout);
  client.set_write_timeout(call.timeout);
  client.set_url_encode(false);
  Taker taker{.most = static_cast<size_t>(call.most_answer), .clock = {}};
  taker.until = taker.clock.Boot() + call.timeout;
  httplib::Request request = ToLibrary(call, address);
  request.content_receiver = [&taker](const char* bytes, size_t size, uint64_t, uint64_t) {
    return taker.Take(bytes, size);
  };
  HttpAnswer answer;
  Watch watch(client, call.timeout);
  request.response_handler = [&answer, &watch](const httplib::Response& head) {
    watch.HeadIsHere();
    answer.status = head.status;
    answer.headers.assign(head.headers.begin(), head.headers.end());
    return true;
  };
  const httplib::Result result = client.send(request);
  answer.was_cut = taker.too_long && call.cut;
  if (taker.too_long && !call.cut)
    return Corrupt(fmt::format("too long an answer to {}", Shown(call)));
  if (watch.Ended()) return ToError(httplib::Error::Read, call);
  if (!result && !answer.was_cut) return ToError(result.error(), call);
  if (result) {
    answer.status = result->status;
    answer.headers.assign(result->headers.begin(), result->headers.end());
  }
  answer.body = std::move(taker.body);
  return answer;
}

}  // namespace curbstop
