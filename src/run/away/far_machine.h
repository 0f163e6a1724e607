// A rented machine as it is reached by SSH: what is done there, each by one call. Blocks; any
// thread, each call on a channel of its own.
//
// Nothing that the machine says is trusted: its answers are bounded, its paths checked, and what it
// sends lands below the folder that it is meant for or nowhere.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "run/agent/order.h"
#include "run/away/rent_wish.h"
#include "run/away/staging.h"
#include "store/transfer/transfer.h"
#include "sys/clock.h"
#include "sys/ssh/ssh_client.h"

namespace curbstop {

// A whole number that is not negative; empty: it is none.
std::optional<int64_t> ParseCount(std::string_view text);

// What `curbstop-agent probe` said.
struct MachineProbe {
  std::string arch;
  int64_t cpus = 0;
  int64_t memory = 0;
  int64_t disk_free = 0;
  int64_t gpus = 0;
  int64_t uptime_s = 0;
  bool ends_itself = false;
  std::string end_error;  // why not
  Json all;               // as it was said
};

// Why the machine is not what was agreed on; empty: it is. `is_practice`: a practice machine has
// the price of a GPU and none in it.
std::string WhyNotAsPromised(const MachineProbe& probe, const RentWish& wish, bool is_practice);

// What a machine says at the first word.
struct Greeting {
  std::string home;
  std::string arch;
  std::string agent_sha256;  // of the agent there; empty: none
  int64_t lease_end_s = 0;   // in seconds of its /proc/uptime
  bool has_started = false;  // the agent of this run has spoken
};

// What the step has logged there, in its log and into its record.
struct LoggedSoFar {
  int64_t log_bytes = 0;
  int64_t calls = 0;
};

// How a transfer is watched from outside.
struct TransferWatch {
  std::function<void(const TransferProgress&)> progress;  // a few times a second, and at the end
  std::stop_token stop;                                   // kCancelled, within a moment
};

class FarMachine {
 public:
  // Learns where its files lie and what is there already. Errors: kUnavailable (not reached),
  // kDenied (key or host key), kCorrupt.
  static Result<std::unique_ptr<FarMachine>> Reach(std::shared_ptr<SshClient> ssh,
                                                   const std::string& run, Clock& clock);

  const FarPlaces& places() const { return places_; }

  // As it was when it was reached.
  const Greeting& greeting() const { return greeting_; }

  // Puts the agent there unless the same file is there already, and lets it probe. `agents`: the
  // folder with one for each architecture. Errors: kNotFound (none for its architecture).
  Result<MachineProbe> ShipAndProbe(const std::filesystem::path& agents);

  // The end of its lease, in seconds of its /proc/uptime.
  Result<int64_t> ReadLease();
  // Renamed into place, and read back.
  Status WriteLease(int64_t end_s);

  // What an earlier run there was sent of these, or made, is copied into this one's work folder,
  // where Stage finds it by its hash; nothing where that cannot be done.
  void ReuseFiles(const std::string& run, const std::vector<StagedFile>& files);

  // What of the step's files Stage would send.
  Result<TransferTotals> AskWhatIsLacking(const std::vector<StagedFile>& files,
                                          const TransferWatch& watch);
  Result<TransferTotals> Stage(const std::vector<StagedFile>& files, const TransferWatch& watch);
  // Complete checkpoints from a folder at home.
  Status SendCheckpoints(const std::filesystem::path& folder, const std::vector<std::string>& names,
                         const TransferWatch& watch);

  // Writes the order, then starts the keeper. Again: nothing, where the agent has spoken.
  Status StartAgent(const AgentOrder& order, const AgentSecrets& secrets);
  Result<LoggedSoFar> ReadLogged();

  Result<std::unique_ptr<SshChannel>> Follow(int64_t events, int64_t log_bytes, int64_t calls);

  // What lies in that folder of the run by now, added to `folder`. "out", "checkpoints".
  Result<TransferTotals> FetchPart(std::string_view part, const std::filesystem::path& folder,
                                   const TransferWatch& watch);
  // Into `folder`, which is replaced.
  Status FetchOutputs(const std::filesystem::path& folder, const TransferWatch& watch);
  // One entry of the checkpoint folder, into `folder` under its name, whole or not at all.
  Status FetchCheckpoint(const std::string& name, const std::filesystem::path& folder,
                         const TransferWatch& watch);

 private:
  FarMachine(std::shared_ptr<SshClient> ssh, FarPlaces places, Greeting greeting, Clock& clock)
      : ssh_(std::move(ssh)),
        places_(std::move(places)),
        greeting_(std::move(greeting)),
        clock_(clock) {}
  TransferOptions Options(const TransferWatch& watch) const;
  Result<std::string> Ask(const std::string& command, std::string_view input = {});
  Status Put(const std::string& path, std::string_view bytes, std::string_view mode);

  std::shared_ptr<SshClient> ssh_;
  FarPlaces places_;
  Greeting greeting_;
  Clock& clock_;
};

}  // namespace curbstop
