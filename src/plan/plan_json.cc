#include "base/text_or_null.h"
#include "fit/answer.h"
#include "plan/plan.h"

namespace curbstop {
namespace {

Json MicrosJson(std::optional<MicroUsd> amount) { return amount ? Json(amount->value()) : Json(); }

Json SecondsJson(std::optional<Millis> time) {
  if (!time) return {};
  if (time->count() % 1000 == 0) return time->count() / 1000;
  return static_cast<double>(time->count()) / 1000;
}

Json PartsJson(const PlanRow& row) {
  Json parts = Json::MakeArray();
  for (const FinishPart& part : row.parts) {
    parts.Push(Json::MakeObject({{"what", part.what},
                                 {"time_s", SecondsJson(part.time)},
                                 {"micro_usd", part.cost.value()}}));
  }
  return parts;
}

Json IntJson(std::optional<int64_t> number) { return number ? Json(*number) : Json(); }
Json IntJson(std::optional<Bytes> size) { return size ? Json(size->value) : Json(); }

Json BidJson(const PlanRow& row) {
  if (!row.on_bid) return {};
  return Json::MakeObject({{"minimum_micro_usd_per_hour", row.bid->minimum.value()},
                           {"above_minimum_percent", PercentAbove(row.bid->minimum, *row.per_hour)},
                           {"mean_life_s", SecondsJson(row.bid->terms.life)},
                           {"interruptions", row.interruptions},
                           {"listed_saving_percent", IntJson(row.listed_saving)},
                           {"effective_saving_percent", IntJson(row.effective_saving)}});
}

Json FrontJson(const GoalAnswer& together) {
  Json front = Json::MakeArray();
  for (const FrontPoint& point : together.front) {
    Json places = Json::MakeArray();
    Json goes_on = Json::MakeArray();
    Json on_bid = Json::MakeArray();
    for (const std::string& place : point.places) places.Push(place);
    for (const bool one : point.goes_on) goes_on.Push(one);
    for (const bool one : point.on_bid) on_bid.Push(one);
    front.Push(Json::MakeObject({{"p50_micro_usd", point.cost.value()},
                                 {"finish_p50_s", SecondsJson(point.time)},
                                 {"places", places},
                                 {"goes_on", goes_on},
                                 {"on_bid", on_bid}}));
  }
  return front;
}

Json TogetherJson(const Plan& plan) {
  if (!plan.together) return {};
  return Json::MakeObject({{"p50_micro_usd", plan.together->cost.value()},
                           {"finish_p50_s", SecondsJson(plan.together->time)},
                           {"is_met", plan.together->is_met},
                           {"is_proven", plan.together->is_proven},
                           {"front", FrontJson(*plan.together)}});
}

// What the step's model comes to there; the answer in full is that of `model fit`.
Json ModelJson(const fit::FitAnswer& answer) {
  const Json whole = fit::FitJson(answer);
  Json object = Json::MakeObject({});
  for (const char* key : {"model", "format", "verdict", "peak_bytes", "available_bytes",
                          "peak_measured_runs", "tokens_per_second", "images_per_second"}) {
    if (const Json* value = whole.Find(key)) object.Set(key, *value);
  }
  return object;
}

}  // namespace

Json PlanRowJson(const PlanRow& row) {
  Json object = Json::MakeObject({{"step", row.step},
                                  {"place", row.place},
                                  {"chosen", row.chosen},
                                  {"worst_micro_usd", MicrosJson(row.worst)},
                                  {"p10_micro_usd", MicrosJson(row.p10)},
                                  {"p50_micro_usd", MicrosJson(row.p50)},
                                  {"p90_micro_usd", MicrosJson(row.p90)},
                                  {"finish_p50_s", SecondsJson(row.finish_p50)},
                                  {"finish_p90_s", SecondsJson(row.finish_p90)},
                                  {"parts", PartsJson(row)},
                                  {"lease_grade", row.lease_grade},
                                  {"lease_s", SecondsJson(row.lease)},
                                  {"checkpoint_interval_s", SecondsJson(row.interval)},
                                  {"kept_s", SecondsJson(row.kept)},
                                  {"kept_micro_usd", row.kept_worst.value()},
                                  {"login_needed", row.login_needed},
                                  {"why", TextOrNull(row.why)},
                                  {"why_not", TextOrNull(row.why_not)},
                                  {"hardware", TextOrNull(row.hardware)},
                                  {"has_driver", row.has_driver},
                                  {"micro_usd_per_hour", MicrosJson(row.per_hour)},
                                  {"finish_worst_s", SecondsJson(row.finish_worst)},
                                  {"time_source", TextOrNull(row.time_source)},
                                  {"source", TextOrNull(row.source)},
                                  {"as_of", TextOrNull(row.as_of)},
                                  {"is_old", row.is_old},
                                  {"bid", BidJson(row)},
                                  {"hands_machine_to", TextOrNull(row.hands_to)},
                                  {"takes_machine_of", TextOrNull(row.takes_from)},
                                  {"upload_bytes", row.upload.value},
                                  {"download_bytes", IntJson(row.download)}});
  if (row.model != nullptr) object.Set("fit", ModelJson(*row.model));
  return object;
}

Json PlanJson(const Plan& plan) {
  Json rows = Json::MakeArray();
  for (const PlanRow& row : plan.rows) rows.Push(PlanRowJson(row));
  Json left_out = Json::MakeArray();
  for (const LeftOut& left : plan.left_out) {
    left_out.Push(
        Json::MakeObject({{"step", left.step}, {"reason", left.reason}, {"count", left.count}}));
  }
  return Json::MakeObject({{"rows", rows},
                           {"left_out", left_out},
                           {"worst_micro_usd", MicrosJson(WorstOf(plan))},
                           {"together", TogetherJson(plan)},
                           {"month", MonthJson(plan.budget, plan.spending)},
                           {"caps", CapsJson(CapsOf(plan.budget, plan.spending))}});
}

}  // namespace curbstop
