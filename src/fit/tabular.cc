#include "fit/tabular.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"

namespace curbstop::fit {
namespace {

using Real = double;

constexpr const char* kRows = "bench/fit/rows-tabular.csv";
constexpr int64_t kMostCount = 1'000'000'000'000;

struct Family {
  TableFamily family;
  std::string_view name;
  std::array<std::string_view, 5> others;  // without case, hyphens and blanks
  int64_t process_mib;                     // Python, numpy and the library; measured
  // Bytes for each row beside the table and its copies: scores, gradients, indices.
  Real working_low, working, working_high;
};

constexpr Family kFamilies[] = {
    {TableFamily::kLinear, "linear-regression", {"ols"}, 122, 8, 24, 40},
    {TableFamily::kLogistic, "logistic-regression", {"logit"}, 122, 24, 54, 90},
    {TableFamily::kForest, "random-forest", {"randomforestclassifier", "rf"}, 129, 60, 120, 180},
    {TableFamily::kForestRegression,
     "random-forest-regression",
     {"randomforestregressor"},
     129,
     60,
     120,
     180},
    {TableFamily::kHistBoosting,
     "hist-gradient-boosting",
     {"histgradientboostingclassifier", "histgradientboostingregressor", "gradientboosting"},
     129,
     90,
     190,
     280},
    {TableFamily::kLightGbm,
     "lightgbm",
     {"lgbm", "lgbmclassifier", "lgbmregressor"},
     121,
     20,
     40,
     120},
    {TableFamily::kXgBoost, "xgboost", {"xgb", "xgbclassifier", "xgbregressor"}, 123, 8, 16, 120},
    {TableFamily::kMeans, "k-means", {}, 129, 8, 18, 40},
    {TableFamily::kSupportVectors,
     "svm",
     {"svc", "svr", "supportvectormachine"},
     135,
     40,
     100,
     400},
    {TableFamily::kNeighbours,
     "k-nearest-neighbours",
     {"knn", "knearestneighbors", "kneighborsclassifier", "kneighborsregressor"},
     125,
     20,
     60,
     100}};

const Family& FactsOf(TableFamily family) {
  return *std::find_if(std::begin(kFamilies), std::end(kFamilies),
                       [&](const Family& one) { return one.family == family; });
}

// "Random Forest", "random_forest" and "RandomForest" are one.
std::string Bare(std::string_view words) {
  std::string bare;
  for (const char letter : Lower(std::string(words))) {
    if (letter != '-' && letter != '_' && letter != ' ') bare += letter;
  }
  return bare;
}

Real Log2(Real value) { return std::log2(std::max(value, 2.0)); }

bool IsForest(TableFamily family) {
  return family == TableFamily::kForest || family == TableFamily::kForestRegression;
}

// Trees of boosting: one for each class where there are more than two.
Wide TreesOf(const TableUse& use) {
  const bool one = IsForest(use.family) || use.classes <= 2;
  return Wide{use.trees} * (one ? 1 : use.classes);
}

// Nodes of one tree with so many leaves, at most 2^depth.
Real NodesOf(const TableUse& use, Real leaves) {
  const Real most = use.depth > 0 ? std::exp2(std::min<Real>(Real(use.depth), 60)) : 1e18;
  return 2 * std::max(1.0, std::min(leaves, most)) - 1;
}

struct Leaves {
  Real low, mid, high;
};

// A drawn sample holds 0.632 of the rows; a regression's leaf holds one value, a classifier's one
// class: 0.11 of the rows with one label in eight wrong, 0.4 where labels are noise.
Leaves LeavesOf(const TableUse& use) {
  const Real rows = Real(use.rows);
  switch (use.family) {
    case TableFamily::kForest: return {0.005 * rows, 0.11 * rows, 0.42 * rows};
    case TableFamily::kForestRegression: return {0.3 * rows, 0.632 * rows, 0.64 * rows};
    case TableFamily::kXgBoost: return {8, 40, 64};
    default: return {8, 31, 31};
  }
}

Real NodeBytes(const TableUse& use) {
  if (use.family == TableFamily::kForest) return 64 + 8 * Real(use.classes);
  return use.family == TableFamily::kForestRegression ? 72 : 60;
}

class Table : ByComponents {
 public:
  explicit Table(const TableUse& use)
      : ByComponents("host"),
        use_(use),
        facts_(FactsOf(use.family)),
        cells_(Wide{use.rows} * use.columns),
        element_(use.single ? 4 : 8) {}

  Estimate Run(int64_t available) {
    Add("process", Around(MiB(facts_.process_mib).value, 0.3, 0.6), "class constant", kRows);
    Add("table", Exact(cells_ * element_), "exact", use_.single ? "float32" : "float64");
    AddCopies();
    AddWorking();
    AddModel();
    return Judged(available);
  }

