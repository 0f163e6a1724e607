// Machines of a simulated life, and the steps on them.
#include <algorithm>

#include "market/billing.h"
#include "run/simulate/life.h"
#include "run/simulate/shell_model.h"

namespace curbstop {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kQuietLimit = 15 * kMinute;  // the hang rule's floor
constexpr int64_t kAgentMargin = 5 * kMinute;  // before the lease's end the agent saves by itself
constexpr int64_t kAloneLimit = kMinute;       // a step that has ended waits so long for somebody
constexpr int64_t kPollSlack = 2 * kMinute;  // between a word of the agent and what follows from it

size_t Index(int64_t number) { return static_cast<size_t>(number); }

}  // namespace

int64_t Life::MakeMachine(const Rental& rental, int64_t per_hour, int64_t in_ms, bool twin,
                          const BirthOrder& order) {
  ModelMachine machine;
  const auto index = static_cast<int64_t>(machines_.size());
  machine.name = "m" + std::to_string(index + 1);
  machine.account = rental.account;
  machine.rental = rental.number;
  machine.twin = twin;
  machine.terms = rental.terms;
  machine.micro_usd_per_hour = per_hour;
  machine.agreed_per_hour = rental.terms.billing.per_hour.value();
  machine.unwatched_at_made_ms = unwatched_ms_;
  machine.made_ms = machine.started_ms = now_ + in_ms;
  const int64_t lag = rental.terms.timing.list_lag.count();
  machine.listed_from_ms =
      machine.made_ms +
      (faults_.Has(Fault::kListLag) ? dice_.Between(lag / 2, lag) : dice_.Between(0, lag / 10));
  machines_.push_back(machine);
  workers_.emplace_back();
  orders_.push_back(order);
  Schedule(in_ms, What::kMade, index);
  return index;
}

// The machine of the run before, as it is when this one begins.
void Life::PlaceTaken() {
  Rental rental;
  rental.number = 1;
  rental.account = taken_.account;
  rental.terms = taken_.terms;
  rental.lease_ms = taken_.lease_ms;
  rental.interval_ms = taken_.interval_ms;
  rental.opened_ms = now_;
  const AwayTerms terms{.named_place = named_place_, .at_end = at_end_};
  const BirthOrder order = BirthOrderOf(terms, rental, plants_);
  const int64_t index = MakeMachine(rental, taken_.terms.billing.per_hour.value(), 0, false, order);
  ModelMachine& machine = machines_[Index(index)];
  machine.made_ms = machine.started_ms = machine.listed_from_ms = now_ - taken_age_ms_;
  const Millis paid(taken_age_ms_);
  machine.paid_before = Charge(taken_.terms.billing, paid, paid).value();
  Worker& worker = workers_[Index(index)];
  worker.born_ms = now_;
  worker.lease_end_ms = now_ + taken_.lease_ms;
  Schedule(taken_.lease_ms, What::kLeaseEnd, index);
}

// An agent comes to a machine that was taken over when its run does.
bool Life::IsAwaited(int64_t machine) const {
  if (machines_[Index(machine)].paid_before == 0) return true;
  return CanReachOut() && std::ranges::any_of(supervisors_, [](const auto& one) {
           return one->alive() && one->state().phase == Phase::kBooting;
         });
}

