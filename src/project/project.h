// What `curbstop.yaml` says, checked and complete: defaults filled in, references resolved, steps
// in an order in which they can run.
//
// Keys that a later version will serve are refused, never accepted and ignored.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/money.h"
#include "base/result.h"
#include "base/units.h"
#include "fit/ask.h"
#include "project/place.h"

namespace curbstop {

struct SourceMark {
  int line = 0;  // counts from 1; 0: not from a file
  int column = 0;
};

struct GpuNeed {
  int64_t count = 1;
  std::string name;             // of the accelerator catalogue; empty: any
  std::optional<Bytes> memory;  // at least, per GPU
};

struct Need {
  std::optional<GpuNeed> gpu;
  std::optional<int64_t> cpus;
  std::optional<Bytes> memory;
  std::optional<Bytes> disk;
  std::string arch;            // "x86_64", "arm64"; empty: any
  std::optional<Millis> time;  // how long the step is expected to take
};

struct CheckpointRule {
  std::string dir;              // relative to the project root
  std::optional<Millis> every;  // empty: auto
};

enum class AtEnd { kSave, kDestroy };
enum class SpotUse { kAuto, kNever, kOnly };

struct Step {
  std::string name;
  SourceMark mark;
  std::string run;                            // a /bin/sh -euc text with {references}
  std::string setup;                          // the same, once per environment lock; may be empty
  std::map<std::string, std::string> params;  // values as written, without quotes
  Need needs;                                 // `model` has put in what the file leaves open
  std::optional<fit::Ask> model;              // what the step trains or runs
  std::string method;                         // `method:` beside `model: NAME`; is in `model` too
  std::optional<Bytes> sure_memory;  // of each GPU, in which the model fits for sure; `needs` has
                                     // the least that may do. Empty: the file's own figure stands
  std::optional<CheckpointRule> checkpoint;
  std::vector<std::string> inputs;  // files, folders or globs beside the references in `run`
  std::vector<std::string> code;    // globs; empty: the whole code set
  std::vector<std::string> env;     // lock files named by the step (requirements*.txt, uv.lock, …)
  std::vector<std::string>
      outputs;          // relative to {out}; a final slash is a folder; empty: everything
  std::string metrics;  // a JSON file, relative to {out}; empty: none
  std::vector<std::string> after;  // names of steps, those that {references} imply included
  Place where;
  std::optional<Millis> deadline;
  AtEnd at_end = AtEnd::kSave;
  std::optional<int64_t> retries;  // empty: 2 with checkpoint, else 0
  bool deterministic = false;
  SpotUse spot = SpotUse::kAuto;

  // What a machine must have that is paid for: there is no trying whether it fits.
  Need NeedsToRent() const;
  int64_t Retries() const { return retries.value_or(checkpoint ? 2 : 0); }
};

struct DataSource {
  std::string name;
  std::string from;  // a file, folder or glob, relative to the project root
};

// Where each cap stands, for whoever is told to raise it.
struct CapMarks {
  std::string file;  // its name alone; empty: not from a file
  int cap = 0;       // lines; 0: not written
  int day = 0;
  int run = 0;
};

// Of all runs under the project's name, wherever its folder lies. Cap 0: nothing may be spent.
struct Budget {
  std::optional<MicroUsd> cap;  // per UTC calendar month; empty: nothing may be spent but energy
  std::optional<MicroUsd> day;  // per UTC day
  std::optional<MicroUsd> run;  // per run of a step
  bool include_energy = false;
  CapMarks marks;
};

struct Project {
  std::string name;
  std::filesystem::path root;  // absolute
  std::filesystem::path file;  // absolute
  Budget budget;
  std::vector<std::string> secrets;
  std::vector<DataSource> data;
  std::vector<Step> steps;  // each after those it names in `after`

  const Step* FindStep(std::string_view step_name) const;
};

// `text` is the file's content; `file` names it in errors and gives the root and default name.
// Errors: kInvalidInput with `file:line:column`, what is allowed, and "did you mean".
Result<Project> ReadProject(const std::filesystem::path& file, std::string_view text);

// `where` is a folder or a *.yaml file; for a folder the nearest parent with a `curbstop.yaml`.
// Errors: as above; kNotFound if there is none, with the hint `curbstop init`.
Result<Project> LoadProject(const std::filesystem::path& where);

// The nearest parent of `from` with `curbstop.yaml`, else `.dvc/`, else `.git/`, else `from`.
std::filesystem::path FindProjectRoot(const std::filesystem::path& from);

}  // namespace curbstop
