#include "run/prepare.h"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

#include "base/text.h"
#include "plan/rental.h"
#include "project/references.h"
#include "record/record.h"
#include "run/agent/checkpoints.h"
#include "run/away/own_place.h"
#include "run/away/staging.h"
#include "run/checkpoint_folder.h"
#include "run/fingerprint.h"
#include "run/history.h"
#include "run/secret_check.h"
#include "run/spending.h"
#include "run/take_over.h"
#include "sys/files.h"
#include "sys/hash/sha256.h"
#include "sys/http/http_client.h"
#include "sys/mount_kind.h"
#include "sys/ssh/ssh_key.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

Result<std::string> Expand(const std::string& command, const Project& project, const Step& step,
                           const fs::path& out) {
  TRY_ASSIGN(auto values, ReferenceValues(project, step));
  values["out"] = {out.string()};
  return ExpandReferences(command, values);
}

bool Meets(const Gpu& gpu, const GpuNeed& need) {
  const bool named = need.name.empty() || Lower(need.name) == Lower(gpu.name) ||
                     Lower(need.name) == Lower(gpu.driver_name);
  const bool large = !need.memory || (gpu.memory_total && *gpu.memory_total >= *need.memory);
  return named && large && !gpu.built_in;
}

Status ChooseGpus(const Step& step, const Machine& machine, const Directories& directories,
                  AgentOrder& order) {
  if (!step.needs.gpu) return {};
  order.gpus_needed = step.needs.gpu->count;
  for (const Gpu& gpu : machine.gpus) {
    if (!Meets(gpu, *step.needs.gpu)) continue;
    const std::string name = gpu.uuid.empty() ? std::to_string(gpu.index) : gpu.uuid;
    order.gpus.push_back({gpu.index, (directories.Locks() / ("gpu-" + name + ".lock")).string()});
  }
  if (static_cast<int64_t>(order.gpus.size()) >= order.gpus_needed) return {};
  return No(fmt::format(
                "step `{}` needs {} GPU(s) that this computer does not have: {} of {} found",
                step.name, order.gpus_needed, order.gpus.size(), machine.gpus.size()))
      .WithHint("`curbstop plan` shows what it needs and where that is on offer");
}

// The step's last run in this folder that reached an attempt: whatever lies in the checkpoint
// folder is its own. A run that ended before its first attempt never touched that folder.
Result<std::optional<RunRow>> LastAttempted(const Project& project, const Step& step,
                                            Journal& journal) {
  TRY_ASSIGN(
      const std::vector<RunRow> rows,
      journal.FindRuns(
          {.step = step.name, .root = project.root.string(), .attempted_only = true, .most = 50}));
  for (const RunRow& row : rows) {
    if (!row.run.facts.BoolOr("drill", false)) return std::optional(row);
  }
  return std::optional<RunRow>();
}

// The checkpoints that the last run of the step left behind.
struct Legacy {
  bool is_its_own = false;  // else it ended before it had moved aside what lay there
  AfterKill left_by = AfterKill::kYes;
  std::set<std::string> renamed;  // into place, as an agent saw
};

// What was brought home got its name there by a rename, whether its agent could still tell of it or
// not.
Json AsRenamed(const Json& kept) {
  return Json::MakeObject(
      {{"kind", "checkpoint"}, {"name", kept.StringOr("name", "")}, {"renamed", true}});
}

Result<Legacy> LegacyOf(const RunRow& last, Journal& journal, const RunOutside& outside) {
  const Result<AgentOrder> order = ReadOrder(outside.directories.RunFolder(last.run.id));
  const bool kept = order.ok() && order->keep_checkpoints;
  std::set<std::string> renamed;
  if (kept) renamed = {order->checkpoints_renamed.begin(), order->checkpoints_renamed.end()};
  const bool after_kill = !kept || order->checkpoints_after_kill;
  CheckpointTrace trace(after_kill ? AfterKill::kYes : AfterKill::kNo, std::move(renamed));
  TRY_ASSIGN(const auto events, journal.EventsAfter(last.run.id, 0));
  for (const Journal::NumberedEvent& entry : events) {
    if (entry.event.kind == EventKind::kAgentReport) trace.Hear(entry.event.data);
    if (entry.event.kind == EventKind::kKept) trace.Hear(AsRenamed(entry.event.data));
  }
  return Legacy{kept || last.attempt > 0, trace.left_by(), trace.renamed()};
}

