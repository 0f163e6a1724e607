// Fuzz target of the readers of engines' logs and torch's snapshots: whatever the bytes, runs or an
// error, and of runs figures within their bounds. The corpus tests/fuzz/logs is replayed by
// fit_test, which links another target of the same name: so this one's own is made for the fuzzer
// alone.
#include <cstdint>

#include "base/check.h"
#include "fit/checked.h"
#include "fit/log_compare.h"

extern "C" int FuzzEngineLog(const uint8_t* data, size_t size) {
  namespace fit = curbstop::fit;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto log = fit::ReadEngineLog(bytes, "fuzz.log");
  if (!log.ok()) return 0;
  CHECK(!log->runs.empty() && log->runs.size() <= fit::kMostLogRuns);
  for (const fit::LogRun& run : log->runs) {
    for (const fit::LoggedBytes& one : run.bytes)
      CHECK(one.bytes >= 0 && one.bytes <= fit::kMostBytes && one.rounding >= 0);
    for (const fit::LoggedSpeed& one : run.speeds)
      CHECK(one.tokens_per_second > 0 && one.depth >= 0);
    (void)fit::ModelOfRun(run);
  }
  return 0;
}

#ifdef CURBSTOP_FUZZER
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  return FuzzEngineLog(data, size);
}
#endif
