// The thin shell around the pure supervisor: performs effects, feeds their outcomes and the agent's
// reports back as events, until the run is over.
//
// One process per run (`curbstop supervise RUN`), which holds the run's supervisor lock. It may
// die at any instruction: the next one loads the journal and performs what has no outcome yet.
#pragma once

#include <optional>
#include <string>

#include "run/agent/order.h"
#include "run/away/away_hands.h"
#include "run/commit.h"
#include "run/fingerprint.h"
#include "run/journal.h"
#include "run/prepare.h"
#include "run/record_endpoint.h"
#include "run/rent_money.h"
#include "run/supervisor/runner.h"
#include "sys/files.h"

namespace curbstop {

enum class SupervisorOrigin {
  kStarted,  // by `run` or by the agent: this process has the step's environment
  kAdopted,  // by somebody else: no attempt may be started
};

class Shell : private EffectSink {
 public:
  Shell(std::string run, SupervisorOrigin origin, const RunOutside& outside);
  ~Shell() override;

  // Blocks until the run is over and everything is told; at once if another supervisor has it.
  Status Run();

 private:
  static constexpr Ticks kFirstPause = std::chrono::seconds(1);
  static constexpr Ticks kLongestPause = std::chrono::seconds(60);

  Status RunLocked();
  const RunState& state() const { return runner_->state(); }
  void Begin(const Effect& effect) override { begun_.push_back(effect); }
  Status Turn();
  void Pause(const Status& turn);
  Status ClearOwnPlace();
  Status PerformPending();
  Result<std::optional<Event>> Perform(const Effect& effect);
  Status OpenHands();
  Status BeginAway(const Effect& effect);
  Status HearHands();
  Result<Event> Admit(const Effect& effect);
  RentAsk AskForRent(MicroUsd elsewhere);
  Result<RentMoney> MoneyForRent();
  Status AppendOutcome(const Event& outcome);
  Status ReplayCalls(int64_t rental, const std::vector<Json>& calls,
                     const std::filesystem::path& artifacts) const;
  Result<Json> RecordStart() const;
  Status MakeRecordToken() const;
  Result<Event> StartRecord();
  Result<std::optional<Event>> StartAgent();
  Result<Event> TellAgent(const Effect& effect);
  Result<Event> EndProcesses();
  Result<std::optional<Event>> Commit();
  Result<Committed> KeepOutputs(const std::string& no_result);
  Status EndRecordRun(const Effect& effect);
  std::string WhyNoResult() const;
  CodeBefore CodeBeforeRun() const;
  Result<Event> FinishRecord(const Effect& effect);
  Result<Event> ReleaseAgent();

  Status ServeAgain();
  Result<AgentOrder> WriteOrderWithRecord() const;
  Status LaunchAgent(const AgentOrder& order) const;
  Result<AgentSecrets> Secrets(const AgentOrder& order) const;
  Status AwaitAgent(int pid) const;
  Status ReadReports();
  Status ReadRequests();
  Status HeedPanic();
  bool JournalIsInPlace() const;
  bool IsHandedOver();
  Status FoldAnew();
  Status NoticeLostAgent();
  Status TickWhenDue();
  Status TickAway();
  int64_t BootMs() const;
  void PassOnLife();
  Status Append(const Event& event);
  Event Outcome(EventKind kind, Json data = Json::MakeObject()) const;
  Status Command(const std::string& what, const std::string& why = "") const;
  const Budget& ReadBudget();
  Result<std::optional<MicroUsd>> LimitNow(Event& tick);
  void Log(const std::string& line) const;

  std::string run_;
  SupervisorOrigin origin_;
  RunOutside outside_;
  std::filesystem::path folder_;
  std::optional<Journal> journal_;
  RunRow row_;
  std::optional<MoneyJournal> records_;
  std::optional<Runner> runner_;
  std::vector<Effect> begun_;  // intents in the journal whose outcome is not
  RecordEndpoint record_;
  FileId journal_file_;               // as it was opened
  std::unique_ptr<AwayHands> hands_;  // of a run on rented machines
  int64_t writes_passed_on_ = 0;
  Ticks next_tick_{0};
  bool metered_ = false;  // a tick has looked at the caps since the step began
  Budget budget_;         // as the project's file says, or last said
  Ticks pause_ = kFirstPause;
  std::optional<Event> agent_seen_;  // the last look that found its lock held
  Ticks commit_deadline_{0};
};

// Starts supervisors for active runs that nobody looks after (their processes died, the computer
// went down), and waits shortly for their end. Returns how many there were. Starts one too for each
// run that left something at the named place, which it removes meanwhile.
Result<int> AdoptOrphans(Journal& journal, const RunOutside& outside);

}  // namespace curbstop