bool CanContinue(const RunRow& last, const PreparedRun& prepared) {
  const bool unfinished =
      last.state == "cancelled" || last.state == "crashed" || last.state == "failed";
  return unfinished && last.run.fingerprint == prepared.fingerprint;
}

Status TakeOver(const RunRow& last, Journal& journal, const RunOutside& outside,
                PreparedRun& prepared) {
  AgentOrder& order = prepared.order;
  TRY_ASSIGN(const Legacy legacy, LegacyOf(last, journal, outside));
  order.keep_checkpoints = legacy.is_its_own;
  order.checkpoints_after_kill = legacy.left_by == AfterKill::kYes;
  if (!legacy.is_its_own) return {};
  TRY_ASSIGN(const CheckpointScan scan,
             ScanCheckpoints(order.checkpoint_dir, legacy.left_by, legacy.renamed));
  std::copy_if(scan.complete.begin(), scan.complete.end(),
               std::back_inserter(order.checkpoints_renamed),
               [&](const std::string& name) { return legacy.renamed.contains(name); });
  if (scan.complete.empty()) return {};
  prepared.takes_over = last.run.id;
  prepared.newest_checkpoint = scan.complete.back();
  return {};
}

const RentedPlace* FindAway(const RunWishes& wishes, const std::string& step) {
  const auto found = wishes.away.find(step);
  return found == wishes.away.end() ? nullptr : &found->second;
}

Status ChooseCheckpoints(const Project& project, const RunWishes& wishes, Journal& journal,
                         const RunOutside& outside, PreparedRun& prepared) {
  AgentOrder& order = prepared.order;
  if (!prepared.step.checkpoint) return {};
  if (wishes.purpose == RunPurpose::kDrill) {
    order.checkpoint_dir = outside.directories.RunFolder(order.run) / "checkpoints";
    return {};
  }
  const std::optional<Millis> every = prepared.step.checkpoint->every;
  if (every && !FindAway(wishes, prepared.step.name))
    order.environment.emplace_back("CURBSTOP_CHECKPOINT_INTERVAL_MS",
                                   std::to_string(every->count()));
  order.checkpoint_dir = project.root / prepared.step.checkpoint->dir;
  TRY_ASSIGN(const std::optional<RunRow> last, LastAttempted(project, prepared.step, journal));
  const std::string owner = last ? last->run.id : "before";
  order.old_checkpoints = outside.directories.RunFolder(owner) / "checkpoints";
  const bool afresh = wishes.force && !wishes.goes_on;
  const bool continues = last && !afresh && CanContinue(*last, prepared);
  if (continues) TRY(TakeOver(*last, journal, outside, prepared));
  if (order.keep_checkpoints) return {};
  TRY_ASSIGN(
      prepared.moves_aside,
      CheckFreshCheckpointFolder(project.root, prepared.step.checkpoint->dir, outside.processes));
  return {};
}

// In commands that run at home the folder itself; away it stands for the machine's.
fs::path OutOf(const std::string& run, bool away, const Directories& directories) {
  const fs::path folder = away ? fs::path(kFarHome) / "runs" / run : directories.RunFolder(run);
  return folder / "out";
}

// When a spot machine is taken away, somebody has to hold what it had done.
Status CheckSpot(const Step& step, const RunWishes& wishes) {
  const bool nobody_holds = wishes.detach && wishes.kept_at.url.empty();
  if (step.spot != SpotUse::kOnly || !nobody_holds) return {};
  return InvalidInput(
             fmt::format("step `{}` has `spot: only`: with `--detach` and no named place nobody "
                         "would hold its work when the machine is taken away",
                         step.name))
      .WithHint("set `place: s3://bucket/prefix` in settings.yaml, or stay without `--detach`");
}

