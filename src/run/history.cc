#include "run/history.h"

#include <algorithm>
#include <cstdlib>

#include "run/supervisor/runner.h"

namespace curbstop {
namespace {

class NoSink final : public EffectSink {
 public:
  void Begin(const Effect&) override {}
};

// Nearest rank: the smallest value that at least `percent` of the values do not exceed.
Millis Percentile(const std::vector<int64_t>& sorted, size_t percent) {
  const size_t rank = (percent * sorted.size() + 99) / 100;
  return Millis(sorted[std::max<size_t>(rank, 1) - 1]);
}

}  // namespace

Result<RunState> ReadRunState(Journal& journal, const std::string& run) {
  MoneyJournal records(journal, run);
  NoSink sink;
  Runner runner(records, sink);
  TRY(runner.Load());
  return runner.state();
}

Result<StepHistory> ReadHistory(Journal& journal, const std::string& project,
                                const std::string& step, const std::string& machine_class) {
  TRY_ASSIGN(
      Statement query,
      journal.database().Prepare(
          "SELECT busy_ms FROM runs WHERE project = ? AND step = ? AND machine_class = ? AND "
          "state = 'succeeded' AND coalesce(facts ->> '$.drill', 0) = 0 "
          "ORDER BY created_at_ms DESC LIMIT 20"));
  query.BindAll(std::string_view(project), std::string_view(step), std::string_view(machine_class));
  std::vector<int64_t> times;
  for (;;) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) break;
    times.push_back(query.Int(0));
  }
  StepHistory history;
  history.runs = static_cast<int64_t>(times.size());
  if (times.empty()) return history;
  std::sort(times.begin(), times.end());
  history.median = Percentile(times, 50);
  history.p90 = Percentile(times, 90);
  history.p10 = Percentile(times, 10);
  return history;
}

Result<std::vector<LedgerLine>> ReadLedger(Journal& journal, const LedgerFilter& filter) {
  TRY_ASSIGN(
      Statement query,
      journal.database().Prepare(
          "SELECT project, step, run, kind, class, micro_usd, to_ms - from_ms, source FROM ledger "
          "WHERE (?1 = '' OR project = ?1) AND at_ms >= ?2 ORDER BY seq"));
  query.BindAll(std::string_view(filter.project), filter.since_ms);
  std::vector<LedgerLine> lines;
  for (;;) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return lines;
    LedgerLine line;
    line.project = query.Text(0);
    line.step = query.Text(1);
    line.run = query.Text(2);
    line.kind = query.Text(3);
    line.ledger_class = query.Text(4);
    line.amount = MicroUsd(query.Int(5));
    line.time = Millis(query.Int(6));
    // The meter's source begins with its watts: "106 W (assumed) x 0.18 USD/kWh".
    if (line.ledger_class == "energy") line.watts = std::atof(query.Text(7).c_str());
    lines.push_back(std::move(line));
  }
}

}  // namespace curbstop
