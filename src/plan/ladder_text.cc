#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"
#include "base/text_or_null.h"
#include "fit/answer.h"
#include "plan/ladder.h"

namespace curbstop {
namespace {

std::string TokensText(int64_t tokens) {
  const double count = static_cast<double>(tokens);
  if (count >= 1e9) return fmt::format("{:.3g} B", count / 1e9);
  if (count >= 1e6) return fmt::format("{:.3g} M", count / 1e6);
  return fmt::format("{:.3g} k", count / 1e3);
}

std::string MemoryText(const Rung& rung) {
  if (rung.answer == nullptr) return "-";
  return fmt::format("{:.1f} GiB", static_cast<double>(rung.answer->estimate.peak.mid) / (1 << 30));
}

std::string TimeText(std::optional<Millis> time) { return time ? DurationText(*time) : "-"; }
std::string CostText(std::optional<MicroUsd> cost) { return cost ? UsdTextUp(*cost) : "-"; }

std::vector<std::string> Cells(size_t number, const Rung& rung) {
  return {fmt::format("{}", number),
          rung.model,
          TokensText(rung.tokens),
          MemoryText(rung),
          rung.place.empty()      ? "nowhere"
          : rung.place == "local" ? "here"
                                  : rung.hardware,
          TimeText(rung.usual),
          CostText(rung.cost),
          CostText(rung.worst_cost)};
}

std::string Notes(const std::vector<Rung>& ladder) {
  std::string text;
  for (size_t i = 0; i < ladder.size(); ++i) {
    const Rung& rung = ladder[i];
    const std::string where = rung.place.empty()
                                  ? "; no place that can be rented is sure to hold it"
                              : rung.place == "local" ? "; on this computer, for its energy"
                                                      : "; at " + Printable(rung.place);
    text += Paragraph(fmt::format("{} proves {}{}", i + 1, rung.proves, where), "", "  ");
  }
  return text;
}

std::string Total(const std::vector<Rung>& ladder) {
  MicroUsd before;
  for (size_t i = 0; i + 1 < ladder.size(); ++i) {
    if (!ladder[i].cost) return "";
    before += *ladder[i].cost;
  }
  if (!ladder.back().cost) return "";
  return Paragraph(
      fmt::format(
          "Run 1 first. All before the last cost {} USD together, the last {} USD. A rented "
          "machine starts and loads for some minutes beside.",
          UsdTextUp(before), UsdTextUp(*ladder.back().cost)),
      "", "");
}

Json SpanJson(const fit::Span& span) {
  return Json::MakeObject({{"low", span.low}, {"mid", span.mid}, {"high", span.high}});
}

Json SecondsJson(std::optional<Millis> time) {
  return time ? Json(static_cast<double>(time->count()) / 1000) : Json();
}
Json MicrosJson(std::optional<MicroUsd> cost) { return cost ? Json(cost->value()) : Json(); }

}  // namespace

Json LadderJson(const std::vector<Rung>& ladder) {
  Json rungs = Json::MakeArray();
  for (const Rung& rung : ladder) {
    Json object = Json::MakeObject({{"model", rung.model},
                                    {"tokens", rung.tokens},
                                    {"proves", rung.proves},
                                    {"place", TextOrNull(rung.place)},
                                    {"hardware", TextOrNull(rung.hardware)},
                                    {"seconds", SecondsJson(rung.usual)},
                                    {"worst_seconds", SecondsJson(rung.worst)},
                                    {"micro_usd", MicrosJson(rung.cost)},
                                    {"worst_micro_usd", MicrosJson(rung.worst_cost)}});
    if (rung.answer != nullptr) object.Set("peak_bytes", SpanJson(rung.answer->estimate.peak));
    rungs.Push(std::move(object));
  }
  return Json::MakeObject({{"rungs", rungs}});
}

std::string LadderText(const std::vector<Rung>& ladder) {
  std::vector<std::vector<std::string>> table = {
      {"", "model", "tokens", "memory", "on", "takes", "USD", "at worst"}};
  for (size_t i = 0; i < ladder.size(); ++i) table.push_back(Cells(i + 1, ladder[i]));
  return TextTable(table) + "\n" + Notes(ladder) + Total(ladder);
}

}  // namespace curbstop
