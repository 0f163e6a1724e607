// Where a practice machine lives: a place of its own by bubblewrap, or plain processes.
//
// In its own place it has a process namespace (its first process is 1; ending that ends all), a
// user namespace in which it is root and outside of which it has the rights of whoever started the
// practice cloud, the host's /usr and what belongs to it read-only, and folders of its own for
// /root, /var, /tmp and the like. Network and loopback are the host's.
#pragma once

#include <array>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/process.h"

namespace curbstop {

enum class MachinePlaceKind { kBubblewrap, kPlain };
std::string_view NameOf(MachinePlaceKind kind);  // "bubblewrap"

struct PlaceChoice {
  MachinePlaceKind kind = MachinePlaceKind::kPlain;
  std::string why;  // plain: what stood in the way
};

// Tries it out with `program --version`.
PlaceChoice ChoosePlace(ProcessRunner& processes, const std::filesystem::path& program,
                        const std::filesystem::path& scratch);

// Folders that a machine can write to; each lies below its `disk`.
inline constexpr std::array kOwnFolders = {"root", "var", "tmp",  "home",      "opt",
                                           "srv",  "mnt", "data", "workspace", "media"};

struct PlaceFolders {
  std::filesystem::path disk;
  std::filesystem::path etc;  // passwd, group, hostname: ours, read-only for the machine
  std::string host_name;
};

// Makes them, and what stands in `etc`.
Status MakePlaceFolders(const PlaceFolders& folders);

// The command line that starts `program words…` there, without its environment.
std::vector<std::string> BubblewrapCommand(const PlaceFolders& folders,
                                           const std::filesystem::path& program,
                                           const std::vector<std::string>& words);

}  // namespace curbstop
