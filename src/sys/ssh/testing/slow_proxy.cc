#include "sys/ssh/testing/slow_proxy.h"

#include <algorithm>
#include <arpa/inet.h>
#include <cerrno>
#include <deque>
#include <fcntl.h>
#include <list>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include "base/check.h"
#include "sys/clock.h"

namespace curbstop {
namespace {

constexpr size_t kPiece = 16 << 10;
constexpr size_t kQueue = 256 << 10;  // what waits for the line, beside what is on it

struct Piece {
  Ticks due;  // arrives at the other end
  std::string bytes;
};

// One way of the link; all connections share its line.
struct Line {
  Ticks free_at{0};

  Ticks Send(Ticks now, size_t bytes, const LinkQuality& quality) {
    free_at = std::max(now, free_at);
    if (quality.bytes_per_s > 0) {
      free_at += Ticks(static_cast<int64_t>(bytes) * 1'000'000'000 / quality.bytes_per_s);
    }
    return free_at + quality.delay;
  }
};

// From one socket to the other.
struct Flow {
  int from;
  int to;
  std::deque<Piece> pieces;
  size_t queued = 0;
  bool ended = false;
  bool closed = false;

  bool WantsMore(size_t most) const { return !ended && queued < most; }

  // False when the connection broke. Counts what came.
  bool Take(Ticks now, Line& line, const LinkQuality& quality, std::atomic<int64_t>& count) {
    char buffer[kPiece];
    const ssize_t got = recv(from, buffer, sizeof buffer, 0);
    if (got < 0) return errno == EAGAIN || errno == EINTR;
    ended = got == 0;
    const auto size = static_cast<size_t>(got);
    pieces.push_back({line.Send(now, size, quality), std::string(buffer, size)});
    queued += size;
    count += got;
    return true;
  }

  bool Give(Ticks now) {
    while (!pieces.empty() && pieces.front().due <= now) {
      Piece& piece = pieces.front();
      if (piece.bytes.empty()) {
        shutdown(to, SHUT_WR);
        closed = true;
      } else {
        const ssize_t sent = send(to, piece.bytes.data(), piece.bytes.size(), MSG_NOSIGNAL);
        if (sent < 0) return errno == EAGAIN || errno == EINTR;
        queued -= static_cast<size_t>(sent);
        piece.bytes.erase(0, static_cast<size_t>(sent));
        if (!piece.bytes.empty()) return true;
      }
      pieces.pop_front();
    }
    return true;
  }
};

struct Pair {
  int client;
  int server;
  Flow up;
  Flow down;
  bool broken = false;

  Pair(int client_fd, int server_fd)
      : client(client_fd),
        server(server_fd),
        up{client_fd, server_fd, {}},
        down{server_fd, client_fd, {}} {}
  bool Over() const { return broken || (up.closed && down.closed); }
  void Reset() {
    const linger now{1, 0};
    for (const int fd : {client, server}) {
      setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      close(fd);
    }
  }
};

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void Prepare(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, O_NONBLOCK);
}

}  // namespace

SlowProxy::SlowProxy(int target_port, LinkQuality quality)
    : target_port_(target_port),
      quality_(quality),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof address;
  CHECK(bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) == 0);
  CHECK(listen(listener_, 64) == 0);
  CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
}

SlowProxy::~SlowProxy() {
  thread_.request_stop();
  thread_.join();
  close(listener_);
}

void SlowProxy::Cut() { cut_now_ = true; }

void SlowProxy::Serve(const std::stop_token& stop) {
  const RealClock clock;
  std::list<Pair> pairs;
  Line up;
  Line down;
  const size_t most =
      kQueue + static_cast<size_t>(quality_.bytes_per_s * quality_.delay.count() / 1000);
  while (!stop.stop_requested()) {
    std::vector<pollfd> fds = {{listener_, POLLIN, 0}};
    Ticks next = clock.Awake() + Millis(20);
    for (const Pair& pair : pairs) {
      for (const Flow* flow : {&pair.up, &pair.down}) {
        const bool wants = !silent_ && flow->WantsMore(most);
        fds.push_back({wants ? flow->from : -1, POLLIN, 0});
        if (!flow->pieces.empty()) next = std::min(next, flow->pieces.front().due);
      }
    }
    const Ticks rest = std::max(next - clock.Awake(), Ticks(50'000));
    const timespec wait{0, rest.count()};
    ppoll(fds.data(), fds.size(), &wait, nullptr);
    if (silent_) continue;
    if (cut_now_.exchange(false) || up_ >= cut_at_) {
      cut_at_ = INT64_MAX;
      for (Pair& pair : pairs) pair.Reset();
      pairs.clear();
      continue;
    }
    size_t i = 1;
    const Ticks now = clock.Awake();
    for (Pair& pair : pairs) {
      const bool up_there = fds[i++].revents != 0;
      const bool down_there = fds[i++].revents != 0;
      if (up_there && !pair.up.Take(now, up, quality_, up_)) pair.broken = true;
      if (down_there && !pair.down.Take(now, down, quality_, down_)) pair.broken = true;
      if (!pair.up.Give(now) || !pair.down.Give(now)) pair.broken = true;
      if (pair.Over()) pair.Reset();
    }
    pairs.remove_if([](const Pair& pair) { return pair.Over(); });
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = Loopback(target_port_);
    if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      close(client), close(server);
      continue;
    }
    Prepare(client), Prepare(server);
    pairs.emplace_back(client, server);
  }
  for (Pair& pair : pairs) pair.Reset();
}

}  // namespace curbstop
