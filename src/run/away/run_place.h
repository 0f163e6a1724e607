// What one run keeps at the user's named place, machine by machine:
//
//   PREFIX/RUN/RENTAL/checkpoint-0, checkpoint-1, out, spools
//
// The agent there puts these by presigned addresses (docs/formats/agent-away.md, "The named
// place"); home reads them once the machine is gone. Nothing that lies there is trusted: whoever
// owned the machine could write it.
//
// Keys are looked up for each use: they are kept in no file of the run, and may be given later.
// Blocks; any thread.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "run/agent/away_order.h"
#include "store/places/named_place.h"
#include "sys/clock.h"
#include "sys/http/http_client.h"

namespace curbstop {

// A checkpoint at the place.
struct KeptCheckpoint {
  std::string object;
  std::string name;  // as the step calls it
  int64_t work_ms = 0;
};

class RunPlace {
 public:
  // `run_folder` holds what is on its way.
  RunPlace(std::string run, std::filesystem::path run_folder,
           std::function<Result<NamedPlace>()> open, HttpClient& http, Clock& clock)
      : run_(std::move(run)),
        run_folder_(std::move(run_folder)),
        open_(std::move(open)),
        http_(http),
        clock_(clock) {}

  // For the agent on that machine; they expire an hour after `lease`, the longest that it may be
  // extended to, in 7 days at most.
  Result<AwaySecrets> AddressesFor(int64_t rental, Millis lease) const;

  // Removes what the machines 1 to `last` were given addresses for, and nothing else: no listing is
  // asked for. All are tried. Errors: the first, with how many are left.
  Status Clear(int64_t last) const;

  // The pack `what` ("spools", "out") of that machine, taken apart into `folder`, which is
  // replaced; what `curbstop.json` in it says. Errors: kNotFound, kDenied, kUnavailable, kCorrupt,
  // kCancelled.
  Result<Json> Fetch(int64_t rental, std::string_view what, const std::filesystem::path& folder,
                     const std::stop_token& stop) const;

  // Of the machines `first` to `last` the checkpoint with the most work; empty: there is none.
  Result<std::optional<KeptCheckpoint>> FindNewest(int64_t first, int64_t last) const;
  // Into `folder` under its name, whole or not at all; one that is there already stays.
  Status FetchCheckpoint(const KeptCheckpoint& kept, const std::filesystem::path& folder,
                         const std::stop_token& stop) const;

 private:
  std::string NameOf(int64_t rental, std::string_view what) const;
  std::string CheckpointName(int64_t rental, int64_t which) const;
  std::vector<std::string> ObjectsOf(int64_t rental) const;
  Result<Json> Unpack(const NamedPlace& place, const std::string& object,
                      const std::filesystem::path& folder, const std::stop_token& stop) const;
  Result<Json> ReadAbout(const NamedPlace& place, const std::string& object) const;
  Status CheckAbout(const Json& about) const;

  std::string run_;
  std::filesystem::path run_folder_;
  std::function<Result<NamedPlace>()> open_;
  HttpClient& http_;
  Clock& clock_;
};

}  // namespace curbstop
