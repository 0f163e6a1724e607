#include "sys/http/http_server.h"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <list>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <fmt/format.h>
#include <httplib.h>

#include "base/text.h"
#include "sys/http/http_connection.h"

namespace curbstop {
namespace {

constexpr size_t kMostConnections = 256;
constexpr size_t kLongestPath = 2048;  // of requests that the library's pattern matcher sees
constexpr size_t kPiece = 64 << 10;

bool IsLoopbackName(std::string_view host) {
  const size_t colon = host.rfind(':');
  if (colon != host.npos && IsDigits(host.substr(colon + 1))) host = host.substr(0, colon);
  return host == "127.0.0.1" || Lower(host) == "localhost" || host == "[::1]";
}

class LibraryBody final : public HttpBody {
 public:
  explicit LibraryBody(const httplib::ContentReader* reader) : reader_(reader) {}

  Status Read(const std::function<Status(std::string_view)>& take) override {
    if (reader_ == nullptr) return {};
    Status taken;
    const httplib::ContentReader& reader = *std::exchange(reader_, nullptr);
    const bool whole = reader([&](const char* bytes, size_t size) {
      if (taken.ok()) taken = take(std::string_view(bytes, size));
      return true;  // the rest is dropped: the connection stays in step
    });
    if (!whole && taken.ok()) return Unavailable("the connection broke inside the request's body");
    return taken;
  }

  void Drop() {
    [[maybe_unused]] const Status ignored = Read([](std::string_view) { return Status(); });
  }

 private:
  const httplib::ContentReader* reader_;
};

HttpRequest ToRequest(const httplib::Request& from) {
  return {from.method, from.path, HttpPairs(from.params.begin(), from.params.end()),
          [&from](const char* name) { return from.get_header_value(name); }};
}

// A provider even for text: the library would spend time on compressing a plain body.
void SetText(httplib::Response& to, std::string text, const std::string& type) {
  if (text.empty()) return to.set_content("", type);
  const auto kept = std::make_shared<const std::string>(std::move(text));
  to.set_content_provider(kept->size(), type,
                          [kept](size_t offset, size_t length, httplib::DataSink& sink) {
                            return sink.write(kept->data() + offset, length);
                          });
}

void SetFile(httplib::Response& to, const HttpFile& file, const std::string& type) {
  to.set_content_provider(static_cast<size_t>(file.size_bytes), type,
                          [file](size_t offset, size_t length, httplib::DataSink& sink) {
                            // Filled by pread; clearing 64 KiB for each piece would cost more than
                            // the read.
                            std::array<char, kPiece> piece;  // NOLINT(*-member-init)
                            const ssize_t got =
                                pread(*file.fd, piece.data(), std::min(length, piece.size()),
                                      static_cast<off_t>(offset));
                            return got > 0 && sink.write(piece.data(), static_cast<size_t>(got));
                          });
}

void ToLibrary(HttpResponse from, httplib::Response& to) {
  to.status = from.status;
  for (const auto& [name, value] : from.headers) to.set_header(name, value);
  if (from.file.fd != nullptr && from.file.size_bytes > 0) {
    SetFile(to, from.file, from.content_type);
  } else {
    SetText(to, std::move(from.body), from.content_type);
  }
}

// Routing and parsing are the library's; sockets, threads and limits are ours.
class Library final : public httplib::Server {
 public:
  Library(HttpHandler& handler, int listener) : handler_(handler) {
    svr_sock_ = listener;  // else the library takes itself for stopped and sends no body
    set_keep_alive_max_count(1'000'000);
    set_keep_alive_timeout(300);
    set_pre_routing_handler(
        [this](const auto& request, auto& response) { return BeforeBody(request, response); });
    const auto with_body = [this](const httplib::Request& request, httplib::Response& response,
                                  const httplib::ContentReader& reader) {
      Answer(request, response, &reader);
    };
    const auto without = [this](const httplib::Request& request, httplib::Response& response) {
      Answer(request, response, nullptr);
    };
    const std::string all = R"([\s\S]*)";
    Post(all, with_body).Put(all, with_body).Patch(all, with_body).Delete(all, with_body);
    Delete(all, without);
    set_error_handler(httplib::Server::Handler(
        [this](const httplib::Request&, httplib::Response& response) { OnError(response); }));
    set_exception_handler(
        [this](const httplib::Request&, httplib::Response& response, const std::exception_ptr&) {
          ToLibrary(handler_.Refuse(500), response);
        });
  }

