// From a step of the project to a run that can be started: fingerprint, what need not run again,
// what is taken over from the run before, and the agent's order.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "machine/machine.h"
#include "plan/decision.h"
#include "project/project.h"
#include "run/agent/order.h"
#include "run/away/rent_wish.h"
#include "run/journal.h"
#include "run/results.h"
#include "sys/clock.h"
#include "sys/directories.h"
#include "sys/file_store.h"
#include "sys/process.h"
#include "sys/random_bytes.h"

namespace curbstop {

enum class RunPurpose { kNormal, kDrill };

// Which way was reckoned as the cheapest until the step is done.
enum class PlannedPay {
  kUnknown,  // the list has no price for bids, or the time is not known
  kBid,
  kOnDemand,
};

// A place away from home that was chosen for a step, and for how long a machine is asked for there.
struct RentedPlace {
  Place place;                      // kProvider or kPractice
  std::vector<Place> also;          // RentWish
  std::optional<HomeMachine> home;  // the step may be done here too; its `work` is all of it
  Millis lease{0};
  MicroUsd worst;        // as printed by the plan: the run never reserves more; 0: no limit
  Millis work{0};        // boot and step, nine times in ten; 0: unknown
  std::string hardware;  // "RTX-3090": machines of one kind share their history
  BidTerms bid = {};     // that it makes, where it makes one
  PlannedPay pay = PlannedPay::kUnknown;
};

// In a run's folder; held by the `curbstop run` that waits for it and would go on here after it.
inline constexpr const char* kDriverLock = "driver.lock";

struct RunWishes {
  std::map<std::string, std::string> set;  // --set key=value
  bool force = false;                      // run although the fingerprint is known
  bool goes_on = false;                    // forced or not, from where the step's last run ended
  std::optional<Millis> lease;             // --lease: hard limit on the time
  RunPurpose purpose = RunPurpose::kNormal;
  std::map<std::string, RentedPlace> away;  // by step; the others run at home
  bool detach = false;                      // nobody stays to bring work home
  PlaceWish kept_at;                        // the user's named place, for steps away
  Millis keep{0};                           // --keep: the machine stays after a success
  std::map<std::string, Millis> waits;      // by step: its machine waits so long for the next one
  Millis keep_on_failure{0};
};

// The outside world's pieces that starting a run needs.
struct RunOutside {
  const Directories& directories;
  Clock& clock;
  FileStore& files;
  ProcessRunner& processes;
  Random& random;
  std::filesystem::path program;  // curbstop itself
};

struct PreparedRun {
  Step step;  // with --set applied
  std::string fingerprint;
  std::optional<StepResult> known;  // unchanged: nothing to run
  NewRun run;
  AgentOrder order;
  std::vector<std::string> code;  // Fingerprint::code
  Json sources;                   // Fingerprint::content
  std::string takes_over;         // run whose checkpoints it continues with, or empty
  std::string newest_checkpoint;  // the newest of those
  int64_t moves_aside = 0;        // entries of the checkpoint folder, to order.old_checkpoints
  std::optional<RentWish> rent;   // away
  AwayTerms away;
  std::string machine_of;  // the run whose machine it takes over, or empty
};

// Applies --set. Errors: kInvalidInput for a key that is no parameter of the step.
Result<Step> WithParams(const Step& step, const std::map<std::string, std::string>& set);

// Makes nothing yet. Errors: kInvalidInput, kNotFound (inputs), kNo if no GPU of this machine meets
// the needs.
Result<PreparedRun> PrepareRun(const Project& project, const Step& step, const Machine& machine,
                               const RunWishes& wishes, Journal& journal,
                               const RunOutside& outside);

// Before a run relies on its named place: a test object is written there. Errors: those of
// OpenOwnPlace and NamedPlace::TestWriting.
Status TestPlace(const PlaceWish& kept_at, const RunOutside& outside);

struct EnergyRate {
  MicroUsd per_hour;
  std::string source;
};
EnergyRate EnergyRateOf(const Machine& machine, const Step& step, MicroUsd per_kwh, bool assumed);

// What a start of the step here asks of the project's caps, by what is known of its time.
Result<CapAsk> AskOf(const Project& project, const Step& step, const Machine& machine,
                     std::optional<Millis> lease, MicroUsd per_hour, Journal& journal);

// Makes the run's folder with the order, and writes the run's first event; the supervisor can then
// be started. A refused run leaves no folder.
// Errors: kConflict if the step runs already; kOverBudget; those of opening the record and of
// CheckSecrets. With `machine_of` also those of CreateTaking, before anything is made.
Status CreateRun(const PreparedRun& prepared, const EnergyRate& rate, const CapAsk& ask,
                 Journal& journal, const RunOutside& outside);

// `curbstop supervise RUN` as a process of its own, with this process's environment.
Status StartSupervisor(const std::string& run, bool adopted, const RunOutside& outside);

}  // namespace curbstop
