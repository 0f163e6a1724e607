#include "sys/interrupts.h"

#include <initializer_list>
#include <signal.h>

namespace curbstop {
namespace {

// A signal handler can reach nothing else.
volatile sig_atomic_t interrupt_count = 0;  // NOLINT(*-non-const-global-variables)

void Count(int) { interrupt_count = interrupt_count + 1; }

}  // namespace

Interrupts::Interrupts() {
  interrupt_count = 0;
  struct sigaction counted{};
  counted.sa_handler = Count;
  sigaction(SIGINT, &counted, nullptr);
  sigaction(SIGTERM, &counted, nullptr);
  signal(SIGHUP, SIG_IGN);
}

Interrupts::~Interrupts() {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) signal(number, SIG_DFL);
}

int Interrupts::count() const { return interrupt_count; }

}  // namespace curbstop
