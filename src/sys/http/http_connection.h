// One accepted socket as the HTTP library's stream: reads in blocks, gathers writes, waits with a
// limit.
#pragma once

#include <array>
#include <poll.h>
#include <string>

#include <httplib.h>

namespace curbstop {

class HttpConnection final : public httplib::Stream {
 public:
  // Owns `socket`. `stop` becomes readable when the server stops.
  HttpConnection(int socket, int stop) : socket_(socket), stop_(stop) {}
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection() override;

  // Waits between requests: false when the server stops, the peer is gone or silent for long.
  bool WaitForRequest();
  bool Flush();

  bool is_readable() const override { return position_ < end_ || WaitFor(POLLIN, kRequestMs); }
  bool is_writable() const override { return WaitFor(POLLOUT, kRequestMs); }
  ssize_t read(char* to, size_t size) override;
  ssize_t write(const char* bytes, size_t size) override;
  void get_remote_ip_and_port(std::string& ip, int& port) const override;
  void get_local_ip_and_port(std::string& ip, int& port) const override;
  socket_t socket() const override { return socket_; }

 private:
  static constexpr int kIdleMs = 300'000;    // between requests
  static constexpr int kRequestMs = 60'000;  // for the next bytes of a request or answer
  static constexpr size_t kWriteAhead = 64 << 10;

  bool WaitFor(short events, int timeout_ms) const;
  ssize_t Receive(char* to, size_t size);
  bool SendAll(const char* bytes, size_t size);

  int socket_;
  int stop_;
  std::array<char, 16 << 10> in_{};
  size_t position_ = 0;
  size_t end_ = 0;
  std::string out_;
};

}  // namespace curbstop
