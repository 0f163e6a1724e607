// The first process of a practice machine: starts what it was told to, and is its SSH server.
//
// It reaps whoever is left behind. Each connection is served by a process of its own, so that a
// slow or broken client stops nobody else. SIGUSR1: out of reach, nobody is answered any more;
// SIGUSR2: back.
#pragma once

#include "base/result.h"

namespace curbstop {

// Reads its order (machine_order.h) from stdin and goes on until SIGTERM or the machine's end.
// Errors: kInvalidInput, kConflict (the port is taken), kExhausted.
Status LiveInMachine();

}  // namespace curbstop