void ChooseRental(const Step& step, const RentedPlace& away, const RunWishes& wishes,
                  PreparedRun& prepared) {
  RentWish wish{
      .place = away.place, .also = away.also, .needs = step.NeedsToRent(), .spot = step.spot};
  wish.bid = away.bid;
  // With a deadline the policy weighs bids anew at each decision.
  const bool as_planned = step.spot == SpotUse::kAuto && !step.deadline;
  if (as_planned && away.pay == PlannedPay::kOnDemand) wish.spot = SpotUse::kNever;
  wish.bids_elsewhere = !as_planned || away.pay == PlannedPay::kBid;
  wish.disk = RentedDisk(step.needs);
  wish.kept_at = wishes.kept_at;
  if (step.checkpoint) wish.every = step.checkpoint->every;
  prepared.rent = std::move(wish);
  prepared.order.gpus_needed = step.needs.gpu ? step.needs.gpu->count : 0;
  AwayTerms& terms = prepared.away;
  terms.away = true;
  terms.practice = away.place.kind == PlaceKind::kPractice;
  terms.lease_asked_ms = away.lease.count();
  terms.accounts = 1 + static_cast<int64_t>(away.also.size());
  if (!terms.practice) terms.limit = away.worst;
  terms.detached = wishes.detach;
  terms.named_place = !wishes.kept_at.url.empty();
  terms.spot = step.checkpoint ? prepared.rent->spot : SpotUse::kNever;
  terms.bids_first = as_planned && away.pay == PlannedPay::kBid;
  if (step.deadline && terms.spot != SpotUse::kNever) {
    terms.deadline_ms = step.deadline->count();
    terms.work_ms = away.work.count();
    if (away.home && away.home->work > Millis(0)) prepared.rent->home = away.home;
  }
  terms.at_end = step.at_end;
  const auto waits = wishes.waits.find(step.name);
  terms.keep_ms =
      std::max(wishes.keep, waits == wishes.waits.end() ? Millis(0) : waits->second).count();
  terms.keep_on_failure_ms = wishes.keep_on_failure.count();
  prepared.run.place = PlaceText(away.place);
  prepared.run.machine_class = fmt::format("{} {}", PlaceText(away.place), away.hardware);
}

Json FactsOf(const PreparedRun& prepared, const Fingerprint& fingerprint, const RunWishes& wishes,
             const Json& git) {
  const Step& step = prepared.step;
  Json params = Json::MakeObject();
  for (const auto& [name, value] : step.params) params.Set(name, value);
  return Json::MakeObject({{"command", prepared.order.command},
                           {"params", params},
                           {"code", Json::ArrayOf(step.code)},
                           {"outputs", Json::ArrayOf(step.outputs)},
                           {"metrics_file", step.metrics},
                           {"deterministic", step.deterministic},
                           {"drill", wishes.purpose == RunPurpose::kDrill},
                           {"takes_over", prepared.takes_over},
                           {"git", git},
                           {"inputs", Json::ArrayOf(fingerprint.inputs)}});
}

}  // namespace

Result<Step> WithParams(const Step& step, const std::map<std::string, std::string>& set) {
  Step changed = step;
  std::vector<std::string> names;
  for (const auto& [name, value] : step.params) names.push_back(name);
  for (const auto& [name, value] : set) {
    if (!changed.params.contains(name)) {
      return InvalidInput(fmt::format("`--set {}`: step `{}` has no such parameter{}",
                                      Printable(name), step.name, DidYouMean(name, names)))
          .WithHint(names.empty() ? "it has none; add it under `params:`"
                                  : fmt::format("it has: {}", Join(names, ", ")));
    }
    changed.params[name] = value;
  }
  return changed;
}

