// `data gc` and `data du`: what the store holds, who needs it, and the removal of what nobody does.
//
// An object is needed if its id stands anywhere in: a `.dvc` file, `dvc.lock` or `curbstop.lock` of
// the work tree; a version of such a file in git, on any branch, tag, stash or reflog, or staged;
// `roots`, which the caller adds for runs. Members of a needed folder are needed. Files are
// searched for ids as text, so that one that cannot be parsed still protects what it names.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "sys/process.h"

namespace curbstop {

struct StoreUse {
  std::string name;    // the data's path, or the file that names it
  int64_t bytes = 0;   // of its objects, each counted once
  int64_t shared = 0;  // of these, bytes that others of the list have too
  int64_t objects = 0;
  int64_t missing = 0;  // objects that are not in the store
};

struct StoreUsage {
  std::vector<StoreUse> uses;  // work tree pointers, then results in curbstop.lock, by size
  int64_t bytes = 0;           // of the whole store
  int64_t objects = 0;
  int64_t unreferenced_bytes = 0;  // what `data gc` would remove, but for history and runs
  int64_t unreferenced_objects = 0;
};

Result<StoreUsage> MeasureStore(const std::filesystem::path& root);

struct GcPlan {
  std::vector<std::filesystem::path> objects;  // to be removed, sorted
  int64_t bytes = 0;
  int64_t kept_objects = 0;
  int64_t kept_bytes = 0;
  std::vector<std::string> notes;  // what could not be looked at
};

// What else names objects: ids, or text that holds ids.
using GcRoots = std::function<Result<std::vector<std::string>>()>;

// Errors: kInvalidInput if the cache lies outside of the project's `.dvc`, where other projects may
// use it; kCorrupt if a needed folder list cannot be read; kUnavailable if git's history cannot.
Result<GcPlan> PlanGc(const std::filesystem::path& root, ProcessRunner& processes,
                      const GcRoots& roots);

// Plans anew with the store locked (`roots` is asked then: who adds after that waits until the
// end), then removes; of that only what stands in `shown`, the plan that somebody agreed to: what
// became garbage since stays for the next time. Returns what was removed.
// Errors: as above, those of `roots`; kConflict while data is added.
Result<GcPlan> CollectGarbage(const std::filesystem::path& root, ProcessRunner& processes,
                              const GcRoots& roots, const GcPlan& shown);
// The same without a limit.
Result<GcPlan> CollectGarbage(const std::filesystem::path& root, ProcessRunner& processes,
                              const GcRoots& roots);

}  // namespace curbstop
