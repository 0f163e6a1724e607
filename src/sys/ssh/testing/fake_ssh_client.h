// A far computer that is this one: each command runs under `sh -c` here, behind a link that can be
// refused, or cut after so many bytes.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sys/ssh/ssh_client.h"

namespace curbstop {

struct FakeCut {
  int64_t after_written = -1;  // bytes towards the far end that it still gets; -1: never
  int64_t after_read = -1;     // bytes from it that we still get
};

class FakeSshClient final : public SshClient {
 public:
  // What is run in place of a command; empty: the command itself.
  std::function<std::string(const std::string&)> translate;
  std::optional<Error> refuse;  // every Open fails with it
  FakeCut cut;                  // of the channels opened from now on
  std::vector<std::string> commands;
  // Bytes that went through all channels so far, by way.
  int64_t written = 0;
  int64_t read = 0;

  Result<std::unique_ptr<SshChannel>> Open(const std::string& command) override;
};

}  // namespace curbstop
