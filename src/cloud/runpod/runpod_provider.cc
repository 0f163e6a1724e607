#include "cloud/runpod/runpod_provider.h"

#include <algorithm>
#include <ctime>

#include <fmt/format.h>

#include "base/text.h"
#include "cloud/birth_script.h"
#include "cloud/internal/answer_fields.h"
#include "cloud/internal/api_caller.h"
#include "cloud/provider_table.h"
#include "machine/accelerators.h"

namespace curbstop {
namespace {

constexpr std::string_view kRunpod = "runpod";

// USD per GB and month: container disk while it runs, a stopped pod's volume disk. Source: RunPod's
// price page, 2026-08.
constexpr MicroUsd kRunningDisk{100'000};
constexpr MicroUsd kStoppedDisk{200'000};

// Starts the birth script from the variable that carries it, then what the image would have
// started.
constexpr const char* kArgs =
    R"(sh -c 'printf %s "$CURBSTOP_BIRTH" >/tmp/birth; sh /tmp/birth; exec /start.sh')";

// ---- errors: problem+json {"title", "status", "detail", "errors"} ----

std::string ProblemText(const ApiAnswer& answer) {
  const Result<Json> body = ParseJson(answer.body);
  std::string text = Printable(answer.body);
  if (body.ok() && body->IsObject()) {
    text = Printable(body->StringOr("detail", body->StringOr("title", "")));
    if (const Json* errors = body->Find("errors")) {
      for (const Json& error : errors->items()) {
        if (error.AsString() != nullptr) text += "; " + Printable(*error.AsString());
      }
    }
  }
  return fmt::format("{} ({})", text.empty() ? "no reason given" : text.substr(0, 300),
                     answer.status);
}

Error ProblemError(const ApiAnswer& answer) {
  const std::string message = fmt::format("runpod says: {}", ProblemText(answer));
  switch (answer.status) {
    case 401:
    case 403:
      return Denied(message).WithHint(
          "is RUNPOD_API_KEY a key of this account, with the right to change pods?");
    case 402: return Exhausted(message).WithHint("the account's balance is too low");
    case 404: return NotFound(message);
    case 409: return Conflict(message);
    case 400:
    case 405:
    case 422: return InvalidInput(message);
    case 429: return Exhausted(message).WithHint("try again in a minute");
    default: return Unavailable(message);
  }
}

Result<Json> PodBody(const ApiAnswer& answer) {
  if (answer.status != 200 && answer.status != 201) return ProblemError(answer);
  return ParseAnswer(answer.body);
}

// ---- offers ----

// One for each data centre that has some; none where the whole type is out.
Status AddOffers(const Json& json, const std::string& where, const OfferWish& wish,
                 std::vector<LiveOffer>& offers) {
  TRY(CheckObject(json, where));
  const AnswerFields fields(json, where);
  TRY_ASSIGN(const std::string id, fields.Text("id"));
  TRY_ASSIGN(const int64_t memory_gb, fields.Whole("memory"));
  const Json* price = json.Find("price");
  if (price == nullptr || !price->IsObject()) return fields.Wrong("price", "an object");
  TRY_ASSIGN(const auto each, AnswerFields(*price, where + ".price").MaybeUsd("secure"));
  TRY_ASSIGN(const auto secure, fields.MaybeFlag("secure"));
  const Json* most = json.Find("maxCount");
  const int64_t most_gpus = most == nullptr ? 1 : most->IntOr("secure", 1);
  const auto gpus = static_cast<int64_t>(wish.gpus);
  const bool sold = secure.value_or(true) && each && each->value() > 0;
  if (!sold || gpus < 1 || most_gpus < gpus || json.Find("dataCenters") == nullptr) return {};
  const Accelerator* known = BundledAccelerators().Find(id, GiB(memory_gb));
  LiveOffer live{.disk_per_gb_month = kRunningDisk, .idle_disk_per_gb_month = kStoppedDisk};
  live.offer.provider = kRunpod;
  live.offer.type = id;
  live.offer.gpu_name = known == nullptr ? id : known->name;
  live.offer.gpu_memory = known == nullptr ? GiB(memory_gb) : known->memory;
  live.offer.gpu_count = static_cast<double>(gpus);
  live.offer.per_hour = MicroUsd(each->value() * gpus);
  live.offer.source = "runpod, live";
  if (live.offer.gpu_memory->value < wish.gpu_memory.value) return {};
  TRY_ASSIGN(const Json::Array centers, fields.List("dataCenters"));
  for (size_t i = 0; i < centers.size(); ++i) {
    const std::string at = fmt::format("{}.dataCenters[{}]", where, i);
    TRY(CheckObject(centers[i], at));
    TRY_ASSIGN(live.offer.region, AnswerFields(centers[i], at).Text("id"));
    TRY_ASSIGN(const auto stock, AnswerFields(centers[i], at).MaybeText("availability"));
    live.stock = Lower(Printable(stock.value_or("")));
    live.id = fmt::format("{}|{}", id, live.offer.region);
    if (live.stock != "none") offers.push_back(live);
  }
  return {};
}

// ---- pods ----

MachineState PodState(std::string_view status) {
  if (status == "RUNNING") return MachineState::kRunning;
  if (status == "PROVISIONING" || status == "STARTING") return MachineState::kStarting;
  return status == "EXITED" ? MachineState::kPaused : MachineState::kBroken;
}

// "2026-06-01T12:00:00Z", with or without a fraction; 0: no such time.
int64_t ParseTime(const std::string& text) {
  std::tm parts{};
  const char* end = strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &parts);
  return end == nullptr ? 0 : int64_t{timegm(&parts)} * 1000;
}

// The pod's own ports; the proxy gives an interactive shell only. Null until it runs.
Result<std::optional<SshAddress>> DirectSsh(const Json& pod, const std::string& where) {
  const Json* ssh = pod.Find("ssh");
  const Json* direct = ssh == nullptr ? nullptr : ssh->Find("direct");
  if (direct == nullptr || direct->IsNull()) return std::optional<SshAddress>();
  TRY(CheckObject(*direct, where + ".ssh.direct"));
  const AnswerFields fields(*direct, where + ".ssh.direct");
  SshAddress address;
  TRY_ASSIGN(address.host, fields.Text("host"));
  TRY_ASSIGN(address.port, fields.Whole("port"));
  TRY_ASSIGN(const auto user, fields.MaybeText("username"));
  address.user = user.value_or("root");
  if (address.port < 1 || address.port > 65535) return fields.Wrong("port", "a port");
  return std::optional(address);
}

// GPUs that it really has: a stopped pod may come back with none.
int64_t GpusOf(const Json& pod) {
  const Json* runtime = pod.Find("runtime");
  const Json* seen = runtime == nullptr ? nullptr : runtime->Find("gpus");
  if (seen != nullptr && seen->IsArray()) return static_cast<int64_t>(seen->items().size());
  const Json* gpu = pod.Find("gpu");
  return gpu == nullptr ? 0 : gpu->IntOr("count", 1);
}

Result<CloudMachine> ReadPod(const Json& json, const std::string& where) {
  TRY(CheckObject(json, where));
  const AnswerFields fields(json, where);
  CloudMachine seen;
  TRY_ASSIGN(seen.id, fields.Text("id"));
  TRY_ASSIGN(seen.name, fields.Text("name"));
  TRY_ASSIGN(const std::string status, fields.Text("status"));
  TRY_ASSIGN(seen.per_hour, fields.Usd("cost"));
  TRY_ASSIGN(const auto created, fields.MaybeText("createdAt"));
  TRY_ASSIGN(const auto disk, fields.MaybeWhole("disk"));
  TRY_ASSIGN(seen.ssh, DirectSsh(json, where));
  seen.mark = ParseMark(seen.name);
  seen.state = PodState(status);
  seen.status = Printable(Lower(status));
  seen.made_at_ms = ParseTime(created.value_or(""));
  seen.gpus = GpusOf(json);
  if (const Json* gpu = json.Find("gpu")) seen.gpu = gpu->StringOr("id", "");
  // `cost` leaves the disk out, which bills also where it says 0.
  const bool runs = seen.state == MachineState::kRunning || seen.state == MachineState::kStarting;
  const Bytes size{std::clamp<int64_t>(disk.value_or(0), 0, 100'000) * 1'000'000'000};
  seen.per_hour += DiskPerHour(runs ? kRunningDisk : kStoppedDisk, size);
  return seen;
}

bool IsPodId(std::string_view id) {
  return !id.empty() && id.size() <= 64 && std::all_of(id.begin(), id.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '-' || c == '_';
  });
}

Error NotAPodId(std::string_view id) {
  return InvalidInput(fmt::format("`{}` is no id of a runpod pod", Printable(id)));
}

CreateOutcome PodRefused(RefusalClass refusal, std::string why) {
  return {.result = CreateResult::kRefused, .refusal = refusal, .why = std::move(why)};
}

// 400 is either a broken rule or no capacity; nothing tells which, so the next offer is tried.
RefusalClass PodRefusalOf(int64_t status) {
  switch (status) {
    case 401:
    case 402: return RefusalClass::kProviderOff;
    case 404:
    case 405:
    case 422: return RefusalClass::kFixRequest;
    case 429: return RefusalClass::kRetryAfter;
    default: return RefusalClass::kNextOffer;
  }
}

CreateOutcome ReadCreatedPod(const ApiAnswer& answer) {
  const Result<Json> body = ParseAnswer(answer.body);
  const std::string id = body.ok() ? body->StringOr("id", "") : "";
  if ((answer.status == 201 || answer.status == 200) && IsPodId(id))
    return {.result = CreateResult::kMade, .machine = id};
  const bool open = answer.status >= 500 || answer.status < 300;
  return {.result = open ? CreateResult::kUnknown : CreateResult::kRefused,
          .refusal = PodRefusalOf(answer.status),
          .retry_after = answer.retry_after,
          .why = ProblemText(answer)};
}

Result<Json> CreatePodBody(const CreateOrder& order, const std::string& base_url) {
  const size_t bar = order.offer.id.rfind('|');
  if (bar == std::string::npos)
    return InvalidInput(fmt::format("`{}` is no id of a runpod offer", Printable(order.offer.id)));
  if (order.bid_per_hour) return InvalidInput("runpod takes no bids");
  const SelfEnd end{.key_variable = "RUNPOD_API_KEY",
                    .id_variable = "RUNPOD_POD_ID",
                    .url = base_url + "/pods/$id"};
  TRY_ASSIGN(const std::string birth,
             BirthScript(end, {.lease = order.lease, .public_key = order.public_key}));
  const Json env = Json::MakeObject({{"CURBSTOP_BIRTH", birth},
                                     {"PUBLIC_KEY", order.public_key},
                                     {"SSH_PUBLIC_KEY", order.public_key}});
  const Json gpu = Json::MakeObject({{"id", order.offer.id.substr(0, bar)},
                                     {"count", static_cast<int64_t>(order.offer.offer.gpu_count)}});
  return Json::MakeObject(
      {{"name", MarkText(order.mark)},
       {"image", order.image},
       {"gpu", gpu},
       {"cloud", "SECURE"},
       {"dataCenterIds", Json::MakeArray({Json(order.offer.id.substr(bar + 1))})},
       {"disk", (order.disk.value + 999'999'999) / 1'000'000'000},
       {"env", env},
       {"ports", Json::MakeArray({Json("22/tcp")})},
       {"args", kArgs},
       {"startSsh", true}});
}

class RunpodProvider final : public Provider {
 public:
  RunpodProvider(HttpClient& http, Clock& clock, Random& random, std::string base_url, Secret key)
      : api_(http, clock, random, std::move(base_url), std::move(key)) {}

  std::string_view Name() const override { return kRunpod; }

  Result<std::vector<LiveOffer>> FindOffers(const OfferWish& wish) override {
    const std::string path =
        fmt::format("/catalog/gpus?include=AVAILABILITY&product=POD&cloud=SECURE&count={}",
                    std::max<int64_t>(1, static_cast<int64_t>(wish.gpus)));
    TRY_ASSIGN(const ApiAnswer answer, api_.Call({.path = path, .endpoint = "catalog"}));
    TRY_ASSIGN(const Json body, PodBody(answer));
    TRY_ASSIGN(const Json::Array list, AnswerFields(body, "").List("gpus"));
    std::vector<LiveOffer> offers;
    for (size_t i = 0; i < list.size(); ++i)
      TRY(AddOffers(list[i], fmt::format("gpus[{}]", i), wish, offers));
    std::stable_sort(offers.begin(), offers.end(), [](const auto& a, const auto& b) {
      return *a.offer.per_hour < *b.offer.per_hour;
    });
    return offers;
  }

  CreateOutcome Create(const CreateOrder& order) override {
    Result<Json> body = CreatePodBody(order, api_.base_url());
    if (!body.ok()) return PodRefused(RefusalClass::kFixRequest, body.error().OneLine());
    const Result<ApiAnswer> answer = api_.Call({.method = "POST",
                                                .path = "/pods",
                                                .endpoint = "create",
                                                .body = *std::move(body),
                                                .tries = Tries::kOnce});
    if (!answer.ok()) return WithoutAnswer(answer.error());
    CreateOutcome outcome = ReadCreatedPod(*answer);
    outcome.date_ms = answer->date_ms;
    return outcome;
  }

  Result<Listing> List() override {
    TRY_ASSIGN(const ApiAnswer answer,
               api_.Call({.path = "/pods?includeClusterPods=true", .endpoint = "list"}));
    TRY_ASSIGN(const Json body, PodBody(answer));
    TRY_ASSIGN(const Json::Array list, AnswerFields(body, "").List("pods"));
    Listing listing{.machines = {}, .date_ms = answer.date_ms};
    for (size_t i = 0; i < list.size(); ++i)
      TRY(AddPod(list[i], fmt::format("pods[{}]", i), listing));
    return listing;
  }

  Result<Listing> Find(const std::string& id) override {
    if (!IsPodId(id)) return NotAPodId(id);
    TRY_ASSIGN(const ApiAnswer answer, api_.Call({.path = "/pods/" + id, .endpoint = "show"}));
    Listing found{.machines = {}, .date_ms = answer.date_ms};
    if (answer.status == 404) return found;
    TRY_ASSIGN(const Json body, PodBody(answer));
    TRY(AddPod(body, "pod", found));
    return found;
  }

  Status Destroy(const std::string& id) override {
    if (!IsPodId(id)) return NotAPodId(id);
    TRY_ASSIGN(const ApiAnswer answer,
               api_.Call({.method = "DELETE", .path = "/pods/" + id, .endpoint = "destroy"}));
    if (answer.status == 404 || (answer.status >= 200 && answer.status < 300)) return {};
    return ProblemError(answer);
  }

  Status Pause(const std::string& id) override {
    return Change(id, "POST", "/action", Json::MakeObject({{"action", "stop"}}));
  }

  Status Relabel(const std::string& id, const Mark& mark) override {
    return Change(id, "PATCH", "", Json::MakeObject({{"name", MarkText(mark)}}));
  }

 private:
  static CreateOutcome WithoutAnswer(const Error& error) {
    if (error.kind() == ErrorKind::kNotFound || error.kind() == ErrorKind::kInvalidInput)
      return PodRefused(RefusalClass::kRetryAfter, error.OneLine());  // nothing was sent
    return {.result = CreateResult::kUnknown, .why = error.OneLine()};
  }

  // A terminated pod bills nothing, however long it stays in sight.
  static Status AddPod(const Json& json, const std::string& where, Listing& listing) {
    TRY_ASSIGN(CloudMachine pod, ReadPod(json, where));
    if (pod.status != "terminated") listing.machines.push_back(std::move(pod));
    return {};
  }

  Status Change(const std::string& id, const char* method, const char* below, Json body) {
    if (!IsPodId(id)) return NotAPodId(id);
    TRY_ASSIGN(const ApiAnswer answer, api_.Call({.method = method,
                                                  .path = "/pods/" + id + below,
                                                  .endpoint = "change",
                                                  .body = std::move(body)}));
    return answer.status >= 200 && answer.status < 300 ? Status() : ProblemError(answer);
  }

  ApiCaller api_;
};

}  // namespace

std::unique_ptr<Provider> MakeRunpodProvider(HttpClient& http, Clock& clock, Random& random,
                                             std::string base_url, Secret key) {
  return std::make_unique<RunpodProvider>(http, clock, random, std::move(base_url), std::move(key));
}

}  // namespace curbstop
