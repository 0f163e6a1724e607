// The folder of one practice machine on this computer: docs/formats/practice.md.
//
//   birth.json    its host key and the sign by which its processes are found (0600)
//   process.json  the process that holds it, and which boot that was
//   disk/, etc/   what it sees (machine_place.h); of this nothing is ever read here
//   log           what its first process had to say
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "cloud/practice/machines/machine_place.h"
#include "sys/file_store.h"
#include "sys/process_identity.h"
#include "sys/random_bytes.h"

namespace curbstop {

struct MachineBirth {
  std::string host_key;
  std::string sign;  // an entry in the environment of all its processes
};

struct MachineProcess {
  ProcessIdentity process;
  int64_t boot = 0;
  MachinePlaceKind place = MachinePlaceKind::kPlain;
  bool is_hidden = false;  // it was told, or is just being told, to be out of reach
};

class MachineFolder {
 public:
  explicit MachineFolder(std::filesystem::path path) : path_(std::move(path)) {}

  // What it was born with, made now where it is new. Errors: kCorrupt, those of the file store.
  Result<MachineBirth> Birth(FileStore& files, Random& random) const;
  // Empty: it was never born.
  std::optional<MachineBirth> KnownBirth() const;

  std::optional<MachineProcess> Process() const;
  Status KeepProcess(FileStore& files, const MachineProcess& process) const;

  PlaceFolders Place() const;
  std::filesystem::path Log() const { return path_ / "log"; }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

}  // namespace curbstop
