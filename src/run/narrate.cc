#include "run/narrate.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"
#include "base/units.h"
#include "plan/decision.h"
#include "project/place.h"
#include "run/agent/step_process.h"

namespace curbstop {
namespace {

std::string NarrateAttemptEnd(const Json& data) {
  const std::string why = data.StringOr("why", "");
  const std::string code = ExitText(static_cast<int>(data.IntOr("exit_code", 0)));
  const std::string attempt =
      fmt::format("attempt {} ended with {}", data.IntOr("attempt", 0), code);
  if (why == "cancel") return attempt + ", as asked";
  if (why == "cap") return attempt + " at the cap";
  if (why == "save" || why == "lease" || why == "keeper") return "";
  if (why == "hang") return attempt + " after too long without a sign of life";
  if (why == "deadline") return attempt + " at the time limit";
  return data.IntOr("exit_code", 0) == 0 ? "" : attempt;
}

std::string NarrateStop(std::string_view why) {
  if (why == "cancel") return "stops the step, as asked";
  if (why == "cap") return "stops the step, so that it can save: the cap is reached";
  if (why == "deadline") return "stops the step: its time limit is reached";
  if (why == "save") return "stops the step, so that it can save";
  if (why == "lease") return "stops the step, so that it can save: the machine's lease ends";
  if (why == "keeper") return "stops the step, so that it can save: its keeper is gone";
  return "stops the step: too long without a sign of life";
}

// What the machine is that a run away has reached.
std::string NarrateHello(const Json& data) {
  if (!data.BoolOr("as_promised", true))
    return "the machine is not what the offer said: " + Printable(data.StringOr("why", ""));
  if (data.BoolOr("rehearsed", false)) return "reached · rehearsed: the machine can end itself";
  return "reached · the machine cannot end itself: " + Printable(data.StringOr("end_error", ""));
}

std::string NarrateCheckpoint(std::string_view kind, const Json& data) {
  const std::string name = fmt::format("checkpoint `{}`", Printable(data.StringOr("name", "")));
  const std::string why = Printable(data.StringOr("why", ""));
  if (kind == "safe") return name + " is at the named place";
  if (kind == "not_safe") return fmt::format("{} is not at the named place: {}", name, why);
  // On a rented machine it counts when it is home, which is said then.
  return data.Find("complete") == nullptr ? name : "";
}

std::string NarrateReport(const Json& data) {
  const std::string kind = data.StringOr("kind", "");
  if (kind == "hello" && data.Find("arch") != nullptr) return NarrateHello(data);
  if (kind == "staging") return "sends " + data.StringOr("text", "");
  if (kind == "waiting") return "waits: " + data.StringOr("text", "");
  if (kind == "setup_started") return "setup runs";
  if (kind == "setup_ended" && data.IntOr("exit_code", 0) == 0) return "setup done";
  if (kind == "attempt_starting") {
    const std::string from = data.StringOr("resume_from", "");
    return fmt::format(
        "attempt {} starts{}", data.IntOr("attempt", 1),
        from.empty() ? "" : fmt::format(", resumes from checkpoint `{}`", Printable(from)));
  }
  if (kind == "checkpoint" || kind == "safe" || kind == "not_safe")
    return NarrateCheckpoint(kind, data);
  if (kind == "not_saved")
    return "could not save at the named place, tries again: " + Printable(data.StringOr("why", ""));
  if (kind == "overdue") return "takes longer than its `needs.time` said";
  if (kind == "stopping") return NarrateStop(data.StringOr("why", ""));
  if (kind == "attempt_ended") return NarrateAttemptEnd(data);
  if (kind == "backoff")
    return fmt::format("tries again in {}", DurationText(Millis(data.IntOr("wait_ms", 0))));
  return "";
}

// What the deadline's policy adds; empty: nothing that is worth a word.
std::string_view PolicyText(DecisionReason reason) {
  switch (reason) {
    case DecisionReason::kDeadlineHeld: return "deadline and caps are sure to hold";
    case DecisionReason::kCapAtRisk:
      return "the caps pay for spot alone: deadline and caps both hang on it";
    case DecisionReason::kDeadlineLost: return "the deadline is lost, this is the soonest";
    case DecisionReason::kTimeUnknown:
      return "by price alone: how long the step takes is not known";
    case DecisionReason::kNoPrices:
      return "by price alone: no price on demand is known to hold the deadline by";
    case DecisionReason::kDeadlinePassed: return "by price alone: the deadline has passed";
    default: return "";
  }
}

std::string NarrateRent(const Facts& facts) {
  const std::string_view why = PolicyText(static_cast<DecisionReason>(facts.reason));
  return fmt::format("rents {} at {} USD/h{} · lease {} · holds {} USD{}{}", facts.offer,
                     UsdText(MicroUsd(facts.micro_usd_per_hour)), facts.spot ? ", spot" : "",
                     DurationText(Millis(facts.lease_ms)),
                     UsdTextUp(MicroUsd(facts.reserve_micro_usd)), why.empty() ? "" : "\n", why);
}

std::string NarrateDecided(const Facts& facts, const Json& data) {
  const std::string because = data.StringOr("because", "");
  const std::string before = because.empty() ? "" : Printable(because) + ":\n";
  switch (static_cast<DecisionKind>(facts.decision)) {
    case DecisionKind::kRent: return before + NarrateRent(facts);
    case DecisionKind::kWait: return "waits for a spot machine: the deadline leaves time";
    case DecisionKind::kExtend:
      return "asks for a lease of " + DurationText(Millis(facts.lease_ms));
    default: break;
  }
  const std::string error = data.StringOr("error", "");
  return error.empty() ? "" : "the market cannot be asked: " + Printable(error);
}

std::string WithWhy(std::string_view what, const Json& data, std::string_view key = "error") {
  const std::string why = data.StringOr(key, "");
  return why.empty() ? std::string(what) : fmt::format("{}: {}", what, Printable(why));
}

// What happens to a run away, beyond what its agent says.
std::string NarrateAway(const Event& event) {
  const Facts& facts = event.facts;
  switch (event.kind) {
    case EventKind::kDecided: return NarrateDecided(facts, event.data);
    case EventKind::kRefused: return "the caps leave no room for it";
    case EventKind::kCreateAnswered:
      return fmt::format("machine {} · its lease was armed at birth", Printable(facts.machine));
    case EventKind::kCreateRefused: return WithWhy("the provider made no machine", event.data);
    case EventKind::kCreateUnknown:
      return WithWhy("no clear answer, the machine is looked for by its mark", event.data);
    case EventKind::kDestroyFailed: return WithWhy("its end is tried again", event.data);
    case EventKind::kExtended: return "the machine has its new lease";
    case EventKind::kExtendFailed: return WithWhy("the lease stays as it is", event.data);
    case EventKind::kFetched: return "outputs are home";
    case EventKind::kFetchFailed:
      return event.data.BoolOr("nothing_there", false)
                 ? "the machine that is gone left no outputs at the named place"
                 : WithWhy("outputs are fetched again", event.data);
    case EventKind::kKept:
      return fmt::format("checkpoint `{}` is home", Printable(event.data.StringOr("name", "")));
    case EventKind::kHandedOver:
      return "its machine is run " + Printable(event.data.StringOr("to", "")) + "'s from now on";
    case EventKind::kPaused: return "parked: its disk is kept, and bills";
    case EventKind::kDisconnected: return WithWhy("not connected", event.data, "why");
    default: return "";
  }
}

std::string NarrateTaken(const Event& event) {
  return fmt::format("takes over machine {} of run {} · {} of its lease left · holds {} USD",
                     Printable(event.facts.machine), event.data.StringOr("takes_from", ""),
                     DurationText(Millis(event.facts.lease_ms)),
                     UsdTextUp(MicroUsd(event.facts.reserve_micro_usd)));
}

std::string NarrateCreated(const Event& event) {
  const Json& data = event.data;
  if (!event.facts.machine.empty()) return NarrateTaken(event);
  const MicroUsd held(data.IntOr("reserve_micro_usd", 0));
  if (held == MicroUsd()) return "";
  return fmt::format("holds {} USD of the cap ({})", UsdTextUp(held),
                     data.StringOr("reserve_why", ""));
}

std::string OutputsText(const Json& outputs) {
  int64_t files = 0;
  int64_t size = 0;
  for (const Json& output : outputs.items()) {
    files += output.IntOr("files", 1);
    size += output.IntOr("size", 0);
  }
  return fmt::format("{} file{}, {}", files, files == 1 ? "" : "s", BytesText({size}));
}

// A run is over only when each machine that it rented was looked for and is gone.
std::string SpentText(const RunRow& row) {
  if (row.run.place == "local") return fmt::format("energy {} USD", UsdText(row.spent));
  const bool is_practice = IsPractice(row.run.place);
  return fmt::format(
      "rent {} USD{}{}", UsdText(row.spent), is_practice ? " of play money" : "",
      row.spent > MicroUsd() && !row.kept ? "\nwhat it rented is ended, and read back gone" : "");
}

}  // namespace

std::string NarrateEvent(const Event& event) {
  switch (event.kind) {
    case EventKind::kCreated: return NarrateCreated(event);
    case EventKind::kAgentReport: return NarrateReport(event.data);
    case EventKind::kAgentGone: return "the agent is gone: ending what it left behind";
    case EventKind::kUserAsked: return fmt::format("asked to {}", event.data.StringOr("what", ""));
    case EventKind::kCommitted: return event.data.BoolOr("hid_out", false) ? kHidOut : "";
    default: return NarrateAway(event);
  }
}

std::string StateText(const RunRow& row) {
  if (row.reason.empty()) return row.state;
  return row.reason.starts_with(row.state) ? row.reason : row.state + ": " + row.reason;
}

std::string NarrateEnd(const RunRow& row) {
  const std::string cost = SpentText(row);
  if (row.state == "succeeded") {
    return fmt::format("succeeded in {} · {} · {}{}", DurationText(Millis(row.busy_ms)),
                       OutputsText(row.outputs), cost,
                       row.reason.empty() ? "" : " · " + row.reason);
  }
  return fmt::format("{} · {}", StateText(row), cost);
}

namespace {

// Why it stays for less than was asked for; empty: it does not.
std::string WhyShorter(const RunState& state, const Rental& rental) {
  const bool succeeded = state.verdict == Phase::kSucceeded;
  const Millis asked(succeeded ? state.terms.keep_ms : state.terms.keep_on_failure_ms);
  const Millis stays(state.warm_until_ms - state.timeline.now_ms);
  const Millis most = LongestKeep(rental.terms, asked);
  constexpr Millis kHardly{60'000};
  if (stays + kHardly >= asked) return "";
  return fmt::format(
      " ({} were asked for: {})", DurationText(asked),
      most < asked ? "it is not proven that machines there end themselves" : "its lease ends then");
}

}  // namespace

std::string NarrateKept(const std::string& run, const RunState& state) {
  const Rental* rental = FindRental(state, state.current);
  if (state.phase != Phase::kWarm || rental == nullptr) return "its machine is being ended";
  const MicroUsd more = DueAt(*rental, state.warm_until_ms) - rental->accrued;
  return fmt::format(
      "machine {} is kept until {} UTC{} · {} USD/h, at most {} USD more · then it ends by itself\n"
      "{}; `curbstop cancel {}` ends it before",
      Printable(rental->machine), ClockText(state.warm_until_ms), WhyShorter(state, *rental),
      UsdText(rental->terms.billing.per_hour + rental->terms.billing.disk_per_hour),
      UsdTextUp(std::max(more, MicroUsd())),
      state.verdict == Phase::kSucceeded
          ? "the next `curbstop run` of this project takes it over"
          : fmt::format("look with `curbstop ssh {0}`, `curbstop exec {0} -- COMMAND`, "
                        "`curbstop pull {0}`",
                        run),
      run);
}

}  // namespace curbstop
