#include "plan/cost_ranking.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/check.h"
#include "base/paragraph.h"
#include "base/text.h"
#include "market/offer_text.h"

namespace curbstop {
namespace {

MicroUsd KeyOf(const PlanRow& row) { return row.p50 ? *row.p50 : *row.worst; }

bool CostsLess(const PlanRow& a, const PlanRow& b) {
  if (KeyOf(a) != KeyOf(b)) return KeyOf(a) < KeyOf(b);
  return a.worst.value_or(MicroUsd()) < b.worst.value_or(MicroUsd());
}

// "vast//1x-RTX_4090" of "vast/us/1x-RTX_4090".
std::string TypeOf(const std::string& place) {
  const size_t first = place.find('/');
  const size_t second = place.find('/', first + 1);
  if (first == place.npos || second == place.npos) return place;
  return place.substr(0, first + 1) + place.substr(second);
}

std::string NoteOf(const PlanRow& row) {
  if (row.place == "local") return "this computer";
  if (!row.has_driver) return "no driver yet";
  return row.login_needed ? "login needed" : "";
}

std::string CostText(const std::optional<MicroUsd>& cost) { return cost ? UsdTextUp(*cost) : "-"; }

std::string Table(const CostRanking& ranking, size_t most) {
  std::vector<std::vector<std::string>> table = {{"usual", "worst", "takes", "USD/h", "machine",
                                                  std::string(kPlaceColumn), "price of", "note"}};
  for (size_t i = 0; i < std::min(most, ranking.rows.size()); ++i) {
    const PlanRow& row = ranking.rows[i];
    table.push_back({CostText(row.p50), CostText(row.worst),
                     row.finish_p50 ? DurationText(*row.finish_p50) : "-",
                     row.per_hour ? RateText(*row.per_hour) : "-", Shortened(row.hardware, 18),
                     row.place, row.as_of, NoteOf(row)});
  }
  FitPlaces(table);
  return TextTable(table);
}

}  // namespace

Result<CostRanking> RankByCost(const Plan& plan) {
  CHECK(plan.times.size() == 1);
  CostRanking ranking{.time = plan.times.front()};
  for (const PlanRow& row : plan.rows) {
    ranking.step = row.step;
    if (row.p50 || row.worst) ranking.rows.push_back(row);
    else ++ranking.without_cost;
  }
  if (ranking.rows.empty()) {
    const bool unknown = !ranking.time.usual && !ranking.time.worst;
    return No(fmt::format("no place has a cost for step `{}`{}", ranking.step,
                          unknown ? ": its time is unknown" : ""))
        .WithHint(unknown ? "give it `needs: {time: …}` or a `deadline`, or run it once"
                          : "`curbstop plan --why-not` lists every place with its reason");
  }
  std::stable_sort(ranking.rows.begin(), ranking.rows.end(), CostsLess);
  std::set<std::string> seen;
  std::erase_if(ranking.rows,
                [&](const PlanRow& row) { return !seen.insert(TypeOf(row.place)).second; });
  return ranking;
}

Json CostRankingJson(const CostRanking& ranking, size_t most) {
  Json rows = Json::MakeArray();
  for (size_t i = 0; i < std::min(most, ranking.rows.size()); ++i)
    rows.Push(PlanRowJson(ranking.rows[i]));
  return Json::MakeObject({{"by", "cost"},
                           {"step", ranking.step},
                           {"rows", rows},
                           {"without_cost", ranking.without_cost}});
}

std::string CostRankingText(const CostRanking& ranking, size_t most) {
  std::string text =
      Paragraph(fmt::format("What step `{}` costs until it is done, cheapest first. Its time: {}.",
                            ranking.step, ranking.time.source),
                "", "") +
      "\n" + Table(ranking, most);
  const size_t shown = std::min(most, ranking.rows.size());
  if (shown < ranking.rows.size()) {
    text += fmt::format("{} more; `--limit {}` shows them\n",
                        Grouped(static_cast<int64_t>(ranking.rows.size() - shown)),
                        ranking.rows.size());
  }
  return text + "\n" +
         Paragraph(
             "usual: what it should cost, in USD; worst: the most it can, which is held against the "
             "cap while it runs. USD/h: the machine alone. `curbstop plan` chooses among the "
             "places with a driver, `--explain` there shows each number's formula and source.",
             "", "") +
         (ranking.without_cost > 0
              ? fmt::format("Left out: {} places that miss the step's needs.\n",
                            Grouped(ranking.without_cost))
              : "");
}

}  // namespace curbstop
