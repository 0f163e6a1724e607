// One simulated life of a run: the product's supervisor, journal and ledger on a virtual clock,
// with a modelled provider, machines, step and computer, and the disasters that its seed holds.
//
// Everything is a function of the seed: same seed, same life, on any machine and thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "run/simulate/agenda.h"
#include "run/simulate/dice.h"
#include "run/simulate/drawing.h"
#include "run/simulate/fault.h"
#include "run/simulate/memory_journal.h"
#include "run/simulate/provider.h"
#include "run/simulate/trace.h"
#include "run/simulate/watch.h"
#include "run/simulate/worker.h"
#include "run/supervisor/runner.h"

namespace curbstop {

struct Market {
  std::string offer;
  LeaseTerms terms;  // as declared, before GradeTerms
  EndFacts end;
  bool spot = false;
  int64_t mtbf_ms = 0;
  std::string account = {};  // Facts::account
};

// Where a life is kept: lives that follow each other use the same space.
struct LifeSpace {
  LifeSpace();
  void Clear();

  Agenda agenda;
  std::vector<Item> asleep;
  Slots<Effect> effects;
  Slots<Event> outcomes;
  std::vector<ModelMachine> machines;
  std::vector<Worker> workers;
  std::vector<BirthOrder> orders;
  MemoryJournal journal;
  std::vector<std::pair<Phase, EventKind>> pairs;
};

class Supervisor;

class Life {
 public:
  // `space` holds one life at a time; `trace` and `drawing` may be null.
  Life(LifeSpace& space, uint64_t seed, Plants plants, Trace* trace = nullptr,
       Drawing* drawing = nullptr);
  ~Life();

  // To the end of the run, or of patience (14 days).
  void Live();

  const Breach& breach() const { return watch_.breach(); }
  int64_t worst_excess() const { return watch_.worst_excess(); }
  const FaultSet& faults() const { return faults_; }
  const std::vector<std::pair<Phase, EventKind>>& pairs() const { return pairs_; }
  int64_t events() const { return events_; }

 private:
  friend class Supervisor;

  // life.cc: the draw, the agenda, the computer.
  void DrawWorld();
  void DrawMarket();
  void DrawKeeping(uint64_t seed);
  void DrawDeadline(uint64_t seed);
  void DrawAccounts(uint64_t seed);
  void TellWorld();
  void TellEnd();
  void NoteNoticed();
  void ScheduleDisasters();
  void Schedule(int64_t in_ms, What what, int64_t a = 0, int64_t b = 0);
  void Happen(const Item& item);
  void StartSupervisor(const Item& item);
  void KillSupervisors(const std::string& why);
  void HomeDown(const Item& item);
  void HomeUp(const Item& item);
  void UserAsks(const Item& item);
  void LowerCap();
  void DiskChanges(const Item& item);
  void HandOver();
  void ForgetHandOver();
  int64_t WallNow() const { return now_ + wall_offset_; }
  int64_t BootNow() const { return now_ - booted_ms_; }
  int64_t AwakeNow() const { return BootNow() - slept_ms_; }
  bool CanReachOut() const { return home_up_ && network_up_; }
  // The accounts' clocks differ by as much.
  int64_t ClockOf(const std::string& account) const {
    return now_ + (account.empty() ? 0 : skew_ms_);
  }
  bool Answers(const std::string& account) const { return account != silent_ || !is_silent_; }
  void AccountChanges(const Item& item);
  void TrackUnable();
  bool Over() const;
  int64_t Living() const;  // supervisors

