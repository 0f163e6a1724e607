// `curbstop run`: plan, ask, do.
#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/planning.h"
#include "face/cli/rented.h"
#include "face/cli/run_face.h"
#include "face/cli/saved_plan_file.h"
#include "plan/decision.h"
#include "sys/process.h"

namespace curbstop {
namespace {

constexpr Millis kLongestKept = std::chrono::hours(24);

struct Options {
  PlanningOptions planning;
  std::vector<std::string> set;
  std::string lease;
  bool force = false;
  bool detach = false;
  std::string keep;
  std::string keep_on_failure;
  std::string plan;  // a file that `plan --out` made
};

// What is asked about is the place that was chosen; `plan` shows the others.
Plan OnlyChosen(Plan plan) {
  std::erase_if(plan.rows, [](const PlanRow& row) { return !row.chosen; });
  plan.left_out.clear();
  return plan;
}

// Shows the plan of the steps that have to run before it asks.
class PlannedVoice final : public Voice {
 public:
  PlannedVoice(CommandContext& context, Planning& planning, Journal& journal,
               std::map<std::string, RentedPlace> away)
      : Voice(context), planning_(planning), journal_(journal), away_(std::move(away)) {}

  Status Approve(const std::vector<std::string>& steps) override {
    planning_.facts.steps = steps;
    planning_.facts.goal = {};  // the places are pinned
    TRY(RefreshPast(planning_, journal_, context_));
    TRY_ASSIGN(Plan plan, MakePlan(planning_.facts, false));
    TRY(CheckIsAsChosen(plan));
    context_.out.Talk(PlanText(OnlyChosen(std::move(plan))) + OthersText(steps));
    return Voice::Approve(steps);
  }

 private:
  // Where else it may rent, and go on; empty: nowhere.
  std::string OthersText(const std::vector<std::string>& steps) const {
    std::vector<std::string> others;
    std::vector<std::string> home;
    for (const std::string& step : steps) {
      const auto chosen = away_.find(step);
      if (chosen == away_.end()) continue;
      for (const Place& place : chosen->second.also) others.push_back(PlaceText(place));
      if (chosen->second.home) home.push_back(step);
    }
    const std::string here =
        home.empty() ? ""
                     : fmt::format("without a machine to be had {} {} on here\n",
                                   Join(home, " and "), home.size() == 1 ? "goes" : "go");
    if (others.empty()) return here;
    std::ranges::sort(others);
    others.erase(std::ranges::unique(others).begin(), others.end());
    return fmt::format("machines may also be rented at {}, within the same worst case\n",
                       Join(others, " or ")) +
           here;
  }

  // Places were chosen before it was known which steps have to run; what is shown and asked about
  // must be what they will do, and each machine needs an account.
  Status CheckIsAsChosen(const Plan& plan) const {
    for (const PlanRow& row : plan.rows) {
      if (!row.chosen) continue;
      const auto chosen = away_.find(row.step);
      const bool same = chosen == away_.end() ? !row.lease
                                              : row.lease && *row.worst == chosen->second.worst &&
                                                    *row.lease == chosen->second.lease;
      if (!same) {
        return Conflict(
                   fmt::format("the plan of step `{}` has changed while it was made", row.step))
            .WithHint("run it again");
      }
      if (!row.login_needed) continue;
      const Result<OpenAccount> account = OpenPlace(chosen->second.place, context_);
      if (!account.ok())
        return Error(account.error()).While(fmt::format("cannot rent for step `{}`", row.step));
    }
    return {};
  }

