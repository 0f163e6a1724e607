// The calls that a step logged while its machine was away from home (docs/formats/agent-away.md,
// `record.calls`), applied to the record: each once, in order, whatever dies in between.
//
// How far it got stands in the record itself, as a tag of the step's run, `curbstop.record_calls.
// SOURCE`, written in the transaction of the calls. Runs keep the ids they were given away; an
// experiment made there is found, or made, by its name. A call that the record refuses (as it would
// have at home), or that names a run of somebody else, is counted and passed over.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "record/record.h"

namespace curbstop {

struct ReplayOptions {
  std::string run_uuid;  // the step's
  std::string step_id;   // tagged on runs that the script started itself
  std::string source;    // whose calls: each machine counts its own from 1
};

struct ReplayOutcome {
  int64_t applied = 0;  // number of the last call that the record holds
  int64_t refused = 0;
  std::vector<std::string> refusals;  // why, at most 20 of them
};

// Threads: one per Record.
class RecordReplay {
 public:
  RecordReplay(Record& record, ReplayOptions options)
      : record_(record), options_(std::move(options)) {}

  Result<int64_t> Applied();
  // `calls`: lines in order; those that were applied before are passed over. `files` holds their
  // artifacts by name. Errors: kConflict (a call is missing in between), kNotFound (the step's run,
  // or an artifact's file), kCorrupt (no such line), those of the disk; what was applied stays.
  Result<ReplayOutcome> Apply(const std::vector<Json>& calls, const std::filesystem::path& files);

 private:
  std::string Tag() const { return "curbstop.record_calls." + options_.source; }
  Status ApplyGroup(const std::vector<Json>& calls, size_t begin, size_t end,
                    ReplayOutcome& outcome);
  Status ApplyArtifact(const Json& call, const std::filesystem::path& files,
                       ReplayOutcome& outcome);
  Status RunCall(const Json& call);
  Status MakeRun(const Json& call, const Json& body);
  Result<std::string> ExperimentOf(const Json& call, const std::string& away_id);
  Result<std::string> HomePath(const std::string& path);
  Status MayTouch(const std::string& run_uuid);
  Status Mark(int64_t seq);

  Record& record_;
  ReplayOptions options_;
};

// What an agent away begins with: {"step_id", "run": …, "experiments": […]} (at most 1000).
// Errors: kNotFound.
Result<Json> RecordForAway(Record& record, const std::string& run_uuid, const std::string& step_id);

}  // namespace curbstop