 private:
  void AddCopies() {
    switch (use_.family) {
      case TableFamily::kLinear:
        return Add("copies", Exact(2 * cells_ * element_), "formula",
                   "copy_X of LinearRegression; scipy.linalg.lstsq keeps its input");
      case TableFamily::kForest:
      case TableFamily::kForestRegression:
        if (use_.single) return;
        return Add("float32 copy", Exact(4 * cells_), "exact",
                   "RandomForestClassifier.fit: converted to dtype=np.float32");
      case TableFamily::kMeans:
        return Add("copies", Exact(2 * cells_ * element_), "formula",
                   "copy_x of KMeans; numpy.var of its tolerance");
      case TableFamily::kHistBoosting: return AddHistBoosting();
      case TableFamily::kLightGbm: return AddLightGbm();
      case TableFamily::kXgBoost: return AddXgBoost();
      default: return;
    }
  }

  void AddHistBoosting() {
    const char* source = "HistGradientBoostingClassifier: early_stopping, max_bins";
    const Wide converted = use_.single ? 8 * cells_ : 0;
    const Wide split = use_.rows > 10'000 ? 8 * cells_ : 0;
    Add("copies", {Clamp(converted + split), Clamp(converted + split), Clamp(converted + split)},
        "formula", source);
    Add("bins", Around(cells_, 0.05, 0.2), "formula", source);
    Add("histograms", Around(Wide{use_.columns} * 256 * 20 * 31, 0.5, 0.5), "formula",
        "256 bins of 20 bytes for each of 31 leaves");
  }

