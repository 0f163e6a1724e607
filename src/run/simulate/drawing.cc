#include "run/simulate/drawing.h"

#include <algorithm>
#include <deque>
#include <iterator>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"
#include "run/simulate/life.h"
#include "run/supervisor/supervisor.h"

namespace curbstop {
namespace {

constexpr std::string_view kMeaning[] = {
    "asked for; the record is not begun yet",
    "at home: an agent runs the step",
    "at home: the agent is gone, what it left behind is being ended",
    "which machine to rent, or none, is being decided",
    "the proposal's reserve is held against the caps",
    "a machine is asked for, and nothing answered yet",
    "no clear answer came: the machine is looked for by its mark",
    "the machine is there, its agent has not spoken yet",
    "the step runs on a rented machine",
    "told to save; the machine's end follows",
    "the step is done, its outputs are on their way home",
    "saved; the machine's disk is to be kept",
    "the machine runs no more, its disk is kept and bills",
    "the outputs go into the store, once",
    "the verdict is fixed; the record is told, and machines end until none is seen",
    "the verdict is fixed and the record told; the machine stays for a while",
    "over: outputs are kept",
    "over: the step, its machines or its money failed",
    "over: the user ended it",
    "over, at home: computer or processes went down too often"};
static_assert(std::size(kMeaning) == kPhases);

// ---- at home: every order of events ---------------------------------------------------------

struct Scripted {
  EventKind kind;
  EffectKind answers;    // the effect that has to be open
  bool is_word = false;  // it answers nothing
  Json data = Json::MakeObject();
};

Scripted Report(const char* kind, const char* outcome = "") {
  return {EventKind::kAgentReport, EffectKind::kStartAgent, true,
          Json::MakeObject({{"kind", kind}, {"outcome", outcome}, {"attempt", 1}})};
}

const std::vector<Scripted>& HomeEvents() {
  using enum EventKind;
  static const std::vector<Scripted> kEvents = {
      {kRecordStarted, EffectKind::kStartRecord},
      {kRecordFailed, EffectKind::kStartRecord},
      {kAgentStarted, EffectKind::kStartAgent},
      {kAgentFailed, EffectKind::kStartAgent},
      {kProcessesEnded, EffectKind::kEndProcesses},
      {kCommitted, EffectKind::kCommit},
      {kCommitFailed, EffectKind::kCommit},
      {kRecordFinished, EffectKind::kFinishRecord},
      {kAgentTold, EffectKind::kTellAgent},
      {kAgentReleased, EffectKind::kReleaseAgent},
      Report("attempt_started"),
      Report("attempt_ended"),
      Report("finished", "done"),
      Report("finished", "failed"),
      Report("finished", "cancelled"),
      {kAgentGone, EffectKind::kStartAgent, true},
      {kUserAsked, EffectKind::kStartAgent, true, Json::MakeObject({{"what", "cancel"}})},
      {kTick, EffectKind::kStartAgent, true},
      {kRecovered, EffectKind::kStartAgent, true, Json::MakeObject({{"can_restart", true}})},
      {kRecovered, EffectKind::kStartAgent, true, Json::MakeObject({{"can_restart", false}})},
  };
  return kEvents;
}

// What tells two states of a run at home apart, as far as its course goes.
std::string Course(const RunState& state) {
  std::string course = fmt::format("{} {} {} {} {} {}:", static_cast<int>(state.phase),
                                   state.lost_agents, state.cancel_asked, state.can_restart,
                                   state.agent_started, static_cast<int>(state.verdict));
  std::set<EffectKind> open;
  for (const Effect& effect : state.pending) open.insert(effect.kind);
  for (const EffectKind kind : open) course += fmt::format(" {}", static_cast<int>(kind));
  return course;
}

// False: the effect that it would be the outcome of is not open.
bool Answers(const RunState& state, const Scripted& scripted, Event& event) {
  event.kind = scripted.kind;
  event.data = scripted.data;
  event.agent_seq = state.last_agent_seq + 1;
  if (scripted.is_word) return true;
  const auto open = std::ranges::find(state.pending, scripted.answers, &Effect::kind);
  if (open == state.pending.end()) return false;
  event.effect = open->id;
  return true;
}

}  // namespace

void Drawing::Add(Phase before, EventKind kind, Phase after, std::span<const EffectKind> begun) {
  Cell& cell = cells[{before, kind}];
  ++cell.times;
  cell.next.insert(after);
  cell.begun.insert(begun.begin(), begun.end());
}

Drawing DrawHome() {
  Drawing drawing;
  RunState first;
  Apply(first, Event{.kind = EventKind::kCreated, .data = Json::MakeObject()}, 1);
  std::deque<RunState> open = {first};
  std::set<std::string> met = {Course(first)};
  while (!open.empty()) {
    const RunState state = std::move(open.front());
    open.pop_front();
    for (const Scripted& scripted : HomeEvents()) {
      Event event;
      if (!Answers(state, scripted, event)) continue;
      RunState next = state;
      std::vector<EffectKind> begun;
      for (const Effect& effect : Apply(next, event, 2).effects) begun.push_back(effect.kind);
      drawing.Add(state.phase, event.kind, next.phase, begun);
      if (IsFinal(next.phase) || !met.insert(Course(next)).second) continue;
      open.push_back(std::move(next));
    }
  }
  return drawing;
}

Drawing DrawAway(int64_t lives) {
  Drawing drawing;
  LifeSpace space;
  for (int64_t seed = 1; seed <= lives; ++seed) {
    Life life(space, static_cast<uint64_t>(seed), {}, nullptr, &drawing);
    life.Live();
  }
  return drawing;
}

namespace {

template <typename Set>
std::string Names(const Set& things) {
  std::vector<std::string> names;
  for (const auto& thing : things) names.push_back(fmt::format("`{}`", NameOf(thing)));
  return Join(names, ", ");
}

// From one state to another: the events that lead there.
std::string Diagram(const Drawing& drawing) {
  std::map<std::pair<Phase, Phase>, std::vector<std::string>> edges;
  for (const auto& [pair, cell] : drawing.cells) {
    for (const Phase next : cell.next) {
      if (next != pair.first) edges[{pair.first, next}].emplace_back(NameOf(pair.second));
    }
  }
  std::string text = "```mermaid\nstateDiagram-v2\n  [*] --> created\n";
  for (const auto& [pair, events] : edges) {
    text += fmt::format("  {} --> {} : {}\n", NameOf(pair.first), NameOf(pair.second),
                        Join(events, "<br/>"));
  }
  return text + "```\n\n";
}

std::string Table(const Drawing& drawing, Phase phase) {
  std::string rows;
  for (const auto& [pair, cell] : drawing.cells) {
    if (pair.first != phase) continue;
    std::set<Phase> elsewhere = cell.next;
    const bool may_stay = elsewhere.erase(phase) != 0;
    std::string next = Names(elsewhere);
    if (may_stay) next = next.empty() ? "stays" : "stays, or " + next;
    const bool again = pair.second == EventKind::kRecovered;
    rows += fmt::format("| `{}` | {} | {} |\n", NameOf(pair.second), next,
                        again ? "again what has no outcome" : Names(cell.begun));
  }
  if (rows.empty()) return "";
  return fmt::format("### {}\n\n{}.\n\n| event | then | begins |\n| --- | --- | --- |\n{}\n",
                     NameOf(phase), kMeaning[static_cast<size_t>(phase)], rows);
}

std::string Chapter(std::string_view title, std::string_view how, const Drawing& drawing) {
  std::string text = fmt::format("## {}\n\n{}\n\n{}", title, how, Diagram(drawing));
  for (int i = 0; i < kPhases; ++i) text += Table(drawing, static_cast<Phase>(i));
  return text;
}

}  // namespace

std::string DrawingText(const Drawing& home, const Drawing& away) {
  return "# The supervisor's states\n\n"
         "Made by `./dev docs` from the supervisor itself. A state's events are those that it has "
         "met; an event that is not listed changes nothing there. \"Begins\" names every effect that "
         "some such event has begun, at once or because it was due.\n\n" +
         Chapter("A run at home", "Every order of the events that can come, searched through.",
                 home) +
         Chapter(
             "A run on rented machines",
             "Met by the lives of 20,000 seeds (`curbstop simulate --trace --seed S` tells one; "
             "`--disasters N --pairs` lists what was not met, and why).",
             away);
}

}  // namespace curbstop
