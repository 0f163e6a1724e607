#include "run/agent/away_duties.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "run/agent/follow.h"
#include "run/agent/keeper.h"
#include "run/agent/probe.h"

namespace curbstop {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kRehearsals = 3;  // a provider's API has bad moments
constexpr milliseconds kLookEvery{250};

}  // namespace

AwayDuties::AwayDuties(std::filesystem::path folder, AwayOrder order, AwaySecrets secrets,
                       Ticks grace, const std::vector<SpoolLine>& told, Clock& clock,
                       ProcessRunner& processes)
    : folder_(std::move(folder)),
      order_(std::move(order)),
      secrets_(std::move(secrets)),
      grace_(grace),
      clock_(clock),
      processes_(processes),
      lease_(order_.home / "lease"),
      work_(order_.checkpoint_work_ms, told),
      last_company_(clock.Awake()) {
  for (const SpoolLine& line : told) {
    const std::string kind = line.body.StringOr("kind", "");
    has_greeted_ = has_greeted_ || kind == "hello";
    has_finished_ = has_finished_ || kind == "finished";
  }
}

Json AwayDuties::Hello() {
  const int64_t age_ms = AgeMs();
  Json probe = Probe(order_.home, "/", processes_);
  bool rehearsed = false;
  for (int tries = 0; !rehearsed && tries < kRehearsals; ++tries) {
    if (tries > 0) clock_.Wait(seconds(tries));
    const std::string error = tries == 0 ? probe.Find("self_end")->StringOr("error", "")
                                         : RehearseEnd(order_.home, processes_);
    rehearsed = error.empty();
  }
  const std::vector<std::string> broken = BrokenPromises(probe, order_.promise);
  return Json::MakeObject({{"kind", "hello"},
                           {"rehearsed", rehearsed},
                           {"as_promised", broken.empty()},
                           {"age_ms", age_ms},
                           {"why", Join(broken, "; ")},
                           {"probe", std::move(probe)}});
}

// The lease began with the machine.
int64_t AwayDuties::AgeMs() {
  const std::optional<Ticks> left = lease_.Left();
  if (!left || order_.lease_at_birth.count() == 0) return 0;
  return std::max<int64_t>(0, (order_.lease_at_birth - *left) / milliseconds(1));
}

MachineEndFacts AwayDuties::Facts() {
  const bool is_connected = SomebodyFollows(folder_);
  if (is_connected) last_company_ = clock_.Awake();
  return {.lease_left = lease_.Left(),
          .grace = grace_,
          .save = order_.save_time,
          .margin = order_.lease_margin,
          .keeper_lives = KeeperLives(folder_),
          .connected = is_connected,
          .alone_for = clock_.Awake() - last_company_,
          .patience = order_.unconnected,
          .at_end = order_.at_end,
          .has_place = secrets_.HasPlace(),
          .is_saved = is_saved_};
}

std::string AwayDuties::WhyStop() {
  if (has_ended_ || clock_.Awake() < next_look_) return "";
  next_look_ = clock_.Awake() + kLookEvery;
  switch (curbstop::WhyStop(Facts())) {
    case StopWhy::kLease: return "lease";
    case StopWhy::kKeeper: return "keeper";
    case StopWhy::kNone: break;
  }
  return "";
}

Status AwayDuties::ServeRecord(const Secret& token, FileStore& files) {
  if (order_.record.Find("run") == nullptr) return {};
  TRY_ASSIGN(record_, RecordSpool::Start({folder_, order_.record, token}, clock_, files, random_));
  return {};
}

EnvironmentList AwayDuties::Variables() const {
  EnvironmentList list;
  if (order_.interval.count() > 0)
    list.emplace_back("CURBSTOP_CHECKPOINT_INTERVAL_MS", std::to_string(order_.interval.count()));
  if (record_) {
    list.emplace_back("MLFLOW_TRACKING_URI", fmt::format("http://127.0.0.1:{}", record_->port()));
  }
  return list;
}

EndAct AwayDuties::NextAct(bool is_released, bool keep_machine) {
  if (!std::exchange(has_ended_, true)) last_company_ = clock_.Awake();
  MachineEndFacts facts = Facts();
  facts.released = is_released;
  facts.keep_machine = keep_machine;
  return NextEndAct(facts);
}

void AwayDuties::EndMachine() {
  ProcessRequest request;
  request.argv = {(order_.home / "end-machine").string()};
  request.timeout = seconds(60);
  request.most_output = 65536;
  static_cast<void>(processes_.Run(request));  // whether it worked shows by this process's end
}

void EndMachineForGood(const AwayOrder& order, Clock& clock, ProcessRunner& processes) {
  AwayDuties away("", order, {}, Ticks(0), {}, clock, processes);
  for (;; clock.Wait(order.end_pause)) away.EndMachine();
}

}  // namespace curbstop
