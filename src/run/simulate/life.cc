#include "run/simulate/life.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/units.h"
#include "run/simulate/shell_model.h"

namespace curbstop {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kStart = 1'800'000'000'000;
constexpr int64_t kPatience = 14 * (24 * kHour);
constexpr int64_t kDollar = 1'000'000;
constexpr const char* kOtherAccount = "other";

}  // namespace

LifeSpace::LifeSpace() {
  machines.reserve(64);
  workers.reserve(64);
  orders.reserve(64);
}

void LifeSpace::Clear() {
  agenda.Clear();
  asleep.clear();
  effects.Clear();
  outcomes.Clear();
  machines.clear();
  workers.clear();
  orders.clear();
  pairs.clear();
}

Life::Life(LifeSpace& space, uint64_t seed, Plants plants, Trace* trace, Drawing* drawing)
    : dice_(seed),
      plants_(plants),
      trace_(trace),
      drawing_(drawing),
      now_(kStart),
      agenda_(space.agenda),
      asleep_(space.asleep),
      effects_(space.effects),
      outcomes_(space.outcomes),
      machines_(space.machines),
      workers_(space.workers),
      orders_(space.orders),
      watch_(machines_, now_, unwatched_ms_, plants),
      journal_(space.journal),
      pairs_(space.pairs) {
  space.Clear();
  journal_.Begin(&watch_);
  faults_ = DrawFaults(dice_);
  DrawWorld();
  DrawMarket();
  ScheduleDisasters();
  DrawKeeping(seed);
  DrawDeadline(seed);
  DrawAccounts(seed);
  if (trace_ != nullptr) TellWorld();
}

Life::~Life() = default;

// ---- the draw -------------------------------------------------------------------------------

void Life::DrawWorld() {
  step_.work_ms = dice_.Between(5, 180) * kMinute;
  // What was thought before: right within a factor of two and a half, or not known at all.
  estimate_ms_ = dice_.Chance(20) ? 0 : step_.work_ms * dice_.Between(40, 160) / 100;
  step_.write_ms = dice_.Between(1, 60) * kSecond;
  step_.bring_ms = dice_.Between(2, 180) * kSecond;
  step_.uses_gpu_visibly = dice_.Chance(60);
  if (faults_.Has(Fault::kStepCrashes)) step_.crashes_at = dice_.Between(0, step_.work_ms);
  if (faults_.Has(Fault::kStepHangs)) step_.hangs_at = dice_.Between(0, step_.work_ms);
  cap_ = dice_.Between(1, 120) * kDollar;
  lease_asked_ms_ = dice_.Between(1, 6) * kHour;
  named_place_ = dice_.Chance(40);
  detached_ = dice_.Chance(30);
  spot_ = static_cast<SpotUse>(dice_.Between(0, 2));
  booted_ms_ = now_ - dice_.Between(1, 1000) * kMinute;
  wall_offset_ = dice_.Between(-5, 5) * kSecond;
  tracked_ms_ = now_;
  ticks_each_minute_ = dice_.Chance(1);
  at_end_ = dice_.Chance(70) ? AtEnd::kSave : AtEnd::kDestroy;
  if (faults_.Has(Fault::kClockSkew)) wall_offset_ += dice_.Between(-36, 36) * kHour;
}