  void Serve(HttpConnection& connection) {
    bool closed = false;
    while (!closed && connection.WaitForRequest()) {
      bool refused = false;  // then its body is still on the wire
      const bool served = process_request(
          connection, false, closed,
          [&](const httplib::Request& request) { refused = Refusal(request) != 0; });
      if (!connection.Flush() || !served || refused) return;
    }
  }

 private:
  HandlerResponse BeforeBody(const httplib::Request& request, httplib::Response& response) {
    if (const int refused = Refusal(request); refused != 0) {
      ToLibrary(handler_.Refuse(refused), response);
      return HandlerResponse::Handled;
    }
    if (request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS") {
      return HandlerResponse::Unhandled;
    }
    Answer(request, response, nullptr);
    return HandlerResponse::Handled;
  }

  // What must not reach the library's own handling of bodies; the connection ends with it.
  static int Refusal(const httplib::Request& request) {
    if (request.method == "GET" || request.method == "HEAD") return 0;
    if (request.path.size() > kLongestPath) return 414;
    return request.is_multipart_form_data() ? 415 : 0;
  }

  void Answer(const httplib::Request& request, httplib::Response& response,
              const httplib::ContentReader* reader) {
    LibraryBody body(reader);
    HttpResponse answer = IsLoopbackName(request.get_header_value("Host"))
                              ? handler_.Handle(ToRequest(request), body)
                              : handler_.Refuse(403);
    body.Drop();
    ToLibrary(std::move(answer), response);
  }

  // The library calls this for every status of 400 and more, ours included.
  void OnError(httplib::Response& response) {
    if (response.content_length_ == 0) ToLibrary(handler_.Refuse(response.status), response);
  }

  HttpHandler& handler_;
};

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

Error PortError(int port) {
  if (errno == EADDRINUSE) {
    return Conflict(fmt::format("port {} of 127.0.0.1 is taken by another program", port));
  }
  return FromErrno(errno, fmt::format("cannot listen on 127.0.0.1:{}", port));
}

Result<Descriptor> Listen(int port) {
  Descriptor listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (listener.get() < 0) return PortError(port);
  const int yes = 1;  // a restarted server takes its port back at once
  setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0 ||
      listen(listener.get(), kMostConnections) != 0) {
    return PortError(port);
  }
  return listener;
}

int PortOf(int socket) {
  sockaddr_in address{};
  socklen_t size = sizeof(address);
  getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin_port);
}

class RealHttpServer final : public HttpServer {
 public:
  RealHttpServer(Descriptor listener, Descriptor stop, HttpHandler& handler)
      : listener_(std::move(listener)),
        stop_(std::move(stop)),
        port_(PortOf(listener_.get())),
        library_(handler, listener_.get()),
        acceptor_([this] { Accept(); }) {}

  ~RealHttpServer() override {
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
    while (true) {
      pollfd waited[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
      if (poll(waited, 2, -1) < 0 && errno != EINTR) return;
      if (waited[1].revents != 0) return;
      if (waited[0].revents != 0) AcceptOne();
    }
  }

  void AcceptOne() {
    const int socket = accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    connections_.remove_if([](const Connection& connection) { return connection.done.load(); });
    if (connections_.size() >= kMostConnections) return void(close(socket));
    const int yes = 1;
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof(yes));
    Connection& added = connections_.emplace_back();
    added.thread = std::jthread([this, socket, &added] {
      HttpConnection connection(socket, stop_.get());
      library_.Serve(connection);
      added.done = true;
    });
  }

  Descriptor listener_;
  Descriptor stop_;
  int port_;
  Library library_;
  std::list<Connection> connections_;  // of the acceptor; of the destructor after it
  std::jthread acceptor_;
};

}  // namespace

Result<std::string> ReadWhole(HttpBody& body, int64_t most) {
  std::string whole;
  TRY(body.Read([&](std::string_view piece) -> Status {
    if (static_cast<int64_t>(whole.size() + piece.size()) > most) {
      return InvalidInput(fmt::format("the request's body is larger than {} bytes", most));
    }
    whole += piece;
    return {};
  }));
  return whole;
}

Result<std::unique_ptr<HttpServer>> HttpServer::Start(int port, HttpHandler& handler) {
  TRY_ASSIGN(Descriptor listener, Listen(port));
  Descriptor stop(eventfd(0, EFD_CLOEXEC));
  if (stop.get() < 0) return FromErrno(errno, "cannot make an event descriptor");
  return std::unique_ptr<HttpServer>(
      std::make_unique<RealHttpServer>(std::move(listener), std::move(stop), handler));
}

}  // namespace curbstop
