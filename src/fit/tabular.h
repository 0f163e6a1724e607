// Models for tables, as scikit-learn, LightGBM and XGBoost fit them in RAM: which part of the
// memory each holds at its peak, from the table's rows n and columns p.
//
//   table      8 n p bytes (4 n p as float32)
//   copies     what the library makes of the table before it fits
//     linear regression    two: the centred one and that of LAPACK's least squares
//     random forest        float32, none where the table is float32 already
//     hist boosting        above 10,000 rows the parts that early stopping splits off, float64; and
//                          bins of one byte (float64 first where the table is float32)
//     LightGBM, XGBoost    bins of one byte, and what is drawn to find their edges
//     boosting             histograms of 256 bins: of all 127 nodes in XGBoost, of 31 leaves in
//                          scikit-learn
//     k-means              the centred one, and its variance's
//     support vectors      none; the support vectors' own, at most one
//   working    vectors of n: what is to be foretold, scores, gradients, indices; the kernel's cache
//   (200 MB at most) model      forest: 64 bytes a node and 8 for each class; leaves by rows:
//   without a limit of
//              depth a tree ends where a leaf is pure, so their number follows the noise
//              boosting: 31 leaves a tree (XGBoost: 2^6), some 60 bytes a node
//
// Sources: scikit-learn's user guide and documentation of each class (copy_X, copy_x, cache_size,
// early_stopping, "its dtype will be converted to float32"), 1.9; sizes of its node types;
// complexities from the guide's sections on trees, SVM, k-means, least squares. Constants of
// working memory and time: the rows called `made` of bench/fit/rows-tabular.csv; those called
// `held` were held out (docs/benchmarks/fit.md).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "fit/estimate.h"
#include "fit/speed.h"

namespace curbstop::fit {

enum class TableFamily {
  kLinear,
  kLogistic,
  kForest,
  kForestRegression,
  kHistBoosting,
  kLightGbm,
  kXgBoost,
  kMeans,
  kSupportVectors,
  kNeighbours
};

struct TableUse {
  TableFamily family = TableFamily::kLinear;
  int64_t rows = 0;
  int64_t columns = 0;
  int64_t trees = 100;   // of forests; rounds of boosting
  int64_t clusters = 8;  // of k-means
  int64_t classes = 2;   // of classifiers
  int64_t depth = 0;     // of trees at most; 0: as the library does
  bool single = false;   // the table is float32
};

// "random-forest", "RandomForestClassifier", "xgb", ... Nothing where the words mean none.
std::optional<TableFamily> TableFamilyOf(std::string_view words);
std::string_view NameOf(TableFamily family);
std::vector<std::string> TableFamilyNames();

bool HasTrees(TableFamily family);
bool HasClasses(TableFamily family);

// Errors: kInvalidInput where a count is not positive or above 10^12.
Status CheckTable(const TableUse& use);

// All on the device "host".
Estimate EstimateTable(const TableUse& use, int64_t available);

// Numbers that the model is made of: coefficients, nodes, centres' coordinates.
int64_t ParametersOf(const TableUse& use);

// Of the fit on one core; nothing where no complexity is published.
std::optional<Rate> TableSeconds(const TableUse& use);

// What the library's own guide warns of at this size; empty: nothing.
std::string TableWarning(const TableUse& use);

}  // namespace curbstop::fit
