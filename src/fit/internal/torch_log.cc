#include "fit/torch_log.h"

#include <algorithm>
#include <map>
#include <variant>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "fit/checked.h"
#include "fit/internal/log_text.h"
#include "fit/internal/pickle.h"

namespace curbstop::fit {
namespace {

constexpr int64_t kMostDevices = 64;
constexpr size_t kMostJsonBytes = size_t{32} << 20;  // a value takes some 20 times its text
constexpr int64_t kMostVisits = 40'000'000;          // lists of a pickle may be the same one, often

// The same questions to a pickle's values and to JSON's.
struct PickleValue {
  const Pickle* pickle;
  const PickleNode* node;

  std::optional<PickleValue> Find(std::string_view key) const {
    const PickleNode* found = pickle->Find(*node, key);
    if (found == nullptr) return std::nullopt;
    return PickleValue{pickle, found};
  }
  size_t size() const { return node->kind == PickleKind::kList ? node->children.size() : 0; }
  PickleValue at(size_t i) const { return {pickle, &pickle->node(node->children[i])}; }
  std::string_view text() const { return node->text; }
  int64_t number() const { return node->kind == PickleKind::kInt ? node->number : 0; }
};

struct JsonValue {
  const Json* json;

  std::optional<JsonValue> Find(std::string_view key) const {
    const Json* found = json->Find(key);
    if (found == nullptr) return std::nullopt;
    return JsonValue{found};
  }
  size_t size() const { return json->items().size(); }
  JsonValue at(size_t i) const { return {&json->items()[i]}; }
  std::string_view text() const {
    return json->AsString() == nullptr ? std::string_view() : std::string_view(*json->AsString());
  }
  int64_t number() const { return json->AsInt().value_or(0); }
};

struct DeviceUse {
  Wide allocated = 0, reserved = 0;  // at the end
  Wide peak_allocated = 0, peak_reserved = 0;
  Wide held = 0;  // 0: no history
  int64_t out_of_memory = 0;
};

template <typename Value>
class SnapshotReader {
 public:
  explicit SnapshotReader(const Value& root) : root_(root) {}

  Result<std::map<int64_t, DeviceUse>> Run() {
    const auto segments = root_.Find("segments");
    if (!segments || segments->size() == 0)
      return InvalidInput("there are no `segments` in it")
          .WithHint("`torch.cuda.memory._dump_snapshot(FILE)` writes a snapshot that has them");
    for (size_t i = 0; i < segments->size(); ++i) {
      AddSegment(segments->at(i));
      TRY(Count());
    }
    for (auto& [device, use] : devices_) {
      use.peak_allocated = use.allocated;
      use.peak_reserved = use.reserved;
    }
    const auto traces = root_.Find("device_traces");
    if (!traces) return std::move(devices_);
    for (size_t i = 0; i < std::min<size_t>(traces->size(), kMostDevices); ++i) {
      TRY(WalkBack(traces->at(i), devices_[static_cast<int64_t>(i)]));
    }
    return std::move(devices_);
  }

 private:
  Status Count() {
    if (++visits_ <= kMostVisits) return {};
    return Exhausted(fmt::format("above {} entries", kMostVisits));
  }

  static int64_t Number(const Value& value, std::string_view key) {
    const auto found = value.Find(key);
    return found ? std::clamp<int64_t>(found->number(), 0, kMostBytes) : 0;
  }

  void AddSegment(const Value& segment) {
    const int64_t device = Number(segment, "device");
    if (device >= kMostDevices) return;
    devices_[device].reserved += Number(segment, "total_size");
    devices_[device].allocated += Number(segment, "allocated_size");
  }

  // From the end to the beginning; each event is undone.
  Status WalkBack(const Value& events, DeviceUse& use) {
    Wide allocated = use.allocated;
    Wide reserved = use.reserved;
    Wide least_since = allocated;
    use.held = allocated;
    for (size_t i = events.size(); i-- > 0;) {
      TRY(Count());
      const Value event = events.at(i);
      const auto action = event.Find("action");
      const std::string_view name = action ? action->text() : std::string_view();
      const Wide size = Number(event, "size");
      if (name == "alloc") allocated -= size;
      if (name == "free_completed" || name == "free") allocated += size;
      if (name == "segment_alloc" || name == "segment_map") reserved -= size;
      if (name == "segment_free" || name == "segment_unmap") reserved += size;
      if (name == "oom") ++use.out_of_memory;
      least_since = std::min(least_since, allocated);
      if (allocated > use.peak_allocated) {
        use.peak_allocated = allocated;
        use.held = least_since;
      }
      use.peak_reserved = std::max(use.peak_reserved, reserved);
    }
    if (events.size() == 0) use.held = 0;
    return {};
  }

