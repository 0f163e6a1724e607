// Questions as pieces of work that calibration knows (fit/calibrate.h): what a measured run is kept
// under, and what corrects an answer. All by the rules alone, without what was measured.
#pragma once

#include <optional>

#include "base/result.h"
#include "fit/answer.h"
#include "fit/calibrate.h"
#include "fit/speed.h"

namespace curbstop::fit {

// What speeds are known of; nothing where no class of them is.
std::optional<EngineFamily> EngineFamilyOf(const FitQuestion& question);

// Inference at a depth, or of a prompt, by the question's engine and device.
SpeedUse SpeedUseOf(const FitQuestion& question);
Result<SpeedTerms> TermsOf(const FitQuestion& question, WorkKind kind, const SpeedUse& use);
WorkPoint InferencePoint(const FitQuestion& question, WorkKind kind, const SpeedTerms& terms);

WorkPoint TrainingPoint(const FitQuestion& question, const SpeedTerms& terms);

// Of a convolutional model, trained or not.
Result<SpeedTerms> ImageTermsOf(const FitQuestion& question);
WorkPoint ImagesPoint(const FitQuestion& question, const SpeedTerms& terms);

// The estimate of a convolutional model or of a network of which the header alone is known.
Result<Estimate> EstimateByLayers(const FitQuestion& question);

// What tensors use on the device: all but the allocator's slack and the driver's context.
bool IsOfTensors(const Component& part);

// The peak of what tensors use. Without parts where there is no estimate of it.
WorkPoint AllocatedPoint(const FitQuestion& question);

}  // namespace curbstop::fit