Result<PreparedRun> PrepareRun(const Project& project, const Step& step, const Machine& machine,
                               const RunWishes& wishes, Journal& journal,
                               const RunOutside& outside) {
  TRY(RequireLocalMount(outside.directories.state, "the folder of runs and their locks"));
  PreparedRun prepared;
  prepared.step = step;
  TRY_ASSIGN(const Fingerprint fingerprint,
             MakeFingerprint(project, step, journal, outside.processes));
  prepared.fingerprint = fingerprint.id;
  TRY_ASSIGN(const ObjectStore store, ObjectStore::OpenForProject(project.root));
  if (!wishes.force && wishes.purpose == RunPurpose::kNormal) {
    TRY_ASSIGN(prepared.known, FindResult(project, step, fingerprint.id, journal, store));
    if (prepared.known) return prepared;
  }
  AgentOrder& order = prepared.order;
  order.run = NewRunId(outside.random);
  order.step_id = order.run + "-" + step.name;
  order.project = project.name;
  order.step = step.name;
  order.root = project.root;
  const RentedPlace* away = FindAway(wishes, step.name);
  const fs::path out = OutOf(order.run, away != nullptr, outside.directories);
  TRY_ASSIGN(order.command, Expand(step.run, project, step, out));
  TRY_ASSIGN(order.setup, Expand(step.setup, project, step, out));
  const std::string environment = Sha256Hex(WriteJson(*fingerprint.content.Find("environment")));
  order.setup_marker =
      outside.directories.state / "setup" / Sha256Hex(project.root.string() + "\n" + environment);
  order.secrets = project.secrets;
  order.step_lock =
      outside.directories.Locks() /
      ("step-" + Sha256Hex(project.root.string() + "\n" + step.name).substr(0, 32) + ".lock");
  if (away == nullptr) TRY(ChooseGpus(step, machine, outside.directories, order));
  order.retries =
      wishes.purpose == RunPurpose::kDrill ? std::max<int64_t>(step.Retries(), 1) : step.Retries();
  if (step.deadline) order.time_limit = *step.deadline;
  if (wishes.lease && (!step.deadline || *wishes.lease < *step.deadline))
    order.time_limit = *wishes.lease;
  if (step.needs.time) order.expected_time = *step.needs.time;
  order.supervisor = {outside.program.string(), "supervise", order.run};
  TRY(ChooseCheckpoints(project, wishes, journal, outside, prepared));

  prepared.run.id = order.run;
  prepared.run.project = project.name;
  prepared.run.step = step.name;
  prepared.run.root = project.root;
  prepared.run.fingerprint = fingerprint.id;
  prepared.run.machine_class = MachineClass(machine);
  if (away != nullptr) {
    TRY(CheckSpot(step, wishes));
    ChooseRental(step, *away, wishes, prepared);
  }
  prepared.run.record_run = NewToken(outside.random);
  prepared.run.facts =
      FactsOf(prepared, fingerprint, wishes, DescribeGit(project.root, outside.processes));
  prepared.run.facts.Set("budget", BudgetJson(project.budget))
      .Set("project_file", project.file.string());
  prepared.code = fingerprint.code;
  prepared.sources = fingerprint.content;
  return prepared;
}

Status TestPlace(const PlaceWish& kept_at, const RunOutside& outside) {
  const SecretStore secrets(outside.directories, outside.processes, outside.files,
                            KeyringIsThere());
  RealHttpClient http;
  const Result<NamedPlace> place = OpenOwnPlace(kept_at, secrets, outside.clock);
  const Status tested = place.ok() ? place->TestWriting(http, outside.random) : place.error();
  if (tested.ok()) return {};
  return Error(tested.error())
      .While("cannot rely on the place of the settings")
      .WithHint(
          "does it exist, and may its keys write there? Without `place` in settings.yaml "
          "home alone keeps the work");
}

EnergyRate EnergyRateOf(const Machine& machine, const Step& step, MicroUsd per_kwh, bool assumed) {
  const PowerFigure power = PowerUnderLoad(machine, step.needs.gpu.has_value());
  // W x USD/kWh = USD/1000 h; rounded up.
  const MicroUsd per_hour((power.watts * per_kwh.value() + 999) / 1000);
  return {per_hour, fmt::format("{} W ({}) x {} USD/kWh{}", power.watts, power.source,
                                UsdText(per_kwh), assumed ? " (assumed)" : "")};
}

Result<CapAsk> AskOf(const Project& project, const Step& step, const Machine& machine,
                     std::optional<Millis> lease, MicroUsd per_hour, Journal& journal) {
  TRY_ASSIGN(const StepHistory history,
             ReadHistory(journal, project.name, step.name, MachineClass(machine)));
  return AskForEnergy(project.budget, TimeOf(step, history, lease), per_hour);
}

