// The practice cloud in Vast.ai's words: paths, JSON, errors and the pace of its calls.
//
// Source: vast-ai/docs@c6246226 api-reference/openapi.yaml (2026-08-07) and the CLI's use of it.
#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "cloud/practice/internal/machine_life.h"
#include "cloud/practice/practice_meter.h"

namespace curbstop {
namespace {

constexpr size_t kPage = 25;
constexpr size_t kLongestBirth = 4048;
constexpr double kLeastBid = 0.001;
constexpr double kMostBid = 128;
constexpr int64_t kVastContractMs = 30LL * 24 * 3600 * 1000;

double Usd(int64_t micro_usd) { return static_cast<double>(micro_usd) / 1e6; }

PracticeReply VastReply(const Json& body, int status = 200) {
  return {.status = status, .headers = {}, .body = WriteJson(body)};
}

PracticeReply VastError(int status, const char* error, std::string message) {
  return VastReply(
      Json::MakeObject({{"success", false}, {"error", error}, {"msg", std::move(message)}}),
      status);
}

PracticeReply TooFrequent(double threshold) {
  return {.status = 429,
          .content_type = "text/plain",
          .headers = {},
          .body = fmt::format("API requests too frequent: endpoint threshold={:.1f}", threshold)};
}

// A whole number at the end of a path, or -1.
int64_t NumberIn(std::string_view text) {
  int64_t value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value >= 0 ? value : -1;
}

struct VastRoute {
  std::string_view method;
  std::string_view path;  // before the number
  bool numbered;
  std::string_view after;  // after the number
  FaultOn on;
  int64_t apart_ms;
  PracticeReply (*serve)(PracticeWorld&, const PracticeCall&);
};

// ---- search ----

Json VastOfferJson(const PracticeWorld& world, const PracticeHost& host, double storage_gb) {
  const int64_t bid = BidPriceAt(world.market, host, world.state.now_ms);
  const double base = Usd(host.micro_usd_per_hour);
  const double storage_cost = Usd(host.disk_micro_usd_per_gb_month);
  const double disk = storage_cost * storage_gb / 730;
  const int64_t ram_mb = host.gpu_memory_gb * 1024;
  return Json::MakeObject({
      {"id", host.id},
      {"ask_contract_id", host.id},
      {"machine_id", host.id - 4'000'000 + 20'000},
      {"host_id", host.id - 4'000'000 + 70'000},
      {"gpu_name", host.gpu},
      {"num_gpus", host.gpus},
      {"gpu_ram", ram_mb},
      {"gpu_total_ram", ram_mb * host.gpus},
      {"gpu_frac", 1.0},
      {"gpu_arch", "nvidia"},
      {"cpu_arch", "amd64"},
      {"cpu_cores", host.vcpus * 2},
      {"cpu_cores_effective", static_cast<double>(host.vcpus)},
      {"cpu_ram", host.memory_gb * 1024 * 2},
      {"disk_space", 500.0},
      {"dph_base", base},
      {"dph_total", base + disk},
      {"min_bid", Usd(bid)},
      {"storage_cost", storage_cost},
      {"storage_total_cost", disk},
      {"inet_up", 500.0},
      {"inet_down", 800.0},
      {"inet_up_cost", 0.0},
      {"inet_down_cost", 0.0},
      {"reliability2", 0.99},
      {"reliability", 0.99},
      {"cuda_max_good", 12.8},
      {"compute_cap", 890},
      {"geolocation", host.region},
      {"verification", "verified"},
      {"rentable", true},
      {"rented", false},
      {"is_bid", false},
      {"duration", static_cast<double>(kVastContractMs) / 1000},
      {"direct_port_count", 100},
      {"static_ip", true},
      {"vms_enabled", false},
  });
}

// Whether a filter `{"eq": …}`, `{"gte": …}`, … on a number lets `value` pass.
bool Passes(const Json& body, std::string_view field, double value) {
  const Json* filter = body.Find(field);
  if (filter == nullptr) return true;
  for (const auto& [test, limit] : filter->members()) {
    const double bound = limit.AsDouble().value_or(0);
    if (test == "eq" && value != bound) return false;
    if (test == "gte" && value < bound) return false;
    if (test == "gt" && value <= bound) return false;
    if (test == "lte" && value > bound) return false;
    if (test == "lt" && value >= bound) return false;
  }
  return true;
}

PracticeReply VastSearch(PracticeWorld& world, const PracticeCall& call) {
  const Result<Json> body = ParseJson(call.request.body);
  if (!body.ok() || !body->IsObject())
    return VastReply(Json::MakeObject({{"error", "invalid_request"}, {"msg", "Invalid json body"}}),
                     400);
  const Json* storage = body->Find("allocated_storage");
  const double storage_gb = storage == nullptr ? 8 : storage->AsDouble().value_or(8);
  const int64_t limit = body->IntOr("limit", 64);
  Json offers = Json::MakeArray();
  for (const PracticeHost& host : world.hosts) {
    if (host.skin != PracticeSkin::kVast || FreeOn(world, host) < 1) continue;
    const bool wanted = Passes(*body, "num_gpus", static_cast<double>(host.gpus)) &&
                        Passes(*body, "gpu_ram", static_cast<double>(host.gpu_memory_gb * 1024));
    if (wanted && static_cast<int64_t>(offers.items().size()) < limit)
      offers.Push(VastOfferJson(world, host, storage_gb));
  }
  return VastReply(Json::MakeObject({{"offers", offers}}));
}

// ---- create ----

struct VastAsk {
  PracticeOrder order;
  std::optional<PracticeReply> refusal;
};

VastAsk ReadAsk(const PracticeRequest& request) {
  const Result<Json> body = ParseJson(request.body);
  if (!body.ok() || !body->IsObject())
    return {{}, VastError(400, "invalid_args", "error 400/3467: Invalid json body")};
  VastAsk ask;
  ask.order = {.name = body->StringOr("label", ""),
               .image = body->StringOr("image", ""),
               .birth = body->StringOr("onstart", ""),
               .environment = VariablesIn(*body),
               .has_ssh = body->StringOr("runtype", "").starts_with("ssh")};
  if (ask.order.image.empty())
    ask.refusal = VastError(400, "invalid_args", "error 400/3467: Invalid args: 'image'");
  if (ask.order.birth.size() > kLongestBirth || ask.order.name.size() > 1024)
    ask.refusal = VastError(400, "invalid_args", "error 400/3467: Invalid args: too long");
  if (const Json* disk = body->Find("disk"))
    ask.order.disk_gb = std::max<int64_t>(8, std::lround(std::ceil(disk->AsDouble().value_or(8))));
  if (const Json* price = body->Find("price")) {
    const double usd = price->AsDouble().value_or(0);
    if (usd < kLeastBid || usd > kMostBid)
      ask.refusal = VastError(400, "invalid_price", "error 400/3468: Invalid price");
    else ask.order.bid = std::lround(usd * 1e6);
  }
  return ask;
}

PracticeReply NoSuchAsk(int64_t id) {
  return VastError(
      404, "invalid_args",
      fmt::format("error 404/3603: no_such_ask Instance type by id {} is not available.", id));
}

PracticeReply VastCreate(PracticeWorld& world, const PracticeCall& call) {
  VastAsk ask = ReadAsk(call.request);
  if (ask.refusal) return *ask.refusal;
  const int64_t id = call.number;
  const PracticeHost* host = FindHost(world, PracticeSkin::kVast, id);
  if (host == nullptr || FreeOn(world, *host) < 1 || call.fault == FaultDo::kNoStock)
    return NoSuchAsk(id);
  const int64_t market = BidPriceAt(world.market, *host, world.state.now_ms);
  ask.order.gpus = host->gpus;
  ask.order.bad = call.fault == FaultDo::kBadHost;
  ask.order.refused =
      call.fault == FaultDo::kRefuseMade || (ask.order.bid > 0 && ask.order.bid < market);
  const PracticeMachine& made = MakeMachine(world, *host, ask.order);
  if (ask.order.refused) {
    return VastReply(Json::MakeObject({{"success", false},
                                       {"error", "invalid_price"},
                                       {"msg", "bid is below the market"},
                                       {"new_contract", made.id}}),
                     400);
  }
  return VastReply(Json::MakeObject(
      {{"success", true}, {"new_contract", made.id}, {"instance_api_key", made.key}}));
}

// ---- instances ----

struct VastWords {
  Json actual;
  const char* state;
};

VastWords WordsOf(const PracticeMachine& machine, int64_t now_ms) {
  switch (machine.life) {
    case PracticeLife::kBooting: {
      const bool early = now_ms < machine.made_ms + (machine.ready_ms - machine.made_ms) / 2;
      return {early ? Json() : Json("loading"), "running"};
    }
    case PracticeLife::kPaused:
    case PracticeLife::kStopped: return {"stopped", "stopped"};
    case PracticeLife::kBroken: return {"exited", "running"};
    case PracticeLife::kOffline: return {"offline", "running"};
    default: return {"running", "running"};
  }
}

Json VastInstanceJson(const PracticeWorld& world, const PracticeMachine& machine) {
  const PracticeHost& host = HostOf(world, machine);
  const VastWords words = WordsOf(machine, world.state.now_ms);
  const double disk = Usd(host.disk_micro_usd_per_gb_month * machine.disk_gb) / 730;
  const double base = Usd(machine.micro_usd_per_hour);
  Json json = Json::MakeObject({
      {"id", machine.id},
      {"actual_status", words.actual},
      {"intended_status", words.state},
      {"cur_state", words.state},
      {"next_state", words.state},
      {"status_msg", Json()},
      {"label", machine.name.empty() ? Json() : Json(machine.name)},
      {"image_uuid", machine.image},
      {"image_runtype", "ssh_direct"},
      {"machine_id", host.id - 4'000'000 + 20'000},
      {"host_id", host.id - 4'000'000 + 70'000},
      {"gpu_name", host.gpu},
      {"num_gpus", machine.gpus},
      {"gpu_ram", host.gpu_memory_gb * 1024},
      {"gpu_frac", 1.0},
      {"cpu_arch", "amd64"},
      {"is_bid", machine.bid > 0},
      {"min_bid", Usd(BidPriceAt(world.market, host, world.state.now_ms))},
      {"dph_base", base},
      {"dph_total", base + disk},
      {"storage_cost", Usd(host.disk_micro_usd_per_gb_month)},
      {"storage_total_cost", disk},
      {"disk_space", static_cast<double>(machine.disk_gb)},
      {"start_date", static_cast<double>(machine.made_ms) / 1000},
      {"end_date", static_cast<double>(machine.made_ms + kVastContractMs) / 1000},
      {"geolocation", host.region},
      {"verification", "verified"},
      {"public_ipaddr", "127.0.0.1"},
      {"ssh_host", "127.0.0.1"},
      {"ssh_idx", "1"},
  });
  if (machine.life != PracticeLife::kRunning || !machine.has_ssh || machine.ssh_port == 0)
    return json;
  const Json port =
      Json::MakeObject({{"HostIp", "0.0.0.0"}, {"HostPort", fmt::format("{}", machine.ssh_port)}});
  json.Set("ports", Json::MakeObject({{"22/tcp", Json::MakeArray({port})}}));
  json.Set("ssh_port", machine.ssh_port);
  return json;
}

PracticeReply NoSuchInstance() {
  return VastError(404, "no_such_instance", "Instance with that ID does not exist.");
}

PracticeReply VastShow(PracticeWorld& world, const PracticeCall& call) {
  const PracticeMachine* machine = FindMachine(world, call.number);
  if (machine == nullptr || HostOf(world, *machine).skin != PracticeSkin::kVast)
    return NoSuchInstance();
  return VastReply(Json::MakeObject({{"instances", VastInstanceJson(world, *machine)}}));
}

// Pages by the last id shown, as the token says.
PracticeReply VastList(PracticeWorld& world, const PracticeCall& call) {
  int64_t after = 0;
  for (const auto& [name, value] : call.request.query) {
    if (name != "after_token") continue;
    after = NumberIn(value);
    if (after < 0)
      return VastReply(Json::MakeObject({{"error", "invalid_token"}, {"msg", "Invalid token"}}),
                       400);
  }
  std::vector<const PracticeMachine*> listed = ListedMachines(world, PracticeSkin::kVast);
  if (call.fault == FaultDo::kHide && !listed.empty()) listed.pop_back();
  Json instances = Json::MakeArray();
  Json next;
  for (const PracticeMachine* machine : listed) {
    if (machine->id <= after) continue;
    if (instances.items().size() == kPage) {
      next = fmt::format("{}", instances.items().back().IntOr("id", 0));
      break;
    }
    instances.Push(VastInstanceJson(world, *machine));
  }
  return VastReply(Json::MakeObject({{"success", true},
                                     {"instances_found", static_cast<int64_t>(listed.size())},
                                     {"total_instances", static_cast<int64_t>(listed.size())},
                                     {"label_counts", Json::MakeObject()},
                                     {"next_token", next},
                                     {"instances", instances}}));
}

PracticeReply VastChange(PracticeWorld& world, const PracticeCall& call) {
  PracticeMachine* machine = FindMachine(world, call.number);
  if (machine == nullptr) return NoSuchInstance();
  const Result<Json> body = ParseJson(call.request.body);
  if (!body.ok() || !body->IsObject()) return VastError(400, "invalid_args", "Invalid json body");
  if (const Json* label = body->Find("label"))
    machine->name = label->AsString() == nullptr ? "" : *label->AsString();
  const std::string state = body->StringOr("state", "");
  if (state == "stopped") StopMachine(world, *machine);
  if (state == "running") StartMachine(world, *machine);
  return VastReply(Json::MakeObject({{"success", true}}));
}

PracticeReply VastDestroy(PracticeWorld& world, const PracticeCall& call) {
  PracticeMachine* machine = FindMachine(world, call.number);
  if (machine == nullptr) return VastError(404, "not_found", "Instance not found");
  AcceptEnd(world, *machine);
  return VastReply(
      Json::MakeObject({{"success", true}, {"msg", "Instance destroyed successfully"}}));
}

PracticeReply VastBid(PracticeWorld& world, const PracticeCall& call) {
  PracticeMachine* machine = FindMachine(world, call.number);
  if (machine == nullptr || machine->bid == 0) return NoSuchInstance();
  const Result<Json> body = ParseJson(call.request.body);
  const Json* price = body.ok() ? body->Find("price") : nullptr;
  const double usd = price == nullptr ? 0 : price->AsDouble().value_or(0);
  if (usd < kLeastBid || usd > kMostBid)
    return VastError(400, "invalid_args", "Please set a bid price >= 0.001.");
  SettleMeter(*machine, PracticeSkin::kVast, world.state.now_ms);
  machine->bid = machine->micro_usd_per_hour = std::lround(usd * 1e6);
  return VastReply(Json::MakeObject({{"success", true}}));
}

PracticeReply VastAccount(PracticeWorld& world, const PracticeCall&) {
  return VastReply(Json::MakeObject({{"id", 7},
                                     {"email", "practice@localhost"},
                                     {"balance", 1000 - Usd(WholePracticeBill(world))},
                                     {"credit", 1000 - Usd(WholePracticeBill(world))}}));
}

PracticeReply VastAttachKey(PracticeWorld& world, const PracticeCall& call) {
  if (FindMachine(world, call.number) == nullptr) return NoSuchInstance();
  return VastReply(Json::MakeObject({{"success", true}}));
}

// The least time between two calls is the published one. Search has 10 a minute.
constexpr std::array<VastRoute, 9> kVastRoutes = {{
    {"POST", "/api/v0/bundles", false, "", FaultOn::kSearch, 0, VastSearch},
    {"PUT", "/api/v0/asks/", true, "", FaultOn::kCreate, 4500, VastCreate},
    {"GET", "/api/v1/instances", false, "", FaultOn::kList, 1000, VastList},
    {"GET", "/api/v0/instances/", true, "", FaultOn::kGet, 2000, VastShow},
    {"PUT", "/api/v0/instances/bid_price/", true, "", FaultOn::kLabel, 5500, VastBid},
    {"PUT", "/api/v0/instances/", true, "", FaultOn::kLabel, 1000, VastChange},
    {"DELETE", "/api/v0/instances/", true, "", FaultOn::kDestroy, 3000, VastDestroy},
    {"POST", "/api/v0/instances/", true, "/ssh", FaultOn::kLabel, 1000, VastAttachKey},
    {"GET", "/api/v0/users/current", false, "", FaultOn::kGet, 0, VastAccount},
}};

// The number in the path where it is this route's, 0 where it has none, -1: another route.
int64_t Match(const VastRoute& route, const PracticeRequest& request) {
  std::string_view path = request.path;
  if (path.ends_with('/')) path.remove_suffix(1);
  if (route.method != request.method || !path.starts_with(route.path)) return -1;
  path.remove_prefix(route.path.size());
  if (!route.numbered) return path.empty() ? 0 : -1;
  if (!path.ends_with(route.after)) return -1;
  return NumberIn(path.substr(0, path.size() - route.after.size()));
}

// A machine's own key reads and ends that machine, and nothing else.
std::optional<PracticeReply> RefuseKey(const PracticeWorld& world, const PracticeRequest& request,
                                       const VastRoute& route, int64_t number) {
  if (route.on == FaultOn::kSearch) return {};
  const std::string key = BearerOf(request);
  if (key.empty()) return VastError(403, "auth_error", "This action requires login.");
  switch (OwnerOf(world, key, number)) {
    case KeyOf::kAccount: return {};
    case KeyOf::kMachine: {
      if (route.on == FaultOn::kGet) return {};
      const bool ends = route.on == FaultOn::kDestroy && world.state.settings.self_end_works;
      if (ends) return {};
      return VastError(403, "auth_error", "This key may not do that.");
    }
    default: return VastError(404, "auth_error", "Invalid user key");
  }
}

bool IsTooFast(PracticeWorld& world, const PracticeRequest& request, const VastRoute& route) {
  if (!world.state.settings.keeps_pace || route.apart_ms == 0) return false;
  const std::string who = fmt::format("{} {} {}", BearerOf(request), route.method, route.path);
  const auto [last, first] = world.last_call.try_emplace(who, INT64_MIN / 2);
  const bool fast = world.state.now_ms - last->second < route.apart_ms;
  if (!fast) last->second = world.state.now_ms;
  return fast;
}

PracticeReply ServeRoute(PracticeWorld& world, const PracticeRequest& request,
                         const VastRoute& route, int64_t number) {
  const std::optional<FaultDo> fault = TakeFault(world, route.on);
  if (fault == FaultDo::kTooMany) return TooFrequent(5.5);
  if (fault == FaultDo::kError) return VastError(500, "server_error", "error 500");
  PracticeReply reply = route.serve(world, {request, number, fault});
  if (fault != FaultDo::kLoseAnswer) return reply;
  return LostAnswer();
}

}  // namespace

PracticeReply ServeVast(PracticeWorld& world, const PracticeRequest& request) {
  for (const VastRoute& route : kVastRoutes) {
    const int64_t number = Match(route, request);
    if (number < 0) continue;
    if (const auto refusal = RefuseKey(world, request, route, number)) return *refusal;
    if (IsTooFast(world, request, route))
      return TooFrequent(static_cast<double>(route.apart_ms) / 1000);
    return ServeRoute(world, request, route, number);
  }
  return VastError(404, "not_found", "no such endpoint");
}

}  // namespace curbstop
