#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"
#include "base/text_or_null.h"
#include "fit/answer.h"
#include "plan/interval.h"
#include "plan/plan.h"

namespace curbstop {
namespace {

constexpr const char* kPerHour = "per hour";  // of the machine alone

struct Explanation {
  std::string step;
  std::string number;
  std::string value;
  std::string formula;
  std::string inputs;
  std::string source;
  std::string as_of;
};

std::string UsdOrUnknown(std::optional<MicroUsd> amount) {
  return amount ? ExactUsdText(*amount) + " USD" : "unknown";
}

// "0.400000 USD/h, disk 0.041096 USD/h"; the disk only of what is rented.
std::string RateText(const PlanRow& row) {
  const std::string rate = UsdOrUnknown(row.per_hour) + "/h";
  if (!row.disk_per_hour) return rate;
  return fmt::format("{}, disk {}/h", rate, UsdOrUnknown(row.disk_per_hour));
}

Explanation OfTime(const PlanRow& row, const StepTime& time) {
  const std::string usual = time.usual ? DurationText(*time.usual) : "unknown";
  const std::string worst = time.worst ? DurationText(*time.worst) : "unknown";
  return {row.step, "time",      fmt::format("usual {}, worst {}", usual, worst),
          time.why, time.source, time.source,
          ""};
}

// A rented machine is held for its lease, and for as long as its end may take at worst.
Explanation OfReserve(const PlanRow& row) {
  return {row.step,
          "worst",
          UsdOrUnknown(row.worst),
          "reserve for the longest life of a machine with this lease, its disk, and room for a "
          "price that moved",
          fmt::format("{}, lease {}, grade {}{}{}{}{}", RateText(row), DurationText(*row.lease),
                      row.lease_grade, row.held.empty() ? "" : ", ", row.held,
                      row.not_modelled.empty() ? "" : "; left out: ", row.not_modelled),
          row.source,
          row.as_of};
}

Explanation OfCost(const PlanRow& row, std::string number, std::optional<MicroUsd> cost,
                   std::optional<Millis> time, const ElectricityPrice& electricity) {
  const bool with_disk = row.disk_per_hour && number != kPerHour;
  Explanation why{row.step, std::move(number), UsdOrUnknown(cost), "", "", row.source, row.as_of};
  const std::string how_long = time ? DurationText(*time) : "unknown time";
  if (row.power) {
    why.formula = "watts x price per kWh x time / 1000, rounded up to a micro-dollar";
    why.inputs = fmt::format("{} W, {} USD/kWh, {}", row.power->watts, UsdText(electricity.per_kwh),
                             how_long);
  } else {
    why.formula = with_disk ? "(price + disk) per hour x time, rounded up to a micro-dollar"
                            : "price per hour x time, rounded up to a micro-dollar";
    why.inputs = with_disk ? fmt::format("{}, {}", RateText(row), how_long)
                           : fmt::format("{}/h, {}", UsdOrUnknown(row.per_hour), how_long);
  }
  return why;
}

// What is rented bills its boot and its minimum too.
Explanation OfFinish(const PlanRow& row, const char* number, std::optional<MicroUsd> cost,
                     const char* of_parts) {
  std::vector<std::string> parts;
  for (const FinishPart& part : row.parts)
    parts.push_back(
        fmt::format("{} {} for {}", part.what, DurationText(part.time), UsdOrUnknown(part.cost)));
  return {row.step,
          number,
          UsdOrUnknown(cost),
          fmt::format("(price + disk) per hour x whole grains of all parts' time, at least the "
                      "minimum, each part {}, and what is asked once; rounded up to a micro-dollar",
                      of_parts),
          fmt::format("{}; usually {}", RateText(row), Join(parts, ", ")),
          row.source,
          row.as_of};
}

// "0.200000 USD/h lasts 48 min, 2.12 USD"
std::string TriedText(const TriedBid& bid) {
  return fmt::format("{}/h lasts {}, {} USD", UsdOrUnknown(bid.per_hour),
                     DurationText(bid.terms.life), bid.p50 ? UsdTextUp(*bid.p50) : "unknown");
}

// Which bid, and what the others come to.
Explanation OfBid(const PlanRow& row) {
  const PlannedBid& bid = *row.bid;
  Explanation why{row.step, "bid", "", "", "", row.source, row.as_of};
  why.value = row.on_bid ? UsdOrUnknown(row.per_hour) + "/h" : "none, it is rented on demand";
  if (bid.law == nullptr) {
    why.formula = fmt::format("{} % above the list's minimum, at most the price on demand",
                              bid.terms.above_percent);
    why.inputs = fmt::format("minimum {}/h", UsdOrUnknown(bid.minimum));
    return why;
  }
  std::vector<std::string> tried;
  for (const TriedBid& one : bid.tried) tried.push_back(TriedText(one));
  why.formula = fmt::format(
      "of the bids from the list's minimum up to the price on demand the one with the least usual "
      "cost; a machine at {} % above the minimum lasts {} (assumed), {} % of its losses halve with "
      "each {} % more",
      bid.law->usual_percent, DurationText(kAssumedSpotLife), bid.law->avoidable_percent,
      bid.law->halving_percent);
  why.inputs = Join(tried, "; ");
  why.source = fmt::format("{}; how losses fall is {}: {}; order of bids: {}", row.source,
                           bid.law->grade, bid.law->notes, bid.law->source);
  why.as_of = bid.law->as_of;
  return why;
}

// How the parts beside boot and work came about.
void AddParts(const PlanRow& row, std::vector<Explanation>& all) {
  if (!row.lease) return;
  if (row.boot.usual.count() > 0) {
    all.push_back({row.step, "boot", DurationText(row.boot.usual),
                   "from the create call until the machine answers: it starts, and gets the image "
                   "that its provider's machines usually have; another image's size is not known",
                   fmt::format("one in ten sooner than {}, one in ten later than {}",
                               DurationText(row.boot.early), DurationText(row.boot.late)),
                   "what is known of this provider", ""});
  }
  if (row.upload.value > 0 || row.download.value_or(Bytes{}).value > 0) {
    all.push_back({row.step, "upload and download",
                   fmt::format("{} there, {} home", BytesText(row.upload),
                               BytesText(row.download.value_or(Bytes{}))),
                   "size / bytes per second + 1 s",
                   fmt::format("{} B/s; of what goes there {} are the project's code",
                               Grouped(row.link.bytes_per_s), BytesText(row.code)),
                   row.link.is_measured ? "the latest run there"
                                        : "assumed until a run there has measured it",
                   ""});
  }
  if (row.bid) all.push_back(OfBid(row));
  if (!row.on_bid) return;
  all.push_back(
      {row.step, "interruptions", fmt::format("{:.1f} to expect", row.interruptions),
       "mtbf e^(restart/mtbf) (e^((interval + write)/mtbf) - 1) work/interval - work",
       fmt::format("mtbf {}, assumed; a checkpoint every {}, {} each",
                   DurationText(row.bid->terms.life),
                   row.interval ? DurationText(*row.interval) : "-", DurationText(kAssumedWrite)),
       "J. T. Daly, FGCS 22 (2006); SkyNomad's traces of 2023 and 2025", ""});
}

std::vector<Explanation> OfUsual(const PlanRow& row, const ElectricityPrice& electricity) {
  if (row.parts.empty()) return {OfCost(row, "usual", row.p50, row.finish_p50, electricity)};
  return {OfFinish(row, "p10", row.p10, "as one in ten falls below"),
          OfFinish(row, "usual", row.p50, "as usual"),
          OfFinish(row, "p90", row.p90, "as one in ten is above")};
}

// What all steps come to, and why no other choice of places is better.
std::vector<Explanation> OfTogether(const Plan& plan) {
  std::vector<std::string> costs, times;
  for (const PlanRow& row : plan.rows) {
    if (!row.chosen) continue;
    costs.push_back(fmt::format("{} {}", row.step, UsdOrUnknown(row.p50 ? row.p50 : row.worst)));
    const std::optional<Millis> time = row.finish_p50 ? row.finish_p50 : row.finish_worst;
    times.push_back(fmt::format("{} {}", row.step, time ? DurationText(*time) : "unknown"));
  }
  const std::string how =
      plan.together->is_proven
          ? "exact search over the places of all steps, in micro-dollars and milliseconds"
          : "search over the places of all steps, cut short: there are too many ways";
  return {{"all steps", "usual", UsdOrUnknown(plan.together->cost),
           "sum of the chosen places' usual costs, else worst ones", Join(costs, ", "), how, ""},
          {"all steps", "time", DurationText(plan.together->time),
           "sum of the chosen places' usual times, as steps run one after the other",
           Join(times, ", "), how, ""}};
}

std::string GibText(int64_t bytes) {
  return fmt::format("{:.2f} GiB", static_cast<double>(bytes) / (1 << 30));
}

std::string PeakSource(const fit::FitAnswer& answer) {
  if (answer.peaks_measured == 0) return "";
  return fmt::format("; corrected by {} measured here", fit::RunsText(answer.peaks_measured));
}

// What the step's model takes of each GPU there, and each part of it.
void AddMemory(const PlanRow& row, std::vector<Explanation>& all) {
  if (row.model == nullptr) return;
  const fit::Estimate& estimate = row.model->estimate;
  const fit::FitQuestion& question = row.model->question;
  all.push_back(
      {row.step, "GPU memory",
       fmt::format("{}: {}", fit::PeakText(estimate), fit::NameOf(estimate.verdict)),
       "the parts that are there at the fullest moment of one GPU, added up",
       fmt::format("{}, {}, {}", question.shape.id, question.format.name, fit::TaskText(question)),
       fmt::format("`curbstop model fit` with the same words{}", PeakSource(*row.model)), ""});
  for (const fit::Component& part : estimate.components) {
    if (part.device == "host" || part.bytes.high == 0) continue;
    all.push_back({row.step, fmt::format("{} of {}", part.name, part.device),
                   GibText(part.bytes.mid), part.evidence,
                   fmt::format("{}..{}", GibText(part.bytes.low), GibText(part.bytes.high)),
                   part.source, ""});
  }
}

// Of the chosen row; of the first one where none could be chosen (that is this computer).
std::vector<Explanation> Explain(const Plan& plan) {
  std::vector<Explanation> all;
  size_t step = 0;
  for (size_t i = 0; i < plan.rows.size(); ++i) {
    const PlanRow& row = plan.rows[i];
    if (i > 0 && plan.rows[i - 1].step == row.step) continue;
    all.push_back(OfTime(row, plan.times[step++]));
    AddMemory(row, all);
    all.push_back(row.lease ? OfReserve(row)
                            : OfCost(row, "worst", row.worst, row.finish_worst, plan.electricity));
    for (Explanation& why : OfUsual(row, plan.electricity)) all.push_back(std::move(why));
    AddParts(row, all);
    all.push_back(OfCost(row, kPerHour, row.per_hour, Millis(3'600'000), plan.electricity));
  }
  if (!plan.together || plan.times.size() < 2) return all;
  for (Explanation& why : OfTogether(plan)) all.push_back(std::move(why));
  return all;
}

}  // namespace

Json ExplanationJson(const Plan& plan) {
  Json all = Json::MakeArray();
  for (const Explanation& why : Explain(plan)) {
    all.Push(Json::MakeObject({{"step", why.step},
                               {"number", why.number},
                               {"value", why.value},
                               {"formula", why.formula},
                               {"inputs", TextOrNull(why.inputs)},
                               {"source", TextOrNull(why.source)},
                               {"as_of", TextOrNull(why.as_of)}}));
  }
  return all;
}

std::string ExplanationText(const Plan& plan) {
  std::string text;
  for (const Explanation& why : Explain(plan)) {
    const std::string date = why.as_of.empty() ? "" : fmt::format(" ({})", why.as_of);
    text += Paragraph(fmt::format("{} {}: {}", why.step, why.number, why.value), "", "  ");
    text += Paragraph("= " + why.formula, "  ", "    ");
    text += Paragraph("with " + why.inputs, "  ", "    ");
    text += Paragraph("from " + why.source + date, "  ", "    ");
  }
  return text;
}

}  // namespace curbstop
