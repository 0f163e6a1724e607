#include "cloud/practice/machines/internal/machine_folder.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "sys/files.h"
#include "sys/ssh_server/ssh_keys.h"

namespace curbstop {
namespace {

constexpr int64_t kLongest = 64 << 10;
constexpr const char* kSignVariable = "CURBSTOP_PRACTICE_MACHINE";

std::optional<Json> ReadObject(const std::filesystem::path& file) {
  const Result<std::string> text = ReadFile(file, kLongest);
  if (!text.ok()) return {};
  Result<Json> json = ParseJson(*text);
  if (!json.ok() || !json->IsObject()) return {};
  return *std::move(json);
}

}  // namespace

std::optional<MachineBirth> MachineFolder::KnownBirth() const {
  const std::optional<Json> json = ReadObject(path_ / "birth.json");
  if (!json) return {};
  MachineBirth birth{.host_key = json->StringOr("host_key", ""),
                     .sign = json->StringOr("sign", "")};
  if (birth.host_key.empty() || birth.sign.empty()) return {};
  return birth;
}

Result<MachineBirth> MachineFolder::Birth(FileStore& files, Random& random) const {
  if (std::optional<MachineBirth> known = KnownBirth()) return *std::move(known);
  TRY(MakeFolders(path_, true));
  MachineBirth birth{.host_key = "", .sign = fmt::format("{}={}", kSignVariable, NewToken(random))};
  TRY_ASSIGN(birth.host_key, NewSshHostKey());
  const Json json =
      Json::MakeObject({{"version", 1}, {"host_key", birth.host_key}, {"sign", birth.sign}});
  TRY(files.Write(path_ / "birth.json", WriteJson(json) + "\n", 0600));
  return birth;
}

std::optional<MachineProcess> MachineFolder::Process() const {
  const std::optional<Json> json = ReadObject(path_ / "process.json");
  if (!json) return {};
  return MachineProcess{.process = {.pid = static_cast<int>(json->IntOr("pid", 0)),
                                    .start_ticks = json->IntOr("start_ticks", 0),
                                    .boot_id = json->StringOr("boot_id", "")},
                        .boot = json->IntOr("boot", 0),
                        .place = json->StringOr("place", "") == NameOf(MachinePlaceKind::kPlain)
                                     ? MachinePlaceKind::kPlain
                                     : MachinePlaceKind::kBubblewrap,
                        .is_hidden = json->BoolOr("is_hidden", false)};
}

Status MachineFolder::KeepProcess(FileStore& files, const MachineProcess& process) const {
  const Json json = Json::MakeObject({{"version", 1},
                                      {"pid", int64_t{process.process.pid}},
                                      {"start_ticks", process.process.start_ticks},
                                      {"boot_id", process.process.boot_id},
                                      {"boot", process.boot},
                                      {"place", NameOf(process.place)},
                                      {"is_hidden", process.is_hidden}});
  return files.Write(path_ / "process.json", WriteJson(json) + "\n", 0600);
}

PlaceFolders MachineFolder::Place() const {
  return {.disk = path_ / "disk", .etc = path_ / "etc", .host_name = path_.filename().string()};
}

}  // namespace curbstop
