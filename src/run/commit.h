// The end of a successful run: its outputs go into the store, once, all or none.
#pragma once

#include "run/journal.h"
#include "run/results.h"
#include "store/object_store.h"
#include "sys/file_store.h"

namespace curbstop {

// What keeps a run's outputs from being the result of its fingerprint; empty: nothing.
using NoResultBecause = std::string;

struct Committed {
  Json outputs;          // [{path, md5, size, files}]
  Json metrics;          // {name: number}; null without `metrics:`
  bool hid_out = false;  // `/out` was written into `.gitignore`
};

// `out` is the attempt's CURBSTOP_OUT. Doing it twice has the effect of once. A drill's outputs
// are stored but become no result and are not linked; with a reason in `no_result` they become
// none but are linked.
// Errors: kNo if a declared output or the metrics file is missing or no JSON object; those of
// the store.
Result<Committed> CommitOutputs(const RunRow& row, const std::filesystem::path& out, int64_t at_ms,
                                Journal& journal, ObjectStore& store, FileStore& files,
                                const NoResultBecause& no_result = {});

}  // namespace curbstop