void Life::Made(const Item& item) {
  const ModelMachine& machine = machines_[Index(item.a)];
  watch_.MachineMade(machine);
  JudgeRent(item.a);
  if (trace_ != nullptr) trace_->World(now_, "the provider makes machine " + machine.name);
  const Market* row = nullptr;
  for (const Market& one : market_) {
    if (one.terms.billing.per_hour == machine.terms.billing.per_hour) row = &one;
  }
  Worker& worker = workers_[Index(item.a)];
  const LeaseGrade declared = row == nullptr ? machine.terms.grade : row->end.declared;
  worker.rehearsed = !faults_.Has(Fault::kRehearsalFails);
  worker.can_end_itself = declared == LeaseGrade::kB && worker.rehearsed && row != nullptr &&
                          (row->end.self_end_proven || !faults_.Has(Fault::kSelfEndFails));
  worker.as_promised = !faults_.Has(Fault::kWrongGpu) || !dice_.Chance(60);
  if (declared == LeaseGrade::kA && orders_[Index(item.a)].lease_ms != 0) {
    LeaseByProvider(item.a, orders_[Index(item.a)].lease_ms);
  }
  if (row != nullptr && row->end.guard_installed && orders_[Index(item.a)].mark_expires_ms != 0) {
    int64_t late = dice_.Between(0, kGuardReach.count());
    if (faults_.Has(Fault::kGuardLate)) {
      const int64_t more = dice_.Between(10, 120) * kMinute;
      watch_.Allow(machine.name, more);
      late = kGuardReach.count() + more;
    }
    Schedule(std::max<int64_t>(orders_[Index(item.a)].mark_expires_ms - now_, 0) + late,
             What::kGuard, item.a);
  }
  const bool interrupted = faults_.Has(Fault::kPreemptedNoticed) ||
                           faults_.Has(Fault::kPreemptedSilent) ||
                           faults_.Has(Fault::kPreemptedPaused);
  if (interrupted && dice_.Chance(70)) {
    Schedule(dice_.Between(0, step_.work_ms + 20 * kMinute), What::kPreempted, item.a);
  }
  const bool is_bad = faults_.Has(Fault::kBadHost) && dice_.Chance(60);
  machines_[Index(item.a)].lease_broken =
      is_bad || (declared == LeaseGrade::kB && !worker.can_end_itself &&
                 machine.terms.grade == LeaseGrade::kB);
  const int64_t limit = machine.terms.boot_limit.count();
  if (!is_bad) Schedule(dice_.Between(limit / 10, limit * 9 / 10), What::kBorn, item.a);
}

// ---- the agent ------------------------------------------------------------------------------

void Life::Report(int64_t machine, Json report) {
  workers_[Index(machine)].reports.push_back(std::move(report));
  for (const auto& supervisor : supervisors_) {
    if (supervisor->alive()) Schedule(200, What::kDeliver, machine, supervisor->number());
  }
}

void Life::Born(const Item& item) {
  if (!machines_[Index(item.a)].Runs(now_)) return;
  if (!IsAwaited(item.a)) return Schedule(2 * kSecond, What::kBorn, item.a);
  Worker& worker = workers_[Index(item.a)];
  const BirthOrder& order = orders_[Index(item.a)];
  worker.state = WorkerState::kStopped;
  worker.interval_ms = order.interval_ms != 0 ? order.interval_ms : kLongestInterval.count();
  worker.log_is_life = order.log_is_life;
  if (order.lease_ms != 0) ExtendLease(item.a, order.lease_ms);
  const bool is_taken = machines_[Index(item.a)].paid_before != 0;
  LinksChanged();
  Report(item.a, Json::MakeObject({{"kind", "hello"},
                                   {"rehearsed", worker.rehearsed},
                                   {"as_promised", worker.as_promised},
                                   {"age_ms", is_taken ? now_ - worker.born_ms : 0}}));
  worker.start_work = safe_work_;
  // The agent has its order: on a machine that is not what was agreed on it begins nothing.
  const bool must_end_itself = machines_[Index(item.a)].terms.grade == LeaseGrade::kB;
  const bool takes_it = worker.as_promised && (worker.rehearsed || !must_end_itself ||
                                               plants_.Has(Plant::kRehearsalIgnored));
  if (takes_it) StartWork(item.a);
}

// From what it has, to its end, its crash, its hang or its next checkpoint.
void Life::StartWork(int64_t machine) {
  Worker& worker = workers_[Index(machine)];
  worker.state = WorkerState::kWorking;
  worker.started_ms = now_;
  worker.run = ++runs_;
  const auto at = [&](int64_t work, What what) {
    if (work >= worker.start_work) Schedule(work - worker.start_work, what, machine, worker.run);
  };
  at(step_.work_ms, What::kStepDone);
  if (step_.crashes_at >= 0) at(step_.crashes_at, What::kStepCrashes);
  if (step_.hangs_at >= 0) at(step_.hangs_at, What::kStepHangs);
  const bool seems_dead =
      !worker.log_is_life && !step_.uses_gpu_visibly && worker.interval_ms > kQuietLimit;
  if (seems_dead) Schedule(kQuietLimit, What::kHangSeen, machine, worker.run);
  Schedule(worker.interval_ms, What::kCheckpointBegun, machine, worker.run);
}

