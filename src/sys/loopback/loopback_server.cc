#include "sys/loopback/loopback_server.h"

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <list>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/loopback/http_wire.h"

namespace curbstop {
namespace {

constexpr size_t kMostConnections = 64;
constexpr int kUntilRoom = 100;  // ms between tries where no descriptor is free

class OpenFile {
 public:
  explicit OpenFile(int fd) : fd_(fd) {}
  OpenFile(OpenFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

bool NamesLoopback(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon != host.npos && IsDigits(host.substr(colon + 1))) host = host.substr(0, colon);
  return host == "127.0.0.1" || Lower(host) == "localhost" || host == "[::1]";
}

Error CannotListen(int port) {
  if (errno == EADDRINUSE)
    return Conflict(fmt::format("port {} of 127.0.0.1 is taken by another program", port));
  return FromErrno(errno, fmt::format("cannot listen on 127.0.0.1:{}", port));
}

Result<OpenFile> ListenOnLoopback(int port) {
  OpenFile listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (listener.get() < 0) return CannotListen(port);
  const int yes = 1;
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener.get(), kMostConnections) != 0) {
    return CannotListen(port);
  }
  return listener;
}

int PortOfSocket(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

LoopbackAnswer Refusal(int status, std::string_view why) {
  return {.status = status,
          .body = fmt::format(R"({{"error_code": "{}", "message": "{}"}})",
                              status == 403 ? "PERMISSION_DENIED" : "BAD_REQUEST", why),
          .file = {}};
}

class RealLoopbackServer final : public LoopbackServer {
 public:
  RealLoopbackServer(OpenFile listener, OpenFile stop, LoopbackHandler& handler)
      : listener_(std::move(listener)),
        stop_(std::move(stop)),
        port_(PortOfSocket(listener_.get())),
        handler_(handler),
        acceptor_([this] { Accept(); }) {}

  ~RealLoopbackServer() override {
    eventfd_write(stop_.get(), 1);
    acceptor_.join();
    connections_.clear();  // joins
  }

  int port() const override { return port_; }

 private:
  struct Connection {
    std::atomic<bool> done = false;
    std::jthread thread;
  };

  void Accept() {
    for (;;) {
      pollfd waited[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
      if (poll(waited, 2, -1) < 0 && errno != EINTR) return;
      if (waited[1].revents != 0) return;
      if (waited[0].revents != 0 && !AcceptOne()) poll(&waited[1], 1, kUntilRoom);
    }
  }

  // False where it cannot be taken now (no descriptor is free): it stays in the queue.
  bool AcceptOne() {
    OpenFile socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (socket.get() < 0) return false;
    connections_.remove_if([](const Connection& connection) { return connection.done.load(); });
    if (connections_.size() >= kMostConnections) return true;
    const int yes = 1;
    setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    Connection& added = connections_.emplace_back();
    added.thread = std::jthread([this, kept = std::move(socket), &added] {
      Serve(kept.get());
      shutdown(kept.get(), SHUT_RDWR);
      added.done = true;
    });
    return true;
  }

  void Serve(int socket) {
    HttpWire wire(socket, stop_.get());
    for (bool goes_on = true; goes_on;) {
      const Result<std::optional<LoopbackRequest>> request = wire.ReadRequest();
      if (!request.ok() && request.error().kind() == ErrorKind::kInvalidInput)
        static_cast<void>(wire.Send(Refusal(400, "no request of HTTP/1.1"), false));
      if (!request.ok() || !*request) return;
      goes_on = Answer(wire, **request);
    }
  }

  // Whether the connection can be used again.
  bool Answer(HttpWire& wire, const LoopbackRequest& request) {
    const LoopbackAnswer answer = NamesLoopback(request.Header("host"))
                                      ? handler_.Handle(request, wire)
                                      : Refusal(403, "the host is not this computer");
    if (!wire.Read([](std::string_view) { return Status(); }).ok()) return false;
    return wire.Send(answer, request.method == "HEAD").ok() &&
           Lower(request.Header("connection")) != "close";
  }

  OpenFile listener_;
  OpenFile stop_;
  int port_;
  LoopbackHandler& handler_;
  std::list<Connection> connections_;  // of the acceptor; of the destructor after it
  std::jthread acceptor_;
};

}  // namespace

std::string LoopbackRequest::Header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? "" : found->second;
}

Result<std::unique_ptr<LoopbackServer>> LoopbackServer::Start(int port, LoopbackHandler& handler) {
  TRY_ASSIGN(OpenFile listener, ListenOnLoopback(port));
  OpenFile stop(eventfd(0, EFD_CLOEXEC));
  if (stop.get() < 0) return FromErrno(errno, "cannot make an event descriptor");
  return std::unique_ptr<LoopbackServer>(
      std::make_unique<RealLoopbackServer>(std::move(listener), std::move(stop), handler));
}

}  // namespace curbstop
