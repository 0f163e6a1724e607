// `data checkout`: the work tree becomes what the pointers say.
//
// All new files are made beside the project first; only when all are there are they moved to their
// places, each in one step, and what is in the way is moved out. A crash leaves whole files only,
// and a further checkout completes it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "store/data_status.h"

namespace curbstop {

struct CheckoutPlan {
  std::vector<DataChange> changes;  // what stands against the pointers
  std::vector<std::string> lost;    // files whose content the store does not have, sorted
  std::vector<std::string> notes;
};

// Errors: kNotFound if an object is missing (with the number of them); those of ReadDataStatus.
Result<CheckoutPlan> PlanCheckout(const std::filesystem::path& root,
                                  const std::vector<std::string>& paths);

enum class Unsaved { kKeep, kOverwrite };

struct CheckoutOutcome {
  int64_t written = 0;
  int64_t removed = 0;
};

// Errors: kConflict if files would be lost and `unsaved` is kKeep; kCorrupt, kExhausted, kDenied.
Result<CheckoutOutcome> CheckoutData(const std::filesystem::path& root,
                                     const std::vector<std::string>& paths, Unsaved unsaved);

}  // namespace curbstop