  Planning& planning_;
  Journal& journal_;
  std::map<std::string, RentedPlace> away_;
};

// How long a machine is to stay; empty: not at all.
Result<Millis> KeepOf(const char* flag, const std::string& text) {
  if (text.empty()) return Millis(0);
  Result<Millis> time = ParseDuration(text);
  if (!time.ok()) return std::move(time).error().While(fmt::format("cannot use `{}`", flag));
  if (time->count() > 0 && *time <= kLongestKept) return time;
  return InvalidInput(fmt::format("`{} {}` is not between 1 s and {}", flag, Printable(text),
                                  DurationText(kLongestKept)))
      .WithHint(fmt::format("give the time that the machine is to stay, as `{} 30m`", flag));
}

Result<RunWishes> WishesOf(const Options& options) {
  RunWishes wishes;
  wishes.force = options.force;
  if (!options.lease.empty()) {
    Result<Millis> lease = ParseDuration(options.lease);
    if (!lease.ok()) return std::move(lease).error().While("cannot use `--lease`");
    if (lease->count() <= 0) {
      return InvalidInput(
                 fmt::format("`--lease {}` ends a step before it begins", Printable(options.lease)))
          .WithHint(
              "give the longest time a step may take, as `--lease 2h`; without it there is no "
              "limit");
    }
    wishes.lease = *lease;
  }
  TRY_ASSIGN(wishes.keep, KeepOf("--keep", options.keep));
  TRY_ASSIGN(wishes.keep_on_failure, KeepOf("--keep-on-failure", options.keep_on_failure));
  TRY_ASSIGN(wishes.set, ParseSet(options.set));
  return wishes;
}

Result<std::vector<const Step*>> ChosenSteps(const Project& project,
                                             const std::vector<std::string>& names) {
  std::vector<std::string> known;
  std::vector<const Step*> chosen;
  for (const Step& step : project.steps) {
    known.push_back(step.name);
    const bool wanted =
        names.empty() || std::find(names.begin(), names.end(), step.name) != names.end();
    if (wanted) chosen.push_back(&step);
  }
  for (const std::string& name : names) {
    if (project.FindStep(name) != nullptr) continue;
    return NotFound(fmt::format("the project has no step `{}`{}", Printable(name),
                                DidYouMean(name, known)))
        .WithHint(fmt::format("its steps: {}", Join(known, ", ")));
  }
  return chosen;
}

Json OutcomeJson(const StepOutcome& outcome) {
  Json json = RunJson(outcome.row);
  json.Set("step", outcome.step).Set("unchanged", outcome.unchanged);
  if (outcome.outputs.IsArray()) json.Set("outputs", outcome.outputs);
  return json;
}

// One line for all of them, or empty.
std::string NotStartedText(const std::vector<StepOutcome>& outcomes) {
  std::vector<std::string> names;
  std::string why;
  for (const StepOutcome& outcome : outcomes) {
    if (outcome.not_started) {
      names.push_back(outcome.step);
    } else {
      why = outcome.detached ? fmt::format("while `{}` runs", outcome.step)
                             : fmt::format("after `{}` {}", outcome.step,
                                           outcome.row.state == "cancelled" ? "was cancelled"
                                                                            : outcome.row.state);
    }
  }
  return names.empty() ? "" : fmt::format("not started {}: {}\n", why, Join(names, ", "));
}

std::string OutcomeText(const std::vector<StepOutcome>& outcomes, const Directories& directories) {
  std::vector<std::vector<std::string>> rows;
  std::string failure;
  for (const StepOutcome& outcome : outcomes) {
    if (outcome.not_started) continue;
    const std::string state = outcome.unchanged  ? "unchanged"
                              : outcome.detached ? "started"
                                                 : outcome.row.state;
    const bool has_outputs = outcome.unchanged || outcome.row.state == "succeeded";
    rows.push_back(
        {outcome.step, state, outcome.row.run.id, has_outputs ? "out/" + outcome.step : ""});
    if (outcome.row.state == "failed" || outcome.row.state == "crashed")
      failure = FailureText(outcome.row, directories);
  }
  return TextTable(rows) + failure + NotStartedText(outcomes);
}

// Whether the caps ended a run away, or let it rent nothing: its latest decision says so.
bool EndedByCap(const StepOutcome& outcome, Journal& journal) {
  if (outcome.row.state != "failed" || outcome.row.run.place == "local") return false;
  const auto events = journal.EventsAfter(outcome.row.run.id, 0);
  bool by_cap = false;
  for (const auto& [seq, event] : events.ok() ? *events : std::vector<Journal::NumberedEvent>()) {
    if (event.kind == EventKind::kRefused) by_cap = true;
    if (event.kind != EventKind::kDecided) continue;
    const auto reason = static_cast<DecisionReason>(event.facts.reason);
    by_cap = reason == DecisionReason::kNoMoney || reason == DecisionReason::kCannotBoth;
  }
  return by_cap;
}

int ExitCodeFor(const std::vector<StepOutcome>& outcomes, Journal& journal) {
  const StepOutcome& last =
      *std::find_if(outcomes.rbegin(), outcomes.rend(),
                    [](const StepOutcome& outcome) { return !outcome.not_started; });
  if (last.unchanged || last.detached || last.row.state == "succeeded") return 0;
  if (EndedByCap(last, journal)) return ExitCodeOf(ErrorKind::kOverBudget);
  return ExitCodeOf(last.row.state == "cancelled" ? ErrorKind::kCancelled : ErrorKind::kNo);
}

// A kept plan says what runs, where and for how long; nothing beside it may say otherwise.
Status CheckThatOnlyThePlanDecides(const Options& options) {
  const PlanningOptions& planning = options.planning;
  const std::pair<const char*, bool> others[] = {
      {"STEP", !planning.steps.empty()},
      {"--on", planning.on != "auto"},
      {"--deadline", !planning.goal.deadline.empty()},
      {"--spend", !planning.goal.spend.empty()},
      {"--soonest", planning.goal.soonest},
      {"--lease", !options.lease.empty()},
      {"--keep", !options.keep.empty()},
      {"--keep-on-failure", !options.keep_on_failure.empty()},
      {"--set", !options.set.empty()}};
  for (const auto& [name, is_given] : others) {
    if (!is_given) continue;
    return InvalidInput(fmt::format("`{}` beside `--plan` would change what was planned", name))
        .WithHint("leave one of them out, or make a new plan with `curbstop plan --out FILE`");
  }
  return {};
}

// The places, steps and lease of the kept plan become the only ones, if all of it still holds.
// Errors: kConflict with what moved and by how much.
Status UseSavedPlan(const SavedPlan& saved, const std::string& file, Planning& planning,
                    const CommandContext& context) {
  PlanFacts& facts = planning.facts;
  if (saved.project != planning.project.name) {
    return Conflict(fmt::format("the plan in `{}` is for the project `{}`, this is `{}`",
                                Printable(file), Printable(saved.project),
                                Printable(planning.project.name)));
  }
  facts.steps.clear();
  for (const SavedStep& step : saved.steps) {
    if (planning.project.FindStep(step.step) != nullptr) facts.steps.push_back(step.step);
  }
  facts.pinned = PlacesOf(saved);
  facts.lease = saved.lease_asked;
  facts.hand_overs = HandOversOf(saved);
  TRY_ASSIGN(const Plan now, ComparePlaces(facts, false));
  TRY_ASSIGN(const std::string hash, ProjectHashOf(planning.project));
  const std::vector<std::string> moved = MovedSince(saved, now, hash, context.clock.WallMs());
  if (moved.empty()) return {};
  return Conflict(Join(moved, "; "))
      .While(fmt::format("the plan in `{}` does not hold any more", Printable(file)))
      .WithHint("look at a new one: `curbstop plan --out FILE`");
}

// What nobody rents nobody can keep.
Status CheckThatSomethingIsKept(const RunWishes& wishes) {
  const bool keeps = wishes.keep.count() != 0;
  if (!wishes.away.empty() || (!keeps && wishes.keep_on_failure.count() == 0)) return {};
  return InvalidInput(fmt::format("`{}` keeps a rented machine, and no step of this run gets one",
                                  keeps ? "--keep" : "--keep-on-failure"))
      .WithHint("say where with `--on PLACE`; at home nothing has to be kept");
}

// Without it a machine would be rented that nobody can reach.
Status CheckThatSshIsHere() {
  if (!FindProgram("ssh").empty()) return {};
  return NotFound("rented machines are reached by `ssh`, which is not in your PATH")
      .WithHint("it comes with the package openssh-client");
}

// So that a place is chosen by what it costs alone: which steps have to run, and what caps then
// leave for them, is known later.
Project WithoutSpending(const Project& project) {
  Project free = project;
  for (std::optional<MicroUsd>* cap : {&free.budget.cap, &free.budget.day, &free.budget.run}) {
    if (*cap) *cap = MicroUsd(INT64_MAX / 4);
  }
  return free;
}

PlannedPay PayOf(const PlanRow& row) {
  if (!row.bid || !row.p50) return PlannedPay::kUnknown;
  return row.on_bid ? PlannedPay::kBid : PlannedPay::kOnDemand;
}

// Of real money, with a key that was found.
std::vector<Place> RealAccounts(const PlanFacts& facts) {
  std::vector<Place> places;
  for (const auto& [name, rules] : facts.rentals) {
    if (rules.logged_in && !IsPractice(name))
      places.push_back({.kind = PlaceKind::kProvider, .provider = name});
  }
  return places;
}

std::vector<Place> OthersThan(const Place& place, std::vector<Place> places) {
  std::erase_if(places, [&](const Place& one) { return one.provider == place.provider; });
  return places;
}

// This computer, where it meets the needs, though another place is better.
std::optional<HomeMachine> HomeOf(const Plan& plan, const std::string& step) {
  const auto row = std::ranges::find_if(plan.rows, [&](const PlanRow& one) {
    return one.step == step && one.place == "local" && !one.compared.empty();
  });
  if (row == plan.rows.end()) return std::nullopt;
  return HomeMachine{row->per_hour.value_or(MicroUsd()), row->finish_p90.value_or(Millis(0)),
                     Millis(0)};
}

// The steps that run on rented machines. A place that cannot be served, and one that no budget
// allows, is refused before anything is prepared.
// `accounts`: from which one that leaves the choice of place may rent besides. Empty: of a kept
// plan, which is done as it says. Their places are pinned: what is planned again later, for fewer
// steps, is planned there.
Result<std::map<std::string, RentedPlace>> ChoosePlaces(
    Planning& planning, RunWishes& wishes, const std::optional<std::vector<Place>>& accounts) {
  PlanFacts facts = planning.facts;
  TRY_ASSIGN(Plan plan, ComparePlaces(facts, false));
  const Project project = WithoutSpending(*facts.project);
  facts.project = &project;
  facts.spending = {};
  // What only a cap forbids may not have to run at all.
  if (!plan.blocked.empty()) {
    facts.may_share = false;
    TRY_ASSIGN(plan, ComparePlaces(facts, false));
  }
  TRY(CheckEveryStepHasAPlace(plan));
  std::map<std::string, RentedPlace> away;
  planning.facts.hand_overs.emplace();
  for (const PlanRow& row : plan.rows) {
    if (row.chosen) planning.facts.pinned.emplace(row.step, PinnedPlace{row.place, row.on_bid});
    if (row.chosen && !row.hands_to.empty()) {
      planning.facts.hand_overs->emplace(row.step, row.hands_to);
      wishes.waits.emplace(row.step, row.waits);
    }
    if (!row.chosen || !row.lease) continue;
    const Place& asked =
        facts.on.kind == PlaceKind::kAuto ? project.FindStep(row.step)->where : facts.on;
    TRY_ASSIGN(const Place found, ParsePlace(row.place.substr(0, row.place.find('/'))));
    const bool named = asked.kind == PlaceKind::kProvider || asked.kind == PlaceKind::kPractice;
    std::optional<HomeMachine> home;
    if (accounts && asked.kind == PlaceKind::kAuto) home = HomeOf(plan, row.step);
    const bool moves = accounts && !named;
    away.emplace(
        row.step,
        RentedPlace{named ? asked : found,
                    moves ? OthersThan(found, *accounts) : std::vector<Place>(), home, *row.lease,
                    *row.worst, row.finish_p50 ? row.finish_p90.value_or(Millis(0)) : Millis(0),
                    row.hardware, row.bid ? row.bid->terms : BidTerms{}, PayOf(row)});
  }
  if (!away.empty()) TRY(CheckThatSshIsHere());
  return away;
}

// What stands at the end, where there is a cap to measure it by.
std::string MoneyText(const Project& project, const Spending& spending) {
  return project.budget.cap ? MoneyLine("", project.budget, spending) : "";
}

Status Run(const Options& options, CommandContext& context) {
  std::optional<SavedPlan> saved;
  if (!options.plan.empty()) {
    TRY(CheckThatOnlyThePlanDecides(options));
    TRY_ASSIGN(saved, ReadSavedPlanFile(options.plan, context));
  }
  TRY_ASSIGN(RunWishes wishes, WishesOf(options));
  PlanningOptions asked = options.planning;
  if (saved) asked.on = saved->on;
  TRY_ASSIGN(const std::unique_ptr<Planning> planning, GatherPlanning(asked, context));
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  planning->facts.lease = wishes.lease;
  planning->facts.keep = std::max(wishes.keep, wishes.keep_on_failure);
  planning->facts.nobody_holds_work = options.detach && planning->settings.place.empty();
  if (saved) {
    TRY(UseSavedPlan(*saved, options.plan, *planning, context));
    wishes.lease = saved->lease_asked;
  }
  planning->facts.may_share = !options.detach;  // nobody stays to start the next step
  std::optional<std::vector<Place>> accounts;
  if (!saved) accounts = RealAccounts(planning->facts);
  TRY_ASSIGN(wishes.away, ChoosePlaces(*planning, wishes, accounts));
  TRY(CheckThatSomethingIsKept(wishes));
  wishes.detach = options.detach;
  const Settings& settings = planning->settings;
  wishes.kept_at = {settings.place, settings.place_endpoint, settings.place_region};
  DriveRequest request{.project = &planning->project,
                       .machine = &planning->machine,
                       .wishes = std::move(wishes),
                       .detach = options.detach,
                       .per_kwh = planning->facts.electricity.per_kwh,
                       .per_kwh_assumed = planning->facts.electricity.assumed};
  TRY_ASSIGN(request.steps, ChosenSteps(planning->project, planning->facts.steps));
  PlannedVoice voice(context, *planning, journal, request.wishes.away);
  TRY_ASSIGN(const std::vector<StepOutcome> outcomes,
             DriveSteps(request, journal, OutsideOf(context), voice));
  Json runs = Json::MakeArray();
  std::string meters;
  for (const StepOutcome& outcome : outcomes) {
    runs.Push(OutcomeJson(outcome));
    if (!outcome.unchanged && !outcome.detached) meters += PracticeMeterText(outcome.row, context);
  }
  TRY_ASSIGN(const Spending spending, SpendingNow(journal, planning->project, context));
  context.out.Answer(
      Json::MakeObject({{"runs", runs}, {"month", MonthJson(planning->project.budget, spending)}}),
      OutcomeText(outcomes, context.directories) + meters + MoneyText(planning->project, spending));
  context.exit_code = ExitCodeFor(outcomes, journal);
  return {};
}

}  // namespace

Action AddRun(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("run", "Plan, ask, and run the steps that have changed");
  AddPlanningOptions(*command, options->planning, "Steps of the project; none: all");
  AddGoalOptions(*command, options->planning.goal);
  command->add_option("--set", options->set, "Change a parameter for this run")
      ->type_name("KEY=VALUE");
  command->add_option("--lease", options->lease, "End each step after this time at the latest")
      ->type_name("DURATION");
  command
      ->add_option("--keep", options->keep,
                   "Let a rented machine stay so long after a success, for the next run")
      ->type_name("DURATION");
  command
      ->add_option("--keep-on-failure", options->keep_on_failure,
                   "Let it stay so long where the step failed, to be looked at")
      ->type_name("DURATION");
  command->add_flag("--force", options->force, "Run although nothing has changed");
  command->add_flag("--detach", options->detach, "Start and do not wait");
  command
      ->add_option("--plan", options->plan,
                   "Do exactly what this file of `curbstop plan --out` says, or refuse")
      ->type_name("FILE");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