void Life::StopWorker(Worker& worker) {
  if (worker.state != WorkerState::kWorking) return;
  worker.start_work = worker.WorkAt(now_);
  worker.state = WorkerState::kStopped;
  worker.run = ++runs_;
}

bool Life::Current(const Item& item) const {
  const Worker& worker = workers_[Index(item.a)];
  return worker.run == item.b && worker.state == WorkerState::kWorking &&
         machines_[Index(item.a)].Runs(now_);
}

void Life::CheckpointBegun(const Item& item) {
  if (!Current(item)) return;
  Worker& worker = workers_[Index(item.a)];
  const std::string name =
      machines_[Index(item.a)].name + "-" + std::to_string(++worker.checkpoints);
  worker.written.push_back({name, worker.WorkAt(now_), unable_ms_, false});
  Report(item.a, Json::MakeObject({{"kind", "checkpoint"},
                                   {"name", name},
                                   {"work_ms", worker.written.back().work_ms},
                                   {"complete", false}}));
  Schedule(step_.write_ms, What::kCheckpointWritten, item.a,
           static_cast<int64_t>(worker.written.size()) - 1);
  const bool is_killed = faults_.Has(Fault::kAgentKilled) && dice_.Chance(10);
  if (is_killed || (faults_.Has(Fault::kCheckpointTorn) && dice_.Chance(30))) {
    Schedule(step_.write_ms / 2, What::kAgentKilled, item.a, worker.run);
  }
  Schedule(worker.interval_ms, What::kCheckpointBegun, item.a, worker.run);
}

void Life::CheckpointWritten(const Item& item) {
  Worker& worker = workers_[Index(item.a)];
  Written& written = worker.written[Index(item.b)];
  const bool lives = machines_[Index(item.a)].Runs(now_) && worker.state != WorkerState::kDead;
  if (!lives || written.torn) return;
  written.complete = true;
  Report(item.a, Json::MakeObject({{"kind", "checkpoint"},
                                   {"name", written.name},
                                   {"work_ms", written.work_ms},
                                   {"complete", true}}));
  if (named_place_) Schedule(step_.bring_ms, What::kUploaded, item.a, item.b);
}

// To the named place, by the agent alone.
void Life::Uploaded(const Item& item) {
  if (!machines_[Index(item.a)].Runs(now_) || workers_[Index(item.a)].state == WorkerState::kDead)
    return;
  if (faults_.Has(Fault::kPlaceUnreachable) && place_gone_until_ == 0 && dice_.Chance(40)) {
    place_gone_until_ = now_ + dice_.Between(1, 60) * kMinute;
    unable_ms_ += step_.bring_ms;  // it was gone while it was tried
  }
  if (now_ < place_gone_until_) {
    return Schedule(place_gone_until_ - now_ + step_.bring_ms, What::kUploaded, item.a, item.b);
  }
  const Written& written = workers_[Index(item.a)].written[Index(item.b)];
  SafeNow(written);
  Report(item.a, Json::MakeObject({{"kind", "safe"}, {"work_ms", written.work_ms}}));
}

void Life::Brought(const Item& item) {
  if (machines_[Index(item.a)].Runs(now_) && CanReachOut())
    SafeNow(workers_[Index(item.a)].written[Index(item.b)]);
}

void Life::SafeNow(const Written& written) {
  if (written.work_ms < safe_work_) return;
  safe_work_ = written.work_ms;
  safe_unable_ = written.unable_ms;
}

void Life::StepDone(const Item& item) {
  if (!Current(item)) return;
  StopWorker(workers_[Index(item.a)]);
  workers_[Index(item.a)].state = WorkerState::kDone;
  StepEnded(item.a, Json::MakeObject({{"kind", "finished"}, {"outcome", "done"}}));
}

