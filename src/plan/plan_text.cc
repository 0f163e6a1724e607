#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"
#include "market/offer_text.h"
#include "plan/internal/rented_text.h"
#include "plan/plan.h"

namespace curbstop {
namespace {

constexpr size_t kTableWidth = 100;  // more than a page: every column is needed
constexpr size_t kLeastReason = 30;  // columns kept for the reason
constexpr size_t kLeastPlace = 17;

std::string CostText(std::optional<MicroUsd> cost) { return cost ? UsdTextUp(*cost) : "-"; }

std::string HeadLine(const std::string& step, const StepTime& time) {
  const std::string where = time.on.empty() ? "" : " on " + time.on;
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
  cells.push_back(row.is_old ? row.as_of + "!" : row.as_of);
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

// That a place has no driver is said by its mark; of the chosen one, what is more than the reason
// stands below the table.
std::string ReasonOf(const PlanRow& row) {
  if (row.chosen) return row.why.substr(0, row.why.find("; "));
  return row.has_driver || row.compared.empty() ? row.why_not : row.compared;
}

// The facts of each row, then its reason, wrapped into the columns that are left.
std::string Table(std::span<const PlanRow> rows, Columns columns) {
  size_t place_width = 0;
  for (const PlanRow& row : rows) place_width = std::max(place_width, row.place.size());
  const std::string full = Facts(rows, columns, place_width);
  const size_t needed = Widest(Lines(full)) + 2 + kLeastReason;
  if (needed > kTableWidth)
    place_width = std::max(kLeastPlace, place_width - std::min(place_width, needed - kTableWidth));
  const std::string facts = Facts(rows, columns, place_width);
  const std::vector<std::string_view> lines = Lines(facts);
  const size_t left = Widest(lines) + 2;
  const size_t right = std::max(kLeastReason, kTableWidth - std::min(kTableWidth, left));
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

// What else there is to know of the chosen place.
std::string MoreOf(const PlanRow& row) {
  const size_t end = row.why.find("; ");
  if (!row.chosen || end == row.why.npos) return "";
  return Paragraph(row.why.substr(end + 2), "  ", "  ");
}

std::string StepText(const Plan& plan, std::span<const PlanRow> rows, const StepTime& time) {
  Columns columns;
  for (const PlanRow& row : rows) {
    columns.worst = columns.worst || row.worst;
    columns.usual = columns.usual || (row.p50 && row.p50 != row.worst);
  }
  const std::string& step = rows.front().step;
  return Paragraph(HeadLine(step, time), "", "  ") + Table(rows, columns) + MoreOf(rows.front()) +
         RentedText(rows.front()) + LeftOutText(plan, step) + LossText(rows.front()) + "\n";
}

// Providers that a shown row would rent from, without an account known here.
std::string LoginText(const Plan& plan) {
  std::vector<std::string> names;
  for (const PlanRow& row : plan.rows) {
    std::string name = row.place.substr(0, row.place.find('/'));
    const bool is_new = std::find(names.begin(), names.end(), name) == names.end();
    if (row.login_needed && is_new) names.push_back(std::move(name));
  }
  if (names.empty()) return "";
  return fmt::format(" No account is known for {}: `curbstop login NAME`.", Join(names, ", "));
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
  if (any([](const PlanRow& row) { return row.chosen && row.lease && !row.held.empty(); })) {
    notes +=
        " Its worst case is all that a run there may reserve: the list's price and a tenth, with a "
        "dear disk. Other computers that use the same account may reserve at the same moment.";
  }
  if (any([](const PlanRow& row) { return row.is_old; }))
    notes += " !: an old price, it may have moved; what is rented is asked for anew.";
  notes += LoginText(plan);
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

std::string ShortPlace(const std::string& place) {
  const size_t slash = place.rfind('/');
  if (slash == place.npos) return place;
  return fmt::format("{}/{}", place.substr(0, place.find('/')), place.substr(slash + 1));
}

// "train runpod/…, tune on that machine, eval local"; a place without its region is enough to tell
// them apart mostly, and the JSON has all of it.
std::string WaysText(const Plan& plan, const FrontPoint& point) {
  std::vector<std::string> parts;
  size_t at = 0;
  for (const PlanRow& row : plan.rows) {
    if (!row.chosen || at >= point.places.size()) continue;
    const std::string place = ShortPlace(point.places[at]) + (point.on_bid[at] ? " by bid" : "");
    parts.push_back(fmt::format("{} {}", row.step, point.goes_on[at] ? "on that machine" : place));
    ++at;
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

std::string LastLine(const Plan& plan) {
  const std::optional<MicroUsd> worst = WorstOf(plan);
  return MoneyLine(worst ? UsdTextUp(*worst) : "unknown", plan.budget, plan.spending);
}

}  // namespace

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
