// What the room would have said of a published measurement, had it been asked: the row's free text
// is understood, the estimate made, and the answer given in the row's own unit.
#pragma once

#include <string>

#include "base/result.h"
#include "fit/calibrate.h"
#include "fit/estimate.h"
#include "fit/truth.h"

namespace curbstop::fit {

struct Prediction {
  double low = 0;  // in the unit of the row
  double mid = 0;
  double high = 0;
  Verdict verdict = Verdict::kUnknown;  // of a memory row whose hardware is known
  bool is_memory = false;
  WorkPoint work;      // what calibration can scale; no parts where it can't
  bool grows = false;  // the value grows with the parts (bytes, times), else it is a rate
};

// With what was measured of like work. The interval is the correction's own.
Prediction Corrected(Prediction prediction, const Correction& correction);
// What a row tells of the work that its prediction stands for.
Measured MeasuredOf(const TruthRow& row, const Prediction& prediction);

// Errors: kNotFound or kInvalidInput with the reason why the row is not understood.
Result<Prediction> Predict(const TruthRow& row);

}  // namespace curbstop::fit