void Life::StepCrashes(const Item& item) {
  if (!Current(item)) return;
  StopWorker(workers_[Index(item.a)]);
  StepEnded(item.a, Json::MakeObject({{"kind", "finished"},
                                      {"outcome", "failed"},
                                      {"exit_code", 1},
                                      {"reason", "it crashed"}}));
}

void Life::StepHangs(const Item& item) {
  if (!Current(item)) return;
  Worker& worker = workers_[Index(item.a)];
  StopWorker(worker);
  worker.hangs = true;
  Schedule(kQuietLimit, What::kHangSeen, item.a, worker.run);
}

// The agent's hang rule: no sign of life for so long.
void Life::HangSeen(const Item& item) {
  Worker& worker = workers_[Index(item.a)];
  if (worker.run != item.b || !machines_[Index(item.a)].Runs(now_)) return;
  if (!worker.hangs) {
    watch_.Lost(worker.WorkAt(now_) - safe_work_ + worker.WorkAt(now_), 0,
                "because a step that worked was ended as hanging");
  }
  StopWorker(worker);
  StepEnded(item.a, Json::MakeObject({{"kind", "finished"},
                                      {"outcome", "failed"},
                                      {"exit_code", 143},
                                      {"reason", "it hangs"}}));
}

// The worker is killed; the keeper starts it again from its newest complete checkpoint.
void Life::AgentKilled(const Item& item) {
  if (!Current(item)) return;
  Worker& worker = workers_[Index(item.a)];
  StopWorker(worker);
  for (Written& written : worker.written) written.torn = written.torn || !written.complete;
  const Written* newest = worker.Newest();
  worker.start_work = std::max(newest == nullptr ? 0 : newest->work_ms, safe_work_);
  StartWork(item.a);
}

// ---- saving and the lease -------------------------------------------------------------------

// By home, over the network. b = 1: it is told to leave its machine as it is.
void Life::SaveAsked(const Item& item) {
  if (!machines_[Index(item.a)].Exists(now_)) return;
  if (!CanReachOut()) return Schedule(kMinute, What::kSaveAsked, item.a, item.b);
  if (item.b == 1) workers_[Index(item.a)].released = true;
  else Save(item.a);
}

void Life::Save(int64_t machine) {
  Worker& worker = workers_[Index(machine)];
  if (!machines_[Index(machine)].Runs(now_)) return;
  if (worker.state == WorkerState::kAbsent || worker.saving || worker.released) return;
  worker.saving = true;
  const bool worked = worker.state == WorkerState::kWorking;
  StopWorker(worker);
  if (worked) {
    const std::string name =
        machines_[Index(machine)].name + "-" + std::to_string(++worker.checkpoints);
    worker.written.push_back({name, worker.start_work, unable_ms_, false});
    Schedule(step_.write_ms, What::kCheckpointWritten, machine,
             static_cast<int64_t>(worker.written.size()) - 1);
  }
  Schedule(step_.write_ms + 10, What::kSaved, machine);
}

void Life::Saved(const Item& item) {
  if (!machines_[Index(item.a)].Runs(now_)) return;
  Report(item.a, Json::MakeObject({{"kind", "saved"}}));
  if (SavesAtPlace(item.a) && !IsFollowed(item.a)) Schedule(step_.bring_ms, What::kSpooled, item.a);
}

// ---- alone, with a named place --------------------------------------------------------------

bool Life::SavesAtPlace(int64_t machine) const {
  return named_place_ && orders_[Index(machine)].at_end == AtEnd::kSave;
}

bool Life::IsFollowed(int64_t machine) const {
  return home_up_ && std::ranges::any_of(supervisors_, [&](const auto& one) {
           return one->alive() && one->Follows(machine);
         });
}

void Life::StepEnded(int64_t machine, Json report) {
  Report(machine, std::move(report));
  workers_[Index(machine)].ended = true;
  Schedule(kAloneLimit, What::kAlone, machine, workers_[Index(machine)].run);
}

