#include "run/agent/away_order.h"

namespace curbstop {
namespace {

Millis MillisOr(const Json& json, std::string_view key, Millis fallback) {
  return Millis(json.IntOr(key, fallback.count()));
}

}  // namespace

Json AwayJson(const AwayOrder& away) {
  Json work = Json::MakeObject();
  for (const auto& [name, work_ms] : away.checkpoint_work_ms) work.Set(name, work_ms);
  return Json::MakeObject({{"home", away.home.string()},
                           {"at_end", away.at_end == EndWish::kSave ? "save" : "destroy"},
                           {"lease_at_birth_ms", away.lease_at_birth.count()},
                           {"interval_ms", away.interval.count()},
                           {"lease_margin_ms", away.lease_margin.count()},
                           {"save_time_ms", away.save_time.count()},
                           {"unconnected_ms", away.unconnected.count()},
                           {"end_pause_ms", away.end_pause.count()},
                           {"accepted", away.accepted},
                           {"attempts_before", away.attempts_before},
                           {"worker_starts", away.worker_starts},
                           {"checkpoint_work_ms", work},
                           {"promise", away.promise},
                           {"record", away.record}});
}

AwayOrder AwayOf(const Json& json) {
  AwayOrder away;
  away.home = json.StringOr("home", away.home.string());
  if (json.StringOr("at_end", "") == "save") away.at_end = EndWish::kSave;
  away.lease_at_birth = MillisOr(json, "lease_at_birth_ms", away.lease_at_birth);
  away.interval = MillisOr(json, "interval_ms", away.interval);
  away.lease_margin = MillisOr(json, "lease_margin_ms", away.lease_margin);
  away.save_time = MillisOr(json, "save_time_ms", away.save_time);
  away.unconnected = MillisOr(json, "unconnected_ms", away.unconnected);
  away.end_pause = MillisOr(json, "end_pause_ms", away.end_pause);
  away.accepted = json.BoolOr("accepted", false);
  away.attempts_before = json.IntOr("attempts_before", 0);
  away.worker_starts = json.IntOr("worker_starts", away.worker_starts);
  if (const Json* work = json.Find("checkpoint_work_ms")) {
    for (const auto& [name, work_ms] : work->members())
      away.checkpoint_work_ms[name] = work_ms.AsInt().value_or(0);
  }
  if (const Json* promise = json.Find("promise")) away.promise = *promise;
  if (const Json* record = json.Find("record")) away.record = *record;
  return away;
}

Json AwaySecretsJson(const AwaySecrets& secrets) {
  return Json::MakeObject({{"put_checkpoint", Json::ArrayOf(secrets.put_checkpoint)},
                           {"put_out", secrets.put_out},
                           {"put_spools", secrets.put_spools}});
}

AwaySecrets AwaySecretsOf(const Json& json) {
  AwaySecrets secrets;
  if (const Json* urls = json.Find("put_checkpoint")) {
    for (const Json& url : urls->items()) {
      if (url.IsString()) secrets.put_checkpoint.push_back(*url.AsString());
    }
  }
  secrets.put_out = json.StringOr("put_out", "");
  secrets.put_spools = json.StringOr("put_spools", "");
  return secrets;
}

}  // namespace curbstop
