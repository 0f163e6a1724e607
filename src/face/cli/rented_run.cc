#include "face/cli/rented_run.h"

#include <algorithm>

#include <fmt/format.h>

#include "face/cli/run_face.h"

namespace curbstop {
namespace {

Error NobodyToReach(const RunRow& row) {
  const std::string who = fmt::format("run `{}` ", row.run.id);
  if (row.state == "parked") {
    return Conflict(who + "is parked: its machine is off, its disk is kept")
        .WithHint("`curbstop cancel` gives the disk up; what came home is in the project's folder");
  }
  if (row.state == "closing") {
    return Unavailable(who + "is at its end, and its machine is being ended")
        .WithHint("what came home is in the project's folder");
  }
  return Unavailable(who + "has no machine that can be reached now")
      .WithHint("one is being rented, or starts; `curbstop ps` shows how far it is");
}

// The account that its machine is on: a lost one may have been replaced elsewhere.
Result<Place> PlaceOf(const RunRow& row, Journal& journal) {
  TRY_ASSIGN(const RunState state, journal.StateOf(row.run.id));
  const Rental* rental = FindRental(state, state.current);
  const bool is_elsewhere = rental != nullptr && !rental->account.empty();
  return ParsePlace(is_elsewhere ? rental->account : row.run.place);
}

Result<CloudMachine> MachineOf(const RunRow& row, Journal& journal, CommandContext& context) {
  TRY_ASSIGN(const Place place, PlaceOf(row, journal));
  TRY_ASSIGN(const OpenAccount account, OpenPlace(place, context));
  TRY_ASSIGN(const Listing listing, account.provider->List());
  for (const CloudMachine& machine : listing.machines) {
    const bool is_its = machine.mark && machine.mark->run == row.run.id;
    if (is_its && machine.state == MachineState::kRunning && machine.ssh) return machine;
  }
  return NobodyToReach(row);
}

}  // namespace

Result<RentedRun> FindRentedRun(const std::string& name, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  RentedRun run;
  TRY_ASSIGN(run.row, ResolveRun(name, journal, context));
  if (run.row.run.place == "local") {
    return Conflict(
               fmt::format("run `{}` is on this computer, not on a rented machine", run.row.run.id))
        .WithHint("`curbstop logs` shows what it says; its files are in the project's folder");
  }
  if (!run.row.active) {
    return Conflict(fmt::format("run `{}` is over ({}), and its machine is gone", run.row.run.id,
                                run.row.state))
        .WithHint("`curbstop logs` shows what it said, `curbstop runs show` what it left");
  }
  TRY_ASSIGN(run.machine, MachineOf(run.row, journal, context));
  const std::filesystem::path folder = context.directories.RunFolder(run.row.run.id);
  run.target.host = run.machine.ssh->host;
  run.target.port = static_cast<int>(run.machine.ssh->port);
  run.target.user = run.machine.ssh->user;
  run.target.identity = folder / "ssh-key";
  run.target.known_hosts = folder / "known-hosts";
  run.target.pinned_as = run.machine.id;
  return run;
}

}  // namespace curbstop
