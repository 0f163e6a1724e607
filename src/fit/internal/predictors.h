// The kinds of questions that a truth row can be; predict.cc chooses.
#pragma once

#include "fit/internal/row_facts.h"
#include "fit/predict.h"
#include "fit/training.h"

namespace curbstop::fit {

// In the row's unit. Errors: kInvalidInput for a unit that is no size.
Result<Prediction> MemoryPrediction(const TruthRow& row, const Span& bytes, const Span& peak,
                                    const RowFacts& facts);

Result<Prediction> PredictFile(const TruthRow& row,
                               const RowFacts& facts);  // file_size, bits_per_weight
Result<Prediction> PredictConstant(const TruthRow& row, const RowFacts& facts);  // contexts, NCCL
Result<Prediction> PredictLlamaCpp(const TruthRow& row, const RowFacts& facts);
Result<Prediction> PredictTraining(const TruthRow& row, const RowFacts& facts);
Result<Prediction> PredictSpeed(const TruthRow& row, const RowFacts& facts);
TrainingUse TrainingUseOf(const TruthRow& row, const RowFacts& facts);
Result<Prediction> PredictTorch(const TruthRow& row, const RowFacts& facts);
Result<Prediction> PredictVllm(const TruthRow& row, const RowFacts& facts);

}  // namespace curbstop::fit
