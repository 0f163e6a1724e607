#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"
#include "base/text_or_null.h"
#include "fit/answer.h"
#include "market/offer_text.h"
#include "plan/plan.h"

namespace curbstop {
namespace {

constexpr size_t kLeastReason = 16;  // columns kept for the reason
constexpr size_t kLeastPlace = 17;

std::string CostText(std::optional<MicroUsd> cost) { return cost ? UsdTextUp(*cost) : "-"; }

// `where`: " on RTX-4090" where the time is that machine's alone, else empty.
std::string HeadLine(const std::string& step, const StepTime& time, const std::string& where) {
  if (time.usual && *time.usual == *time.worst) {
    return fmt::format("{}: takes {} ({})", step, DurationText(*time.usual), time.source);
  }
  if (time.usual) {
    return fmt::format("{}: takes {}{}, at worst {} ({})", step, DurationText(*time.usual), where,
                       DurationText(*time.worst), time.source);
  }
  if (time.worst) {
    return fmt::format("{}: takes at most {}, its {}; no earlier run to learn from", step,
                       DurationText(*time.worst), time.source);
  }
  return fmt::format(
      "{}: time unknown (no earlier run, no `needs: {{time: …}}`), by price per hour", step);
}

struct Columns {
  bool worst = false;
  bool usual = false;  // shown where it differs from the worst case
};

std::string_view Mark(const PlanRow& row) { return row.chosen ? "*" : row.has_driver ? " " : "i"; }

std::vector<std::string> Cells(const PlanRow& row, Columns columns, size_t place_width) {
  std::vector<std::string> cells = {
      fmt::format("{} {}", Mark(row), ShortPlace(row.place, place_width)), row.hardware};
  if (columns.worst) cells.push_back(CostText(row.worst));
  if (columns.usual) cells.push_back(CostText(row.p50));
  if (!columns.worst) cells.push_back(row.per_hour ? RateText(*row.per_hour) : "-");
  cells.push_back(row.as_of);
  return cells;
}

std::string Facts(std::span<const PlanRow> rows, Columns columns, size_t place_width) {
  std::vector<std::string> header = {"  place", "hardware"};
  if (columns.worst) header.emplace_back("worst");
  if (columns.usual) header.emplace_back("usual");
  if (!columns.worst) header.emplace_back("per hour");
  header.emplace_back("as of");
  std::vector<std::vector<std::string>> table = {header};
  for (const PlanRow& row : rows) table.push_back(Cells(row, columns, place_width));
  return TextTable(table);
}

size_t Widest(std::span<const std::string_view> lines) {
  size_t widest = 0;
  for (const std::string_view line : lines) widest = std::max(widest, CodePoints(line));
  return widest;
}

// That a place has no driver is said by its mark.
const std::string& ReasonOf(const PlanRow& row) {
  if (row.chosen) return row.why;
  return row.has_driver || row.compared.empty() ? row.why_not : row.compared;
}

// The facts of each row, then its reason, wrapped into the columns that are left.
std::string Table(std::span<const PlanRow> rows, Columns columns) {
  size_t place_width = 0;
  for (const PlanRow& row : rows) place_width = std::max(place_width, row.place.size());
  const std::string full = Facts(rows, columns, place_width);
  const size_t needed = Widest(Lines(full)) + 2 + kLeastReason;
  if (needed > kPageWidth)
    place_width = std::max(kLeastPlace, place_width - std::min(place_width, needed - kPageWidth));
  const std::string facts = Facts(rows, columns, place_width);
  const std::vector<std::string_view> lines = Lines(facts);
  const size_t left = Widest(lines) + 2;
  const size_t right = std::max(kLeastReason, kPageWidth - std::min(kPageWidth, left));
  std::string table =
      fmt::format("{}{}{}\n", lines[0], std::string(left - CodePoints(lines[0]), ' '), "why");
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::vector<std::string> reason = Wrapped(ReasonOf(rows[i]), right);
    table += fmt::format("{}{}{}\n", lines[i + 1],
                         std::string(left - CodePoints(lines[i + 1]), ' '), reason[0]);
    for (size_t j = 1; j < reason.size(); ++j) table += std::string(left, ' ') + reason[j] + "\n";
  }
  return table;
}

std::string LeftOutText(const Plan& plan, const std::string& step) {
  std::vector<std::string> parts;
  for (const LeftOut& left : plan.left_out) {
    if (left.step == step) parts.push_back(fmt::format("{} {}", Grouped(left.count), left.reason));
  }
  return parts.empty() ? "" : Paragraph("not shown: " + Join(parts, "; "), "  ", "  ");
}

// What goes with the machine that was chosen, if it is lost.
std::string LossText(const PlanRow& chosen) {
  if (!chosen.lease) return "";
  const std::string text =
      chosen.interval
          ? fmt::format(
                "A lost machine takes at most {} of work with it (a checkpoint is asked for "
                "that often), and what the latest takes to come home.",
                DurationText(*chosen.interval))
          : "A lost machine takes all of the step's work with it: there is no `checkpoint:`.";
  return Paragraph(text, "  ", "  ");
}

// How long the chosen machine stays after the step, and what that costs beside it.
std::string KeptText(std::span<const PlanRow> rows) {
  for (const PlanRow& row : rows) {
    if (!row.chosen || row.kept.count() == 0) continue;
    return Paragraph(fmt::format("kept {}: at most {} USD more, within its worst case",
                                 DurationText(row.kept), UsdTextUp(row.kept_worst)),
                     "  ", "  ");
  }
  return "";
}

// "boot 2 min, work 1 h".
std::string PartsText(const PlanRow& row) {
  std::vector<std::string> parts;
  for (const FinishPart& part : row.parts) {
    parts.push_back(part.time.count() > 0
                        ? fmt::format("{} {}", part.what, DurationText(part.time))
                        : fmt::format("{} {} USD", part.what, UsdTextUp(part.cost)));
  }
  return Join(parts, ", ");
}

// What the rented machine that was chosen comes to until the step is done.
std::string FinishText(const PlanRow& chosen) {
  if (!chosen.chosen || !chosen.p50 || chosen.parts.empty()) return "";
  std::string text =
      fmt::format("done usually after {} for {} USD ({})", DurationText(*chosen.finish_p50),
                  UsdTextUp(*chosen.p50), PartsText(chosen));
  if (chosen.p10 && chosen.p90 && UsdTextUp(*chosen.p10) != UsdTextUp(*chosen.p90)) {
    text += fmt::format("; eight times in ten for {} to {} USD", UsdTextUp(*chosen.p10),
                        UsdTextUp(*chosen.p90));
  }
  return Paragraph(text, "  ", "  ");
}

std::string StepText(const Plan& plan, std::span<const PlanRow> rows, const StepTime& time) {
  Columns columns;
  for (const PlanRow& row : rows) {
    columns.worst = columns.worst || row.worst;
    columns.usual = columns.usual || (row.p50 && row.p50 != row.worst);
  }
  const std::string& step = rows.front().step;
  const bool is_its_own = rows.front().model_time.has_value();
  const std::string where = is_its_own ? " on " + rows.front().hardware : "";
  return Paragraph(HeadLine(step, time, where), "", "  ") + Table(rows, columns) +
         FinishText(rows.front()) + KeptText(rows) + LeftOutText(plan, step) +
         (rows.front().chosen ? LossText(rows.front()) : "") + "\n";
}

std::string Notes(const Plan& plan) {
  const auto any = [&](auto holds) {
    return std::any_of(plan.rows.begin(), plan.rows.end(), holds);
  };
  std::string notes = any([](const PlanRow& row) { return row.chosen; }) ? "* chosen. " : "";
  if (any([](const PlanRow& row) { return !row.has_driver; })) {
    notes +=
        "i: information only, the place has no driver yet; list prices, without disk and traffic. ";
  }
  notes += "Money is USD, rounded up.";
  const auto is_away = [](const PlanRow& row) { return row.place != "local" && row.worst; };
  if (any([&](const PlanRow& row) { return is_away(row) && !row.model_time; })) {
    notes +=
        " A rented machine is reckoned with the step's time here: a faster or slower one changes "
        "it.";
  }
  if (any(is_away)) notes += " Moving data is not counted.";
  if (any([](const PlanRow& row) { return row.chosen && row.lease && !row.held.empty(); })) {
    notes +=
        " Its worst case is all that a run there may reserve: the list's price and a tenth, with a "
        "dear disk. Other computers that use the same account may reserve at the same moment.";
  }
  if (!plan.budget.include_energy) notes += " Electricity at home is outside the cap.";
  return Paragraph(notes, "", "");
}

std::string GoalText(const PlanGoal& goal) {
  std::string text = goal.spend     ? fmt::format("soonest for {} USD", UsdText(*goal.spend))
                     : goal.soonest ? "soonest"
                                    : "cheapest";
  if (goal.deadline) text += fmt::format(" within {}", DurationText(*goal.deadline));
  return text;
}

// Of several steps, or where a goal was named: what they come to one after the other.
std::string TogetherText(const Plan& plan) {
  if (!plan.together || (plan.times.size() < 2 && !plan.goal.IsSet())) return "";
  const GoalAnswer& together = *plan.together;
  const std::string sums = fmt::format("{} USD, electricity at home counted, in {}",
                                       UsdTextUp(together.cost), DurationText(together.time));
  if (!together.is_met) {
    return Paragraph(
        fmt::format("all steps, {}: no places do; nearest is {}", GoalText(plan.goal), sums), "",
        "  ");
  }
  return Paragraph(
      fmt::format("all steps, one after the other, {}: usually {}{}", GoalText(plan.goal), sums,
                  together.is_proven ? ""
                                     : "; there are too many ways to try, so a "
                                       "better one may exist"),
      "", "  ");
}

// "train runpod/…, eval local"; a place without its region and type is enough to tell them apart
// mostly, and the JSON has all of it.
std::string WaysText(const Plan& plan, const FrontPoint& point) {
  std::vector<std::string> parts;
  size_t at = 0;
  for (const PlanRow& row : plan.rows) {
    if (!row.chosen || at >= point.places.size()) continue;
    const std::string& place = point.places[at++];
    const size_t slash = place.rfind('/');
    parts.push_back(fmt::format(
        "{} {}", row.step,
        slash == place.npos
            ? place
            : fmt::format("{}/{}", place.substr(0, place.find('/')), place.substr(slash + 1))));
  }
  return Join(parts, ", ");
}

std::string FrontText(const Plan& plan) {
  if (!plan.together || plan.together->front.empty()) return "";
  std::string text = "what no other choice of places beats in both cost and time:\n";
  std::vector<std::vector<std::string>> table = {{"  usual USD", "time"}};
  for (const FrontPoint& point : plan.together->front)
    table.push_back({"  " + UsdTextUp(point.cost), DurationText(point.time)});
  const std::string facts = TextTable(table);
  const std::vector<std::string_view> lines = Lines(facts);
  const size_t left = Widest(lines) + 2;
  const size_t right = kPageWidth - std::min(kPageWidth - kLeastReason, left);
  text += fmt::format("{}{}places\n", lines[0], std::string(left - CodePoints(lines[0]), ' '));
  for (size_t i = 0; i < plan.together->front.size(); ++i) {
    const std::vector<std::string> ways = Wrapped(WaysText(plan, plan.together->front[i]), right);
    text += fmt::format("{}{}{}\n", lines[i + 1], std::string(left - CodePoints(lines[i + 1]), ' '),
                        ways[0]);
    for (size_t j = 1; j < ways.size(); ++j) text += std::string(left, ' ') + ways[j] + "\n";
  }
  return text + "\n";
}

// What a step at home of unknown time can cost: where electricity counts, the caps end it.
std::optional<MicroUsd> WorstOfUnknown(const Plan& plan) {
  if (!plan.budget.include_energy) return std::nullopt;
  const std::optional<CapState> tightest = TightestCap(plan.budget, plan.spending);
  if (!tightest) return std::nullopt;
  return tightest->Left();
}

// Sum of the chosen worst cases, and no more than all the steps together may take of the caps;
// empty if a step has no place, or one may cost anything.
std::optional<MicroUsd> WorstOf(const Plan& plan) {
  if (!plan.blocked.empty()) return std::nullopt;
  MicroUsd sum;
  bool is_known = true;
  for (const PlanRow& row : plan.rows) {
    if (!row.chosen) continue;
    const std::optional<MicroUsd> worst = row.worst ? row.worst : WorstOfUnknown(plan);
    if (!worst) return std::nullopt;
    sum += *worst;
    is_known = is_known && row.worst;
  }
  if (is_known) return sum;
  Budget together = plan.budget;
  together.run.reset();
  const std::optional<CapState> tightest = TightestCap(together, plan.spending);
  return tightest ? std::min(sum, tightest->Left()) : sum;
}

std::string LastLine(const Plan& plan) {
  const std::optional<MicroUsd> worst = WorstOf(plan);
  return MoneyLine(worst ? UsdTextUp(*worst) : "unknown", plan.budget, plan.spending);
}

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

Json FrontJson(const GoalAnswer& together) {
  Json front = Json::MakeArray();
  for (const FrontPoint& point : together.front) {
    Json places = Json::MakeArray();
    for (const std::string& place : point.places) places.Push(place);
    front.Push(Json::MakeObject({{"p50_micro_usd", point.cost.value()},
                                 {"finish_p50_s", SecondsJson(point.time)},
                                 {"places", places}}));
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
  for (const char* key :
       {"model", "format", "verdict", "peak_bytes", "available_bytes", "tokens_per_second"}) {
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
                                  {"as_of", TextOrNull(row.as_of)}});
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

std::string PlanText(const Plan& plan) {
  std::string text;
  size_t step = 0;
  for (size_t first = 0; first < plan.rows.size(); ++step) {
    size_t last = first;
    while (last < plan.rows.size() && plan.rows[last].step == plan.rows[first].step) ++last;
    text += StepText(plan, std::span(plan.rows).subspan(first, last - first), plan.times[step]);
    first = last;
  }
  return text + FrontText(plan) + TogetherText(plan) + Notes(plan) + LastLine(plan);
}

}  // namespace curbstop
