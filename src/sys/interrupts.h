// How often the user has pressed Ctrl-C, for commands that do something else than die of it.
#pragma once

namespace curbstop {

// While one lives, SIGINT and SIGTERM are counted and SIGHUP is ignored (a closed terminal merely
// detaches). One at a time.
class Interrupts {
 public:
  Interrupts();
  Interrupts(const Interrupts&) = delete;
  Interrupts& operator=(const Interrupts&) = delete;
  ~Interrupts();
  int count() const;
};

}  // namespace curbstop
