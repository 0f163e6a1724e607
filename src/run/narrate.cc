#include "run/narrate.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
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
  if (why == "hang") return attempt + " after too long without a sign of life";
  if (why == "deadline") return attempt + " at the time limit";
  return data.IntOr("exit_code", 0) == 0 ? "" : attempt;
}

std::string NarrateStop(std::string_view why) {
  if (why == "cancel") return "stops the step, as asked";
  if (why == "cap") return "stops the step, so that it can save: the cap is reached";
  if (why == "deadline") return "stops the step: its time limit is reached";
  return "stops the step: too long without a sign of life";
}

std::string NarrateReport(const Json& data) {
  const std::string kind = data.StringOr("kind", "");
  if (kind == "waiting") return "waits: " + data.StringOr("text", "");
  if (kind == "setup_started") return "setup runs";
  if (kind == "setup_ended" && data.IntOr("exit_code", 0) == 0) return "setup done";
  if (kind == "attempt_starting") {
    const std::string from = data.StringOr("resume_from", "");
    return fmt::format(
        "attempt {} starts{}", data.IntOr("attempt", 1),
        from.empty() ? "" : fmt::format(", resumes from checkpoint `{}`", Printable(from)));
  }
  if (kind == "checkpoint")
    return fmt::format("checkpoint `{}`", Printable(data.StringOr("name", "")));
  if (kind == "overdue") return "takes longer than its `needs.time` said";
  if (kind == "stopping") return NarrateStop(data.StringOr("why", ""));
  if (kind == "attempt_ended") return NarrateAttemptEnd(data);
  if (kind == "backoff")
    return fmt::format("tries again in {}", DurationText(Millis(data.IntOr("wait_ms", 0))));
  return "";
}

std::string NarrateCreated(const Json& data) {
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

}  // namespace

std::string NarrateEvent(const Event& event) {
  switch (event.kind) {
    case EventKind::kCreated: return NarrateCreated(event.data);
    case EventKind::kAgentReport: return NarrateReport(event.data);
    case EventKind::kAgentGone: return "the agent is gone: ending what it left behind";
    case EventKind::kUserAsked: return fmt::format("asked to {}", event.data.StringOr("what", ""));
    case EventKind::kCommitted: return event.data.BoolOr("hid_out", false) ? kHidOut : "";
    default: return "";
  }
}

std::string StateText(const RunRow& row) {
  if (row.reason.empty()) return row.state;
  return row.reason.starts_with(row.state) ? row.reason : row.state + ": " + row.reason;
}

std::string NarrateEnd(const RunRow& row) {
  const std::string energy = fmt::format("energy {} USD", UsdText(row.spent));
  if (row.state == "succeeded") {
    return fmt::format("succeeded in {} · {} · {}{}", DurationText(Millis(row.busy_ms)),
                       OutputsText(row.outputs), energy,
                       row.reason.empty() ? "" : " · " + row.reason);
  }
  return fmt::format("{} · {}", StateText(row), energy);
}

}  // namespace curbstop
