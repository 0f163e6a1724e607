// What a step needs on a rented machine: its files, and its order with that machine's paths. Pure
// but for the sizes of the files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "base/result.h"
#include "run/agent/order.h"
#include "store/transfer/transfer.h"

namespace curbstop {

// Stands in the commands of an away run's order for the folder that the machine keeps for curbstop.
inline constexpr std::string_view kFarHome = "@CURBSTOP_HOME@";

// Where things lie on the machine.
struct FarPlaces {
  std::string home;  // CURBSTOP_HOME there
  std::string run;   // the run's id

  std::string Agent() const { return home + "/bin/curbstop-agent"; }
  std::string Folder() const { return home + "/runs/" + run; }
  std::string Out() const { return Folder() + "/out"; }
  std::string Checkpoints() const { return Folder() + "/checkpoints"; }
  std::string Work() const { return home + "/work/" + run; }
};

// Absolute, of characters that no shell reads anything into.
bool IsPlainPath(std::string_view path);

// Errors: kCorrupt if the machine's answer is no plain absolute path: it goes into command lines.
Result<FarPlaces> FarPlacesAt(const std::string& home, const std::string& run);

struct StagedFile {
  std::string path;  // in the project and in the work folder
  std::string md5;
  int64_t size = 0;
  bool executable = false;
  std::filesystem::path source;
  std::string link_to;  // a link with this text, and no contents
};

// The code, inputs and environment locks that the run's fingerprint was made from.
// Errors: kNotFound, kDenied, naming the file.
Result<std::vector<StagedFile>> FilesToStage(const std::filesystem::path& root,
                                             const Json& fingerprint);

// What one machine is told beyond the order at home.
struct MachineTerms {
  int64_t gpus = 0;      // that it has
  int64_t lease_ms = 0;  // as armed at its birth
  int64_t interval_ms = 0;
  bool saves_at_end = false;
  std::string newest_checkpoint;  // of those that were sent; empty: none
  int64_t newest_work_ms = 0;     // progress in it
  int64_t attempts_before = 0;    // of the run, on other machines
};
AgentOrder OrderThere(const AgentOrder& at_home, const FarPlaces& places,
                      const MachineTerms& terms);

// What is sent to a machine, as it is told before it begins.
struct Sending {
  std::string what;  // "checkpoints"; empty: the step's files
  TransferTotals totals;
  int64_t bytes_per_s = 0;  // measured on this machine; 0: not yet, one is assumed
  MicroUsd per_hour;        // that the machine costs meanwhile
};

// The report `staging`: what is lacking there, how long that takes, at which rate, what the machine
// costs meanwhile, and what stays home because it is there already.
//
//   {"kind":"staging","text":"2 files, 5.5 MiB · about 1 s at 100 Mbit/s, assumed · …",
//    "files":2,"bytes":5767168,"files_there":0,"bytes_there":0,"eta_ms":1000,
//    "bytes_per_s":12500000,"is_measured":false,"wait_micro_usd":870}
Json SendingReport(const Sending& sending);

// The report `staged`: what was sent, at which rate; plans take the rate from it.
Json StagedReport(const TransferTotals& totals, int64_t bytes_per_s);

// Files and bytes below those entries of a folder; what cannot be read is not counted.
TransferTotals SizeOf(const std::filesystem::path& folder, const std::vector<std::string>& names);

}  // namespace curbstop
