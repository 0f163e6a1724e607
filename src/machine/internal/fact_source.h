// Where facts about a computer come from: the live system, or a recorded tree of one.
//
// All paths are absolute paths on the computer that is described, so that the parsers never know
// which of the two they read.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "sys/process.h"

namespace curbstop {

struct DiskSpace {
  Bytes total;
  Bytes free;  // for an ordinary user
};

class FactSource {
 public:
  virtual ~FactSource() = default;

  // Errors: those of ReadFile; kInvalidInput above 4 MiB.
  virtual Result<std::string> File(std::string_view path) = 0;
  // Names in a folder, sorted; none where it cannot be read.
  virtual std::vector<std::string> Names(std::string_view folder) = 0;
  virtual bool Has(std::string_view path) = 0;
  // What one of the programs of KnownCommands() wrote. Errors: kNotFound if it is not there,
  // kUnavailable with its own words if it failed or took too long.
  virtual Result<std::string> Command(std::string_view name) = 0;
  // Errors: kNotFound, kUnavailable.
  virtual Result<DiskSpace> Space(std::string_view mount) = 0;

  // The file's text without spaces around it, or empty.
  std::string Text(std::string_view path);
};

// A program that is asked for facts. Its output in a recorded tree is `commands/NAME.txt`.
struct KnownCommand {
  std::string_view name;
  std::vector<std::string> programs;  // the first that exists is run
  std::vector<std::string> arguments;
  std::chrono::milliseconds timeout{2000};
};
const std::vector<KnownCommand>& KnownCommands();

std::unique_ptr<FactSource> MakeLiveSource(ProcessRunner& processes);
// Links that lead out of `root` are not followed.
std::unique_ptr<FactSource> MakeTreeSource(std::filesystem::path root);

// The text of `df --block-size=1 --output=size,avail,target`, the form that trees hold.
std::map<std::string, DiskSpace> ParseDf(std::string_view text);

}  // namespace curbstop