// Nobody has come for so long: it saves at the place and ends its machine.
void Life::Alone(const Item& item) {
  const bool is_same = workers_[Index(item.a)].run == item.b && !workers_[Index(item.a)].released;
  if (!is_same || !SavesAtPlace(item.a) || !machines_[Index(item.a)].Runs(now_)) return;
  if (IsFollowed(item.a)) return Schedule(kAloneLimit, What::kAlone, item.a, item.b);
  Save(item.a);
  Schedule(step_.write_ms + step_.bring_ms + kAloneLimit, What::kAlone, item.a, item.b);
}

void Life::Spooled(const Item& item) {
  Worker& worker = workers_[Index(item.a)];
  if (!machines_[Index(item.a)].Runs(now_) || worker.state == WorkerState::kDead) return;
  if (worker.released) return;
  if (now_ < place_gone_until_)
    return Schedule(place_gone_until_ - now_ + step_.bring_ms, What::kSpooled, item.a);
  worker.placed_reports = worker.reports.size();
  worker.out_placed = worker.state == WorkerState::kDone;
  if (worker.ended && worker.can_end_itself && !IsFollowed(item.a)) EndIn(item.a, kSecond);
}

// The machine that a rental meant, or -1.
int64_t Life::LeftBy(int64_t rental) const {
  const auto found = std::ranges::find_if(machines_, [&](const ModelMachine& machine) {
    return machine.rental == rental && !machine.twin && !machine.orphan;
  });
  return found == machines_.end() ? -1 : found - machines_.begin();
}

// Nobody rents to do again what lies done at the place. An agent is started by a supervisor: what
// one did here whose first word no journal holds, it would not have begun.
void Life::JudgeRent(int64_t machine) {
  if (machines_[Index(machine)].twin) return;
  for (size_t i = 0; i < Index(machine); ++i) {
    const ModelMachine& before = machines_[i];
    const bool was_known = before.heard_ms != ModelMachine::kNever && !before.twin;
    if (!workers_[i].out_placed || !was_known || before.Exists(now_)) continue;
    watch_.Lost(step_.work_ms, 0, "because outputs at the named place were not fetched");
  }
}

void Life::ExtendLease(int64_t machine, int64_t lease_ms) {
  Worker& worker = workers_[Index(machine)];
  if (worker.born_ms == 0) worker.born_ms = now_;
  const int64_t end = worker.born_ms + lease_ms;
  if (worker.lease_end_ms != INT64_MAX && end <= worker.lease_end_ms) return;
  watch_.LeaseGiven(machines_[Index(machine)], lease_ms);
  const ModelMachine& one = machines_[Index(machine)];
  if (one.leased_until_ms != 0) LeaseByProvider(machine, one.made_ms + lease_ms - now_);
  worker.lease_end_ms = end;
  Schedule(std::max<int64_t>(end - now_, 0), What::kLeaseEnd, machine);
  Schedule(std::max<int64_t>(end - now_ - kAgentMargin, 0), What::kLeaseMargin, machine);
}

void Life::ShortenLease(int64_t machine, int64_t lease_ms) {
  Worker& worker = workers_[Index(machine)];
  watch_.LeaseGiven(machines_[Index(machine)], lease_ms);
  worker.lease_end_ms = worker.born_ms + lease_ms;
  Schedule(std::max<int64_t>(worker.lease_end_ms - now_, 0), What::kLeaseEnd, machine);
}

// A lease that its provider keeps, whatever runs on the machine.
void Life::LeaseByProvider(int64_t machine, int64_t in_ms) {
  int64_t& until = machines_[Index(machine)].leased_until_ms;
  until = std::max(until, now_ + in_ms);
  Schedule(std::max<int64_t>(until - now_, 0), What::kLeaseEnd, machine, 1);
}

// Nobody gave it more time: the agent saves what it can.
void Life::LeaseMargin(const Item& item) {
  const Worker& worker = workers_[Index(item.a)];
  const bool saves = orders_[Index(item.a)].at_end == AtEnd::kSave;
  if (saves && worker.lease_end_ms - now_ <= kAgentMargin) Save(item.a);
}

