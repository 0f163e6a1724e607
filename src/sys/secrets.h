// Secrets by name, for the environment of steps: in the desktop's keyring where there is one, else
// in a file that only its user may read.
//
// The file (docs/formats/credentials.md) lists every name, and holds the values that are not in the
// keyring. Values come from stdin and go to `secret-tool` by its stdin: never by an argument.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "sys/directories.h"
#include "sys/file_store.h"
#include "sys/process.h"
#include "sys/secret.h"

namespace curbstop {

// [A-Z_][A-Z0-9_]*, at most 128, and no variable that curbstop itself reads or sets for a step.
// Errors: kInvalidInput.
Status CheckSecretName(std::string_view name);

// A provider's account key: kept like any secret, but never given to a step.
bool IsAccountKey(std::string_view name);

enum class SecretHome { kKeyring, kFile };

struct StoredSecret {
  std::string name;
  SecretHome home = SecretHome::kFile;
};

// Whether this session has a keyring: `secret-tool` and a session bus.
bool KeyringIsThere();

class SecretStore {
 public:
  SecretStore(const Directories& directories, ProcessRunner& processes, FileStore& files,
              bool keyring)
      : directories_(directories), processes_(processes), files_(files), keyring_(keyring) {}

  // Where it went: a keyring that does not answer leaves it to the file.
  // Errors: kInvalidInput (name, empty value, NUL byte), kConflict (another change under way),
  // kDenied (the file is open to others), kExhausted, kCorrupt.
  Result<SecretHome> Set(std::string_view name, const Secret& value);

  // Errors: kNotFound with the way to set it, kUnavailable (in a keyring out of reach), kDenied,
  // kCorrupt.
  Result<Secret> Get(std::string_view name) const;

  // By name.
  Result<std::vector<StoredSecret>> List() const;

  // Errors: kNotFound, kUnavailable, kConflict, kDenied.
  Status Remove(std::string_view name);

 private:
  Result<Json> ReadAll() const;
  Status WriteAll(const Json& all);
  Result<ProcessOutcome> SecretTool(std::vector<std::string> words, std::string input) const;

  const Directories& directories_;
  ProcessRunner& processes_;
  FileStore& files_;
  bool keyring_;
};

}  // namespace curbstop
