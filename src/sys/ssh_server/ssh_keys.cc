#include "sys/ssh_server/ssh_keys.h"

#include <array>
#include <libssh/libssh.h>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr size_t kMostKeys = 200;

struct FreeKey {
  void operator()(ssh_key key) const { ssh_key_free(key); }
};
using Key = std::unique_ptr<std::remove_pointer_t<ssh_key>, FreeKey>;

struct FreeText {
  void operator()(char* text) const { ssh_string_free_char(text); }
};
using Text = std::unique_ptr<char, FreeText>;

bool IsKeyType(std::string_view word) {
  constexpr std::array kTypes = {"ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256",
                                 "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"};
  for (const std::string_view type : kTypes) {
    if (word == type) return true;
  }
  return false;
}

}  // namespace

Result<std::string> NewSshHostKey() {
  ssh_key made = nullptr;
  if (ssh_pki_generate(SSH_KEYTYPE_ED25519, 0, &made) != SSH_OK)
    return Internal("no ed25519 key could be made");
  const Key key(made);
  char* text = nullptr;
  if (ssh_pki_export_privkey_base64(key.get(), nullptr, nullptr, nullptr, &text) != SSH_OK)
    return Internal("an ed25519 key could not be written");
  const Text owned(text);
  return std::string(owned.get());
}

Result<std::string> PublicSshKey(const std::string& host_key) {
  ssh_key read = nullptr;
  if (ssh_pki_import_privkey_base64(host_key.c_str(), nullptr, nullptr, nullptr, &read) != SSH_OK)
    return Corrupt("the host key is none");
  const Key key(read);
  char* text = nullptr;
  if (ssh_pki_export_pubkey_base64(key.get(), &text) != SSH_OK)
    return Corrupt("the host key has no public half");
  const Text owned(text);
  return fmt::format("{} {}", ssh_key_type_to_char(ssh_key_type(key.get())), owned.get());
}

std::vector<AuthorizedKey> ReadAuthorizedKeys(std::string_view text) {
  std::vector<AuthorizedKey> keys;
  for (const std::string_view line : Lines(text)) {
    const std::string_view rest = Trim(line);
    const size_t space = rest.find_first_of(" \t");
    if (space == rest.npos || !IsKeyType(rest.substr(0, space))) continue;
    const std::string_view after = Trim(rest.substr(space));
    if (keys.size() == kMostKeys) break;
    keys.push_back({.type = std::string(rest.substr(0, space)),
                    .key = std::string(after.substr(0, after.find_first_of(" \t")))});
  }
  return keys;
}

}  // namespace curbstop
