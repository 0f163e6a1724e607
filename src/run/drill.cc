#include "run/drill.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <signal.h>

#include <fmt/format.h>

#include "base/text_or_null.h"
#include "run/metrics_file.h"
#include "run/narrate.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;

constexpr int kMostTries = 3;

std::map<std::string, std::string> OutputIds(const RunRow& row) {
  std::map<std::string, std::string> ids;
  for (const Json& output : row.outputs.items())
    ids[output.StringOr("path", "")] = output.StringOr("md5", "");
  return ids;
}

bool Close(double a, double b, double tolerance) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return a == b || std::fabs(a - b) <= tolerance * std::max(std::fabs(a), std::fabs(b));
}

std::vector<DrillDifference> CompareBytes(const RunRow& a, const RunRow& b) {
  std::vector<DrillDifference> differences;
  std::map<std::string, std::string> left = OutputIds(a);
  std::map<std::string, std::string> right = OutputIds(b);
  for (const auto& [path, id] : left) right.try_emplace(path, "missing");
  for (const auto& [path, id] : right) {
    const std::string other = left.contains(path) ? left[path] : "missing";
    if (other != id) differences.push_back({path, other, id});
  }
  return differences;
}

std::string NumberText(const Json* value) {
  return value == nullptr ? "missing" : fmt::format("{}", MetricNumber(*value));
}

std::vector<DrillDifference> CompareMetrics(const RunRow& a, const RunRow& b, double tolerance) {
  std::vector<DrillDifference> differences;
  std::map<std::string, int> names;
  for (const RunRow* row : {&a, &b}) {
    for (const auto& [name, value] : row->metrics.members()) names[name] = 1;
  }
  for (const auto& [name, one] : names) {
    const Json* left = a.metrics.Find(name);
    const Json* right = b.metrics.Find(name);
    const bool close = left && right && Close(MetricNumber(*left), MetricNumber(*right), tolerance);
    if (!close) differences.push_back({name, NumberText(left), NumberText(right)});
  }
  return differences;
}

// Passes on what it hears and kills the step once, when its moment has come.
class Killer final : public RunAudience {
 public:
  Killer(Journal& journal, const RunOutside& outside, RunAudience& audience, milliseconds moment)
      : journal_(journal), outside_(outside), audience_(audience), moment_(moment) {}

  void Line(const std::string& step, const std::string& text) override {
    audience_.Line(step, text);
  }
  void Live(const std::string& text) override {
    audience_.Live(text);
    if (!killed_ && !run_.empty()) LookAndKill();
  }
  Status Approve(const std::vector<std::string>& steps) override {
    return audience_.Approve(steps);
  }

  void Watch(std::string run) { run_ = std::move(run); }
  int64_t killed_after_ms() const { return killed_after_ms_; }

 private:
  void LookAndKill() {
    const auto events = journal_.EventsAfter(run_, last_seq_);
    if (!events.ok()) return;
    for (const Journal::NumberedEvent& entry : *events) {
      last_seq_ = entry.seq;
      if (entry.event.data.StringOr("kind", "") != "attempt_started") continue;
      pid_ = static_cast<int>(entry.event.data.IntOr("pid", 0));
      started_at_ms_ = entry.event.data.IntOr("at_ms", 0);
    }
    const int64_t ran = outside_.clock.WallMs() - started_at_ms_;
    if (pid_ <= 0 || ran < moment_.count()) return;
    killed_ = kill(-pid_, SIGKILL) == 0;
    killed_after_ms_ = ran;
    if (killed_)
      audience_.Line("drill", fmt::format("kill -9 after {}", DurationText(milliseconds(ran))));
  }

  Journal& journal_;
  const RunOutside& outside_;
  RunAudience& audience_;
  milliseconds moment_;
  std::string run_;
  int64_t last_seq_ = 0;
  int pid_ = 0;
  int64_t started_at_ms_ = 0;
  bool killed_ = false;
  int64_t killed_after_ms_ = 0;
};

class Drill {
 public:
  Drill(const DrillRequest& request, Journal& journal, const RunOutside& outside,
        RunAudience& audience)
      : request_(request), journal_(journal), outside_(outside), audience_(audience) {}

  Result<DrillReport> Run() {
    DrillReport report;
    TRY(CheckComparable(*request_.step));
    report.by_bytes = request_.step->deterministic;
    TRY(audience_.Approve({request_.step->name}));
    TRY_ASSIGN(const std::string first, Start());
    TRY_ASSIGN(report.undisturbed, FollowRun(first, journal_, outside_, audience_));
    if (report.undisturbed.state != "succeeded")
      return Failed(report, "the undisturbed run did not succeed");
    for (int tries = 0; tries < kMostTries && report.resumed.attempt < 2; ++tries) {
      // Too late the time before: the step had ended. Sooner this time.
      const milliseconds moment = RandomMoment(report.undisturbed.busy_ms) / (1 << tries);
      Killer killer(journal_, outside_, audience_, moment);
      TRY_ASSIGN(const std::string second, Start());
      killer.Watch(second);
      TRY_ASSIGN(report.resumed, FollowRun(second, journal_, outside_, killer));
      report.killed_after_ms = killer.killed_after_ms();
    }
    return Judge(report);
  }

