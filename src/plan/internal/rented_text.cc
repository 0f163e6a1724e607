#include "plan/internal/rented_text.h"

#include <cmath>

#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"

namespace curbstop {
namespace {

std::string Indented(const std::string& text) { return Paragraph(text, "  ", "  "); }

// "boot 2 min, work 1 h". What takes seconds of an hour is left to `--json`.
std::string PartsText(const PlanRow& row) {
  std::vector<std::string> parts;
  for (const FinishPart& part : row.parts) {
    const bool is_time = part.time.count() > 0;
    if (is_time && part.time * 100 < *row.finish_p50) continue;
    parts.push_back(is_time ? fmt::format("{} {}", part.what, DurationText(part.time))
                            : fmt::format("{} {} USD", part.what, UsdTextUp(part.cost)));
  }
  return Join(parts, ", ");
}

std::string FinishText(const PlanRow& row) {
  if (!row.p50 || row.parts.empty()) return "";
  std::string text =
      fmt::format("done usually after {} for {} USD ({})", DurationText(*row.finish_p50),
                  UsdTextUp(*row.p50), PartsText(row));
  if (row.p10 && row.p90 && UsdTextUp(*row.p10) != UsdTextUp(*row.p90)) {
    text += fmt::format("; eight times in ten for {} to {} USD", UsdTextUp(*row.p10),
                        UsdTextUp(*row.p90));
  }
  return Indented(text);
}

std::string RateText(const Link& link) {
  const double mbit = static_cast<double>(link.bytes_per_s) * 8 / 1e6;
  return fmt::format(
      "{}, {}",
      mbit < 1000 ? fmt::format("{:.3g} Mbit/s", mbit) : fmt::format("{:.3g} Gbit/s", mbit / 1000),
      link.is_measured ? "measured" : "assumed");
}

std::string MovesText(const PlanRow& row) {
  if (!row.lease) return "";
  std::vector<std::string> parts;
  // Code alone is seconds mostly, and left to `--explain` then.
  const bool is_worth_it = row.upload > row.code || !row.finish_p50 ||
                           TimeToMove(row.code, row.link) * 100 >= *row.finish_p50;
  if (row.upload.value > 0 && is_worth_it)
    parts.push_back(fmt::format("{} go there", BytesText(row.upload)));
  if (row.download && row.download->value > 0)
    parts.push_back(fmt::format("{} come home", BytesText(*row.download)));
  std::string text = Join(parts, ", ");
  if (!parts.empty()) text += fmt::format(" at {}", RateText(row.link));
  if (!row.unknown_inputs.empty()) {
    text += fmt::format("{}`{}`{} is not there yet, its size is not counted",
                        text.empty() ? "" : "; ", Printable(row.unknown_inputs.front()),
                        row.unknown_inputs.size() == 1
                            ? ""
                            : fmt::format(" and {} more", row.unknown_inputs.size() - 1));
  }
  return text.empty() ? "" : Indented(text);
}

std::string CountText(double count) {
  return count < 10 ? fmt::format("{:.1f}", count) : fmt::format("{}", std::llround(count));
}

std::string BidText(const PlanRow& row) {
  if (!row.on_bid) return "";
  const int64_t above = PercentAbove(row.bid->minimum, *row.per_hour);
  std::string text = above == 0 ? "on a bid of the list's least"
                                : fmt::format("on a bid {} % above the list's least", above);
  if (row.listed_saving) text += fmt::format(": the list says {} % less", *row.listed_saving);
  if (row.effective_saving) {
    text += fmt::format("; with {} interruptions to expect it saves {} % in the end",
                        CountText(row.interruptions), *row.effective_saving);
  }
  return Indented(text);
}

std::string SharingText(const PlanRow& row) {
  std::string text;
  if (!row.takes_from.empty()) {
    text += Indented(fmt::format(
        "goes on with the machine of `{}`: no boot, and the files that are there stay there",
        row.takes_from));
  }
  if (!row.hands_to.empty()) {
    text += Indented(fmt::format(
        "its machine goes on with `{}`; for that it waits at most {}, which is in its worst case",
        row.hands_to, DurationText(row.waits)));
  }
  return text;
}

// How long the machine stays after the step, and what that costs beside it.
std::string KeptText(const PlanRow& row) {
  if (!row.hands_to.empty()) return "";
  if (row.kept.count() == 0) return "";
  return Indented(fmt::format("kept {}: at most {} USD more, within its worst case",
                              DurationText(row.kept), UsdTextUp(row.kept_worst)));
}

}  // namespace

std::string RentedText(const PlanRow& row) {
  if (!row.chosen) return "";
  return FinishText(row) + MovesText(row) + BidText(row) + SharingText(row) + KeptText(row);
}

std::string LossText(const PlanRow& row) {
  if (!row.chosen || !row.lease) return "";
  return Indented(
      row.interval
          ? fmt::format(
                "A lost machine takes at most {} of work with it (a checkpoint is asked for "
                "that often), and what the latest takes to come home.",
                DurationText(*row.interval))
          : "A lost machine takes all of the step's work with it: there is no `checkpoint:`.");
}

}  // namespace curbstop