  // A value of 8 bytes and a row number of 4 for each cell of the sample.
  void AddLightGbm() {
    const Wide sample = 12 * Wide{std::min<int64_t>(use_.rows, 200'000)} * use_.columns;
    Add("sample", Around(sample, 0.4, 0.1), "formula", "LightGBM: bin_construct_sample_cnt 200000");
    AddBins({1, 2, 2.5, "LightGBM: max_bin 255, force_col_wise and force_row_wise tried"});
  }

  struct Bins {
    Real low, mid, high;  // bytes of each cell
    const char* source;
  };
  // A tree keeps the histograms of all its nodes: max_cached_hist_node is above their number.
  void AddXgBoost() {
    AddBins({1.5, 5, 7, "XGBoost: QuantileDMatrix, max_bin 256, its sketch"});
    Add("histograms", Around(Wide{use_.columns} * 256 * 16 * 127, 0.5, 0.3), "formula",
        "XGBoost: 256 bins of two float64 for each of 127 nodes, max_depth 6");
  }

  void AddBins(const Bins& bins) {
    const int64_t cells = Clamp(cells_);
    Add("bins", {Scale(cells, bins.low), Scale(cells, bins.mid), Scale(cells, bins.high)},
        "class constant", bins.source);
  }

  void AddWorking() {
    const Real each = HasClasses(use_.family) && !IsForest(use_.family) && use_.classes > 2
                          ? Real(use_.classes)
                          : 1;  // scores and gradients of each class
    Add("working",
        {Scale(use_.rows, facts_.working_low), Scale(use_.rows, facts_.working * each),
         Scale(use_.rows, facts_.working_high * each)},
        "class constant", kRows);
    if (use_.family == TableFamily::kSupportVectors) {
      const Wide whole = Wide{use_.rows} * use_.rows * 4;
      Add("kernel cache", Exact(std::min<Wide>(whole, MiB(200).value)), "formula",
          "cache_size of SVC: 200 MB");
    }
  }

  void AddModel() {
    if (HasTrees(use_.family)) return AddTrees();
    if (use_.family == TableFamily::kSupportVectors) {
      const int64_t cells = Clamp(8 * cells_);
      return Add("support vectors", {Scale(cells, 0.02), Scale(cells, 0.4), cells}, "formula",
                 "share of the rows that support; the data's own");
    }
    if (use_.family == TableFamily::kNeighbours) return AddNeighbours();
    Add("model", Exact(Wide{ParametersOf(use_)} * 8), "exact", "coefficients of 64 bit");
  }

  void AddTrees() {
    const Leaves leaves = LeavesOf(use_);
    const int64_t trees = Clamp(TreesOf(use_));
    const auto bytes = [&](Real count) {
      return Scale(trees, NodesOf(use_, count) * NodeBytes(use_));
    };
    Add("model", {bytes(leaves.low), bytes(leaves.mid), bytes(leaves.high)}, "formula",
        IsForest(use_.family) ? "sklearn.tree NODE_DTYPE, 64 bytes, and 8 for each class"
                              : "31 leaves a tree at most, 64 of XGBoost");
  }

  // A tree's node holds the bounds of its 30 rows and more in each column.
  void AddNeighbours() {
    if (use_.columns > 15) return;  // compared one by one: algorithm="auto"
    const Real levels = std::floor(Log2(std::max(1.0, (Real(use_.rows) - 1) / 30))) + 1;
    const int64_t nodes = Scale(1, std::exp2(levels)) - 1;
    Add("tree", Exact(Wide{nodes} * use_.columns * 16 + Wide{8} * use_.rows), "formula",
        "sklearn.neighbors.KDTree, leaf_size 30");
  }

  const TableUse& use_;
  const Family& facts_;
  Wide cells_;
  Wide element_;
};

// Steps that the published complexity counts, for a fit on one core; 0: none is published.
Real StepsOf(const TableUse& use) {
  const Real rows = Real(use.rows);
  const Real columns = Real(use.columns);
  switch (use.family) {
    case TableFamily::kLinear: return rows * columns * std::min(rows, columns);
    case TableFamily::kForest: return Real(use.trees) * std::sqrt(columns) * rows * Log2(rows);
    case TableFamily::kForestRegression: return Real(use.trees) * columns * rows * Log2(rows);
    case TableFamily::kHistBoosting:
    case TableFamily::kLightGbm:
    case TableFamily::kXgBoost: return Real(TreesOf(use)) * rows * columns;
    case TableFamily::kMeans: return rows * columns * Real(use.clusters);
    case TableFamily::kSupportVectors: return rows * rows * columns;
    default: return 0;
  }
}

struct StepTime {
  TableFamily family;
  Real seconds;       // of a step
  Real below, above;  // the interval's ends as factors
};

// Of one core of the computer that measured; others are up to three times as fast.
constexpr StepTime kStepTimes[] = {
    {TableFamily::kLinear, 3e-9, 20, 3},
    {TableFamily::kForest, 1.5e-7, 4, 3},
    {TableFamily::kForestRegression, 8.4e-8, 4, 3},
    {TableFamily::kHistBoosting, 1.6e-8, 6, 4},
    {TableFamily::kLightGbm, 2.5e-8, 10, 4},
    {TableFamily::kXgBoost, 2.4e-8, 6, 4},
    {TableFamily::kMeans, 1e-7, 20, 5},  // from a few passes to the 300 that are allowed
    {TableFamily::kSupportVectors, 2e-9, 10, 10}};

}  // namespace

std::optional<TableFamily> TableFamilyOf(std::string_view words) {
  const std::string bare = Bare(words);
  for (const Family& one : kFamilies) {
    const bool other =
        !bare.empty() && std::find(one.others.begin(), one.others.end(), bare) != one.others.end();
    if (other || bare == Bare(one.name)) return one.family;
  }
  return std::nullopt;
}

std::string_view NameOf(TableFamily family) { return FactsOf(family).name; }

std::vector<std::string> TableFamilyNames() {
  std::vector<std::string> names;
  for (const Family& one : kFamilies) names.emplace_back(one.name);
  return names;
}

bool HasTrees(TableFamily family) {
  return IsForest(family) || family == TableFamily::kHistBoosting ||
         family == TableFamily::kLightGbm || family == TableFamily::kXgBoost;
}

bool HasClasses(TableFamily family) {
  return family == TableFamily::kLogistic ||
         (HasTrees(family) && family != TableFamily::kForestRegression);
}

Status CheckTable(const TableUse& use) {
  const std::pair<const char*, int64_t> counts[] = {{"--rows", use.rows},
                                                    {"--columns", use.columns},
                                                    {"--trees", use.trees},
                                                    {"--clusters", use.clusters},
                                                    {"--classes", use.classes}};
  for (const auto& [name, count] : counts) {
    if (count >= 1 && count <= kMostCount) continue;
    return InvalidInput(fmt::format("`{}` is {}, expected 1 to {}", name, count, kMostCount));
  }
  return {};
}

Estimate EstimateTable(const TableUse& use, int64_t available) { return Table(use).Run(available); }

int64_t ParametersOf(const TableUse& use) {
  const Wide columns = use.columns;
  switch (use.family) {
    case TableFamily::kLinear: return Clamp(columns + 1);
    case TableFamily::kLogistic: return Clamp((columns + 1) * (use.classes <= 2 ? 1 : use.classes));
    case TableFamily::kMeans: return Clamp(columns * use.clusters);
    case TableFamily::kSupportVectors:
    case TableFamily::kNeighbours: return 0;  // the rows themselves
    default: return Scale(Clamp(TreesOf(use)), NodesOf(use, LeavesOf(use).mid));
  }
}

std::optional<Rate> TableSeconds(const TableUse& use) {
  for (const StepTime& one : kStepTimes) {
    if (one.family != use.family) continue;
    const Real seconds = one.seconds * StepsOf(use);
    return Rate{seconds / one.below, seconds, seconds * one.above};
  }
  return std::nullopt;
}

std::string TableWarning(const TableUse& use) {
  if (use.family == TableFamily::kSupportVectors && use.rows > 20'000)
    return fmt::format(
        "its time grows with the square of the rows at least, its guide says; {} rows want a "
        "linear kernel (logistic-regression) or a part of them",
        use.rows);
  return "";
}

}  // namespace curbstop::fit