// b = 1: the provider ends it, whatever the agent does.
void Life::LeaseEnd(const Item& item) {
  const Worker& worker = workers_[Index(item.a)];
  const bool by_provider = item.b == 1;
  const int64_t end = by_provider ? machines_[Index(item.a)].leased_until_ms : worker.lease_end_ms;
  if (now_ < end) return;
  if (!by_provider && (!worker.can_end_itself || !machines_[Index(item.a)].Runs(now_))) return;
  machines_[Index(item.a)].ended_unasked = machines_[Index(item.a)].ends_ms > now_;
  EndIn(item.a, dice_.Between(1, machines_[Index(item.a)].terms.timing.destroy_delay.count()));
}

void Life::Guard(const Item& item) {
  ModelMachine& machine = machines_[Index(item.a)];
  if (!machine.Exists(now_)) return;
  machine.ended_unasked = machine.ended_unasked || machine.ends_ms > now_;
  EndIn(item.a, kSecond);
}

// ---- the end --------------------------------------------------------------------------------

void Life::EndIn(int64_t machine, int64_t in_ms) {
  ModelMachine& one = machines_[Index(machine)];
  if (one.ends_ms <= now_ + in_ms) return;
  one.ends_ms = now_ + in_ms;
  Schedule(in_ms, What::kGone, machine);
}

void Life::Gone(const Item& item) {
  ModelMachine& machine = machines_[Index(item.a)];
  if (!machine.Exists(now_)) return;
  WorkStops(item.a, "with machine " + machine.name);
  EndMachine(machine, now_);
  if (trace_ != nullptr) trace_->World(now_, "machine " + machine.name + " is gone");
  watch_.CheckMoney();
  LinksChanged();
}

// False: its end was decided before its agent began, so nothing that it did was meant to be.
bool Life::WasWanted(int64_t machine) const {
  const auto ending = ending_since_.find(machines_[Index(machine)].rental);
  return ending == ending_since_.end() || workers_[Index(machine)].born_ms <= ending->second;
}

// What we end ourselves may lose nothing that was complete. It is judged when it is first tried.
void Life::JudgeEnd(int64_t machine, const RunState& state) {
  Worker& worker = workers_[Index(machine)];
  const ModelMachine& one = machines_[Index(machine)];
  const bool too_dear = one.micro_usd_per_hour > one.agreed_per_hour;
  const bool agreed_on = !one.twin && !too_dear && !one.refused;
  const bool counts = !worker.judged && !state.cancel_asked && agreed_on;
  worker.judged = true;
  if (!counts || outputs_home_ || worker.out_placed) return;
  const bool had_time = state.saving_timed_out == 0;
  if (worker.state == WorkerState::kDone && WasWanted(machine) && had_time) {
    watch_.Lost(step_.work_ms, 0, "because a machine was ended before its outputs were at home");
  }
  const Written* newest = worker.Newest();
  const bool in_time =
      WasWanted(machine) && now_ < worker.lease_end_ms && worker.state != WorkerState::kAbsent;
  if (newest != nullptr && in_time && had_time) {
    watch_.Lost(newest->work_ms - safe_work_, 0,
                "because a machine was ended before its work was safe");
  }
}

bool Life::DestroyByUs(int64_t machine, const Rental& rental, const RunState& state) {
  if (machine < 0) return true;
  if (machines_[Index(machine)].handed_ms <= now_)
    watch_.Lost(1, 0, "because another run's machine was ended");
  JudgeEnd(machine, state);
  if (!CanReachOut()) return false;
  ModelMachine& one = machines_[Index(machine)];
  const bool is_silent = !Answers(one.account);
  if (is_silent || now_ < destroy_500_until_) {
    if (one.refused_since_ms == ModelMachine::kNever) {
      one.refused_since_ms = now_;
      one.unwatched_at_refusal_ms = unwatched_ms_;
    }
    const int64_t until_again = is_silent ? 6 * kMinute : 2 * kMinute;
    one.refused_ms = now_ - one.refused_since_ms + until_again;
    return false;
  }
  const int64_t delay = rental.terms.timing.destroy_delay.count();
  EndIn(machine, faults_.Has(Fault::kSlowDestroy) ? delay : dice_.Between(1, delay));
  return true;
}

