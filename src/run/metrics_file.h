// The metrics file of a step: a JSON object of numbers, as Python's json module writes it.
//
// Python writes what is no finite number as bare NaN, Infinity and -Infinity, which JSON does not
// have. A metric like that is kept under these names, as texts: so does MLflow's REST.
#pragma once

#include <filesystem>

#include "base/json.h"
#include "base/result.h"

namespace curbstop {

// {name: number or text as above}; nested names joined by dots, true and false are 1 and 0, other
// texts, lists and nulls are left out. Errors: kInvalidInput if it is no JSON object.
Result<Json> ReadMetrics(const std::filesystem::path& file);

// The number that such a value stands for.
double MetricNumber(const Json& value);

}  // namespace curbstop
