// Files of a run as one object: what an agent away puts at the named place, and home takes apart.
//
// A POSIX tar (ustar) of plain files and folders. The first entry is `curbstop.json`, which says
// what it is: {"version":1,"kind":"checkpoint|out|spools|test","run":…, …}. A name of more than 100
// bytes has an entry `L` before it, a size of 8 GiB or more is in base 256, as GNU tar has both.
// Source: POSIX.1-2017, pax, "ustar Interchange Format"; the GNU tar manual, "Basic Tar Format".
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"

namespace curbstop {

struct PackSource {
  std::filesystem::path path;  // a file, or a folder with everything below; links are left out
  std::string name;            // in the pack
  bool may_be_missing = false;
};

// Replaces `pack`. Errors: kNotFound (a source is missing that may not), kExhausted, kDenied,
// kUnavailable (a file changed or went meanwhile).
Status WritePack(const std::filesystem::path& pack, const Json& about,
                 const std::vector<PackSource>& sources);

struct PackLimits {
  int64_t most_bytes = int64_t{1} << 40;
  int64_t most_entries = 1'000'000;
};

// What `curbstop.json` says. Errors: kCorrupt.
Result<Json> ReadPackAbout(const std::filesystem::path& pack);

// Everything else into `folder`, which is made. A pack comes from a machine of somebody else: names
// that leave the folder, links, devices, doubled names and more than the limits are refused.
// Errors: kCorrupt, kInvalidInput (refused), kExhausted.
Status UnpackInto(const std::filesystem::path& pack, const std::filesystem::path& folder,
                  const PackLimits& limits);

}  // namespace curbstop