// The step on it ends with it: what had not been brought to safety is lost.
void Life::WorkStops(int64_t machine, const std::string& how) {
  Worker& worker = workers_[Index(machine)];
  const bool counts = !worker.judged && !worker.out_placed && !outputs_home_ &&
                      worker.state != WorkerState::kAbsent && !machines_[Index(machine)].twin;
  worker.judged = true;
  if (counts) watch_.Lost(worker.WorkAt(now_) - safe_work_, PrintedLoss(machine), how);
  worker.state = WorkerState::kDead;
  worker.run = ++runs_;
}

// interval + write + bring, and the time in which no place could be reached.
int64_t Life::PrintedLoss(int64_t machine) const {
  const ModelMachine& one = machines_[Index(machine)];
  const std::optional<Millis> mtbf = MtbfOf(one);
  const Millis best = CheckpointInterval(Millis(step_.write_ms), mtbf);
  const Millis interval = IntervalToBring(best, Millis(step_.bring_ms));
  const SafeWork work{interval, Millis(step_.write_ms), Millis(step_.bring_ms)};
  const bool home_was_promised = named_place_ || !detached_ || !mtbf;
  const int64_t unable = home_was_promised ? unable_ms_ - safe_unable_ : 0;
  const int64_t silent = named_place_ ? 0 : one.silent_ms;  // it could not be found by home
  return LostWorkBound(work).count() + kPollSlack + unable + silent;
}

std::optional<Millis> Life::MtbfOf(const ModelMachine& machine) const {
  for (const Market& row : market_) {
    const bool is_it = row.terms.billing.per_hour == machine.terms.billing.per_hour;
    if (is_it && row.mtbf_ms != 0) return Millis(row.mtbf_ms);
  }
  return std::nullopt;
}

void Life::NoteEndings(const RunState& state) {
  for (const Rental& rental : state.rentals) {
    if (rental.ending) ending_since_.try_emplace(rental.number, now_);
  }
}

// Of two machines made by one call the one too many is the one that the books did not ask for.
void Life::SettleTwins(const RunState& state) {
  for (const Rental& rental : state.rentals) {
    const auto asked = std::ranges::find(machines_, rental.machine, &ModelMachine::name);
    if (rental.stray || asked == machines_.end() || !asked->twin || asked->orphan) continue;
    const auto other = std::ranges::find_if(machines_, [&](const ModelMachine& one) {
      return one.rental == asked->rental && one.name != asked->name && !one.twin;
    });
    if (other != machines_.end()) std::swap(asked->twin, other->twin);
  }
}

// A journal that lost its last record knows nothing of a machine asked for in it.
void Life::MarkOrphans(const RunState& state) {
  for (ModelMachine& machine : machines_) {
    if (machine.rental > state.rentals_made) machine.orphan = machine.twin = true;
  }
}

// ---- interruptions --------------------------------------------------------------------------

void Life::Preempted(const Item& item) {
  if (!machines_[Index(item.a)].Runs(now_)) return;
  const bool may_pause = machines_[Index(item.a)].terms.may_pause;
  if (may_pause && faults_.Has(Fault::kPreemptedPaused))
    return Schedule(0, What::kPausedNow, item.a);
  const bool noticed = faults_.Has(Fault::kPreemptedNoticed);
  if (noticed) Save(item.a);
  EndIn(item.a, noticed ? 2 * kMinute : 1);
}

// b = 1: because we asked for it.
void Life::PausedNow(const Item& item) {
  ModelMachine& machine = machines_[Index(item.a)];
  if (!machine.Runs(now_)) return;
  if (item.b == 1) workers_[Index(item.a)].judged = true;
  WorkStops(item.a, "when machine " + machine.name + " was interrupted");
  PauseMachine(machine, now_);
  LinksChanged();
  if (faults_.Has(Fault::kZombie)) Schedule(dice_.Between(1, 48) * kHour, What::kZombie, item.a);
}

void Life::Zombie(const Item& item) {
  ModelMachine& machine = machines_[Index(item.a)];
  if (!machine.Exists(now_) || machine.Runs(now_)) return;
  ResumeMachine(machine, now_);
  machine.zombie_since_ms = std::min(machine.zombie_since_ms, now_);
  if (trace_ != nullptr) trace_->World(now_, "machine " + machine.name + " comes back by itself");
}

}  // namespace curbstop