namespace {

Json AwayData(const AwayTerms& terms) {
  return Json::MakeObject({{"away", true},
                           {"practice", terms.practice},
                           {"lease_asked_ms", terms.lease_asked_ms},
                           {"limit_micro_usd", terms.limit.value()},
                           {"work_ms", terms.work_ms},
                           {"named_place", terms.named_place},
                           {"detached", terms.detached},
                           {"spot", static_cast<int64_t>(terms.spot)},
                           {"bids_first", terms.bids_first},
                           {"at_end", static_cast<int64_t>(terms.at_end)},
                           {"keep_ms", terms.keep_ms},
                           {"keep_on_failure_ms", terms.keep_on_failure_ms},
                           {"deadline_ms", terms.deadline_ms},
                           {"accounts", terms.accounts}});
}

// A run away is measured by boot time from its first event on.
void StampBoot(Event& event, const Clock& clock) {
  event.facts.boot_ms = std::chrono::duration_cast<Millis>(clock.Boot()).count();
  event.awake_ms = std::chrono::duration_cast<Millis>(clock.Awake()).count();
}

// A key pair that only this run's machines take; where it takes one over, that one's.
Status FillForRent(const PreparedRun& prepared, const fs::path& folder, const RunOutside& outside) {
  if (prepared.machine_of.empty()) {
    TRY_ASSIGN([[maybe_unused]] const SshKey key,
               MakeSshKey(folder, "curbstop-" + prepared.run.id, outside.processes));
  } else {
    TRY(CopyMachineKeys(outside.directories.RunFolder(prepared.machine_of), folder, outside.files));
  }
  return WriteRentWish(*prepared.rent, folder, outside.files);
}

Status FillFolder(const PreparedRun& prepared, const fs::path& folder, const RunOutside& outside) {
  FileStore& files = outside.files;
  TRY(MakeFolders(folder, true));
  if (prepared.rent) TRY(FillForRent(prepared, folder, outside));
  TRY(files.Write(folder / "code.json", WriteJson(Json::ArrayOf(prepared.code)), 0600));
  TRY(files.Write(folder / "fingerprint.json", WriteJson(prepared.sources), 0600));
  return files.Write(folder / "order.json",
                     WriteJson(OrderJson(prepared.order), JsonStyle::kIndented), 0600);
}

Status EnterInJournal(const PreparedRun& prepared, const EnergyRate& rate, const CapAsk& ask,
                      Journal& journal, const Clock& clock) {
  Event created;
  created.kind = EventKind::kCreated;
  created.at_ms = clock.WallMs();
  created.data = prepared.rent
                     ? AwayData(prepared.away)
                     : Json::MakeObject({{"rate_micro_usd_per_hour", rate.per_hour.value()},
                                         {"energy_source", rate.source}});
  created.data.Set("boot_id", ReadBootId());
  if (prepared.rent) StampBoot(created, clock);
  if (!prepared.machine_of.empty())
    return CreateTaking(prepared, prepared.machine_of, std::move(created), journal, clock);
  return journal.Create(prepared.run, created, IdentifySelf(), ask);
}

}  // namespace

Status CreateRun(const PreparedRun& prepared, const EnergyRate& rate, const CapAsk& ask,
                 Journal& journal, const RunOutside& outside) {
  // A record that cannot be written is refused now, not when the step has done its work.
  TRY_ASSIGN([[maybe_unused]] const Record record,
             Record::Open(outside.directories.MlflowDb(), outside.directories.Artifacts()));
  TRY(CheckSecrets(prepared, outside));
  const fs::path folder = outside.directories.RunFolder(prepared.run.id);
  Status made = FillFolder(prepared, folder, outside);
  if (made.ok()) made = EnterInJournal(prepared, rate, ask, journal, outside.clock);
  // The folder of a run that is in no journal is nobody's.
  if (!made.ok()) static_cast<void>(RemoveTree(folder));
  return made;
}

Status StartSupervisor(const std::string& run, bool adopted, const RunOutside& outside) {
  const fs::path folder = outside.directories.RunFolder(run);
  TRY(MakeFolders(folder, true));
  ChildRequest request;
  request.argv = {outside.program.string(), "supervise", run};
  if (adopted) request.argv.push_back("--adopt");
  request.folder = "/";
  request.environment = ReadEnvironment();
  request.out = request.err = folder / "supervisor.log";
  TRY_ASSIGN([[maybe_unused]] const int pid, StartDetached(request));
  return {};
}

}  // namespace curbstop
