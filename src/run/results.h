// What need not run again: fingerprint → outputs, in money.db and mirrored in `curbstop.lock`.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "base/result.h"
#include "project/project.h"
#include "run/journal.h"
#include "store/object_store.h"
#include "sys/file_store.h"

namespace curbstop {

struct StepResult {
  std::string run;
  Json outputs;  // [{path, md5, size}]
};

// The result of that fingerprint whose outputs are all in the store; from the database, else from
// `curbstop.lock` (a fresh clone).
Result<std::optional<StepResult>> FindResult(const Project& project, const Step& step,
                                             const std::string& fingerprint, Journal& journal,
                                             const ObjectStore& store);

struct KeptResult {
  std::string project;
  std::string step;
  std::string fingerprint;
  std::filesystem::path root;
  StepResult result;
  int64_t at_ms = 0;
};

// Remembers it in both places. Idempotent.
Status KeepResult(const KeptResult& kept, Journal& journal, FileStore& files);

// Puts the outputs as `out/STEP/…` in the project, read-only, all at once; an equal set that is
// there already is left alone. Hides `out` from git where git would see it; returns whether it did
// so now. That the ignore file cannot be written is no failure: the next link tries again.
Result<bool> LinkOutputs(const std::filesystem::path& root, const std::string& step,
                         const Json& outputs, const ObjectStore& store);

// Ids that runs and results name: nothing may collect them.
Result<std::vector<std::string>> NamedObjects(Journal& journal);

}  // namespace curbstop