  const Value& root_;
  std::map<int64_t, DeviceUse> devices_;
  int64_t visits_ = 0;
};

EngineLog LogOf(const std::map<int64_t, DeviceUse>& devices) {
  LogRun run;
  run.engine = LogEngine::kTorch;
  for (const auto& [number, use] : devices) {
    if (use.peak_reserved <= 0) continue;
    const std::string device = fmt::format("gpu{}", number);
    run.bytes.push_back({"allocated", device, Clamp(use.peak_allocated), 0});
    run.bytes.push_back({"reserved", device, Clamp(use.peak_reserved), 0});
    const bool has_history = use.held > 0 && use.held < use.peak_allocated;
    if (has_history) run.bytes.push_back({"held between steps", device, Clamp(use.held), 0});
    run.out_of_memory += use.out_of_memory;
    ++run.gpus;
  }
  EngineLog log;
  log.runs.push_back(std::move(run));
  return log;
}

template <typename Value>
Result<EngineLog> ReadValue(const Value& root, std::string_view name) {
  auto devices = SnapshotReader<Value>(root).Run();
  if (!devices.ok())
    return std::move(devices).error().While(fmt::format("`{}` is no memory snapshot", name));
  return LogOf(*devices);
}

// "| Allocated memory      | 184648 KiB | 192833 KiB | ...": the second figure is the peak.
std::optional<LoggedSize> PeakOf(std::string_view line, std::string_view row) {
  const size_t at = line.find(row);
  if (at == std::string_view::npos) return std::nullopt;
  const size_t first = line.find('|', at + row.size());
  const size_t second = first == std::string_view::npos ? first : line.find('|', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  // Sizes are cut, not rounded: the true one is up to one unit more.
  auto size = SizeAt(line.substr(second + 1));
  if (size) size->rounding *= 2;
  return size;
}

}  // namespace

bool LooksLikeSnapshot(std::string_view bytes) {
  if (bytes.size() > 1 && bytes[0] == '\x80' && bytes[1] <= 5) return true;
  const size_t start = bytes.find_first_not_of(" \t\r\n");
  return start != std::string_view::npos && bytes[start] == '{';
}

Result<EngineLog> ReadSnapshot(std::string_view bytes, std::string_view name) {
  if (!bytes.empty() && bytes[0] == '\x80') {
    TRY_ASSIGN(const Pickle pickle, Pickle::Read(bytes, name));
    return ReadValue(PickleValue{&pickle, &pickle.root()}, name);
  }
  if (bytes.size() > kMostJsonBytes)
    return InvalidInput(fmt::format("`{}` is above {} MiB of JSON", name, kMostJsonBytes >> 20))
        .WithHint("pickled, as `torch.cuda.memory._dump_snapshot` writes it, it may be larger");
  Result<Json> json = ParseJson(bytes);
  if (!json.ok()) return std::move(json).error().While(fmt::format("cannot read `{}`", name));
  return ReadValue(JsonValue{&*json}, name);
}

void ReadTorchSummary(std::string_view text, EngineLog& log) {
  LogRun run;
  run.engine = LogEngine::kTorch;
  std::string device = "gpu0";
  std::string_view line;
  for (size_t at = 0; NextLine(text, at, line);) {
    constexpr std::string_view kTitle = "memory summary, device ID";
    const size_t title = line.find(kTitle);
    if (title != std::string_view::npos) {
      const double number = NumberAt(line.substr(title + kTitle.size())).value_or(0);
      device = fmt::format("gpu{}", number < kMostDevices ? static_cast<int>(number) : 0);
      // A later summary of the same device counts: peaks only grow.
      std::erase_if(run.bytes, [&](const LoggedBytes& one) { return one.device == device; });
    }
    const size_t ooms = line.find("CUDA OOMs:");
    if (ooms != std::string_view::npos)
      run.out_of_memory += NumberAt(line.substr(ooms + 10)).value_or(0) > 0 ? 1 : 0;
    if (const auto size = PeakOf(line, "| Allocated memory"))
      run.bytes.push_back({"allocated", device, size->bytes, size->rounding});
    if (const auto size = PeakOf(line, "reserved memory"))
      run.bytes.push_back({"reserved", device, size->bytes, size->rounding});
    if (run.bytes.size() > 512) break;
  }
  if (run.bytes.empty()) return;
  run.gpus = 1;
  AddRun(log, std::move(run));
}

}  // namespace curbstop::fit