// One to four offers, of providers that differ in who ends a machine, in grain and in timing.
void Life::DrawMarket() {
  market_.reserve(4);
  for (int64_t n = dice_.Between(1, 4); n > 0; --n) {
    Market row;
    row.offer = "offer" + std::to_string(n);
    row.spot = dice_.Chance(35);
    row.terms.may_pause = row.spot;
    row.mtbf_ms = row.spot ? dice_.Between(30, 600) * kMinute : 0;
    BillingRule& billing = row.terms.billing;
    billing.per_hour = MicroUsd(dice_.Between(100'000, 3'000'000));
    billing.disk_per_hour = MicroUsd(dice_.Between(0, 50'000));
    billing.fixed = MicroUsd(dice_.Chance(30) ? dice_.Between(0, 300'000) : 0);
    constexpr int64_t kGrains[] = {1, kSecond, kMinute, kHour};
    billing.grain = Millis(kGrains[dice_.Between(0, 3)]);
    billing.minimum = Millis(dice_.Chance(40) ? dice_.Between(1, 60) * kMinute : 0);
    row.terms.boot_limit = Millis(dice_.Between(2, 15) * kMinute);
    row.terms.timing = {Millis(dice_.Between(20, 90) * kSecond),
                        Millis(dice_.Between(1, 60) * kSecond),
                        Millis(dice_.Between(5, 120) * kSecond), dice_.Between(2, 4),
                        Millis(dice_.Between(5, 20) * kSecond)};
    row.end.declared = static_cast<LeaseGrade>(dice_.Between(0, 1) == 0 ? dice_.Between(0, 1)
                                                                        : dice_.Between(1, 3));
    if (row.end.declared == LeaseGrade::kBStar) row.end.declared = LeaseGrade::kB;
    row.end.self_end_proven = !faults_.Has(Fault::kSelfEndFails) && dice_.Chance(80);
    row.end.guard_installed = !faults_.Has(Fault::kGuardAbsent) && dice_.Chance(60);
    market_.push_back(row);
  }
}

// By dice of its own, so that a life without it is what it was before.
void Life::DrawKeeping(uint64_t seed) {
  Dice dice(seed ^ 0x6b6565700000003c);
  if (dice.Chance(20)) keep_ms_ = dice.Between(1, 120) * kMinute;
  if (dice.Chance(20)) keep_on_failure_ms_ = dice.Between(1, 120) * kMinute;
  if (dice.Chance(40)) hand_over_in_ = dice.Between(0, dice.Chance(50) ? 120 : 3600) * kSecond;
  const Market& row = market_.front();
  const bool can_be_kept = row.end.declared != LeaseGrade::kA && (!row.spot || named_place_);
  if (!dice.Chance(15) || !can_be_kept) return;
  const std::optional<Millis> mtbf =
      row.mtbf_ms != 0 ? std::optional(Millis(row.mtbf_ms)) : std::nullopt;
  const Millis interval = CheckpointInterval(Millis(step_.write_ms), mtbf);
  taken_ = {.machine = "m1",
            .offer = row.offer,
            .spot = row.spot,
            .terms = row.terms,
            .lease_ms = dice.Between(3, 120) * kMinute,
            .interval_ms = IntervalToBring(interval, Millis(step_.bring_ms)).count()};
  GradeTerms(taken_.terms, row.end, plants_);
  const bool fits = ReserveToTake(taken_).value() <= cap_ - elsewhere_;
  if (fits) taken_age_ms_ = dice.Between(1, 300) * kMinute + dice.Between(0, 59'999);
}

// The same: from no deadline that can be held to one with three times the time.
void Life::DrawDeadline(uint64_t seed) {
  Dice dice(seed ^ 0x64656164000000a5);
  if (dice.Chance(30)) deadline_ms_ = step_.work_ms * dice.Between(50, 300) / 100;
}

// The same: some of the offers are another account's, which may fall silent or refuse.
void Life::DrawAccounts(uint64_t seed) {
  Dice dice(seed ^ 0x6163636f00000021);
  if (!dice.Chance(30)) return;
  accounts_ = 2;
  skew_ms_ = dice.Between(-90, 90) * kSecond;
  for (Market& row : market_) row.account = dice.Chance(50) ? kOtherAccount : "";
  taken_.account = market_.front().account;
  if (dice.Chance(20)) refusing_ = dice.Chance(50) ? kOtherAccount : "";
  if (!dice.Chance(60)) return;
  faults_.Add(Fault::kAccountSilent);
  silent_ = dice.Chance(50) ? kOtherAccount : "";
  const int64_t from = dice.Between(0, step_.work_ms + 30 * kMinute);
  const int64_t lasts =
      dice.Chance(80) ? dice.Between(1, 180) * kMinute : dice.Between(3, 12) * kHour;
  Schedule(from, What::kAccountChanges, 1);
  Schedule(from + lasts, What::kAccountChanges, 0);
}

void Life::TellWorld() {
  trace_->Say(fmt::format("the step works {}, writes a checkpoint in {}, which is brought in {}",
                          DurationText(Millis(step_.work_ms)), DurationText(Millis(step_.write_ms)),
                          DurationText(Millis(step_.bring_ms))));
  trace_->Say(fmt::format("checkpoints go {}; the cap is {}; a lease of {} is asked for{}",
                          named_place_ ? "to a named place" : "home", UsdText(MicroUsd(cap_)),
                          DurationText(Millis(lease_asked_ms_)),
                          detached_ ? "; this computer may be closed" : ""));
  for (const Market& row : market_) {
    trace_->Say(fmt::format("{}{}: {} per hour, {}, grade {}, billed by {}, at least {}", row.offer,
                            row.account.empty() ? "" : " of another account",
                            UsdText(row.terms.billing.per_hour), row.spot ? "spot" : "on demand",
                            NameOf(row.end.declared), DurationText(row.terms.billing.grain),
                            DurationText(row.terms.billing.minimum)));
  }
  std::string faults;
  for (int i = 0; i < kFaults; ++i) {
    if (faults_.Has(static_cast<Fault>(i)))
      faults += fmt::format(" {}", NameOf(static_cast<Fault>(i)));
  }
  trace_->Say("disasters in store:" + faults);
}

// What a supervisor that is there would have ended then, had nothing else.
void Life::NoteNoticed() {
  for (ModelMachine& machine : machines_) {
    const bool is_new = machine.ended_unasked && machine.noticed_ms == ModelMachine::kNever;
    if (is_new && machine.gone_ms <= now_) machine.noticed_ms = now_;
  }
}

// The bill, and what it would have been, had no lease ended what nobody watched.
void Life::TellEnd() {
  NoteNoticed();
  int64_t bill = 0;
  int64_t without = 0;
  for (const ModelMachine& machine : machines_) {
    bill += BillAt(machine, now_);
    ModelMachine unleased = machine;
    if (machine.ended_unasked) unleased.gone_ms = machine.noticed_ms;
    without += BillAt(unleased, now_);
  }
  trace_->Say(fmt::format("the provider's bill is {}{}", UsdTextUp(MicroUsd(bill)),
                          without == bill ? ""
                                          : fmt::format("; without a lease it would be {}",
                                                        UsdTextUp(MicroUsd(without)))));
}

void Life::ScheduleDisasters() {
  const int64_t span = step_.work_ms + 30 * kMinute;
  const auto somewhen = [&] { return dice_.Between(0, span); };
  Schedule(0, What::kStartSupervisor);
  if (faults_.Has(Fault::kSupervisorKilled)) {
    kill_in_ = dice_.Between(1, 60);
    kills_left_ = dice_.Between(1, 3);
  }
  if (faults_.Has(Fault::kTwoSupervisors)) Schedule(somewhen(), What::kStartSupervisor, 1);
  if (faults_.Has(Fault::kClockJump)) Schedule(somewhen(), What::kWallJump);
  if (faults_.Has(Fault::kSleep)) Schedule(somewhen(), What::kHomeDown, 0);
  if (faults_.Has(Fault::kPowerCut)) Schedule(somewhen(), What::kHomeDown, 1);
  // The disk's faults, at some time or right after some write.
  for (const auto& [fault, how] : {std::pair{Fault::kFsyncLost, 2}, {Fault::kJournalTorn, 3}}) {
    if (!faults_.Has(fault)) continue;
    if (dice_.Chance(40)) Schedule(somewhen(), What::kHomeDown, how);
    else cut_in_ = dice_.Between(2, 30), cut_how_ = how;
  }
  if (faults_.Has(Fault::kNetworkOut)) Schedule(somewhen(), What::kHomeDown, 4);
  if (faults_.Has(Fault::kDiskFull)) Schedule(somewhen(), What::kDiskFull);
  if (faults_.Has(Fault::kCapLowered)) Schedule(somewhen(), What::kCapLowered);
  const auto asks = [&](Fault fault, int64_t what) {
    if (!faults_.Has(fault)) return;
    Schedule(dice_.Chance(40) ? dice_.Between(0, 30) * kSecond : somewhen(), What::kUserAsks, what);
  };
  asks(Fault::kUserCancels, 0);
  asks(Fault::kUserKills, 1);
  asks(Fault::kUserParks, 2);
  asks(Fault::kUserPanics, 3);
  if (faults_.Has(Fault::kTerminate500)) {
    destroy_500_until_ = now_ + somewhen() + dice_.Between(1, 60) * kMinute;
  }
  if (faults_.Has(Fault::kTwoComputers)) elsewhere_ = dice_.Between(0, cap_);
}

// ---- the agenda -----------------------------------------------------------------------------

void Life::Schedule(int64_t in_ms, What what, int64_t a, int64_t b) {
  agenda_.Push(now_ + in_ms, what, a, b);
}

bool Life::Over() const {
  for (const auto& supervisor : supervisors_) {
    if (!supervisor->alive()) continue;
    return IsFinal(supervisor->state().phase);
  }
  return false;
}

int64_t Life::Living() const {
  return std::ranges::count_if(supervisors_, [](const auto& one) { return one->alive(); });
}

void Life::Live() {
  while (!agenda_.empty() && now_ < kStart + kPatience) {
    const Item item = agenda_.Pop();
    now_ = item.at;
    TrackUnable();
    Happen(item);
    if (breach().invariant != Invariant::kNone || Over()) break;
  }
  watch_.LifeOver(Over());
  if (trace_ != nullptr) TellEnd();
}

// Time in which work could not be brought to safety, and in which nobody watched.
void Life::TrackUnable() {
  const int64_t from = std::exchange(tracked_ms_, now_);
  const int64_t passed = now_ - from;
  const bool watched =
      home_up_ && network_up_ &&
      std::ranges::any_of(supervisors_, [](const auto& one) { return one->alive(); });
  if (!watched) unwatched_ms_ += passed;
  for (ModelMachine& machine : machines_) {
    if (watched && !Answers(machine.account)) machine.silent_ms += passed;
    const bool acted = watched && machine.heard_ms <= now_ - kMinute;
    if (acted)
      machine.unwatched_at_heard_ms = std::min(machine.unwatched_at_heard_ms, unwatched_ms_);
  }
  if (named_place_) unable_ms_ += std::max<int64_t>(std::min(now_, place_gone_until_) - from, 0);
  else if (!watched || disk_full_) unable_ms_ += passed;
}

void Life::Happen(const Item& item) {
  const auto supervisor = [&]() -> Supervisor* {
    Supervisor* one = supervisors_[static_cast<size_t>(item.b)].get();
    if (one->alive() && !home_up_) asleep_.push_back(item);
    return one->alive() && home_up_ ? one : nullptr;
  };
  switch (item.what) {
    case What::kPerform:
      if (Supervisor* one = supervisor()) {
        one->Perform(effects_.At(item.a));
        effects_.GiveBack(item.a);
      }
      return;
    case What::kOutcome:
      if (Supervisor* one = supervisor()) {
        one->Outcome(outcomes_.At(item.a));
        outcomes_.GiveBack(item.a);
      }
      return;
    case What::kTick:
      if (Supervisor* one = supervisor()) one->Tick(item.a);
      return;
    case What::kDeliver:
      if (Supervisor* one = supervisor()) one->Deliver(item.a);
      return;
    case What::kMade: return Made(item);
    case What::kBorn: return Born(item);
    case What::kCheckpointBegun: return CheckpointBegun(item);
    case What::kCheckpointWritten: return CheckpointWritten(item);
    case What::kUploaded: return Uploaded(item);
    case What::kBrought: return Brought(item);
    case What::kStepDone: return StepDone(item);
    case What::kStepCrashes: return StepCrashes(item);
    case What::kStepHangs: return StepHangs(item);
    case What::kHangSeen: return HangSeen(item);
    case What::kSaveAsked: return SaveAsked(item);
    case What::kSaved: return Saved(item);
    case What::kLeaseMargin: return LeaseMargin(item);
    case What::kLeaseEnd: return LeaseEnd(item);
    case What::kGuard: return Guard(item);
    case What::kGone: return Gone(item);
    case What::kPausedNow: return PausedNow(item);
    case What::kPreempted: return Preempted(item);
    case What::kZombie: return Zombie(item);
    case What::kAgentKilled: return AgentKilled(item);
    case What::kAlone: return Alone(item);
    case What::kSpooled: return Spooled(item);
    case What::kStartSupervisor: return StartSupervisor(item);
    case What::kHomeDown: return HomeDown(item);
    case What::kHomeUp: return HomeUp(item);
    case What::kUserAsks: return UserAsks(item);
    case What::kCapLowered: return LowerCap();
    case What::kWallJump: wall_offset_ += dice_.Between(-48, 48) * kHour; return;
    case What::kHandOver: return HandOver();
    case What::kAccountChanges: return AccountChanges(item);
    case What::kDiskFull:
    case What::kDiskFree: return DiskChanges(item);
  }
}

// ---- the computer ---------------------------------------------------------------------------

// a = 1: although one lives; the lock did not hold.
void Life::StartSupervisor(const Item& item) {
  if (!home_up_) return Schedule(5 * kMinute, What::kStartSupervisor, item.a);
  const bool one_lives =
      std::ranges::any_of(supervisors_, [](const auto& one) { return one->alive(); });
  if (one_lives && item.a == 0) return;
  if (item.a == 1 && !one_lives) return;
  supervisors_.push_back(
      std::make_unique<Supervisor>(*this, static_cast<int64_t>(supervisors_.size())));
  if (trace_ != nullptr)
    trace_->World(now_, one_lives ? "a second supervisor starts: the lock did not hold"
                                  : "a supervisor starts");
  supervisors_.back()->Start();
}

void Life::KillSupervisors(const std::string& why) {
  for (const auto& supervisor : supervisors_) supervisor->Die();
  if (trace_ != nullptr) trace_->World(now_, why);
}

// a: 0 sleep, 1 power cut, 2 with lost writes, 3 with a torn page, 4 network out
void Life::HomeDown(const Item& item) {
  if (!home_up_ || !network_up_) return;
  const int64_t longest = item.a == 4 ? 12 : 60;  // hours, without network or away from home
  const int64_t out =
      dice_.Chance(80) ? dice_.Between(1, 180) * kMinute : dice_.Between(3, longest) * kHour;
  last_cut_ms_ = now_;
  if (item.a == 4) network_up_ = false;
  else home_up_ = false;
  if (trace_ != nullptr) {
    constexpr const char* kWords[] = {
        "the lid is closed", "the power fails at home",
        "the power fails at home, and the disk loses its last write",
        "the power fails at home, and the journal's last page is torn",
        "the network at home is gone"};
    trace_->World(now_, kWords[item.a]);
  }
  if (item.a >= 1 && item.a <= 3) KillSupervisors("with it the supervisor");
  const bool has_records = journal_.records().size() > 2;
  if ((item.a == 2 || item.a == 3) && has_records) ForgetHandOver();
  if (item.a == 2 && has_records) journal_.LoseLast();
  if (item.a == 3 && has_records) journal_.TearLast();
  if ((item.a == 2 || item.a == 3) && has_records) {
    watch_.JournalLost();
    for (ModelMachine& machine : machines_) machine.Unheard();
  }
  LinksChanged();
  Schedule(out, What::kHomeUp, item.a);
}

void Life::HomeUp(const Item& item) {
  if (item.a == 0) slept_ms_ += now_ - last_cut_ms_;
  home_up_ = network_up_ = true;
  if (trace_ != nullptr) trace_->World(now_, "the computer is back");
  if (item.a >= 1 && item.a <= 3) {
    booted_ms_ = now_ - kMinute;
    slept_ms_ = 0;
    ++boots_;
    Schedule(kMinute, What::kStartSupervisor);
  }
  for (const Item& late : std::exchange(asleep_, {})) Schedule(kSecond, late.what, late.a, late.b);
  LinksChanged();
}

void Life::DiskChanges(const Item& item) {
  disk_full_ = item.what == What::kDiskFull;
  journal_.SetFull(disk_full_);
  if (trace_ != nullptr)
    trace_->World(now_, disk_full_ ? "the disk at home is full" : "the disk has room again");
  if (disk_full_) Schedule(dice_.Between(1, 120) * kMinute, What::kDiskFree);
}

// a = 1: one account answers nothing from now on.
void Life::AccountChanges(const Item& item) {
  is_silent_ = item.a == 1;
  if (trace_ == nullptr) return;
  trace_->World(now_, fmt::format("{} account {}", silent_.empty() ? "the own" : "the other",
                                  is_silent_ ? "answers nothing" : "answers again"));
}

void Life::UserAsks(const Item& item) {
  constexpr const char* kWhat[] = {"cancel", "kill", "park", "panic"};
  for (const auto& supervisor : supervisors_) {
    if (!supervisor->alive() || !home_up_) continue;
    return supervisor->Ask(kWhat[item.a]);
  }
  Schedule(10 * kMinute, What::kUserAsks, item.a);  // the row in `requests` waits
}

// Another run takes the machine that stays: one record in each of the two journals, at once.
void Life::HandOver() {
  if (!home_up_ || disk_full_) return;
  for (const auto& supervisor : supervisors_) {
    const RunState& state = supervisor->state();
    const bool lives = supervisor->alive();
    if (!lives || !WhyNotTaken(state, NowOf(state, BootNow())).empty()) continue;
    const int64_t rental = supervisor->state().current;
    const int64_t index = LeftBy(rental);
    if (index < 0) return;
    ModelMachine& machine = machines_[static_cast<size_t>(index)];
    if (machine.name != FindRental(supervisor->state(), rental)->machine) return;
    machine.handed_ms = now_;
    workers_[static_cast<size_t>(index)].judged = true;
    supervisor->HandOver();
    const bool is_written = journal_.records().back().kind == EventKind::kHandedOver;
    if (!is_written) machine.handed_ms = ModelMachine::kNever;
    return;
  }
}

// The disk loses both records or none: then nobody has taken it.
void Life::ForgetHandOver() {
  if (journal_.records().back().kind != EventKind::kHandedOver) return;
  for (ModelMachine& machine : machines_) machine.handed_ms = ModelMachine::kNever;
}

void Life::LowerCap() {
  lowered_cap_ = std::max<int64_t>(cap_ * dice_.Between(5, 90) / 100, 1);
  watch_.CapLowered(std::max<int64_t>(lowered_cap_ - elsewhere_, 0));
  if (trace_ != nullptr) trace_->World(now_, "the user lowers the cap");
  for (const auto& supervisor : supervisors_) {
    if (supervisor->alive() && home_up_) supervisor->Rearm();
  }
}

void Life::LinksChanged() {
  for (const auto& supervisor : supervisors_) {
    if (supervisor->alive() && home_up_) supervisor->LinkChanged();
  }
}

}  // namespace curbstop
