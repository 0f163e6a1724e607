// The search for a technique as text and as JSON.
#include <algorithm>

#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"
#include "fit/search.h"

namespace curbstop::fit {
namespace {

constexpr size_t kShown = 12;
constexpr size_t kWidth = 100;
constexpr size_t kQualityColumn = 54;

std::string Gib(int64_t bytes) {
  return fmt::format("{:.1f}", static_cast<double>(bytes) / 1073741824.0);
}

// Wrapped behind what stands on the line already.
std::string Hanging(const std::string& text, size_t column) {
  return Join(Wrapped(text, kWidth - column), "\n" + std::string(column, ' ')) + "\n";
}

std::string Indented(const std::string& text, size_t column) {
  return std::string(column, ' ') + Hanging(text, column);
}

const std::optional<Rate>& SpeedOf(const FitAnswer& answer) {
  return answer.training ? answer.training : answer.decode;
}

std::string SpeedText(const FitAnswer& answer) {
  const std::optional<Rate>& rate = SpeedOf(answer);
  if (!rate) return "not known";
  const int digits = rate->mid < 10 ? 1 : 0;
  return fmt::format("{:.{}f} ({:.{}f}..{:.{}f})", rate->mid, digits, rate->low, digits, rate->high,
                     digits);
}

int64_t HostBytes(const FitAnswer& answer) { return SumOf(answer.estimate.components, "host").mid; }

// "+2.8 % perplexity (llama-3-8b)" for each choice that has a figure, the rest by name as unknown.
std::string QualityText(const Technique& technique) {
  if (technique.losses.empty()) return "none";
  std::vector<std::string> parts;
  std::vector<std::string> unknown;
  for (const QualityLoss& loss : technique.losses) {
    if (loss.figure != nullptr) {
      const bool several = technique.losses.size() > 1;
      parts.push_back((several ? loss.what + " " : "") + LossText(*loss.figure));
    } else {
      unknown.push_back(loss.what);
    }
  }
  if (!unknown.empty()) parts.push_back("unknown: " + Join(unknown, ", "));
  return Join(parts, ", ");
}

std::string RowText(const Technique& technique) {
  const Estimate& estimate = technique.answer.estimate;
  std::string text = fmt::format(
      "  {:<20}{:<22}{:>7}   ",
      fmt::format("{} ({}..{})", Gib(estimate.peak.mid), Gib(estimate.peak.low),
                  Gib(estimate.peak.high)),
      SpeedText(technique.answer),
      HostBytes(technique.answer) >= 107374182 ? Gib(HostBytes(technique.answer)) : "-");
  text += Hanging(QualityText(technique), kQualityColumn);
  return text + Indented(technique.options, 6);
}

std::string Heading(const FitQuestion& question) {
  return fmt::format("  {:<20}{:<22}{:>7}   {}\n", "peak GiB", "tokens/s", "RAM GiB",
                     question.task == Task::kTraining ? "quality lost beside full, 16 bit, AdamW"
                                                      : "quality lost beside 16 bit");
}

std::string Asked(const TechniqueSearch& search) {
  const FitAnswer& asked = search.asked;
  std::string text =
      fmt::format("{}, {} parameters, {} on {}\n", Printable(asked.question.shape.id),
                  ParamsText(asked.question.shape.params_total), TaskText(asked.question),
                  asked.question.hardware.text.empty() ? "this computer"
                                                       : Printable(asked.question.hardware.text));
  text += fmt::format("  as asked: {} GiB: {}{}\n", PeakText(asked.estimate),
                      NameOf(asked.estimate.verdict),
                      MightFit(asked) ? ", though it might just fit" : "");
  return text;
}

std::string SmallestText(const TechniqueSearch& search) {
  if (!search.smallest) return "";
  return fmt::format("the smallest change that makes it fit, {} choice{} of the command line:\n",
                     search.smallest->changed, search.smallest->changed == 1 ? "" : "s") +
         RowText(*search.smallest);
}

std::vector<const QualityFigure*> FiguresOf(const std::vector<Technique>& shown) {
  std::vector<const QualityFigure*> figures;
  for (const Technique& one : shown) {
    for (const QualityLoss& loss : one.losses) {
      if (loss.figure != nullptr &&
          std::find(figures.begin(), figures.end(), loss.figure) == figures.end())
        figures.push_back(loss.figure);
    }
  }
  return figures;
}

std::string FigureLine(const QualityFigure& figure) {
  return Paragraph(
      fmt::format("{} {}{}: {} {:.7g} beside {:.7g} of {} on {} ({}); {}", figure.kind, figure.name,
                  figure.rank > 0 ? fmt::format(" of rank {}", figure.rank) : "", figure.metric,
                  figure.value, figure.reference, figure.model, figure.test, figure.as_of,
                  figure.source),
      "  ", "    ");
}

// Each source once, with the dates of its figures; all figures where they are asked for.
std::string SourceText(const std::vector<Technique>& shown, bool explain) {
  const std::vector<const QualityFigure*> figures = FiguresOf(shown);
  if (figures.empty()) return "";
  std::string text = "quality as published for the model in brackets, a prior for any other:\n";
  std::vector<std::string> seen;
  for (const QualityFigure* figure : figures) {
    std::string line =
        explain ? FigureLine(*figure)
                : Paragraph(fmt::format("{}, {}, {}", figure->model, figure->as_of, figure->source),
                            "  ", "    ");
    if (std::find(seen.begin(), seen.end(), line) != seen.end()) continue;
    text += line;
    seen.push_back(std::move(line));
  }
  return text;
}

Json LossJson(const QualityLoss& loss) {
  Json object = Json::MakeObject({{"choice", loss.what}});
  const QualityFigure* figure = loss.figure;
  if (figure == nullptr) {
    object.Set("known", false);
    return object;
  }
  object.Set("known", true);
  object.Set("metric", figure->metric);
  object.Set("loss", std::round(figure->Loss() * 1e4) / 1e4);
  object.Set("unit", figure->metric == "perplexity" ? "percent" : "points");
  object.Set("model", figure->model);
  object.Set("test", figure->test);
  object.Set("as_of", figure->as_of);
  object.Set("source", figure->source);
  return object;
}

Json TechniqueJson(const Technique& technique) {
  Json object = FitJson(technique.answer);
  object.Set("technique", technique.options);
  Json losses = Json::MakeArray();
  for (const QualityLoss& loss : technique.losses) losses.Push(LossJson(loss));
  object.Set("quality", losses);
  object.Set("changed", technique.changed);
  return object;
}

}  // namespace

std::vector<Technique> Distinct(const std::vector<Technique>& front, size_t most) {
  const auto speed = [](const Technique& one) {
    const std::optional<Rate>& rate = SpeedOf(one.answer);
    return rate ? rate->mid : 0;
  };
  const auto same_quality = [](const Technique& a, const Technique& b) {
    return std::equal(a.losses.begin(), a.losses.end(), b.losses.begin(), b.losses.end(),
                      [](const QualityLoss& x, const QualityLoss& y) { return x.what == y.what; });
  };
  for (double slack = 0.02;; slack *= 1.6) {
    std::vector<Technique> kept;
    for (const Technique& one : front) {
      const bool covered = std::any_of(kept.begin(), kept.end(), [&](const Technique& other) {
        const double lean = static_cast<double>(other.answer.estimate.peak.mid);
        const bool near = slack > 0.2 || same_quality(other, one);
        return near && lean <= static_cast<double>(one.answer.estimate.peak.mid) * (1 + slack) &&
               speed(other) >= speed(one) * (1 - slack);
      });
      if (!covered) kept.push_back(one);
    }
    if (kept.size() <= most || slack > 10) return kept;
  }
}

Json SearchJson(const TechniqueSearch& search) {
  Json list = Json::MakeArray();
  for (const Technique& one : search.front) list.Push(TechniqueJson(one));
  Json object = Json::MakeObject({{"asked", FitJson(search.asked)},
                                  {"tried", search.tried},
                                  {"fitting", search.fitting},
                                  {"techniques", list}});
  if (search.smallest) object.Set("smallest_change", TechniqueJson(*search.smallest));
  if (search.nearest) object.Set("nearest", TechniqueJson(*search.nearest));
  return object;
}

std::string SearchText(const TechniqueSearch& search, bool explain) {
  std::string text = Asked(search);
  if (search.nearest) {
    text += fmt::format("none of {} techniques fits for sure; the nearest:\n", search.tried);
    text += Heading(search.asked.question) + RowText(*search.nearest);
    return text + SourceText({*search.nearest}, explain);
  }
  text += SmallestText(search);
  std::vector<Technique> shown = Distinct(search.front, kShown);
  std::string told =
      fmt::format("{} techniques tried, {} fit for sure, {} of them beaten by none",
                  Grouped(search.tried), Grouped(search.fitting), search.front.size());
  if (shown.size() < search.front.size())
    told += fmt::format("; the {} that differ most (all: `--json`)", shown.size());
  text += Hanging(told + ":", 0) + Heading(search.asked.question);
  for (const Technique& one : shown) text += RowText(one);
  if (search.smallest) shown.push_back(*search.smallest);
  return text + SourceText(shown, explain);
}

}  // namespace curbstop::fit
