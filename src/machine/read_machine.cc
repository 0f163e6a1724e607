#include "machine/read_machine.h"

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/read_parts.h"
#include "sys/files.h"

namespace curbstop {
namespace {

// From a folder of anything else only guesses could be read. A Mac's tree, made by hand, has what
// its programs wrote.
Status RequireTree(FactSource& tree, const std::string& root) {
  for (const char* sign : {"/version", "/proc", "/commands"}) {
    if (tree.Has(sign)) return {};
  }
  return InvalidInput(
             fmt::format("`{}` is no recorded machine: neither `version` nor `proc` is in it",
                         Printable(root)))
      .WithHint("`curbstop assess --record DIR` makes one");
}

}  // namespace

Machine ReadFrom(FactSource& source, ReadDepth depth) {
  Machine machine;
  if (!source.Has("/proc/cpuinfo") && source.Command("sysctl").ok()) {
    ReadApple(source, machine);
    return machine;
  }
  ReadSystem(source, machine);
  ReadCpu(source, machine);
  ReadMemory(source, machine);
  ReadWsl(source, machine);
  ReadContainer(source, machine);
  const std::vector<Mount> mounts = ParseMountInfo(source.Text("/proc/self/mountinfo"));
  ReadLimits(source, mounts, machine);
  ReadDisks(source, mounts, machine);
  ReadGpus(source, machine);
  if (depth == ReadDepth::kForPlanning) return machine;
  ReadWindows(source, machine);
  ReadMemorySpeed(source, machine);
  ReadFound(source, machine);
  return machine;
}

Result<Machine> ReadMachine(const std::filesystem::path& root, ProcessRunner& processes,
                            ReadDepth depth) {
  if (root == "/") {
    Machine machine = ReadFrom(*MakeLiveSource(processes), depth);
    machine.origin = "live";
    return machine;
  }
  if (!IsFolder(root)) {
    return NotFound(fmt::format("`{}` is no folder", Printable(root.string())))
        .WithHint("`curbstop assess --record DIR` makes one");
  }
  const std::unique_ptr<FactSource> tree = MakeTreeSource(root);
  TRY(RequireTree(*tree, root.string()));
  if (const std::string version = tree->Text("/version"); !version.empty() && version != "1") {
    return InvalidInput(fmt::format("`{}` is a tree of version `{}`, this program reads version 1",
                                    Printable(root.string()), Printable(version.substr(0, 20))));
  }
  Machine machine = ReadFrom(*tree, depth);
  machine.origin = tree->Has("/synthetic") ? "synthetic" : "recorded";
  return machine;
}

}  // namespace curbstop
