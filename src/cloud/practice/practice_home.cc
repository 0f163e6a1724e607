#include "cloud/practice/practice_home.h"

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "project/yaml.h"
#include "sys/file_lock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kStateVersion = 1;
constexpr int64_t kLongestScript = 1 << 20;

// A JSON value as the tree that field tables read. JSON knows no places.
Node ToNode(const Json& json) {
  Node node;
  if (json.IsNull()) return node;
  if (json.IsObject()) {
    node.kind = NodeKind::kMap;
    for (const auto& [key, value] : json.members()) {
      Node name{.kind = NodeKind::kScalar, .text = key, .quoted = true};
      node.entries.push_back({std::move(name), ToNode(value)});
    }
    return node;
  }
  if (json.IsArray()) {
    node.kind = NodeKind::kList;
    for (const Json& item : json.items()) node.items.push_back(ToNode(item));
    return node;
  }
  node.kind = NodeKind::kScalar;
  node.quoted = json.IsString();
  node.text = json.IsString() ? *json.AsString() : WriteJson(json);
  return node;
}

Error NotAState(const PracticeHome& home, const std::string& why) {
  return Corrupt(fmt::format("`{}` is not the state of a practice cloud of version {}: {}",
                             Printable(home.State().string()), kStateVersion, why))
      .WithHint("`curbstop practice start --fresh` begins anew; what it held is forgotten");
}

}  // namespace

PracticeHome PracticeHomeOf(const Directories& directories) {
  return {directories.state / "practice"};
}

std::string PracticeStateText(const PracticeState& state) {
  return WriteJson(WriteFields(state)) + "\n";
}

Result<PracticeState> LoadPractice(const PracticeHome& home) {
  if (!Exists(home.State()))
    return NotFound("there is no practice cloud on this computer")
        .WithHint("`curbstop practice start` makes one");
  TRY_ASSIGN(const std::string text, ReadFile(home.State()));
  const Result<Json> json = ParseJson(text);
  if (!json.ok()) return NotAState(home, json.error().message());
  Result<PracticeState> state = ReadFields<PracticeState>(ToNode(*json), NodeSource{"cloud.json"});
  if (!state.ok()) return NotAState(home, state.error().message());
  if (state->version != kStateVersion) return NotAState(home, "another version");
  return state;
}

Status SavePractice(const PracticeHome& home, FileStore& files, const PracticeState& state) {
  TRY(MakeFolders(home.folder, true));
  return files.Write(home.State(), PracticeStateText(state), 0600);
}

Result<PracticeWorld> WorldOf(PracticeState state) {
  PracticeWorld world;
  TRY_ASSIGN(world.hosts, PracticeHosts(state.settings.seed, state.settings.bad_percent));
  world.market = {.seed = state.settings.seed,
                  .trace_from_ms = state.market_from_ms,
                  .is_still = state.settings.is_still};
  if (!state.settings.trace.empty()) {
    TRY_ASSIGN(world.market.trace, BundledSpotTrace(state.settings.trace));
  }
  for (const PracticeMachine& machine : state.machines) {
    const bool known = std::any_of(world.hosts.begin(), world.hosts.end(),
                                   [&](const auto& host) { return host.id == machine.host; });
    if (!known)
      return Corrupt(fmt::format("machine {} is on a host that this version's price list lacks",
                                 machine.id))
          .WithHint("`curbstop practice start --fresh` begins anew");
  }
  world.state = std::move(state);
  return world;
}

std::optional<ProcessIdentity> RunningPractice(const PracticeHome& home) {
  if (!IsLocked(home.Lock())) return {};
  const Result<std::string> text = ReadFile(home.Server());
  if (!text.ok()) return {};
  const Result<Json> json = ParseJson(*text);
  if (!json.ok()) return {};
  const ProcessIdentity process{.pid = static_cast<int>(json->IntOr("pid", 0)),
                                .start_ticks = json->IntOr("start_ticks", 0),
                                .boot_id = json->StringOr("boot_id", "")};
  if (!IsAlive(process)) return {};
  return process;
}

std::optional<PlaceChoice> PlaceOfPractice(const PracticeHome& home) {
  const Result<std::string> text = ReadFile(home.Server());
  if (!text.ok()) return {};
  const Result<Json> json = ParseJson(*text);
  if (!json.ok() || json->Find("place") == nullptr) return {};
  const bool own = json->StringOr("place", "") == NameOf(MachinePlaceKind::kBubblewrap);
  return PlaceChoice{.kind = own ? MachinePlaceKind::kBubblewrap : MachinePlaceKind::kPlain,
                     .why = json->StringOr("place_why", "")};
}

Status WriteRunningPractice(const PracticeHome& home, FileStore& files, const PlaceChoice& place) {
  const ProcessIdentity self = IdentifySelf();
  const Json json = Json::MakeObject({{"pid", int64_t{self.pid}},
                                      {"start_ticks", self.start_ticks},
                                      {"boot_id", self.boot_id},
                                      {"place", NameOf(place.kind)},
                                      {"place_why", place.why}});
  return files.Write(home.Server(), WriteJson(json) + "\n", 0600);
}

Result<FaultScript> ReadFaultScript(const std::filesystem::path& file) {
  TRY_ASSIGN(const std::string text, ReadFile(file, kLongestScript));
  const NodeSource source{file.string()};
  TRY_ASSIGN(const Node tree, ParseYaml(text, source));
  return ReadFields<FaultScript>(tree, source);
}

}  // namespace curbstop
