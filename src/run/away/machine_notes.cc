#include "run/away/machine_notes.h"

#include <fmt/format.h>

#include "base/text.h"
#include "run/away/far_machine.h"
#include "sys/files.h"

namespace curbstop {

std::filesystem::path MachineNotes::PathOf(std::string_view what) const {
  return folder_ / fmt::format("machine-{}.{}", rental_, what);
}

std::optional<int64_t> MachineNotes::Read(std::string_view what) const {
  const Result<std::string> text = ReadFile(PathOf(what), 64);
  return text.ok() ? ParseCount(Trim(*text)) : std::nullopt;
}

Status MachineNotes::Write(std::string_view what, int64_t value, FileStore& files) const {
  return files.Write(PathOf(what), fmt::format("{}\n", value), 0600);
}

}  // namespace curbstop
