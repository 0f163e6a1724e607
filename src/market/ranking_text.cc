// The ranked market as a table of at most 100 columns and as JSON.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"
#include "base/text_or_null.h"
#include "market/offer_text.h"
#include "market/offers_file.h"
#include "market/ranking.h"

namespace curbstop {
namespace {

constexpr size_t kMostHardware = 18;
constexpr size_t kMostGroup = 16;
constexpr size_t kMostSource = 12;

struct ByFacts {
  std::string_view name;    // of --by
  std::string_view head;    // what stands above the table
  std::string_view column;  // of the score; empty: the price is the score
  std::string_view unit;    // in JSON
};
constexpr std::array kBy = {
    ByFacts{"price", "cheapest hour first", "", "usd_per_hour"},
    ByFacts{"vram", "most GPU memory for a dollar an hour first", "GiB/USD", "gib_per_usd_hour"},
    ByFacts{"tokens", "most tokens for a dollar first", "tokens/USD", "tokens_per_usd"},
};

const ByFacts& FactsOf(RankBy by) { return kBy[static_cast<size_t>(by)]; }

constexpr std::array<std::string_view, 4> kGroups = {"none", "gpu", "provider", "region"};

// "1.23M", "45.6k", "812".
std::string AmountText(double amount) {
  constexpr std::array<std::pair<double, const char*>, 3> kScales = {
      std::pair{1e9, "G"}, std::pair{1e6, "M"}, std::pair{1e3, "k"}};
  for (const auto& [scale, letter] : kScales) {
    if (amount >= scale) return fmt::format("{:.3g}{}", std::min(amount / scale, 9.99e5), letter);
  }
  return fmt::format("{:.3g}", amount);
}

std::string MemoryText(const Offer& offer) {
  if (!offer.gpu_memory) return "-";
  const double all = offer.gpu_count * static_cast<double>(offer.gpu_memory->value);
  return BytesText(Bytes{static_cast<int64_t>(all)});
}

std::string PlaceOf(const Offer& offer) {
  return fmt::format("{}/{}/{}", offer.provider, offer.region.empty() ? "?" : offer.region,
                     offer.type);
}

std::string DateCell(const RankedOffer& row) {
  return row.offer->as_of + (row.stale ? " old" : "");
}

struct Layout {
  const RankingWish& wish;
  bool spot_too = false;  // the spot price beside the one on demand
  bool narrow = false;    // other columns stand before these: memory and source are left out
};

std::vector<std::string> Header(const Layout& layout) {
  std::vector<std::string> cells;
  if (!FactsOf(layout.wish.by).column.empty()) cells.emplace_back(FactsOf(layout.wish.by).column);
  cells.emplace_back(layout.wish.price == PriceKind::kSpot ? "spot USD/h" : "USD/h");
  if (layout.spot_too) cells.emplace_back("spot");
  cells.emplace_back("machine");
  if (!layout.narrow) cells.emplace_back("GPU mem");
  cells.emplace_back(kPlaceColumn);
  if (!layout.narrow) cells.emplace_back("source");
  cells.emplace_back("price of");
  return cells;
}

std::vector<std::string> Cells(const Layout& layout, const RankedOffer& row) {
  const Offer& offer = *row.offer;
  std::vector<std::string> cells;
  if (!FactsOf(layout.wish.by).column.empty()) cells.push_back(AmountText(row.score));
  cells.push_back(RateText(row.price));
  if (layout.spot_too) cells.push_back(offer.spot_per_hour ? RateText(*offer.spot_per_hour) : "-");
  const std::string more = row.elsewhere > 0 ? fmt::format(" +{}", row.elsewhere) : "";
  const std::string hardware = HardwareText(offer);
  cells.push_back(Shortened(hardware.empty() ? "not listed" : hardware, kMostHardware));
  if (!layout.narrow) cells.push_back(MemoryText(offer));
  cells.push_back(PlaceOf(offer) + more);
  if (!layout.narrow) cells.push_back(Shortened(offer.source, kMostSource));
  cells.push_back(DateCell(row));
  return cells;
}

std::string Table(std::vector<std::vector<std::string>> table) {
  FitPlaces(table);
  return TextTable(table);
}

std::string RowsTable(const Layout& layout, const std::vector<RankedOffer>& rows, size_t most) {
  std::vector<std::vector<std::string>> table = {Header(layout)};
  for (size_t i = 0; i < std::min(most, rows.size()); ++i) table.push_back(Cells(layout, rows[i]));
  return Table(std::move(table));
}

// Each group by its best row.
std::string GroupsTable(const Layout& layout, const std::vector<RankedGroup>& groups, size_t most) {
  std::vector<std::string> header = {std::string(kGroups[static_cast<size_t>(layout.wish.group)]),
                                     "offers"};
  const std::vector<std::string> of_row = Header(layout);
  header.insert(header.end(), of_row.begin(), of_row.end());
  std::vector<std::vector<std::string>> table = {header};
  for (size_t i = 0; i < std::min(most, groups.size()); ++i) {
    std::vector<std::string> cells = {Shortened(groups[i].name, kMostGroup),
                                      fmt::format("{}", groups[i].offers)};
    const std::vector<std::string> best = Cells(layout, groups[i].best);
    cells.insert(cells.end(), best.begin(), best.end());
    table.push_back(std::move(cells));
  }
  return Table(std::move(table));
}

std::string HeadText(const RankingWish& wish, const ListFacts& list) {
  const std::string from =
      list.file.empty() ? fmt::format("the list of {} inside this program; no network was used",
                                      kBundledOffersDate)
                        : fmt::format("`{}`", Printable(list.file));
  const std::string dates =
      list.oldest == list.newest ? list.newest : fmt::format("{} to {}", list.oldest, list.newest);
  return Paragraph(fmt::format("What can be rented, {}. Prices of {}, from {}.",
                               FactsOf(wish.by).head, dates.empty() ? "no date" : dates, from),
                   "", "") +
         "\n";
}

std::string LeftOutText(const Ranking& ranking, const ListFacts& list) {
  std::vector<std::string> parts;
  for (const LeftOutOffers& left : ranking.left_out)
    parts.push_back(fmt::format("{} {}", Grouped(left.count), left.reason));
  std::string text = parts.empty() ? "" : "Left out: " + Join(parts, "; ") + ".";
  std::vector<std::string> bad;
  if (list.set_aside > 0) bad.push_back(Grouped(list.set_aside) + " set aside as doubtful");
  if (list.refused > 0) bad.push_back(Grouped(list.refused) + " refused as unreadable");
  if (!bad.empty()) {
    text += fmt::format("{}{}: `curbstop offers --set-aside` lists {}.", text.empty() ? "" : " ",
                        Join(bad, ", "), list.set_aside + list.refused == 1 ? "it" : "them");
  }
  return text.empty() ? "" : Paragraph(text, "", "");
}

// What the columns mean, for who sees such a table for the first time.
std::string Legend(const Layout& layout, const std::vector<RankedOffer>& shown) {
  const auto any = [&](auto holds) { return std::any_of(shown.begin(), shown.end(), holds); };
  std::string text =
      "USD/h: rent of the whole machine for one hour; disk, traffic and tax come on top.";
  if (layout.spot_too || layout.wish.price == PriceKind::kSpot)
    text += " Spot: cheaper, and may be taken away at any moment.";
  if (layout.wish.by == RankBy::kVram)
    text += " GiB/USD: GPU memory that one dollar rents for an hour.";
  if (layout.wish.by == RankBy::kTokens)
    text += " tokens/USD: from an estimate of the model's speed, as `curbstop model fit` makes it.";
  if (!layout.narrow) {
    text +=
        " GPU mem: of all its GPUs together; `curbstop model fit MODEL` tells what a model needs.";
  }
  if (any([](const RankedOffer& row) { return row.elsewhere > 0; }))
    text += " +N: the same machine in N more places, not cheaper.";
  if (any([](const RankedOffer& row) { return row.stale; })) {
    text +=
        " old: older than 7 days for spot and Vast, 90 for AWS, GCP and Azure, 30 for the others; "
        "the price today may differ.";
  }
  if (any([](const RankedOffer& row) {
        return row.offer->type.starts_with("cheapest-offer") ||
               row.offer->type.starts_with("median-offer");
      })) {
    text += " cheapest-offer and median-offer are figures of Vast's market, not single machines.";
  }
  return Paragraph(text, "", "");
}

std::string MoreText(size_t all, size_t shown) {
  if (all <= shown) return "";
  return fmt::format("{} more; `--limit {}` shows them\n",
                     Grouped(static_cast<int64_t>(all - shown)), all);
}

Json BytesOrNull(const std::optional<Bytes>& size) { return size ? Json(size->value) : Json(); }
Json MicrosOrNull(const std::optional<MicroUsd>& price) {
  return price ? Json(price->value()) : Json();
}

Json NumberOrNull(const std::optional<double>& number) { return number ? Json(*number) : Json(); }

Json RowJson(const RankedOffer& row, const RankingWish& wish) {
  const Offer& offer = *row.offer;
  return Json::MakeObject({{"provider", offer.provider},
                           {"region", TextOrNull(offer.region)},
                           {"zone", TextOrNull(offer.zone)},
                           {"type", offer.type},
                           {"gpu", TextOrNull(offer.gpu_name)},
                           {"gpu_count", offer.gpu_count},
                           {"gpu_memory_bytes", BytesOrNull(offer.gpu_memory)},
                           {"cpus", NumberOrNull(offer.vcpus)},
                           {"memory_bytes", BytesOrNull(offer.memory)},
                           {"micro_usd_per_hour", MicrosOrNull(offer.per_hour)},
                           {"spot_micro_usd_per_hour", MicrosOrNull(offer.spot_per_hour)},
                           {"score", row.score},
                           {"elsewhere", row.elsewhere},
                           {"source", offer.source},
                           {"as_of", offer.as_of},
                           {"age_days", row.age_days},
                           {"fresh_days", FreshDays(offer, wish.price)},
                           {"stale", row.stale}});
}

Json ListJson(const ListFacts& list) {
  const std::string made = list.file.empty() ? std::string(kBundledOffersDate) : "";
  return Json::MakeObject({{"file", TextOrNull(list.file)},
                           {"as_of", TextOrNull(made)},
                           {"rows", list.rows},
                           {"set_aside", list.set_aside},
                           {"refused", list.refused},
                           {"oldest", TextOrNull(list.oldest)},
                           {"newest", TextOrNull(list.newest)}});
}

}  // namespace

Json RankingJson(const Ranking& ranking, const RankingWish& wish, const ListFacts& list,
                 const RankingView& view) {
  const std::vector<RankedOffer> rows = view.every_row ? ranking.rows : OncePerType(ranking.rows);
  Json row_list = Json::MakeArray();
  for (size_t i = 0; i < std::min(view.most, rows.size()); ++i)
    row_list.Push(RowJson(rows[i], wish));
  Json groups = Json::MakeArray();
  for (size_t i = 0; i < std::min(view.most, ranking.groups.size()); ++i) {
    const RankedGroup& group = ranking.groups[i];
    groups.Push(Json::MakeObject(
        {{"name", group.name}, {"offers", group.offers}, {"best", RowJson(group.best, wish)}}));
  }
  Json left_out = Json::MakeArray();
  for (const LeftOutOffers& left : ranking.left_out)
    left_out.Push(Json::MakeObject({{"reason", left.reason}, {"count", left.count}}));
  return Json::MakeObject(
      {{"list", ListJson(list)},
       {"by", std::string(FactsOf(wish.by).name)},
       {"score_unit", std::string(FactsOf(wish.by).unit)},
       {"price", std::string(wish.price == PriceKind::kSpot ? "spot" : "on_demand")},
       {"group", std::string(kGroups[static_cast<size_t>(wish.group)])},
       {"offers", static_cast<int64_t>(ranking.rows.size())},
       {"rows", row_list},
       {"groups", groups},
       {"left_out", left_out}});
}

std::string RankingText(const Ranking& ranking, const RankingWish& wish, const ListFacts& list,
                        const RankingView& view) {
  if (ranking.rows.empty())
    return HeadText(wish, list) + "Nothing meets what you ask for.\n" + LeftOutText(ranking, list);
  const bool grouped = wish.group != GroupBy::kNone;
  const bool on_demand = wish.by == RankBy::kPrice && wish.price == PriceKind::kOnDemand;
  const Layout layout{.wish = wish, .spot_too = on_demand && !grouped, .narrow = grouped};
  std::vector<RankedOffer> shown = view.every_row ? ranking.rows : OncePerType(ranking.rows);
  size_t all = shown.size();
  std::string table;
  if (grouped) {
    all = ranking.groups.size();
    shown.clear();
    for (const RankedGroup& group : ranking.groups) shown.push_back(group.best);
    table = GroupsTable(layout, ranking.groups, view.most);
  } else {
    table = RowsTable(layout, shown, view.most);
  }
  shown.resize(std::min(view.most, shown.size()));
  return HeadText(wish, list) + table + MoreText(all, shown.size()) + "\n" + Legend(layout, shown) +
         LeftOutText(ranking, list);
}

}  // namespace curbstop
