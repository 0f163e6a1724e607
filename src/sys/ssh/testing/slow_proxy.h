// A TCP proxy on loopback that behaves like a far link: a rate, a delay, cuts, silence.
#pragma once

#include <atomic>
#include <cstdint>
#include <thread>

#include "base/units.h"

namespace curbstop {

struct LinkQuality {
  int64_t bytes_per_s = 0;  // each way, shared by all connections; 0: as fast as it goes
  Millis delay{0};          // one way
};

class SlowProxy {
 public:
  SlowProxy(int target_port, LinkQuality quality);
  SlowProxy(const SlowProxy&) = delete;
  SlowProxy& operator=(const SlowProxy&) = delete;
  ~SlowProxy();

  int port() const { return port_; }
  void Cut();  // all connections are reset now
  // All are reset once so many bytes have come from the client's side, counted from now.
  void CutAfter(int64_t bytes) { cut_at_ = up_ + bytes; }
  // Nothing passes any more, nor is anything closed; false: it goes on.
  void Silence(bool silent) { silent_ = silent; }
  int64_t bytes_up() const { return up_; }      // from the clients' side
  int64_t bytes_down() const { return down_; }  // to it

 private:
  void Serve(const std::stop_token& stop);
  int target_port_;
  LinkQuality quality_;
  int listener_;
  int port_;
  std::atomic<int64_t> up_{0};
  std::atomic<int64_t> down_{0};
  std::atomic<int64_t> cut_at_{INT64_MAX};
  std::atomic<bool> cut_now_{false};
  std::atomic<bool> silent_{false};
  std::jthread thread_;
};

}  // namespace curbstop
