// The practice cloud in RunPod's words: REST v2 paths, JSON, problem+json, RateLimit headers.
//
// Source: runpod/docs@a900806e api-reference-v2/openapi.json, version 2.0.0 (2026-08-20).
#include <algorithm>
#include <array>
#include <charconv>
#include <span>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"
#include "base/time_text.h"
#include "cloud/practice/internal/machine_life.h"
#include "cloud/practice/practice_meter.h"

namespace curbstop {
namespace {

constexpr const char* kDataCenter = "US-KS-2";
constexpr int64_t kCallsPerMinute = 600;  // the published example says 60; tests are faster
constexpr int64_t kMinuteMs = 60'000;
constexpr int64_t kMostCounted = 1'000'000;

double PodUsd(int64_t micro_usd) { return static_cast<double>(micro_usd) / 1e6; }

PracticeReply PodReply(const Json& body, int status = 200) {
  return {.status = status, .headers = {}, .body = WriteJson(body)};
}

PracticeReply Problem(int status, const char* title, std::string detail,
                      const std::vector<std::string>& errors = {}) {
  Json body =
      Json::MakeObject({{"title", title}, {"status", status}, {"detail", std::move(detail)}});
  if (!errors.empty()) body.Set("errors", Json::ArrayOf(errors));
  return {.status = status,
          .content_type = "application/problem+json",
          .headers = {},
          .body = WriteJson(body)};
}

// -1: no pod's id.
int64_t PodNumber(std::string_view id) {
  int64_t number = -1;
  if (!id.starts_with("pod")) return -1;
  const auto [end, error] = std::from_chars(id.data() + 3, id.data() + id.size(), number);
  return error == std::errc() && end == id.data() + id.size() ? number : -1;
}

// ---- catalogue ----

Json GpuTypeJson(const PracticeWorld& world, const PracticeHost& host) {
  const int64_t free = FreeOn(world, host);
  const char* stock = free <= 0 ? "NONE" : free == 1 ? "LOW" : free < 4 ? "MEDIUM" : "HIGH";
  const double usd = PodUsd(host.micro_usd_per_hour);
  Json json = Json::MakeObject(
      {{"id", host.type},
       {"name", host.type},
       {"pool", Json()},
       {"manufacturer", host.type.starts_with("AMD") ? "AMD" : "NVIDIA"},
       {"memory", host.gpu_memory_gb},
       {"secure", true},
       {"community", false},
       {"price", Json::MakeObject({{"secure", usd}, {"community", 0.0}, {"serverless", usd * 2}})},
       {"maxCount", Json::MakeObject({{"secure", host.machines}, {"community", 0}})},
       {"availability", stock}});
  if (free > 0) {
    json.Set("dataCenters",
             Json::MakeArray({Json::MakeObject(
                 {{"id", kDataCenter}, {"name", "US Kansas 2"}, {"availability", stock}})}));
  }
  return json;
}

PracticeReply ListGpus(PracticeWorld& world, const PracticeCall&) {
  Json gpus = Json::MakeArray();
  for (const PracticeHost& host : world.hosts) {
    if (host.skin == PracticeSkin::kRunpod) gpus.Push(GpuTypeJson(world, host));
  }
  return PodReply(Json::MakeObject({{"gpus", gpus}}));
}

// ---- pods ----

struct PodWords {
  const char* status;
  std::vector<std::string> actions;
};

PodWords PodWordsOf(const PracticeMachine& machine, int64_t now_ms) {
  switch (machine.life) {
    case PracticeLife::kBooting: {
      const bool early = now_ms < machine.made_ms + (machine.ready_ms - machine.made_ms) / 2;
      return {early ? "PROVISIONING" : "STARTING", {"stop", "terminate"}};
    }
    case PracticeLife::kPaused:
    case PracticeLife::kStopped: return {"EXITED", {"start", "terminate"}};
    case PracticeLife::kBroken:
    case PracticeLife::kOffline: return {"ERROR", {"start", "terminate"}};
    case PracticeLife::kGone: return {"TERMINATED", {}};
    case PracticeLife::kRunning: break;
  }
  return {"RUNNING", {"stop", "restart", "terminate"}};
}

// Null unless 22/tcp was asked for and the pod runs.
Json DirectSsh(const PracticeMachine& machine) {
  if (machine.life != PracticeLife::kRunning || !machine.has_ssh || machine.ssh_port == 0)
    return {};
  return Json::MakeObject({{"host", "127.0.0.1"},
                           {"port", machine.ssh_port},
                           {"username", "root"},
                           {"command", fmt::format("ssh root@127.0.0.1 -p {}", machine.ssh_port)}});
}

Json PodJson(const PracticeWorld& world, const PracticeMachine& machine) {
  const PracticeHost& host = HostOf(world, machine);
  const PodWords words = PodWordsOf(machine, world.state.now_ms);
  const bool runs = machine.life == PracticeLife::kRunning;
  Json pod = Json::MakeObject(
      {{"id", PracticeId(machine, host)},
       {"name", machine.name},
       {"image", machine.image},
       {"args", ""},
       {"disk", machine.disk_gb},
       {"ports", machine.has_ssh ? Json::MakeArray({"22/tcp"}) : Json::MakeArray()},
       {"env", Json::MakeObject()},
       {"registry", Json()},
       {"status", words.status},
       {"actions", Json::ArrayOf(words.actions)},
       {"mounts", Json::MakeObject()},
       {"gpu",
        Json::MakeObject({{"id", host.type}, {"count", std::max<int64_t>(1, machine.gpus)}})},
       {"cloud", "SECURE"},
       {"dataCenterId", kDataCenter},
       {"cudaVersion", Json()},
       {"ssh", Json::MakeObject({{"proxy", Json()}, {"direct", DirectSsh(machine)}})},
       {"template", Json()},
       {"cost",
        runs || machine.life == PracticeLife::kBooting ? PodUsd(machine.micro_usd_per_hour) : 0.0},
       {"locked", false},
       {"globalNetworking", Json::MakeObject({{"enabled", false}})},
       {"runtime", Json()},
       {"createdAt", UtcText(machine.made_ms)},
       {"startedAt", runs ? Json(UtcText(machine.ready_ms)) : Json()}});
  if (runs) {
    Json gpus = Json::MakeArray();
    for (int64_t i = 0; i < machine.gpus; ++i)
      gpus.Push(Json::MakeObject({{"util", 0}, {"memoryUtil", 0}}));
    pod.Set("runtime", Json::MakeObject({{"uptime", (world.state.now_ms - machine.ready_ms) / 1000},
                                         {"gpus", gpus}}));
  }
  return pod;
}

PracticeReply NoSuchPod() { return Problem(404, "Not Found", "pod not found"); }

PracticeReply ListPods(PracticeWorld& world, const PracticeCall& call) {
  std::vector<const PracticeMachine*> listed = ListedMachines(world, PracticeSkin::kRunpod);
  if (call.fault == FaultDo::kHide && !listed.empty()) listed.pop_back();
  Json pods = Json::MakeArray();
  for (const PracticeMachine* machine : listed) {
    // An ended pod that the lagging listing still shows, shows as it was.
    PracticeMachine shown = *machine;
    if (!shown.Exists()) shown.life = PracticeLife::kRunning;
    pods.Push(PodJson(world, shown));
  }
  return PodReply(Json::MakeObject({{"pods", pods}}));
}

PracticeReply ShowPod(PracticeWorld& world, const PracticeCall& call) {
  const PracticeMachine* machine = FindMachine(world, call.number);
  return machine == nullptr ? NoSuchPod() : PodReply(PodJson(world, *machine));
}

constexpr std::string_view kCreateFields[] = {
    "name",     "image",         "gpu",        "cpu",
    "cloud",    "dataCenterIds", "disk",       "mounts",
    "env",      "ports",         "args",       "registry",
    "startSsh", "startJupyter",  "templateId", "globalNetworking"};

// What breaks the contract of the body, in words; empty: nothing does.
std::vector<std::string> WrongFields(const Json& body) {
  std::vector<std::string> wrong;
  for (const auto& [name, value] : body.members()) {
    if (std::find(std::begin(kCreateFields), std::end(kCreateFields), name) ==
        std::end(kCreateFields))
      wrong.push_back(fmt::format("/{}: unknown property", name));
  }
  const auto text = [&](const char* key) {
    const Json* value = body.Find(key);
    if (value == nullptr || value->AsString() == nullptr || value->AsString()->empty())
      wrong.push_back(fmt::format("/{}: expected a non-empty string", key));
  };
  text("name");
  text("image");
  const Json* gpu = body.Find("gpu");
  if (gpu == nullptr || gpu->StringOr("id", "").empty() || gpu->IntOr("count", 1) < 1)
    wrong.emplace_back("/gpu: expected an id and a count of at least 1");
  if (body.IntOr("disk", 1) < 1) wrong.emplace_back("/disk: expected at least 1");
  return wrong;
}

bool AsksForSsh(const Json& body) {
  const Json* ports = body.Find("ports");
  if (ports == nullptr) return false;
  return std::any_of(ports->items().begin(), ports->items().end(), [](const Json& port) {
    return port.AsString() != nullptr && *port.AsString() == "22/tcp";
  });
}

PracticeReply CreatePod(PracticeWorld& world, const PracticeCall& call) {
  const Result<Json> body = ParseJson(call.request.body);
  if (!body.ok() || !body->IsObject()) return Problem(422, "Unprocessable Entity", "no JSON");
  const std::vector<std::string> wrong = WrongFields(*body);
  if (!wrong.empty()) return Problem(422, "Unprocessable Entity", "the body is wrong", wrong);
  const Json& gpu = *body->Find("gpu");
  const std::string type = gpu.StringOr("id", "");
  const auto host = std::find_if(world.hosts.begin(), world.hosts.end(), [&](const auto& known) {
    return known.skin == PracticeSkin::kRunpod && known.type == type;
  });
  if (host == world.hosts.end() || FreeOn(world, *host) < 1 || call.fault == FaultDo::kNoStock)
    return Problem(400, "Bad Request", "there are no instances with enough capacity");
  const PracticeMachine& made = MakeMachine(world, *host,
                                            {.name = body->StringOr("name", ""),
                                             .image = body->StringOr("image", ""),
                                             .birth = body->StringOr("args", ""),
                                             .environment = VariablesIn(*body),
                                             .gpus = gpu.IntOr("count", 1),
                                             .disk_gb = body->IntOr("disk", 20),
                                             .bad = call.fault == FaultDo::kBadHost,
                                             .has_ssh = AsksForSsh(*body)});
  return PodReply(PodJson(world, made), 201);
}

PracticeReply PatchPod(PracticeWorld& world, const PracticeCall& call) {
  PracticeMachine* machine = FindMachine(world, call.number);
  if (machine == nullptr) return NoSuchPod();
  const Result<Json> body = ParseJson(call.request.body);
  if (!body.ok() || !body->IsObject()) return Problem(422, "Unprocessable Entity", "no JSON");
  machine->name = body->StringOr("name", machine->name);
  return PodReply(PodJson(world, *machine));
}

PracticeReply DeletePod(PracticeWorld& world, const PracticeCall& call) {
  PracticeMachine* machine = FindMachine(world, call.number);
  if (machine == nullptr) return NoSuchPod();
  AcceptEnd(world, *machine);
  return {.status = 204, .headers = {}, .body = ""};
}

PracticeReply ActOnPod(PracticeWorld& world, const PracticeCall& call) {
  PracticeMachine* machine = FindMachine(world, call.number);
  if (machine == nullptr) return NoSuchPod();
  const Result<Json> body = ParseJson(call.request.body);
  const std::string action = body.ok() ? body->StringOr("action", "") : "";
  const std::vector<std::string> may = PodWordsOf(*machine, world.state.now_ms).actions;
  if (std::find(may.begin(), may.end(), action) == may.end())
    return Problem(409, "Conflict", fmt::format("`{}` is not possible now", Printable(action)));
  if (action == "terminate") return DeletePod(world, call);
  if (action == "stop") StopMachine(world, *machine);
  if (action == "start" || action == "restart") StartMachine(world, *machine);
  return PodReply(PodJson(world, *machine));
}

// ---- billing: one record for each pod over its whole life ----

Json BillingAmounts(double total) {
  return Json::MakeObject(
      {{"totalAmount", total}, {"gpuAmount", total}, {"cpuAmount", 0.0}, {"diskAmount", 0.0}});
}

PracticeReply ShowBilling(PracticeWorld& world, const PracticeCall&) {
  Json records = Json::MakeArray();
  int64_t sum = 0;
  for (const PracticeMachine& machine : world.state.machines) {
    const PracticeHost& host = HostOf(world, machine);
    if (host.skin != PracticeSkin::kRunpod) continue;
    const int64_t bill = PracticeBill(machine, host, world.state.now_ms);
    Json record = BillingAmounts(PodUsd(bill));
    record.Set("startTime", UtcText(machine.made_ms));
    record.Set("endTime", UtcText(world.state.now_ms));
    record.Set("podId", PracticeId(machine, host));
    records.Push(record);
    sum += bill;
  }
  const auto count = static_cast<int64_t>(records.items().size());
  const int64_t oldest =
      world.state.machines.empty() ? world.state.now_ms : world.state.machines.front().made_ms;
  const Json query = Json::MakeObject({{"startTime", UtcText(oldest)},
                                       {"endTime", UtcText(world.state.now_ms)},
                                       {"bucketSize", "year"}});
  const Json metadata = Json::MakeObject({{"query", query},
                                          {"recordCount", count},
                                          {"uniquePodCount", count},
                                          {"totals", BillingAmounts(PodUsd(sum))}});
  return PodReply(Json::MakeObject({{"records", records}, {"metadata", metadata}}));
}

struct PodRoute {
  std::string_view method;
  std::string_view path;  // `{}` stands for a pod's id
  FaultOn on;
  PracticeReply (*serve)(PracticeWorld&, const PracticeCall&);
};

constexpr std::array<PodRoute, 8> kPodRoutes = {{
    {"GET", "/v2/catalog/gpus", FaultOn::kSearch, ListGpus},
    {"GET", "/v2/pods", FaultOn::kList, ListPods},
    {"POST", "/v2/pods", FaultOn::kCreate, CreatePod},
    {"GET", "/v2/pods/{}", FaultOn::kGet, ShowPod},
    {"PATCH", "/v2/pods/{}", FaultOn::kLabel, PatchPod},
    {"DELETE", "/v2/pods/{}", FaultOn::kDestroy, DeletePod},
    {"POST", "/v2/pods/{}/action", FaultOn::kPause, ActOnPod},
    {"GET", "/v2/billing/pods", FaultOn::kGet, ShowBilling},
}};

// The pod's number where the path is this route's, 0 where it has none, -1: another route.
int64_t MatchPath(std::string_view pattern, std::string_view path) {
  const size_t hole = pattern.find("{}");
  if (hole == pattern.npos) return pattern == path ? 0 : -1;
  const std::string_view after = pattern.substr(hole + 2);
  if (!path.starts_with(pattern.substr(0, hole)) || !path.ends_with(after)) return -1;
  const std::string_view id = path.substr(hole, path.size() - after.size() - hole);
  if (id.empty() || id.find('/') != id.npos) return -1;
  return std::max<int64_t>(0, PodNumber(id));  // a strange id is a pod that is not there
}

std::optional<PracticeReply> RefuseKey(const PracticeWorld& world, const PracticeRequest& request,
                                       const PodRoute& route, int64_t number) {
  switch (OwnerOf(world, BearerOf(request), number)) {
    case KeyOf::kAccount: return {};
    case KeyOf::kMachine:
      if (route.method == "GET") return {};
      if (route.on == FaultOn::kDestroy && world.state.settings.self_end_works) return {};
      return Problem(403, "Forbidden", "this key may not do that");
    default: return Problem(401, "Unauthorized", "missing bearer token");
  }
}

// Adds the headers that every answer to a known caller carries.
PracticeReply WithRateLimit(PracticeWorld& world, const PracticeRequest& request,
                            PracticeReply reply) {
  // Calls of this minute, above those of the minutes before it.
  const int64_t minute = world.state.now_ms / kMinuteMs * kMostCounted;
  int64_t& count = world.last_call[BearerOf(request)];
  count = std::max(count, minute) + 1;
  const int64_t used = count - minute;
  const int64_t left = std::max<int64_t>(0, kCallsPerMinute - used);
  const int64_t reset = 60 - world.state.now_ms / 1000 % 60;
  if (used > kCallsPerMinute && world.state.settings.keeps_pace) {
    reply = Problem(429, "Too Many Requests", "rate limit exceeded");
    reply.headers.emplace_back("Retry-After", fmt::format("{}", reset));
  }
  reply.headers.emplace_back("RateLimit", fmt::format("\"minute\";r={};t={}", left, reset));
  reply.headers.emplace_back("RateLimit-Policy",
                             fmt::format("\"minute\";q={};w=60", kCallsPerMinute));
  return reply;
}

PracticeReply ServePod(PracticeWorld& world, const PracticeRequest& request, const PodRoute& route,
                       int64_t number) {
  const std::optional<FaultDo> fault = TakeFault(world, route.on);
  if (fault == FaultDo::kTooMany) {
    PracticeReply reply = Problem(429, "Too Many Requests", "rate limit exceeded");
    reply.headers.emplace_back("Retry-After", "1");
    return reply;
  }
  if (fault == FaultDo::kError) return Problem(500, "Internal Server Error", "try again");
  PracticeReply reply = route.serve(world, {request, number, fault});
  return fault == FaultDo::kLoseAnswer ? LostAnswer() : reply;
}

}  // namespace

PracticeReply ServeRunpod(PracticeWorld& world, const PracticeRequest& request) {
  bool path_is_known = false;
  for (const PodRoute& route : kPodRoutes) {
    const int64_t number = MatchPath(route.path, request.path);
    if (number < 0) continue;
    path_is_known = true;
    if (route.method != request.method) continue;
    if (const auto refusal = RefuseKey(world, request, route, number)) return *refusal;
    return WithRateLimit(world, request, ServePod(world, request, route, number));
  }
  return path_is_known ? Problem(405, "Method Not Allowed", "not this method")
                       : Problem(404, "Not Found", "no such path");
}

}  // namespace curbstop
