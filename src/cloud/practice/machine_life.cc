#include "cloud/practice/internal/machine_life.h"

#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "cloud/practice/practice_meter.h"

namespace curbstop {
namespace {

constexpr size_t kMostEnded = 200;  // ended machines that are still known
constexpr int64_t kNever = INT64_MAX;

void SetLife(PracticeWorld& world, PracticeMachine& machine, PracticeLife life, int64_t at_ms) {
  SettleMeter(machine, HostOf(world, machine).skin, at_ms);
  const bool ran_on =
      machine.life == PracticeLife::kOffline || machine.life == PracticeLife::kRunning;
  if (life == PracticeLife::kRunning && !ran_on) ++machine.boots;
  machine.life = life;
  if (life != PracticeLife::kGone) return;
  machine.gone_ms = at_ms;
  machine.birth.clear();
  machine.environment.clear();
}

// Unguessable for whoever does not know the account's key, and the same after a restart.
std::string KeyFor(const PracticeState& state, int64_t id) {
  uint64_t sum = 14695981039346656037u;  // FNV-1a
  for (const char c : state.key) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211u;
  const auto seed = static_cast<int64_t>(sum >> 1);
  return fmt::format("{:016x}{:016x}", PracticeHash(seed, id, 1), PracticeHash(seed, id, 2));
}

// At least a millisecond: being up is a moment after the create.
int64_t BootTime(const PracticeWorld& world, const PracticeHost& host) {
  const int64_t half = world.state.settings.boot_ms / 2;
  const uint64_t spread = PracticeHash(world.state.settings.seed, host.id, -2);
  if (half == 0) return 1;
  return half + static_cast<int64_t>(spread % static_cast<uint64_t>(2 * half + 1));
}

bool FollowsBids(const PracticeMachine& machine) {
  return machine.bid > 0 && !machine.bill_disk_only &&
         (machine.life == PracticeLife::kRunning ||
          (machine.life == PracticeLife::kPaused && machine.until_ms < 0));
}

int64_t TimeOf(const PracticeState& state, const PracticeFault& fault) {
  return state.script_from_ms + fault.at_s * 1000;
}

// A machine whose host is out of reach reaches nobody either.
bool IsCutOff(const PracticeWorld& world, const PracticeRequest& request) {
  const std::string key = BearerOf(request);
  return std::any_of(world.state.machines.begin(), world.state.machines.end(), [&](const auto& m) {
    return m.life == PracticeLife::kOffline && m.key == key;
  });
}

// When something happens next, after the state's time.
int64_t NextMoment(const PracticeWorld& world) {
  const PracticeState& state = world.state;
  int64_t next = kNever;
  const auto consider = [&](int64_t at_ms) {
    if (at_ms > state.now_ms) next = std::min(next, at_ms);
  };
  for (const PracticeMachine& machine : state.machines) {
    if (!machine.Exists()) continue;
    if (machine.life == PracticeLife::kBooting) consider(machine.ready_ms);
    consider(machine.ends_ms);
    consider(machine.until_ms);
    if (FollowsBids(machine)) consider((state.now_ms / kMarketTickMs + 1) * kMarketTickMs);
  }
  for (const PracticeFault& fault : state.faults) {
    if (fault.on == FaultOn::kTime) consider(TimeOf(state, fault));
  }
  return next;
}

void Bear(PracticeWorld& world, PracticeMachine& machine, int64_t at_ms) {
  if (machine.life != PracticeLife::kBooting || machine.ready_ms > at_ms) return;
  const bool bad = HostOf(world, machine).is_bad || machine.lost_gpu;
  SetLife(world, machine, bad ? PracticeLife::kBroken : PracticeLife::kRunning, at_ms);
}

void FollowBids(PracticeWorld& world, PracticeMachine& machine, int64_t at_ms) {
  if (!FollowsBids(machine)) return;
  const int64_t price = BidPriceAt(world.market, HostOf(world, machine), at_ms);
  const bool wins = machine.bid >= price;
  const bool runs = machine.life == PracticeLife::kRunning;
  if (wins == runs) return;
  SetLife(world, machine, wins ? PracticeLife::kRunning : PracticeLife::kPaused, at_ms);
}

void EndFault(PracticeWorld& world, PracticeMachine& machine, int64_t at_ms) {
  if (machine.until_ms < 0 || machine.until_ms > at_ms) return;
  machine.until_ms = -1;
  SetLife(world, machine, PracticeLife::kRunning, at_ms);
}

void Hit(PracticeWorld& world, PracticeMachine& machine, const PracticeFault& fault,
         int64_t at_ms) {
  const int64_t until = at_ms + fault.for_s * 1000;
  switch (fault.action) {
    case FaultDo::kOutbid:
      machine.until_ms = until;
      return SetLife(world, machine, PracticeLife::kPaused, at_ms);
    case FaultDo::kOffline:
      machine.until_ms = until;
      return SetLife(world, machine, PracticeLife::kOffline, at_ms);
    case FaultDo::kLoseGpu:
      machine.gpus = 0;
      return SetLife(world, machine, PracticeLife::kStopped, at_ms);
    case FaultDo::kVanish: return SetLife(world, machine, PracticeLife::kGone, at_ms);
    default: return;
  }
}

// A fault that finds no running machine waits for one, a second at a time.
void HitByTime(PracticeWorld& world, int64_t at_ms) {
  PracticeState& state = world.state;
  for (PracticeFault& fault : state.faults) {
    if (fault.on != FaultOn::kTime || TimeOf(state, fault) > at_ms || fault.times == 0) continue;
    const auto runs = [](const PracticeMachine& m) { return m.life == PracticeLife::kRunning; };
    const auto found = std::find_if(state.machines.begin(), state.machines.end(), runs);
    if (found == state.machines.end()) {
      fault.at_s = (at_ms - state.script_from_ms) / 1000 + 1;
      continue;
    }
    --fault.times;
    Hit(world, *found, fault, at_ms);
  }
  std::erase_if(state.faults, [](const PracticeFault& fault) { return fault.times == 0; });
}

void StepTo(PracticeWorld& world, int64_t at_ms) {
  for (PracticeMachine& machine : world.state.machines) {
    if (!machine.Exists()) continue;
    if (machine.ends_ms >= 0 && machine.ends_ms <= at_ms) {
      SetLife(world, machine, PracticeLife::kGone, at_ms);
      continue;
    }
    Bear(world, machine, at_ms);
    EndFault(world, machine, at_ms);
    FollowBids(world, machine, at_ms);
  }
  HitByTime(world, at_ms);
  world.state.now_ms = at_ms;
}

void ForgetOldest(PracticeWorld& world) {
  auto& machines = world.state.machines;
  size_t ended = 0;
  for (const PracticeMachine& machine : machines) ended += machine.Exists() ? 0 : 1;
  for (auto at = machines.begin(); ended > kMostEnded && at != machines.end();) {
    if (at->Exists()) {
      ++at;
      continue;
    }
    world.state.settled_micro_usd += PracticeBill(*at, HostOf(world, *at), world.state.now_ms);
    at = machines.erase(at);
    --ended;
  }
}

}  // namespace

void AdvancePractice(PracticeWorld& world, int64_t now_ms) {
  while (true) {
    const int64_t next = NextMoment(world);
    if (next > now_ms) break;
    StepTo(world, next);
  }
  world.state.now_ms = std::max(world.state.now_ms, now_ms);
  ForgetOldest(world);
}

int64_t NextPracticeMoment(const PracticeWorld& world) { return NextMoment(world); }

std::string HttpDateText(int64_t at_ms) {
  const std::time_t seconds = at_ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  std::array<char, 64> text{};
  const size_t size = strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

std::string_view ProviderOf(PracticeSkin skin) {
  return skin == PracticeSkin::kVast ? "vast" : "runpod";
}

std::string PracticeId(const PracticeMachine& machine, const PracticeHost& host) {
  return fmt::format("{}{}", host.skin == PracticeSkin::kVast ? "" : "pod", machine.id);
}

const PracticeHost& HostOf(const PracticeWorld& world, const PracticeMachine& machine) {
  const auto found = std::find_if(world.hosts.begin(), world.hosts.end(),
                                  [&](const auto& host) { return host.id == machine.host; });
  CHECK(found != world.hosts.end());
  return *found;
}

int64_t WholePracticeBill(const PracticeWorld& world) {
  int64_t sum = world.state.settled_micro_usd;
  for (const PracticeMachine& machine : world.state.machines)
    sum += PracticeBill(machine, HostOf(world, machine), world.state.now_ms);
  return sum;
}

PracticeMachine& MakeMachine(PracticeWorld& world, const PracticeHost& host,
                             const PracticeOrder& order) {
  PracticeState& state = world.state;
  const int64_t rate = order.bid > 0 ? order.bid : host.micro_usd_per_hour / host.gpus * order.gpus;
  PracticeMachine machine{.id = state.next_id++,
                          .host = host.id,
                          .name = order.name,
                          .image = order.image,
                          .birth = order.birth,
                          .environment = order.environment,
                          .life = order.refused ? PracticeLife::kStopped : PracticeLife::kBooting,
                          .gpus = order.gpus,
                          .disk_gb = order.disk_gb,
                          .bid = order.bid,
                          .micro_usd_per_hour = rate,
                          .made_ms = state.now_ms,
                          .ready_ms = state.now_ms + BootTime(world, host),
                          .lost_gpu = order.bad,
                          .bill_disk_only = order.refused,
                          .has_ssh = order.has_ssh,
                          .span_from_ms = state.now_ms};
  machine.key = KeyFor(state, machine.id);
  return state.machines.emplace_back(std::move(machine));
}

void AcceptEnd(PracticeWorld& world, PracticeMachine& machine) {
  if (machine.ends_ms < 0) machine.ends_ms = world.state.now_ms + world.state.settings.end_ms;
}

void EndAllMachines(PracticeWorld& world) {
  for (PracticeMachine& machine : world.state.machines) {
    if (machine.Exists()) AcceptEnd(world, machine);
  }
}

void StopMachine(PracticeWorld& world, PracticeMachine& machine) {
  machine.until_ms = -1;
  SetLife(world, machine, PracticeLife::kStopped, world.state.now_ms);
}

void StartMachine(PracticeWorld& world, PracticeMachine& machine) {
  machine.ready_ms = world.state.now_ms + BootTime(world, HostOf(world, machine));
  machine.bill_disk_only = false;
  SetLife(world, machine, PracticeLife::kBooting, world.state.now_ms);
}

PracticeMachine* FindMachine(PracticeWorld& world, int64_t id) {
  for (PracticeMachine& machine : world.state.machines) {
    if (machine.id == id && machine.Exists()) return &machine;
  }
  return nullptr;
}

const PracticeHost* FindHost(const PracticeWorld& world, PracticeSkin skin, int64_t id) {
  for (const PracticeHost& host : world.hosts) {
    if (host.id == id && host.skin == skin) return &host;
  }
  return nullptr;
}

int64_t FreeOn(const PracticeWorld& world, const PracticeHost& host) {
  const auto& machines = world.state.machines;
  return host.machines - std::count_if(machines.begin(), machines.end(), [&](const auto& machine) {
           return machine.Exists() && machine.host == host.id;
         });
}

std::vector<const PracticeMachine*> ListedMachines(const PracticeWorld& world, PracticeSkin skin) {
  const int64_t seen = world.state.now_ms - world.state.settings.list_lag_ms;
  std::vector<const PracticeMachine*> listed;
  for (const PracticeMachine& machine : world.state.machines) {
    const bool shown = machine.made_ms <= seen && (machine.Exists() || machine.gone_ms > seen);
    if (shown && HostOf(world, machine).skin == skin) listed.push_back(&machine);
  }
  return listed;
}

std::optional<FaultDo> TakeFault(PracticeWorld& world, FaultOn on) {
  auto& faults = world.state.faults;
  for (auto fault = faults.begin(); fault != faults.end(); ++fault) {
    const bool meant = fault->on == on || fault->on == FaultOn::kAny;
    if (!meant || fault->times == 0) continue;
    if (fault->skip > 0) {
      --fault->skip;
      continue;
    }
    const FaultDo action = fault->action;
    if (--fault->times == 0) faults.erase(fault);
    return action;
  }
  return {};
}

std::vector<PracticeVariable> VariablesIn(const Json& body) {
  std::vector<PracticeVariable> variables;
  const Json* env = body.Find("env");
  if (env == nullptr) return variables;
  for (const auto& [name, value] : env->members()) {
    const std::string* text = value.AsString();
    const bool good = !name.empty() && !IsDigit(name.front()) &&
                      std::all_of(name.begin(), name.end(),
                                  [](char c) { return IsLetter(c) || IsDigit(c) || c == '_'; });
    if (good && text != nullptr && text->find('\0') == text->npos)
      variables.push_back({.name = name, .value = *text});
  }
  return variables;
}

PracticeReply LostAnswer() {
  return {.status = 504, .content_type = "text/plain", .headers = {}, .body = "gateway timeout"};
}

KeyOf OwnerOf(const PracticeWorld& world, std::string_view key, int64_t machine) {
  if (key.empty()) return KeyOf::kNobody;
  if (key == world.state.key) return KeyOf::kAccount;
  for (const PracticeMachine& known : world.state.machines) {
    if (known.key == key && known.id == machine) return KeyOf::kMachine;
  }
  return KeyOf::kNobody;
}

std::string BearerOf(const PracticeRequest& request) {
  constexpr std::string_view kScheme = "Bearer ";
  const std::string& header = request.authorization;
  return header.starts_with(kScheme) ? header.substr(kScheme.size()) : std::string();
}

PracticeReply ServePractice(PracticeWorld& world, const PracticeRequest& request, int64_t now_ms) {
  AdvancePractice(world, now_ms);
  if (IsCutOff(world, request)) return LostAnswer();
  const bool is_runpod = request.path.starts_with("/v2/");
  PracticeReply reply = is_runpod ? ServeRunpod(world, request) : ServeVast(world, request);
  reply.headers.emplace_back("Date", HttpDateText(now_ms));
  return reply;
}

}  // namespace curbstop
