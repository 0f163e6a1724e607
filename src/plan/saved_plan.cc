#include "plan/saved_plan.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/text_or_null.h"

namespace curbstop {
namespace {

template <typename Unit>
Json NumberOrNull(const std::optional<Unit>& amount) {
  if constexpr (std::is_same_v<Unit, MicroUsd>) return amount ? Json(amount->value()) : Json();
  else return amount ? Json(int64_t{amount->count()}) : Json();
}

Json StepJson(const SavedStep& step) {
  return Json::MakeObject({{"step", step.step},
                           {"place", step.place},
                           {"on_bid", step.on_bid},
                           {"hardware", step.hardware},
                           {"micro_usd_per_hour", NumberOrNull(step.per_hour)},
                           {"worst_micro_usd", NumberOrNull(step.worst)},
                           {"p50_micro_usd", NumberOrNull(step.p50)},
                           {"finish_p50_ms", NumberOrNull(step.finish_p50)},
                           {"lease_ms", NumberOrNull(step.lease)},
                           {"as_of", step.as_of},
                           {"hands_machine_to", TextOrNull(step.hands_to)}});
}

// Null or a number of at least 0. Errors: kInvalidInput.
Result<std::optional<int64_t>> CountOf(const Json& json, std::string_view key) {
  const Json* found = json.Find(key);
  if (found == nullptr || found->IsNull()) return std::optional<int64_t>();
  const std::optional<int64_t> count = found->AsInt();
  if (!count || *count < 0)
    return InvalidInput(fmt::format("`{}` is not null and no number of at least 0", key));
  return std::optional(*count);
}

Result<std::optional<MicroUsd>> SumOf(const Json& json, std::string_view key) {
  TRY_ASSIGN(const std::optional<int64_t> count, CountOf(json, key));
  return count ? std::optional(MicroUsd(*count)) : std::optional<MicroUsd>();
}

Result<std::optional<Millis>> TimeOf(const Json& json, std::string_view key) {
  TRY_ASSIGN(const std::optional<int64_t> count, CountOf(json, key));
  return count ? std::optional(Millis(*count)) : std::optional<Millis>();
}

Result<SavedStep> ReadStep(const Json& json) {
  SavedStep step;
  TRY_ASSIGN(step.step, json.GetString("step"));
  TRY_ASSIGN(step.place, json.GetString("place"));
  step.on_bid = json.BoolOr("on_bid", false);
  step.hardware = json.StringOr("hardware", "");
  step.as_of = json.StringOr("as_of", "");
  step.hands_to = json.StringOr("hands_machine_to", "");
  TRY_ASSIGN(step.per_hour, SumOf(json, "micro_usd_per_hour"));
  TRY_ASSIGN(step.worst, SumOf(json, "worst_micro_usd"));
  TRY_ASSIGN(step.p50, SumOf(json, "p50_micro_usd"));
  TRY_ASSIGN(step.finish_p50, TimeOf(json, "finish_p50_ms"));
  TRY_ASSIGN(step.lease, TimeOf(json, "lease_ms"));
  return step;
}

Result<SavedCap> ReadCap(const Json& json) {
  SavedCap cap;
  TRY_ASSIGN(cap.per, json.GetString("per"));
  TRY_ASSIGN(const int64_t sum, json.GetInt("cap_micro_usd"));
  TRY_ASSIGN(const int64_t left, json.GetInt("left_micro_usd"));
  cap.cap = MicroUsd(sum);
  cap.left = MicroUsd(left);
  return cap;
}

// "0.4000 USD/h": as plans print rates, with what differs in the fourth decimal or below.
std::string Rate(MicroUsd rate) { return ExactUsdText(rate) + " USD/h"; }

void CompareStep(const SavedStep& saved, const Plan& now, std::vector<std::string>& moved) {
  const auto row = std::find_if(now.rows.begin(), now.rows.end(), [&](const PlanRow& one) {
    return one.step == saved.step && one.place == saved.place && one.on_bid == saved.on_bid;
  });
  if (row == now.rows.end()) {
    moved.push_back(fmt::format("step `{}`: {} is not on sale any more, or does not meet its needs",
                                saved.step, Printable(saved.place)));
    return;
  }
  if (saved.per_hour && row->per_hour && *row->per_hour > *saved.per_hour) {
    moved.push_back(fmt::format("step `{}`: {} costs {} more, {} instead of {}", saved.step,
                                Printable(saved.place), Rate(*row->per_hour - *saved.per_hour),
                                Rate(*row->per_hour), Rate(*saved.per_hour)));
  }
  if (!row->chosen) {
    moved.push_back(fmt::format("step `{}`: {}", saved.step, row->why_not));
    return;
  }
  if (row->lease && saved.lease && *row->lease > *saved.lease) {
    moved.push_back(fmt::format("step `{}`: its lease is {} longer, {} instead of {}", saved.step,
                                DurationText(*row->lease - *saved.lease), DurationText(*row->lease),
                                DurationText(*saved.lease)));
  } else if (row->worst && saved.worst && *row->worst > *saved.worst) {
    moved.push_back(fmt::format("step `{}`: its worst case is {} USD more, {} instead of {}",
                                saved.step, UsdTextUp(*row->worst - *saved.worst),
                                UsdTextUp(*row->worst), UsdTextUp(*saved.worst)));
  } else if (!row->worst && saved.worst) {
    moved.push_back(fmt::format("step `{}`: its time is not known any more", saved.step));
  }
}

// What is left may shrink while the plan still fits: that alone is no reason.
void CompareCaps(const SavedPlan& saved, const Plan& now, std::vector<std::string>& moved) {
  MicroUsd needed;
  for (const SavedStep& step : saved.steps)
    if (step.lease) needed += step.worst.value_or(MicroUsd());
  for (const CapState& cap : CapsOf(now.budget, now.spending)) {
    const auto before =
        std::find_if(saved.caps.begin(), saved.caps.end(),
                     [&](const SavedCap& one) { return one.per == NameOf(cap.kind); });
    if (before == saved.caps.end() || cap.kind == CapKind::kRun || cap.Left() >= before->left ||
        cap.Left() >= needed)
      continue;
    moved.push_back(
        fmt::format("{} has {} USD less left, {} instead of {}, and the plan may need {}",
                    CapName(cap), UsdText(before->left - cap.Left()), UsdText(cap.Left()),
                    UsdText(before->left), UsdTextUp(needed)));
  }
}

}  // namespace

SavedPlan SavedFrom(const Plan& plan, const PlanFacts& facts, const std::string& project_hash,
                    int64_t now_ms) {
  SavedPlan saved{.project = facts.project->name,
                  .project_hash = project_hash,
                  .made_at_ms = now_ms,
                  .expires_at_ms = now_ms + kSavedPlanLife.count(),
                  .lease_asked = facts.lease,
                  .on = PlaceText(facts.on)};
  for (const PlanRow& row : plan.rows) {
    if (!row.chosen) continue;
    saved.steps.push_back({row.step, row.place, row.on_bid, row.hardware, row.per_hour, row.worst,
                           row.p50, row.finish_p50, row.lease, row.as_of, row.hands_to});
  }
  for (const CapState& cap : CapsOf(plan.budget, plan.spending))
    saved.caps.push_back({std::string(NameOf(cap.kind)), cap.cap, cap.Left()});
  return saved;
}

Json SavedPlanJson(const SavedPlan& saved) {
  Json steps = Json::MakeArray();
  for (const SavedStep& step : saved.steps) steps.Push(StepJson(step));
  Json caps = Json::MakeArray();
  for (const SavedCap& cap : saved.caps) {
    caps.Push(Json::MakeObject({{"per", cap.per},
                                {"cap_micro_usd", cap.cap.value()},
                                {"left_micro_usd", cap.left.value()}}));
  }
  return Json::MakeObject({{"curbstop_plan", kSavedPlanVersion},
                           {"project", saved.project},
                           {"project_sha256", saved.project_hash},
                           {"made_at_ms", saved.made_at_ms},
                           {"expires_at_ms", saved.expires_at_ms},
                           {"lease_asked_ms", NumberOrNull(saved.lease_asked)},
                           {"on", saved.on},
                           {"steps", steps},
                           {"caps", caps}});
}

Result<SavedPlan> ReadSavedPlan(const Json& json) {
  TRY_ASSIGN(const int64_t version, json.GetInt("curbstop_plan"));
  if (version != kSavedPlanVersion) {
    return Conflict(fmt::format("it is of version {}, this program reads {}", version,
                                kSavedPlanVersion))
        .WithHint("make it anew with `curbstop plan --out FILE`");
  }
  SavedPlan saved;
  TRY_ASSIGN(saved.project, json.GetString("project"));
  TRY_ASSIGN(saved.project_hash, json.GetString("project_sha256"));
  TRY_ASSIGN(saved.made_at_ms, json.GetInt("made_at_ms"));
  TRY_ASSIGN(saved.expires_at_ms, json.GetInt("expires_at_ms"));
  TRY_ASSIGN(saved.lease_asked, TimeOf(json, "lease_asked_ms"));
  saved.on = json.StringOr("on", "auto");
  const Json* steps = json.Find("steps");
  if (steps == nullptr || steps->items().empty()) return InvalidInput("`steps` names no step");
  for (const Json& step : steps->items()) {
    TRY_ASSIGN(SavedStep read, ReadStep(step));
    saved.steps.push_back(std::move(read));
  }
  const Json* caps = json.Find("caps");
  for (const Json& cap : caps == nullptr ? Json::Array() : caps->items()) {
    TRY_ASSIGN(SavedCap read, ReadCap(cap));
    saved.caps.push_back(std::move(read));
  }
  return saved;
}

std::map<std::string, std::string> HandOversOf(const SavedPlan& saved) {
  std::map<std::string, std::string> all;
  for (const SavedStep& step : saved.steps) {
    if (!step.hands_to.empty()) all.emplace(step.step, step.hands_to);
  }
  return all;
}

std::map<std::string, PinnedPlace> PlacesOf(const SavedPlan& saved) {
  std::map<std::string, PinnedPlace> places;
  for (const SavedStep& step : saved.steps)
    places.emplace(step.step, PinnedPlace{step.place, step.on_bid});
  return places;
}

std::vector<std::string> MovedSince(const SavedPlan& saved, const Plan& now,
                                    const std::string& project_hash, int64_t now_ms) {
  std::vector<std::string> moved;
  if (now_ms >= saved.expires_at_ms) {
    moved.push_back(fmt::format("it expired {} ago (a plan holds for {})",
                                DurationText(Millis(now_ms - saved.expires_at_ms)),
                                DurationText(Millis(saved.expires_at_ms - saved.made_at_ms))));
  }
  if (now_ms < saved.made_at_ms)
    moved.emplace_back("it was made later than this computer's clock says");
  if (project_hash != saved.project_hash) moved.emplace_back("the project's file was changed");
  CompareCaps(saved, now, moved);
  for (const SavedStep& step : saved.steps) CompareStep(step, now, moved);
  return moved;
}

}  // namespace curbstop
