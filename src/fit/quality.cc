#include "fit/quality.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/check.h"
#include "base/csv.h"
#include "base/embedded.h"
#include "base/text.h"

namespace curbstop::fit {
namespace {

CURBSTOP_EMBEDDED(quality_csv, QualityCsv)

constexpr std::string_view kColumns =
    "kind,name,rank,model,params_b,test,metric,value,reference,as_of,source,licence";

Result<double> NumberAt(std::string_view text, int line) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value > 0)
    return value;
  return InvalidInput(fmt::format("line {}: `{}` is no number above zero", line, Printable(text)));
}

Result<QualityFigure> FigureOf(const CsvFields& fields, int line) {
  QualityFigure figure;
  figure.kind = fields[0];
  figure.name = fields[1];
  if (!fields[2].empty()) {
    TRY_ASSIGN(const double rank, NumberAt(fields[2], line));
    figure.rank = std::llround(rank);
  }
  figure.model = fields[3];
  TRY_ASSIGN(const double billions, NumberAt(fields[4], line));
  figure.params = billions * 1e9;
  figure.test = fields[5];
  figure.metric = fields[6];
  TRY_ASSIGN(figure.value, NumberAt(fields[7], line));
  TRY_ASSIGN(figure.reference, NumberAt(fields[8], line));
  figure.as_of = fields[9];
  figure.source = fields[10];
  if (figure.metric == "perplexity" || figure.metric == "accuracy") return figure;
  return InvalidInput(fmt::format("line {}: metric `{}`, expected `perplexity` or `accuracy`", line,
                                  Printable(figure.metric)));
}

// Letters' case is free.
bool IsSameWord(std::string_view a, std::string_view b) {
  return a.size() == b.size() && Lower(a) == Lower(b);
}

// How far two sizes are apart, whichever is the larger.
double Distance(double a, double b) { return std::abs(std::log(a / b)); }

}  // namespace

double QualityFigure::Loss() const {
  return metric == "perplexity" ? (value / reference - 1) * 100 : reference - value;
}

Result<std::vector<QualityFigure>> ReadQuality(std::string_view text) {
  std::vector<QualityFigure> figures;
  TRY(ForEachRecord(text, kColumns, [&](const CsvFields& fields, int line) -> Status {
    TRY_ASSIGN(QualityFigure figure, FigureOf(fields, line));
    figures.push_back(std::move(figure));
    return {};
  }));
  return figures;
}

const std::vector<QualityFigure>& BundledQuality() {
  static const std::vector<QualityFigure> figures = [] {
    Result<std::vector<QualityFigure>> read = ReadQuality(QualityCsv());
    CHECK(read.ok());
    return *std::move(read);
  }();
  return figures;
}

const QualityFigure* FindQuality(const ModelShape& shape, std::string_view kind,
                                 std::string_view name, int64_t rank) {
  const QualityFigure* best = nullptr;
  const double params = std::max(1.0, static_cast<double>(shape.params_total));
  for (const QualityFigure& figure : BundledQuality()) {
    if (figure.kind != kind || !IsSameWord(figure.name, name)) continue;
    if (figure.rank > 0 && figure.rank != rank) continue;
    if (figure.model == shape.id) return &figure;
    if (best == nullptr || Distance(figure.params, params) < Distance(best->params, params))
      best = &figure;
  }
  return best;
}

std::string LossText(const QualityFigure& figure) {
  if (figure.metric == "accuracy")
    return fmt::format("{:+.1f} points of accuracy ({})", -figure.Loss(), figure.model);
  const double loss = figure.Loss();
  return fmt::format("{:+.{}f} % perplexity ({})", loss, loss < 1 ? 2 : (loss < 20 ? 1 : 0),
                     figure.model);
}

}  // namespace curbstop::fit
