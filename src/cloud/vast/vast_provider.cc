#include "cloud/vast/vast_provider.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "cloud/birth_script.h"
#include "cloud/internal/answer_fields.h"
#include "cloud/internal/api_caller.h"
#include "machine/accelerators.h"

namespace curbstop {
namespace {

constexpr std::string_view kVast = "vast";
constexpr size_t kLongestOnstart = 4048;
constexpr int64_t kMostOffers = 500;
constexpr int kMostPages = 200;
constexpr int64_t kMostDays = 3650;

// The least time between two calls to one endpoint, by the published description; search has ten
// calls a minute for each address.
constexpr Millis kSearchApart{6000};
constexpr Millis kCreateApart{4500};
constexpr Millis kListApart{1000};
constexpr Millis kShowApart{2000};
constexpr Millis kDestroyApart{3000};
constexpr Millis kChangeApart{1000};

constexpr std::string_view kSshPort = "22/tcp";

// ---- errors ----

// `{"success": false, "error", "msg"}`, sometimes `message` or `detail`, sometimes plain text.
std::string VastMessage(const ApiAnswer& answer) {
  const Result<Json> body = ParseJson(answer.body);
  std::string text = Printable(answer.body);
  if (body.ok() && body->IsObject()) {
    for (const char* key : {"detail", "message", "error", "msg"}) {
      if (const std::string found = body->StringOr(key, ""); !found.empty())
        text = Printable(found);
    }
  }
  return fmt::format("{} ({})", text.empty() ? "no reason given" : text.substr(0, 300),
                     answer.status);
}

bool IsBadKey(const ApiAnswer& answer) {
  const bool says_key = answer.body.find("user key") != std::string::npos ||
                        answer.body.find("auth_error") != std::string::npos;
  return answer.status == 401 || answer.status == 403 || (answer.status == 404 && says_key);
}

Error ToError(const ApiAnswer& answer) {
  const std::string message = fmt::format("vast says: {}", VastMessage(answer));
  if (IsBadKey(answer)) {
    return Denied(message).WithHint(
        "is VAST_API_KEY a key of this account, with the rights to read and write instances?");
  }
  if (answer.status == 404) return NotFound(message);
  if (answer.status == 429) return Exhausted(message).WithHint("try again in a minute");
  if (answer.status == 400) return InvalidInput(message);
  return Unavailable(message);
}

// The body of an answer that is good. Errors: those of ToError, kCorrupt.
Result<Json> GoodBody(const ApiAnswer& answer) {
  if (answer.status != 200) return ToError(answer);
  TRY_ASSIGN(Json body, ParseAnswer(answer.body));
  // A bad range or an unknown id may come as 200 with `success` false.
  if (body.BoolOr("success", true)) return body;
  ApiAnswer said = answer;
  said.status = answer.body.find("no_such") == std::string::npos ? 400 : 404;
  return ToError(said);
}

// ---- offers ----

Json SearchBody(const OfferWish& wish) {
  const auto test = [](const char* name, Json value) {
    return Json::MakeObject({{name, std::move(value)}});
  };
  Json body = Json::MakeObject({{"type", "ondemand"},
                                {"limit", kMostOffers},
                                {"verified", test("eq", true)},
                                {"rentable", test("eq", true)},
                                {"rented", test("eq", false)},
                                {"direct_port_count", test("gte", 1)},
                                {"num_gpus", test("eq", static_cast<int64_t>(wish.gpus))},
                                {"allocated_storage", static_cast<double>(wish.disk.value) / 1e9}});
  body.Set("order", Json::MakeArray({Json::MakeArray({"dph_total", "asc"})}));
  if (wish.gpu_memory.value > 0)  // a card's usable memory is a little less than its nominal one
    body.Set("gpu_ram", test("gte", wish.gpu_memory.value / 1'000'000 * 9 / 10));
  return body;
}

int64_t MegaBytes(int64_t mib) { return mib << 20; }

// The catalogue's name and nominal memory; an unknown GPU keeps its spelling.
void NameGpu(Offer& offer, const std::string& spelling, int64_t memory_mib) {
  const Bytes memory{MegaBytes(memory_mib)};
  const Accelerator* known = BundledAccelerators().Find(spelling, memory);
  offer.gpu_name = known == nullptr ? spelling : known->name;
  offer.gpu_memory = known == nullptr ? memory : known->memory;
}

// Memory and processors are shared by the host's instances: the offer has its part.
Status ReadParts(const AnswerFields& fields, Offer& offer) {
  TRY_ASSIGN(const auto cores, fields.MaybeNumber("cpu_cores"));
  TRY_ASSIGN(const auto effective, fields.MaybeNumber("cpu_cores_effective"));
  TRY_ASSIGN(const auto memory_mb, fields.MaybeNumber("cpu_ram"));
  offer.vcpus = effective;
  if (cores && effective && memory_mb && *cores > 0 && *memory_mb > 0 && *memory_mb < 1e9)
    offer.memory = Bytes{static_cast<int64_t>(*memory_mb * *effective / *cores) << 20};
  return {};
}

Result<LiveOffer> ReadOffer(const Json& json, const std::string& where) {
  TRY(CheckObject(json, where));
  const AnswerFields fields(json, where);
  LiveOffer live;
  TRY_ASSIGN(const int64_t id, fields.Whole("id"));
  TRY_ASSIGN(const std::string gpu, fields.Text("gpu_name"));
  TRY_ASSIGN(const double gpu_mib, fields.Number("gpu_ram"));
  TRY_ASSIGN(const int64_t gpus, fields.Whole("num_gpus"));
  TRY_ASSIGN(const MicroUsd per_hour, fields.Usd("dph_base"));
  TRY_ASSIGN(live.offer.spot_per_hour, fields.MaybeUsd("min_bid"));
  TRY_ASSIGN(live.disk_per_gb_month, fields.Usd("storage_cost"));
  TRY_ASSIGN(const auto up, fields.MaybeUsd("inet_up_cost"));
  TRY_ASSIGN(const auto down, fields.MaybeUsd("inet_down_cost"));
  TRY_ASSIGN(const auto lasts, fields.MaybeNumber("duration"));
  TRY_ASSIGN(const auto machine, fields.MaybeWhole("machine_id"));
  TRY_ASSIGN(const auto region, fields.MaybeText("geolocation"));
  TRY(ReadParts(fields, live.offer));
  if (gpu_mib < 0 || gpu_mib > 1e7) return fields.Wrong("gpu_ram", "megabytes of one GPU");
  NameGpu(live.offer, gpu, static_cast<int64_t>(gpu_mib));
  live.id = fmt::format("{}", id);
  live.host = machine ? fmt::format("{}", *machine) : "";
  live.idle_disk_per_gb_month = live.disk_per_gb_month;
  live.per_gb_up = up.value_or(MicroUsd());
  live.per_gb_down = down.value_or(MicroUsd());
  if (lasts && *lasts >= 0)
    live.lasts = std::chrono::seconds(
        static_cast<int64_t>(std::min(*lasts, static_cast<double>(kMostDays) * 86'400)));
  live.offer.provider = kVast;
  live.offer.region = region.value_or("");
  live.offer.type = fmt::format("{}x {}", gpus, gpu);
  live.offer.gpu_count = static_cast<double>(gpus);
  live.offer.per_hour = per_hour;
  live.offer.source = "vast, live";
  return live;
}

// The server takes filters as hints.
bool Meets(const LiveOffer& live, const OfferWish& wish) {
  return live.offer.gpu_count == wish.gpus &&
         live.offer.gpu_memory.value_or(Bytes{}).value >= wish.gpu_memory.value &&
         live.lasts.value_or(wish.lasting) >= wish.lasting;
}

// ---- machines ----

MachineState StateOf(const std::optional<std::string>& actual, const std::string& intended) {
  if (intended == "stopped" || actual == "stopped") return MachineState::kPaused;
  if (actual == "running") return MachineState::kRunning;
  const bool may_come = !actual || *actual == "created" || *actual == "loading" ||
                        *actual == "scheduling" || *actual == "recycling";
  return may_come ? MachineState::kStarting : MachineState::kBroken;
}

// The mapped port of a direct connection: {"22/tcp": [{"HostPort": "33526"}]}; the published
// description types `ports` as a list, which holds no mapping.
std::optional<SshAddress> SshOf(const Json& json, const std::string& ip) {
  const Json* ports = json.Find("ports");
  const Json* mapped = ports == nullptr ? nullptr : ports->Find(kSshPort);
  if (ip.empty() || mapped == nullptr || mapped->items().empty()) return {};
  const std::string text = mapped->items().front().StringOr("HostPort", "");
  int64_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || port < 1 || port > 65535) return {};
  return SshAddress{.host = std::string(Trim(ip)), .port = port, .user = "root"};
}

Result<CloudMachine> ReadInstance(const Json& json, const std::string& where) {
  TRY(CheckObject(json, where));
  const AnswerFields fields(json, where);
  TRY_ASSIGN(const int64_t id, fields.Whole("id"));
  TRY_ASSIGN(const auto label, fields.MaybeText("label"));
  TRY_ASSIGN(const auto actual, fields.MaybeText("actual_status"));
  TRY_ASSIGN(const auto intended, fields.MaybeText("intended_status"));
  TRY_ASSIGN(const auto total, fields.MaybeUsd("dph_total"));
  TRY_ASSIGN(const auto disk, fields.MaybeUsd("storage_total_cost"));
  TRY_ASSIGN(const auto start, fields.MaybeNumber("start_date"));
  TRY_ASSIGN(const auto machine, fields.MaybeWhole("machine_id"));
  TRY_ASSIGN(const auto gpu, fields.MaybeText("gpu_name"));
  TRY_ASSIGN(const auto gpus, fields.MaybeWhole("num_gpus"));
  TRY_ASSIGN(const auto ip, fields.MaybeText("public_ipaddr"));
  CloudMachine seen{.id = fmt::format("{}", id),
                    .name = label.value_or(""),
                    .state = StateOf(actual, intended.value_or("")),
                    .status = Printable(actual.value_or("being provisioned")),
                    .host = machine ? fmt::format("{}", *machine) : "",
                    .gpu = gpu.value_or(""),
                    .gpus = gpus.value_or(0),
                    .ssh = SshOf(json, ip.value_or(""))};
  seen.mark = ParseMark(seen.name);
  const bool only_disk = seen.state == MachineState::kPaused;
  seen.per_hour = (only_disk ? disk : total).value_or(MicroUsd());
  if (start && *start > 0 && *start < 1e11) seen.made_at_ms = static_cast<int64_t>(*start * 1000);
  return seen;
}

bool IsId(std::string_view id) { return IsDigits(id) && id.size() <= 18; }

Error NotAnId(std::string_view id) {
  return InvalidInput(fmt::format("`{}` is no id of a vast instance", Printable(id)));
}

// ---- the driver ----

class VastProvider final : public Provider {
 public:
  VastProvider(HttpClient& http, Clock& clock, Random& random, std::string base_url, Secret key)
      : api_(http, clock, random, std::move(base_url), std::move(key)) {}

  std::string_view Name() const override { return kVast; }

  Result<std::vector<LiveOffer>> FindOffers(const OfferWish& wish) override {
    TRY_ASSIGN(const ApiAnswer answer, api_.Call({.method = "POST",
                                                  .path = "/api/v0/bundles/",
                                                  .endpoint = "search",
                                                  .apart = kSearchApart,
                                                  .body = SearchBody(wish)}));
    TRY_ASSIGN(const Json body, GoodBody(answer));
    TRY_ASSIGN(const Json::Array list, AnswerFields(body, "").List("offers"));
    std::vector<LiveOffer> offers;
    for (size_t i = 0; i < list.size(); ++i) {
      TRY_ASSIGN(LiveOffer live, ReadOffer(list[i], fmt::format("offers[{}]", i)));
      if (Meets(live, wish)) offers.push_back(std::move(live));
    }
    std::stable_sort(offers.begin(), offers.end(), [](const auto& a, const auto& b) {
      return *a.offer.per_hour < *b.offer.per_hour;
    });
    return offers;
  }

  CreateOutcome Create(const CreateOrder& order) override {
    Result<Json> body = CreateBody(order);
    if (!body.ok()) return Refused(RefusalClass::kFixRequest, body.error().OneLine());
    const Result<ApiAnswer> answer =
        api_.Call({.method = "PUT",
                   .path = fmt::format("/api/v0/asks/{}/", order.offer.id),
                   .endpoint = "create",
                   .apart = kCreateApart,
                   .body = *std::move(body),
                   .tries = Tries::kOnce});
    if (!answer.ok()) return NoAnswer(answer.error());
    CreateOutcome outcome = ReadCreated(*answer);
    outcome.date_ms = answer->date_ms;
    return outcome;
  }

  Result<Listing> List() override {
    Listing listing;
    std::string token;
    for (int page = 0; page < kMostPages; ++page) {
      TRY_ASSIGN(std::string next, ListPage(token, listing));
      if (next.empty()) return listing;
      if (next == token) return Corrupt("vast's listing names the same page as its next one twice");
      token = std::move(next);
    }
    return Corrupt(fmt::format("vast's listing has no end: {} pages and more", kMostPages));
  }

  Result<Listing> Find(const std::string& id) override {
    if (!IsId(id)) return NotAnId(id);
    TRY_ASSIGN(const ApiAnswer answer,
               api_.Call({.path = PathOf(id), .endpoint = "show", .apart = kShowApart}));
    Listing found{.machines = {}, .date_ms = answer.date_ms};
    Result<Json> body = GoodBody(answer);
    if (!body.ok() && body.error().kind() == ErrorKind::kNotFound) return found;
    if (!body.ok()) return std::move(body).error();
    const Json* instance = body->Find("instances");
    if (instance == nullptr || instance->IsNull()) return found;
    TRY_ASSIGN(CloudMachine machine, ReadInstance(*instance, "instances"));
    found.machines.push_back(std::move(machine));
    return found;
  }

  Status Destroy(const std::string& id) override {
    if (!IsId(id)) return NotAnId(id);
    TRY_ASSIGN(const ApiAnswer answer, api_.Call({.method = "DELETE",
                                                  .path = PathOf(id),
                                                  .endpoint = "destroy",
                                                  .apart = kDestroyApart}));
    const Result<Json> body = GoodBody(answer);
    if (body.ok() || body.error().kind() == ErrorKind::kNotFound) return {};
    return body.error();
  }

  Status Pause(const std::string& id) override {
    return Change(id, Json::MakeObject({{"state", "stopped"}}));
  }

  Status Relabel(const std::string& id, const Mark& mark) override {
    return Change(id, Json::MakeObject({{"label", MarkText(mark)}}));
  }

 private:
  static std::string PathOf(const std::string& id) {
    return fmt::format("/api/v0/instances/{}/", id);
  }

  static CreateOutcome Refused(RefusalClass refusal, std::string why) {
    return {.result = CreateResult::kRefused, .refusal = refusal, .why = std::move(why)};
  }

  static CreateOutcome NoAnswer(const Error& error) {
    // Without a connection nothing was sent.
    if (error.kind() == ErrorKind::kNotFound || error.kind() == ErrorKind::kInvalidInput)
      return Refused(RefusalClass::kRetryAfter, error.OneLine());
    return {.result = CreateResult::kUnknown, .why = error.OneLine()};
  }

  Result<Json> CreateBody(const CreateOrder& order) const {
    if (!IsId(order.offer.id)) return NotAnId(order.offer.id);
    const SelfEnd end{.key_variable = "CONTAINER_API_KEY",
                      .id_variable = "CONTAINER_ID",
                      .url = api_.base_url() + "/api/v0/instances/$id/"};
    TRY_ASSIGN(std::string birth,
               BirthScript(end, {.lease = order.lease, .public_key = order.public_key}));
    if (birth.size() > kLongestOnstart)
      return InvalidInput(fmt::format("the birth script has {} letters, vast takes {}",
                                      birth.size(), kLongestOnstart));
    Json body = Json::MakeObject({{"client_id", "me"},
                                  {"image", order.image},
                                  {"label", MarkText(order.mark)},
                                  {"disk", std::ceil(static_cast<double>(order.disk.value) / 1e9)},
                                  {"runtype", "ssh_direct"},
                                  {"target_state", "running"},
                                  {"cancel_unavail", true},
                                  {"onstart", std::move(birth)}});
    if (order.bid_per_hour)
      body.Set("price", static_cast<double>(order.bid_per_hour->value()) / 1e6);
    return body;
  }

  static CreateOutcome ReadCreated(const ApiAnswer& answer) {
    const Result<Json> body = ParseAnswer(answer.body);
    const auto made = body.ok() ? AnswerFields(*body, "").MaybeWhole("new_contract")
                                : Result<std::optional<int64_t>>(std::optional<int64_t>());
    const std::string machine = made.ok() && *made ? fmt::format("{}", **made) : std::string();
    if (answer.status == 200 && !machine.empty() && body->BoolOr("success", true))
      return {.result = CreateResult::kMade, .machine = machine};
    CreateOutcome outcome{.result = CreateResult::kRefused,
                          .machine = machine,
                          .refusal = RefusalOf(answer),
                          .why = VastMessage(answer)};
    // A good status without an id, or a server's own trouble, leaves it open.
    if (answer.status >= 500 || (answer.status == 200 && machine.empty()))
      outcome.result = CreateResult::kUnknown;
    if (outcome.refusal == RefusalClass::kRetryAfter)
      outcome.retry_after = std::max(answer.retry_after, kCreateApart);
    return outcome;
  }

  static RefusalClass RefusalOf(const ApiAnswer& answer) {
    const auto says = [&](const char* word) { return answer.body.find(word) != std::string::npos; };
    if (answer.status == 410 || says("no_such_ask")) return RefusalClass::kNextOffer;
    if (answer.status == 429) return RefusalClass::kRetryAfter;
    if (answer.status == 402 || says("credit")) return RefusalClass::kProviderOff;
    if (says("not your own")) return RefusalClass::kNextOffer;
    if (IsBadKey(answer)) return RefusalClass::kProviderOff;
    if (says("bid is below") || says("invalid_price")) return RefusalClass::kNextOffer;
    return answer.status == 404 ? RefusalClass::kNextOffer : RefusalClass::kFixRequest;
  }

  // The next page's token, empty after the last one.
  Result<std::string> ListPage(const std::string& token, Listing& listing) {
    std::string path = "/api/v1/instances/?limit=25";
    if (!token.empty()) path += "&after_token=" + PercentEncoded(token);
    TRY_ASSIGN(const ApiAnswer answer,
               api_.Call({.path = path, .endpoint = "list", .apart = kListApart}));
    TRY_ASSIGN(const Json body, GoodBody(answer));
    const AnswerFields fields(body, "");
    TRY_ASSIGN(const Json::Array list, fields.List("instances"));
    TRY_ASSIGN(const auto next, fields.MaybeText("next_token"));
    for (size_t i = 0; i < list.size(); ++i) {
      TRY_ASSIGN(CloudMachine machine, ReadInstance(list[i], fmt::format("instances[{}]", i)));
      listing.machines.push_back(std::move(machine));
    }
    listing.date_ms = answer.date_ms;
    return next.value_or("");
  }

  Status Change(const std::string& id, Json body) {
    if (!IsId(id)) return NotAnId(id);
    TRY_ASSIGN(const ApiAnswer answer, api_.Call({.method = "PUT",
                                                  .path = PathOf(id),
                                                  .endpoint = "change",
                                                  .apart = kChangeApart,
                                                  .body = std::move(body)}));
    const Result<Json> good = GoodBody(answer);
    return good.ok() ? Status() : good.error();
  }

  ApiCaller api_;
};

}  // namespace

std::unique_ptr<Provider> MakeVastProvider(HttpClient& http, Clock& clock, Random& random,
                                           std::string base_url, Secret key) {
  return std::make_unique<VastProvider>(http, clock, random, std::move(base_url), std::move(key));
}

}  // namespace curbstop