  // life_machines.cc: machines, and the steps on them.
  int64_t MakeMachine(const Rental& rental, int64_t per_hour, int64_t in_ms, bool twin,
                      const BirthOrder& order);
  void PlaceTaken();
  bool IsAwaited(int64_t machine) const;
  void Made(const Item& item);
  void Born(const Item& item);
  void Report(int64_t machine, Json report);
  void StartWork(int64_t machine);
  void CheckpointBegun(const Item& item);
  void CheckpointWritten(const Item& item);
  void Uploaded(const Item& item);
  void StepDone(const Item& item);
  void StepCrashes(const Item& item);
  void StepHangs(const Item& item);
  void HangSeen(const Item& item);
  void SaveAsked(const Item& item);
  void Save(int64_t machine);
  void Saved(const Item& item);
  void StepEnded(int64_t machine, Json report);
  void Alone(const Item& item);
  void Spooled(const Item& item);
  bool SavesAtPlace(int64_t machine) const;
  bool IsFollowed(int64_t machine) const;
  int64_t LeftBy(int64_t rental) const;
  void JudgeRent(int64_t machine);
  void LeaseByProvider(int64_t machine, int64_t in_ms);
  void LeaseMargin(const Item& item);
  void LeaseEnd(const Item& item);
  void Guard(const Item& item);
  void Gone(const Item& item);
  void Preempted(const Item& item);
  void PausedNow(const Item& item);
  void Zombie(const Item& item);
  void AgentKilled(const Item& item);
  void Brought(const Item& item);
  void JudgeEnd(int64_t machine, const RunState& state);
  bool DestroyByUs(int64_t machine, const Rental& rental, const RunState& state);
  void ExtendLease(int64_t machine, int64_t lease_ms);
  void ShortenLease(int64_t machine, int64_t lease_ms);
  void EndIn(int64_t machine, int64_t in_ms);
  void LinksChanged();
  void MarkOrphans(const RunState& state);
  void NoteEndings(const RunState& state);
  void SettleTwins(const RunState& state);
  bool WasWanted(int64_t machine) const;
  void SafeNow(const Written& written);
  void WorkStops(int64_t machine, const std::string& how);
  bool Current(const Item& item) const;
  std::optional<Millis> MtbfOf(const ModelMachine& machine) const;
  int64_t PrintedLoss(int64_t machine) const;
  void StopWorker(Worker& worker);

  Dice dice_;
  Plants plants_;
  Trace* trace_;
  Drawing* drawing_;
  FaultSet faults_;
  int64_t now_ = 0;
  Agenda& agenda_;
  std::vector<Item>& asleep_;  // what supervisors were about to do when the lid was closed
  Slots<Effect>& effects_;     // that items point to
  Slots<Event>& outcomes_;
  std::vector<ModelMachine>& machines_;
  std::vector<Worker>& workers_;  // one per machine
  std::vector<BirthOrder>& orders_;
  std::map<int64_t, int64_t> ending_since_;  // by rental: when nothing but its end was wanted
  Watch watch_;
  MemoryJournal& journal_;
  std::vector<std::unique_ptr<Supervisor>> supervisors_;

  // The run.
  StepModel step_;
  int64_t estimate_ms_ = 0;
  std::vector<Market> market_;
  int64_t cap_ = 0;
  int64_t lowered_cap_ = 0;  // 0: not lowered
  int64_t elsewhere_ = 0;    // committed by other journals
  bool named_place_ = false;
  bool detached_ = false;
  int64_t lease_asked_ms_ = 0;
  SpotUse spot_ = SpotUse::kAuto;
  AtEnd at_end_ = AtEnd::kSave;
  bool ticks_each_minute_ = false;
  int64_t keep_ms_ = 0;
  int64_t keep_on_failure_ms_ = 0;
  int64_t deadline_ms_ = 0;
  int64_t accounts_ = 1;
  int64_t skew_ms_ = 0;
  std::string refusing_ = "none";  // the account that makes nothing until a person acts
  int64_t hand_over_in_ = -1;      // after the machine began to stay; -1: never
  int64_t taken_age_ms_ = 0;       // of the machine that the run takes over; 0: it takes none
  Taking taken_;

  // What is true, whatever anybody believes.
  int64_t safe_work_ = 0;
  int64_t safe_unable_ = 0;
  bool outputs_home_ = false;
  int64_t runs_ = 0;
  int64_t fetching_ = -1;  // machine whose outputs are on their way

  // The computer.
  int64_t booted_ms_ = 0;
  int64_t slept_ms_ = 0;  // since then
  int64_t boots_ = 1;
  int64_t wall_offset_ = 0;
  bool home_up_ = true;
  bool network_up_ = true;
  bool disk_full_ = false;
  std::string silent_;  // the account that is silent while `is_silent_`
  bool is_silent_ = false;
  int64_t last_cut_ms_ = 0;  // when home was cut off or asleep for the last time
  int64_t destroy_500_until_ = 0;
  int64_t place_gone_until_ = 0;
  int64_t unable_ms_ = 0;     // time in which nothing could be brought to a surviving place
  int64_t unwatched_ms_ = 0;  // time in which no supervisor lived, or it could not reach out
  int64_t tracked_ms_ = 0;
  int64_t kill_in_ = 0;  // journal writes and effects until a supervisor dies; 0: not planned
  int64_t kills_left_ = 0;
  int64_t cut_in_ = 0;  // writes of what is no routine until the power fails; 0: not planned
  int64_t cut_how_ = 0;

  std::vector<std::pair<Phase, EventKind>>& pairs_;
  int64_t events_ = 0;
};

}  // namespace curbstop
