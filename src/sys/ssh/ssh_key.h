// A key pair of a run's own, by the system's ssh-keygen.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "sys/process.h"

namespace curbstop {

struct SshKey {
  std::filesystem::path identity;  // the private key, 0600; `NAME.pub` lies beside it
  std::string public_line;         // "ssh-ed25519 AAAA… comment", without a line end
};

// `FOLDER/ssh-key` and `FOLDER/ssh-key.pub`, ed25519, without a passphrase. A key that is there
// stays; a crash leaves either none or a whole one. `comment`: one word, e.g. the run's mark.
// Errors: kNotFound (no ssh-keygen, no folder), kInvalidInput (the comment), kExhausted, kDenied.
Result<SshKey> MakeSshKey(const std::filesystem::path& folder, const std::string& comment,
                          ProcessRunner& processes);

}  // namespace curbstop
