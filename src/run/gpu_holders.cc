#include "run/gpu_holders.h"

#include <algorithm>

#include <fmt/format.h>

#include "run/agent/order.h"
#include "run/history.h"

namespace curbstop {
namespace {

Result<std::optional<Millis>> LeftOf(const RunRow& row, int64_t now_ms, Journal& journal) {
  TRY_ASSIGN(const StepHistory history,
             ReadHistory(journal, row.run.project, row.run.step, row.run.machine_class));
  if (!history.median) return std::optional<Millis>();
  const int64_t since =
      row.started_at_ms > 0 ? std::max<int64_t>(now_ms - row.started_at_ms, 0) : 0;
  return std::optional(std::max(*history.median - Millis(since), Millis(0)));
}

}  // namespace

Result<std::vector<GpuHolder>> ReadGpuHolders(Journal& journal, const Directories& directories,
                                              int64_t now_ms) {
  std::vector<GpuHolder> holders;
  TRY_ASSIGN(const std::vector<RunRow> rows, journal.FindRuns({.active_only = true}));
  for (const RunRow& row : rows) {
    if (row.run.place != "local") continue;
    const Result<AgentOrder> order = ReadOrder(directories.RunFolder(row.run.id));
    if (!order.ok() || order->gpus_needed == 0) continue;
    TRY_ASSIGN(const std::optional<Millis> left, LeftOf(row, now_ms, journal));
    holders.push_back(
        {fmt::format("run {} ({})", row.run.id, row.run.step), order->gpus_needed, left});
  }
  return holders;
}

}  // namespace curbstop
