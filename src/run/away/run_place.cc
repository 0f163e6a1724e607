#include "run/away/run_place.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "run/agent/pack.h"
#include "store/places/fetch_object.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int kCheckpointObjects = 2;  // one is always whole
constexpr std::string_view kOut = "out";
constexpr std::string_view kSpools = "spools";
constexpr int64_t kStart = 64 << 10;  // holds the first entry, which says what a pack is

Status CheckCheckpointName(const std::string& name) {
  TRY(CheckInside(name));
  if (name.find('/') == name.npos && !name.starts_with('.')) return {};
  return Corrupt("a checkpoint's name is one plain name");
}

Status MoveTo(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::error_code failed;
  std::filesystem::rename(from, to, failed);
  if (!failed) return {};
  return Unavailable(fmt::format("cannot put `{}` in place: {}", to.string(), failed.message()));
}

}  // namespace

std::string RunPlace::NameOf(int64_t rental, std::string_view what) const {
  return fmt::format("{}/{}/{}", run_, rental, what);
}

std::string RunPlace::CheckpointName(int64_t rental, int64_t which) const {
  return NameOf(rental, fmt::format("checkpoint-{}", which));
}

Result<AwaySecrets> RunPlace::AddressesFor(int64_t rental, Millis lease) const {
  TRY_ASSIGN(const NamedPlace place, open_());
  const auto hours =
      std::chrono::duration_cast<std::chrono::seconds>(lease) + std::chrono::hours(1);
  const auto expires = std::min(hours, kMostPresigned);
  const auto put = [&](const std::string& name) { return place.PresignPut(name, expires); };
  AwaySecrets secrets;
  for (int i = 0; i < kCheckpointObjects; ++i) {
    TRY_ASSIGN(const Secret address, put(CheckpointName(rental, i)));
    secrets.put_checkpoint.push_back(address.Reveal());
  }
  TRY_ASSIGN(const Secret out, put(NameOf(rental, kOut)));
  TRY_ASSIGN(const Secret spools, put(NameOf(rental, kSpools)));
  secrets.put_out = out.Reveal();
  secrets.put_spools = spools.Reveal();
  return secrets;
}

std::vector<std::string> RunPlace::ObjectsOf(int64_t rental) const {
  std::vector<std::string> names = {NameOf(rental, kOut), NameOf(rental, kSpools)};
  for (int i = 0; i < kCheckpointObjects; ++i) names.push_back(CheckpointName(rental, i));
  return names;
}

Status RunPlace::Clear(int64_t last) const {
  TRY_ASSIGN(const NamedPlace place, open_());
  std::optional<Error> first;
  int left = 0;
  for (int64_t rental = 1; rental <= last; ++rental) {
    for (const std::string& name : ObjectsOf(rental)) {
      const Status removed = place.Remove(http_, name);
      if (removed.ok()) continue;
      ++left;
      if (!first) first = removed.error();
    }
  }
  if (!first) return {};
  return std::move(*first).While(
      fmt::format("{} objects of run {} may be left at `{}`", left, run_, place.Text()));
}

Status RunPlace::CheckAbout(const Json& about) const {
  if (about.IntOr("version", 0) != 1) return Corrupt("a pack of another version");
  if (about.StringOr("run", "") != run_) return Corrupt("a pack of another run");
  return {};
}

// A pack holds no more than its own bytes; so much room it may take.
Result<Json> RunPlace::Unpack(const NamedPlace& place, const std::string& object,
                              const std::filesystem::path& folder,
                              const std::stop_token& stop) const {
  const std::filesystem::path pack = run_folder_ / ".place-pack";
  Status fetched = FetchObject(http_, place, object, pack, clock_, stop);
  Result<Json> about = fetched.ok() ? ReadPackAbout(pack) : fetched.error();
  if (about.ok()) fetched = CheckAbout(*about);
  if (fetched.ok() && about.ok()) fetched = RemoveTree(folder);
  if (fetched.ok() && about.ok())
    fetched = UnpackInto(pack, folder, PackLimits{.most_bytes = FileSize(pack)});
  TRY(RemoveTree(pack));
  TRY(fetched);
  return about;
}

Result<Json> RunPlace::Fetch(int64_t rental, std::string_view what,
                             const std::filesystem::path& folder,
                             const std::stop_token& stop) const {
  TRY_ASSIGN(const NamedPlace place, open_());
  return Unpack(place, NameOf(rental, what), folder, stop);
}

Result<Json> RunPlace::ReadAbout(const NamedPlace& place, const std::string& object) const {
  TRY_ASSIGN(const std::string start, FetchStart(http_, place, object, kStart, clock_));
  const std::filesystem::path file = run_folder_ / ".place-start";
  TRY(RemoveTree(file));
  TRY(AppendQuickly(file, start));
  Result<Json> about = ReadPackAbout(file);
  TRY(RemoveTree(file));
  if (about.ok()) TRY(CheckAbout(*about));
  return about;
}

Result<std::optional<KeptCheckpoint>> RunPlace::FindNewest(int64_t first, int64_t last) const {
  TRY_ASSIGN(const NamedPlace place, open_());
  std::optional<KeptCheckpoint> newest;
  for (int64_t i = first * kCheckpointObjects; i < (last + 1) * kCheckpointObjects; ++i) {
    const std::string object = CheckpointName(i / kCheckpointObjects, i % kCheckpointObjects);
    const Result<Json> about = ReadAbout(place, object);
    const bool is_none = !about.ok() && (about.error().kind() == ErrorKind::kNotFound ||
                                         about.error().kind() == ErrorKind::kDenied ||
                                         about.error().kind() == ErrorKind::kCorrupt);
    if (is_none) continue;
    if (!about.ok()) return about.error();
    const int64_t work_ms = about->IntOr("work_ms", 0);
    if (newest && newest->work_ms > work_ms) continue;
    newest = KeptCheckpoint{object, about->StringOr("name", ""), work_ms};
  }
  if (newest) TRY(CheckCheckpointName(newest->name));
  return newest;
}

Status RunPlace::FetchCheckpoint(const KeptCheckpoint& kept, const std::filesystem::path& folder,
                                 const std::stop_token& stop) const {
  if (Exists(folder / kept.name)) return {};
  TRY_ASSIGN(const NamedPlace place, open_());
  TRY(MakeFolders(folder));
  const std::filesystem::path incoming = folder / (".incoming-" + kept.name);
  TRY_ASSIGN(const Json about, Unpack(place, kept.object, incoming, stop));
  if (about.StringOr("name", "") != kept.name)
    return Unavailable("the checkpoint was replaced while it was read");
  TRY(MoveTo(incoming / kept.name, folder / kept.name));
  return RemoveTree(incoming);
}

}  // namespace curbstop
