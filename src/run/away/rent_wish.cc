#include "run/away/rent_wish.h"

#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kMostBytes = 1 << 20;

Json GpuJson(const GpuNeed& need) {
  Json gpu = Json::MakeObject({{"count", need.count}, {"name", need.name}});
  if (need.memory) gpu.Set("memory", need.memory->value);
  return gpu;
}

Json NeedsJson(const Need& needs) {
  Json json = Json::MakeObject({{"arch", needs.arch}});
  if (needs.gpu) json.Set("gpu", GpuJson(*needs.gpu));
  if (needs.cpus) json.Set("cpus", *needs.cpus);
  if (needs.memory) json.Set("memory", needs.memory->value);
  if (needs.disk) json.Set("disk", needs.disk->value);
  return json;
}

std::optional<Bytes> BytesIn(const Json& json, std::string_view key) {
  const Json* found = json.Find(key);
  const std::optional<int64_t> value = found == nullptr ? std::nullopt : found->AsInt();
  return value ? std::optional(Bytes{*value}) : std::nullopt;
}

Need NeedsOf(const Json& json) {
  Need needs;
  needs.arch = json.StringOr("arch", "");
  if (const Json* gpu = json.Find("gpu"))
    needs.gpu = GpuNeed{gpu->IntOr("count", 1), gpu->StringOr("name", ""), BytesIn(*gpu, "memory")};
  if (const Json* cpus = json.Find("cpus")) needs.cpus = cpus->AsInt();
  needs.memory = BytesIn(json, "memory");
  needs.disk = BytesIn(json, "disk");
  return needs;
}

Json PlacesJson(const std::vector<Place>& places) {
  Json json = Json::MakeArray();
  for (const Place& place : places) json.Push(PlaceText(place));
  return json;
}

Result<std::vector<Place>> PlacesIn(const Json& json) {
  std::vector<Place> places;
  for (const Json& one : json.items()) {
    const std::string* text = one.AsString();
    if (text == nullptr) return Corrupt("`also` is no list of places");
    TRY_ASSIGN(Place place, ParsePlace(*text));
    places.push_back(std::move(place));
  }
  return places;
}

Result<RentWish> WishOf(const Json& json) {
  RentWish wish;
  TRY_ASSIGN(const std::string place, json.GetString("place"));
  TRY_ASSIGN(wish.place, ParsePlace(place));
  if (const Json* also = json.Find("also")) {
    TRY_ASSIGN(wish.also, PlacesIn(*also));
  }
  wish.bids_elsewhere = json.BoolOr("bids_elsewhere", false);
  if (const Json* home = json.Find("home"); home != nullptr && home->IsObject()) {
    wish.home = HomeMachine{MicroUsd(home->IntOr("micro_usd_per_hour", 0)),
                            Millis(home->IntOr("work_ms", 0)), Millis(home->IntOr("wait_ms", 0))};
    if (wish.home->work <= Millis(0)) return Corrupt("`home` makes no sense");
  }
  if (const Json* needs = json.Find("needs")) wish.needs = NeedsOf(*needs);
  const int64_t spot = json.IntOr("spot", 0);
  if (spot < 0 || spot > static_cast<int64_t>(SpotUse::kOnly)) return Corrupt("`spot` is unknown");
  wish.spot = static_cast<SpotUse>(spot);
  wish.bid.above_percent = json.IntOr("bid_above_percent", kUsualBidPercent);
  wish.bid.life = Millis(json.IntOr("bid_life_ms", kAssumedSpotLife.count()));
  if (wish.bid.above_percent < 0 || wish.bid.above_percent > 1000 || wish.bid.life <= Millis(0))
    return Corrupt("`bid_above_percent` or `bid_life_ms` makes no sense");
  wish.image = json.StringOr("image", "");
  TRY_ASSIGN(wish.disk.value, json.GetInt("disk"));
  wish.transfer.value = json.IntOr("transfer", 0);
  wish.write = Millis(json.IntOr("write_ms", kAssumedWrite.count()));
  if (const int64_t every = json.IntOr("every_ms", 0); every > 0) wish.every = Millis(every);
  if (const Json* kept = json.Find("kept_at"); kept != nullptr && kept->IsObject())
    wish.kept_at = {kept->StringOr("url", ""), kept->StringOr("endpoint", ""),
                    kept->StringOr("region", "")};
  return wish;
}

}  // namespace

Json RentWishJson(const RentWish& wish) {
  Json home;
  if (wish.home) {
    home = Json::MakeObject({{"micro_usd_per_hour", wish.home->per_hour.value()},
                             {"work_ms", int64_t{wish.home->work.count()}},
                             {"wait_ms", int64_t{wish.home->wait.count()}}});
  }
  return Json::MakeObject({{"version", 1},
                           {"place", PlaceText(wish.place)},
                           {"also", PlacesJson(wish.also)},
                           {"bids_elsewhere", wish.bids_elsewhere},
                           {"home", home},
                           {"needs", NeedsJson(wish.needs)},
                           {"spot", static_cast<int64_t>(wish.spot)},
                           {"bid_above_percent", wish.bid.above_percent},
                           {"bid_life_ms", int64_t{wish.bid.life.count()}},
                           {"image", wish.image},
                           {"disk", wish.disk.value},
                           {"transfer", wish.transfer.value},
                           {"write_ms", int64_t{wish.write.count()}},
                           {"every_ms", int64_t{wish.every.value_or(Millis(0)).count()}},
                           {"kept_at", Json::MakeObject({{"url", wish.kept_at.url},
                                                         {"endpoint", wish.kept_at.endpoint},
                                                         {"region", wish.kept_at.region}})}});
}

Result<RentWish> ReadRentWish(const std::filesystem::path& run_folder) {
  TRY_ASSIGN(const std::string text, ReadFile(run_folder / "rent.json", kMostBytes));
  TRY_ASSIGN(const Json json, ParseJson(text));
  Result<RentWish> wish = WishOf(json);
  if (wish.ok()) return wish;
  return Corrupt(wish.error().OneLine()).While("cannot use what the run wanted to rent");
}

Status WriteRentWish(const RentWish& wish, const std::filesystem::path& run_folder,
                     FileStore& files) {
  return files.Write(run_folder / "rent.json", WriteJson(RentWishJson(wish), JsonStyle::kIndented),
                     0600);
}

}  // namespace curbstop
