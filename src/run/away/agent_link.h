// The line to the agent on one rented machine: reaches it, readies it, and then hears what it says
// and passes on what it is told, over cuts and restarts of either side. A thread of its own.
//
//   address → reached → (agent there, probed, step staged, agent started) → followed
//
// A cut at any point leads back to reaching; what was done is found done. All that it tells comes
// as events, through `sink`, from its thread.
#pragma once

#include <atomic>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>

#include "run/agent/order.h"
#include "run/away/far_machine.h"
#include "run/away/home_log.h"
#include "run/away/renter.h"
#include "run/away/run_place.h"
#include "run/supervisor/event.h"
#include "run/supervisor/state.h"
#include "sys/clock.h"
#include "sys/file_store.h"

namespace curbstop {

// The reports of a run's machines are numbered one after the other: first those that the link makes
// itself, then the lines of the agent's spool.
constexpr int64_t ReportBase(int64_t rental) { return rental * 1'000'000; }
constexpr int64_t SpoolBase(int64_t rental) { return ReportBase(rental) + 100; }
inline constexpr int64_t kMostLines = 900'000;  // of one spool; a machine that says more lies

// What does not change from machine to machine.
struct LinkWork {
  std::string run;
  std::filesystem::path folder;  // the run's, at home
  std::filesystem::path root;    // the project's
  RentWish wish;
  bool is_practice = false;
  // Values that travel on the agent's stdin alone.
  std::function<Result<AgentSecrets>(const AgentOrder&)> secrets;
  // What the step's record is to begin with there.
  std::function<Result<Json>()> record_start;
  // Calls that the step made to its record on the machine; twice has the effect of once.
  // `artifacts` holds their files.
  std::function<Status(int64_t rental, const std::vector<Json>& calls,
                       const std::filesystem::path& artifacts)>
      replay;
  std::function<void(const std::string& line)> log;
  int64_t most_log = kMostLog;  // of the run's step.log at home, in bytes
  // How a machine is reached; tests reach another one.
  std::function<Result<std::unique_ptr<SshClient>>(const SshTarget&)> ssh = OpenSsh;
  std::shared_ptr<const RunPlace> place;  // null: home alone survives
};

struct LinkTarget {
  int64_t rental = 0;
  std::string machine;
  std::string account;           // Facts::account
  int64_t lease_ms = 0;          // as agreed at its birth
  int64_t longest_lease_ms = 0;  // to which it may be extended
  BirthOrder birth;
  bool saves_at_end = false;  // what is wished for when nobody is there
  int64_t last_report = 0;    // that is in the journal
  int64_t safe_work_ms = 0;   // progress in the newest checkpoint at home
  int64_t attempts = 0;       // of the run so far
  MicroUsd per_hour;          // that the machine costs
  std::string taken_from;     // the run whose files lie there; empty: none do
};

class AgentLink {
 public:
  using Sink = std::function<void(Event)>;

  AgentLink(const LinkWork& work, LinkTarget target, Renter& renter, Clock& clock, FileStore& files,
            std::filesystem::path agents, Sink sink);
  ~AgentLink();

  // Asks it to end, at once; the destructor waits for that.
  void Stop();
  // Asks it to end when all that the step logged is here, or shortly. Says no more whether it is
  // connected.
  void Finish();
  // Waits until all that the step has logged by now is here. Errors: kUnavailable (too late).
  Status AwaitAll(Millis patience);
  bool is_over() const { return is_over_; }

  int64_t rental() const { return target_.rental; }

  // Passed on now or when it is reached again. `id`: told once, however often it is sent.
  void Tell(const std::string& id, Json command);

  // Where calls of their own can be made; null while it is not reached.
  std::shared_ptr<FarMachine> machine() const;

  // Moves the end of the lease to `lease_ms` after the machine's birth. Blocks; any thread.
  Status Extend(int64_t lease_ms);

 private:
  void Run(const std::stop_token& stop);
  Ticks PauseAfter(bool was_connected, Ticks tried, Ticks before);
  Status Pass(const std::stop_token& stop);
  Status FindAddress();
  Result<std::shared_ptr<FarMachine>> Reach();
  Status Ready(FarMachine& machine);
  Status Greet(FarMachine& machine);
  Status Started(Status started);
  Status StartStep(FarMachine& machine);
  Status SendFiles(FarMachine& machine);
  Result<std::vector<std::string>> SendCheckpoints(FarMachine& machine, const AgentOrder& at_home);
  bool SaveIsWanted() const;
  Status Listen(FarMachine& machine, const std::stop_token& stop);
  Status HearLine(const Json& line);
  Status HearLog(const Json& line);
  Status HearCalls(const std::vector<Json>& calls, FarMachine& machine, SshChannel& channel);
  bool HasHeard(const LoggedSoFar& logged) const;
  bool IsFinished(FarMachine& machine);
  Status PassOnCommands(SshChannel& channel, size_t& told);
  void Report(int64_t number, Json body);
  void Say(EventKind kind, const std::string& why = "");
  void SetMachine(std::shared_ptr<FarMachine> machine);
  std::optional<int64_t> ReadNote(std::string_view what) const;
  Status WriteNote(std::string_view what, int64_t value) const;

  const LinkWork& work_;
  LinkTarget target_;
  Renter& renter_;
  Clock& clock_;
  FileStore& files_;
  std::filesystem::path agents_;
  Sink sink_;
  HomeLog log_;
  std::optional<SshAddress> address_;
  Ticks ask_address_at_{0};  // when it is to be asked for again
  Ticks soon_until_{0};      // it is tried often, because it has just come by an address
  MachineProbe probe_;
  bool has_agent_ = false;
  int64_t bytes_per_s_ = 0;  // of the files that were sent; 0: not measured
  int64_t last_report_ = 0;
  std::atomic<bool> is_over_ = false;
  std::atomic<bool> is_finishing_ = false;
  std::optional<LoggedSoFar> last_logged_;  // while it finishes
  Ticks finish_by_{0};
  mutable std::mutex mutex_;
  std::shared_ptr<FarMachine> machine_;                // guarded by mutex_
  std::deque<std::pair<std::string, Json>> commands_;  // guarded by mutex_
  std::stop_source stop_;
  std::stop_source sending_stop_;  // a command makes all sending before the start needless
  std::jthread thread_;            // last: it uses all the others
};

}  // namespace curbstop