 private:
  static Status CheckComparable(const Step& step) {
    if (step.deterministic || !step.metrics.empty()) return {};
    return InvalidInput(
               fmt::format("step `{}` has neither `deterministic: true` nor `metrics:`, so "
                           "a drill has nothing to compare",
                           step.name))
        .WithHint(
            "`deterministic: true` compares the outputs byte by byte, `metrics: FILE.json` the "
            "numbers in that file");
  }

  Result<std::string> Start() {
    TRY_ASSIGN(const Step step, WithParams(*request_.step, request_.set));
    RunWishes wishes;
    wishes.purpose = RunPurpose::kDrill;
    TRY_ASSIGN(const PreparedRun prepared,
               PrepareRun(*request_.project, step, *request_.machine, wishes, journal_, outside_));
    fingerprint_ = prepared.fingerprint;
    const EnergyRate rate =
        EnergyRateOf(*request_.machine, step, request_.per_kwh, request_.per_kwh_assumed);
    TRY_ASSIGN(const CapAsk ask,
               AskOf(*request_.project, step, *request_.machine, {}, rate.per_hour, journal_));
    TRY(CreateRun(prepared, rate, ask, journal_, outside_));
    TRY(StartSupervisor(prepared.run.id, false, outside_));
    return prepared.run.id;
  }

  // Somewhere in the middle eight tenths of what the undisturbed run took.
  milliseconds RandomMoment(int64_t busy_ms) const {
    std::array<unsigned char, 2> bytes{};
    outside_.random.Fill(bytes);
    const int64_t thousandths = 100 + (bytes[0] << 8 | bytes[1]) % 800;
    return milliseconds(busy_ms * thousandths / 1000);
  }

  Result<DrillReport> Judge(DrillReport& report) {
    if (report.resumed.attempt < 2)
      return Failed(report, "the step was too quick to be killed in the middle");
    if (report.resumed.state != "succeeded")
      return Failed(report, "the killed run did not come back");
    report.differences =
        CompareRuns(report.undisturbed, report.resumed, report.by_bytes, request_.tolerance);
    if (!report.differences.empty()) return Failed(report, "the results differ");
    if (!report.by_bytes && report.undisturbed.metrics.members().empty())
      return Failed(report, "there is nothing to compare: the metrics file holds no number");
    report.passed = true;
    return Store(report);
  }

  Result<DrillReport> Failed(DrillReport& report, std::string why) {
    report.why_not = std::move(why);
    return Store(report);
  }

  Result<DrillReport> Store(const DrillReport& report) {
    TRY_ASSIGN(
        Statement insert,
        journal_.database().Prepare("INSERT INTO drills(project, step, fingerprint, passed, at_ms, "
                                    "evidence) VALUES(?,?,?,?,?,?)"));
    const std::string evidence = WriteJson(DrillJson(report));
    TRY(insert
            .BindAll(std::string_view(request_.project->name),
                     std::string_view(request_.step->name), std::string_view(fingerprint_),
                     int64_t{report.passed}, outside_.clock.WallMs(), std::string_view(evidence))
            .Run());
    return report;
  }

  const DrillRequest& request_;
  Journal& journal_;
  const RunOutside& outside_;
  RunAudience& audience_;
  std::string fingerprint_;
};

}  // namespace

std::vector<DrillDifference> CompareRuns(const RunRow& a, const RunRow& b, bool by_bytes,
                                         double tolerance) {
  return by_bytes ? CompareBytes(a, b) : CompareMetrics(a, b, tolerance);
}

Result<DrillReport> RunDrill(const DrillRequest& request, Journal& journal,
                             const RunOutside& outside, RunAudience& audience) {
  return Drill(request, journal, outside, audience).Run();
}

Json DrillJson(const DrillReport& report) {
  Json differences = Json::MakeArray();
  for (const DrillDifference& difference : report.differences) {
    differences.Push(Json::MakeObject({{"name", difference.name},
                                       {"undisturbed", TextOrNull(difference.undisturbed)},
                                       {"resumed", TextOrNull(difference.resumed)}}));
  }
  return Json::MakeObject({{"passed", report.passed},
                           {"why_not", TextOrNull(report.why_not)},
                           {"compared", report.by_bytes ? "bytes" : "metrics"},
                           {"killed_after_ms", report.killed_after_ms},
                           {"undisturbed", report.undisturbed.run.id},
                           {"resumed", TextOrNull(report.resumed.run.id)},
                           {"resumed_from", TextOrNull(report.resumed.resumed_from)},
                           {"differences", differences}});
}

}  // namespace curbstop
