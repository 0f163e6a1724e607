#include "face/cli/price_list.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kDayMs = 86'400'000;

// A list from farther east may be of our tomorrow already.
std::string Tomorrow(const CommandContext& context) {
  return DateText(context.clock.WallMs() + kDayMs);
}

Result<OffersFile> ReadList(const std::string& file, const CommandContext& context) {
  // The bundled list is older than the program; a wrong clock must not empty it.
  if (file.empty()) return ReadOffers(BundledOffersCsv(), "");
  TRY_ASSIGN(const std::string text, ReadFile(context.folder / file, kLargestOffersFile));
  return ReadOffers(text, Tomorrow(context));
}

void TellRefused(const std::string& file, const OffersFile& list, CommandContext& context) {
  if (list.refused_count == 0) return;
  context.out.Talk(fmt::format("{} {} of `{}` {} left out; the first: {}\n", list.refused_count,
                               list.refused_count == 1 ? "row" : "rows", Printable(file),
                               list.refused_count == 1 ? "is" : "are", list.refused.front()));
}

}  // namespace

Result<MarketRows> ReadMarket(const std::string& file, CommandContext& context) {
  Result<OffersFile> list = ReadList(file, context);
  if (!list.ok())
    return std::move(list).error().While(
        fmt::format("cannot use the offers in `{}`", Printable(file)));
  TellRefused(file, *list, context);
  MarketRows rows{.offers = std::move(list->offers),
                  .refused = std::move(list->refused),
                  .refused_count = list->refused_count};
  rows.set_aside = SetAsideDoubtful(rows.offers);
  return rows;
}

}  // namespace curbstop
