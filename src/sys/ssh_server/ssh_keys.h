// Keys of an SSH server: its own, and those that it lets in.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

// A new ed25519 key, private, as OpenSSH writes one. Errors: kInternal.
Result<std::string> NewSshHostKey();

// Its public half: "ssh-ed25519 AAAA…". Errors: kCorrupt.
Result<std::string> PublicSshKey(const std::string& host_key);

struct AuthorizedKey {
  std::string type;  // "ssh-ed25519"
  std::string key;   // base64
};

// The keys of an `authorized_keys` file that may log in without conditions: comments, lines with
// options in front and certificates are passed over. Source: sshd(8), AUTHORIZED_KEYS FILE FORMAT.
std::vector<AuthorizedKey> ReadAuthorizedKeys(std::string_view text);

}  // namespace curbstop
