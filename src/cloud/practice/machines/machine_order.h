// What a practice machine's first process is told, by stdin: it is in no argument list, and on no
// disk that the machine can read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace curbstop {

struct MachineOrder {
  int64_t port = 0;      // of its SSH server, on loopback
  std::string host_key;  // NewSshHostKey
  std::string start;     // for `/bin/sh -c`, at each boot; empty: nothing
  std::string home;      // of its user: /root, or a folder where it is no place of its own
  std::string log;       // what the start script says
  bool is_plain = false;
  int64_t disk_bytes = 0;
};

std::string MachineOrderText(const MachineOrder& order);

// Errors: kInvalidInput.
Result<MachineOrder> ReadMachineOrder(std::string_view text);

}  // namespace curbstop
