#include "run/simulate/shell_model.h"

#include <algorithm>
#include <utility>

namespace curbstop {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;

// The spools of a run's machines are numbered one after the other.
constexpr int64_t kReportsEach = 1'000'000;
int64_t SpoolBase(const Rental& rental) { return rental.number * kReportsEach; }

}  // namespace

Supervisor::Supervisor(Life& life, int64_t number)
    : life_(life), number_(number), runner_(life.journal_, *this, life.plants_) {}

Event Supervisor::MakeEvent(EventKind kind) const {
  Event event;
  event.kind = kind;
  event.at_ms = life_.WallNow();
  event.awake_ms = life_.AwakeNow();
  event.facts.boot_ms = life_.BootNow();
  return event;
}

void Supervisor::Start() {
  const std::string boot = "boot" + std::to_string(life_.boots_);
  if (life_.journal_.records().empty()) return Create(boot);
  const Status loaded = runner_.Load();
  if (!loaded.ok()) return Die();
  Event recovered = MakeEvent(EventKind::kRecovered);
  recovered.data = Json::MakeObject({{"boot_id", boot}});
  const Phase before = state().phase;
  life_.MarkOrphans(state());
  if (!runner_.TakeOver(recovered).ok()) {
    life_.Schedule(10 * kMinute, What::kStartSupervisor);
    return Die();
  }
  Noted(recovered, before);
  Rearm();
  LinkChanged();
}

void Supervisor::Create(const std::string& boot) {
  Event created = MakeEvent(EventKind::kCreated);
  created.data = Json::MakeObject({{"boot_id", boot},
                                   {"away", true},
                                   {"lease_asked_ms", life_.lease_asked_ms_},
                                   {"work_ms", life_.estimate_ms_},
                                   {"named_place", life_.named_place_},
                                   {"detached", life_.detached_},
                                   {"spot", static_cast<int64_t>(life_.spot_)},
                                   {"at_end", static_cast<int64_t>(life_.at_end_)},
                                   {"keep_ms", life_.keep_ms_},
                                   {"keep_on_failure_ms", life_.keep_on_failure_ms_},
                                   {"deadline_ms", life_.deadline_ms_},
                                   {"accounts", life_.accounts_}});
  const bool takes = life_.taken_age_ms_ != 0;
  if (takes) BeginWith(life_.taken_, life_.now_, created);
  Hear(created);
  if (takes && !life_.journal_.records().empty()) life_.PlaceTaken();
}

// ---- the journal ----------------------------------------------------------------------------

bool Supervisor::Dies(const char* where) {
  if (--life_.kill_in_ != 0) return false;
  Die();
  if (life_.trace_ != nullptr)
    life_.trace_->World(life_.now_, std::string("the supervisor is killed ") + where);
  life_.Schedule(life_.dice_.Between(5, 1800) * kSecond, What::kStartSupervisor);
  if (--life_.kills_left_ > 0) life_.kill_in_ = life_.dice_.Between(1, 30);
  return true;
}

void Supervisor::Noted(const Event& event, Phase before) {
  life_.pairs_.emplace_back(before, event.kind);
  if (life_.drawing_ != nullptr) {
    life_.drawing_->Add(before, event.kind, state().phase, std::exchange(begun_, {}));
  }
  life_.NoteEndings(state());
  const bool stays = before != Phase::kWarm && state().phase == Phase::kWarm;
  if (stays && life_.hand_over_in_ >= 0) life_.Schedule(life_.hand_over_in_, What::kHandOver);
  if (life_.faults_.Has(Fault::kCreateTwice)) life_.SettleTwins(state());
  ++life_.events_;
  if (life_.trace_ != nullptr) life_.NoteNoticed();
  if (life_.trace_ != nullptr) life_.trace_->Heard(life_.now_, event, runner_.state());
  const bool booked = event.kind == EventKind::kLooked && runner_.held_back() == 0;
  if (booked) life_.watch_.LookBooked(event.facts.seen);
  const bool told = event.kind == EventKind::kCreateAnswered && runner_.held_back() == 0;
  if (told) life_.watch_.LookBooked({{event.facts.machine}});
}

void Supervisor::Hear(const Event& event) {
  const Phase before = runner_.state().phase;
  if (!alive_ || DiesHere("before it writes")) return;
  if (!runner_.Append(event).ok()) {
    life_.Schedule(10 * kMinute, What::kStartSupervisor);  // if the other one dies as well
    return Die();
  }
  Noted(event, before);
  const bool is_routine = event.kind == EventKind::kTick || event.kind == EventKind::kLooked;
  if (!is_routine && life_.cut_in_ != 0 && --life_.cut_in_ == 0) {
    life_.Schedule(0, What::kHomeDown, life_.cut_how_);
  }
  if (!DiesHere("after it wrote")) Rearm();
}

// What takes time can fail until its end.
void Supervisor::Outcome(Event& event) {
  const bool from_place = event.kind == EventKind::kFetched && state().recalling &&
                          event.facts.rental == state().current;
  const bool reached =
      from_place ? life_.CanReachOut() : LinkUp() && event.facts.rental == state().current;
  const bool whole = reached && life_.last_cut_ms_ < event.facts.boot_ms + life_.booted_ms_;
  if (event.kind == EventKind::kAdmitted && !CapsLeaveRoom()) event.kind = EventKind::kRefused;
  if (event.kind == EventKind::kKept && !whole) event.kind = EventKind::kKeepFailed;
  if (event.kind == EventKind::kFetched) {
    if (whole) life_.outputs_home_ = true;
    else event.kind = EventKind::kFetchFailed;
  }
  if (event.facts.date_ms != 0) event.facts.date_age_ms = life_.BootNow() - event.facts.boot_ms;
  event.at_ms = life_.WallNow();
  event.awake_ms = life_.AwakeNow();
  event.facts.boot_ms = life_.BootNow();
  Hear(event);
  LinkChanged();
}

void Supervisor::HandOver() { Hear(MakeEvent(EventKind::kHandedOver)); }

void Supervisor::Ask(const std::string& what) {
  Event asked = MakeEvent(EventKind::kUserAsked);
  asked.data = Json::MakeObject({{"what", what}});
  Hear(asked);
}

// When the supervisor wants to be woken; in some lives each minute, as the real shell does. A cap
// that was lowered is heard of late, and a full disk tried again as late.
void Supervisor::Rearm() {
  if (IsFinal(state().phase)) return;
  const int64_t wake = state().wake_ms;
  int64_t in = wake == kNoWake ? kNoWake : std::max(wake - life_.BootNow(), kSecond);
  if (life_.ticks_each_minute_) in = std::min(in, kMinute);
  if (life_.lowered_cap_ != 0 || runner_.held_back() != 0) in = std::min(in, 5 * kMinute);
  if (in == kNoWake || (tick_at_ > life_.now_ && tick_at_ <= life_.now_ + in)) return;
  tick_at_ = life_.now_ + in;
  life_.Schedule(in, What::kTick, ++tick_token_, number_);
}

void Supervisor::Tick(int64_t token) {
  if (token != tick_token_ || IsFinal(state().phase)) return;
  Event tick = MakeEvent(EventKind::kTick);
  const int64_t cap = life_.lowered_cap_;
  if (cap != 0) tick.facts.limit_micro_usd = std::max<int64_t>(cap - life_.elsewhere_, 1);
  Hear(tick);
}

// ---- the agent's spool ----------------------------------------------------------------------

int64_t Supervisor::MachineOf(const Rental& rental) const {
  const auto found = std::ranges::find(life_.machines_, rental.machine, &ModelMachine::name);
  return found == life_.machines_.end() ? -1 : found - life_.machines_.begin();
}

std::string Supervisor::AccountOf(int64_t number) const {
  const Rental* rental = FindRental(state(), number);
  return rental == nullptr ? "" : rental->account;
}

bool Supervisor::Follows(int64_t machine) const {
  const Rental* rental = FindRental(state(), state().current);
  return rental != nullptr && MachineOf(*rental) == machine && LinkUp();
}

bool Supervisor::LinkUp() const {
  const Rental* rental = FindRental(state(), state().current);
  if (rental == nullptr || !life_.CanReachOut()) return false;
  const int64_t machine = MachineOf(*rental);
  if (machine < 0) return false;
  const Worker& worker = life_.workers_[static_cast<size_t>(machine)];
  return life_.machines_[static_cast<size_t>(machine)].Runs(life_.now_) &&
         worker.state != WorkerState::kAbsent && worker.state != WorkerState::kDead;
}

void Supervisor::LinkChanged() {
  if (!alive_ || IsFinal(state().phase)) return;
  const bool up = LinkUp();
  if (up != linked_ || up != state().connected) {
    linked_ = up;
    if (up || state().connected)
      Hear(MakeEvent(up ? EventKind::kConnected : EventKind::kDisconnected));
  }
  if (!up || !alive_) return;
  const Rental* rental = FindRental(state(), state().current);
  if (rental == nullptr) return;
  const int64_t machine = MachineOf(*rental);
  const auto told =
      static_cast<int64_t>(life_.workers_[static_cast<size_t>(machine)].reports.size());
  const bool is_new = state().last_agent_seq < SpoolBase(*rental) + told;
  if (is_new) life_.Schedule(200, What::kDeliver, machine, number_);
}

void Supervisor::Deliver(int64_t machine) {
  if (machine < 0 || !LinkUp()) return;
  const Rental* rental = FindRental(state(), state().current);
  if (rental == nullptr || MachineOf(*rental) != machine) return;
  const int64_t base = SpoolBase(*rental);
  const std::vector<Json>& reports = life_.workers_[static_cast<size_t>(machine)].reports;
  for (size_t i = 0; i < reports.size() && alive_; ++i) {
    const int64_t seq = base + static_cast<int64_t>(i) + 1;
    if (seq <= state().last_agent_seq) continue;
    Event report = MakeEvent(EventKind::kAgentReport);
    report.agent_seq = seq;
    report.data = reports[i];
    Hear(report);
    if (i == 0 && alive_) life_.machines_[static_cast<size_t>(machine)].heard_ms = life_.now_;
  }
}

// ---- effects --------------------------------------------------------------------------------

void Supervisor::Begin(const Effect& effect) {
  if (life_.drawing_ != nullptr) begun_.push_back(effect.kind);
  life_.Schedule(life_.dice_.Between(1, 50), What::kPerform, life_.effects_.Put(effect), number_);
}

void Supervisor::Answer(const Effect& effect, int64_t in_ms, Event&& event) {
  event.effect = effect.id;
  event.facts.rental = effect.rental;
  // Now and then the network or the disk takes its time, and other things happen meanwhile.
  if (effect.kind != EffectKind::kCreate && life_.dice_.Chance(6)) {
    in_ms += life_.dice_.Between(1, 45) * kSecond;
  }
  life_.Schedule(in_ms, What::kOutcome, life_.outcomes_.Put(std::move(event)), number_);
}

void Supervisor::Perform(const Effect& effect) {
  if (DiesHere("before an effect")) return;
  if (life_.trace_ != nullptr) life_.trace_->Did(life_.now_, effect);
  switch (effect.kind) {
    case EffectKind::kStartRecord: {
      const bool fails = life_.faults_.Has(Fault::kRecordUnwritable) && life_.dice_.Chance(30);
      const auto kind = fails ? EventKind::kRecordFailed : EventKind::kRecordStarted;
      Answer(effect, 5, MakeEvent(kind));
      break;
    }
    case EffectKind::kFinishRecord: Answer(effect, 5, MakeEvent(EventKind::kRecordFinished)); break;
    case EffectKind::kDecide: Decide(effect); break;
    case EffectKind::kAdmit: Admit(effect); break;
    case EffectKind::kCreate: Create(effect); break;
    case EffectKind::kLook: Look(effect); break;
    case EffectKind::kDestroy: Destroy(effect); break;
    case EffectKind::kMark: {
      const bool fails = life_.faults_.Has(Fault::kMarkFails) && life_.dice_.Chance(50);
      const bool ok = life_.CanReachOut() && !fails && life_.Answers(AccountOf(effect.rental));
      Answer(effect, kSecond, MakeEvent(ok ? EventKind::kMarked : EventKind::kMarkFailed));
      break;
    }
    case EffectKind::kExtend: Extend(effect); break;
    case EffectKind::kTellAgent: Tell(effect); break;
    case EffectKind::kKeep: Keep(effect); break;
    case EffectKind::kFetch: Fetch(effect); break;
    case EffectKind::kPause: Pause(effect); break;
    case EffectKind::kCommit: Commit(effect); break;
    default: break;
  }
  DiesHere("after an effect");
}

// The market as this run can take it: graded for this account, with its bid and work.
Event Supervisor::DecidedEvent(const Decision& decision,
                               const std::vector<Candidate>& candidates) const {
  Event event = MakeEvent(EventKind::kDecided);
  Facts& facts = event.facts;
  facts.date_ms = life_.CanReachOut() ? life_.now_ : 0;
  facts.decision = static_cast<int64_t>(decision.kind);
  facts.reason = static_cast<int64_t>(decision.reason);
  facts.lease_ms = decision.lease.count();
  facts.reserve_micro_usd = decision.reserve.value();
  if (decision.kind != DecisionKind::kRent) return event;
  const Candidate& taken = candidates[decision.candidate];
  facts.account = std::ranges::find(life_.market_, taken.offer, &Market::offer)->account;
  facts.offer = taken.offer;
  facts.spot = taken.spot ? 1 : 0;
  FillTerms(facts, taken.terms);
  const Millis interval = CheckpointInterval(Millis(life_.step_.write_ms), taken.mtbf);
  facts.interval_ms = IntervalToBring(interval, Millis(life_.step_.bring_ms)).count();
  return event;
}

void Supervisor::Decide(const Effect& effect) {
  Situation situation = SituationOf(state(), life_.plants_);
  std::vector<Candidate> candidates;
  candidates.reserve(life_.market_.size());
  for (const Market& row : life_.market_) {
    const AccountView* account = FindAccountView(state(), row.account);
    const bool is_off = account != nullptr && !account->refuses.empty();
    if (is_off || !life_.CanReachOut() || !life_.Answers(row.account)) continue;
    Candidate candidate{row.offer, row.terms, row.spot, {}, situation.work_left};
    if (row.mtbf_ms != 0) candidate.mtbf = Millis(row.mtbf_ms);
    GradeTerms(candidate.terms, row.end, life_.plants_);
    candidates.push_back(std::move(candidate));
  }
  const int64_t cap = life_.lowered_cap_ != 0 ? life_.lowered_cap_ : life_.cap_;
  const int64_t taken = life_.elsewhere_ + SpentAndHeld(state()).value();
  situation.left = MicroUsd(std::max<int64_t>(cap - taken, 0));
  situation.candidates = candidates;
  Answer(effect, 500, DecidedEvent(curbstop::Decide(situation), candidates));
}

void Supervisor::Admit(const Effect& effect) { Answer(effect, 2, MakeEvent(EventKind::kAdmitted)); }

// Judged in the moment in which the reserve is written: between the two nothing can be spent.
bool Supervisor::CapsLeaveRoom() {
  const int64_t cap = life_.lowered_cap_ != 0 ? life_.lowered_cap_ : life_.cap_;
  const Caps caps{MicroUsd(cap), MicroUsd(life_.elsewhere_) + SpentAndHeld(state())};
  const MicroUsd reserve(state().proposal.reserve_micro_usd);
  life_.watch_.CapsLeave(cap - life_.elsewhere_);
  return ShortOf(caps, reserve, life_.plants_) == MicroUsd();
}

void Supervisor::Create(const Effect& effect) {
  const Rental* rental = FindRental(state(), effect.rental);
  if (rental == nullptr) return;
  Dice& dice = life_.dice_;
  const FaultSet& faults = life_.faults_;
  if (!life_.CanReachOut() || !life_.Answers(rental->account))
    return Answer(effect, 30 * kSecond, MakeEvent(EventKind::kCreateUnknown));
  Event refused = MakeEvent(EventKind::kCreateRefused);
  refused.facts.date_ms = life_.now_;
  refused.data = Json::MakeObject({{"error", "no capacity"}});
  if (life_.refusing_ == rental->account) {
    refused.data.Set("refusal", "provider_off");
    return Answer(effect, 2 * kSecond, std::move(refused));
  }
  if (faults.Has(Fault::kStockOut) && dice.Chance(70))
    return Answer(effect, 2 * kSecond, std::move(refused));
  const BirthOrder order = BirthOrderOf(state().terms, *rental, life_.plants_);
  int64_t per_hour = rental->terms.billing.per_hour.value();
  if (faults.Has(Fault::kPriceRise) && dice.Chance(60))
    per_hour += per_hour * dice.Between(5, 100) / 100;
  const bool late = faults.Has(Fault::kCreateLate) && dice.Chance(50);
  const int64_t limit = rental->terms.timing.create_limit.count();
  const int64_t in = late ? dice.Between(limit / 2, limit) : dice.Between(1, 5) * kSecond;
  const int64_t machine = life_.MakeMachine(*rental, per_hour, in, false, order);
  if (faults.Has(Fault::kCreateTwice) && dice.Chance(60)) {
    const int64_t twin = life_.MakeMachine(*rental, per_hour, in + kSecond, true, order);
    if (dice.Chance(50)) AnswerTwice(effect, in + 3 * kSecond, twin, per_hour);
  }
  if (late) return Answer(effect, limit / 2, MakeEvent(EventKind::kCreateUnknown));
  if (faults.Has(Fault::kCreateLost) && dice.Chance(60)) {
    return Answer(effect, 60 * kSecond, MakeEvent(EventKind::kCreateUnknown));
  }
  const std::string& name = life_.machines_[static_cast<size_t>(machine)].name;
  if (faults.Has(Fault::kRefusedButMade) && dice.Chance(60)) {
    refused.facts.machine = name;
    refused.facts.account = rental->account;
    life_.machines_[static_cast<size_t>(machine)].refused = true;
    return Answer(effect, in + kSecond, std::move(refused));
  }
  Event answered = MakeEvent(EventKind::kCreateAnswered);
  answered.facts.machine = name;
  answered.facts.account = rental->account;
  answered.facts.micro_usd_per_hour = per_hour;
  Answer(effect, in + kSecond, std::move(answered));
}

// The answer comes once more, and names the twin.
void Supervisor::AnswerTwice(const Effect& effect, int64_t in_ms, int64_t twin, int64_t per_hour) {
  Event again = MakeEvent(EventKind::kCreateAnswered);
  again.facts.machine = life_.machines_[static_cast<size_t>(twin)].name;
  again.facts.account = life_.machines_[static_cast<size_t>(twin)].account;
  again.facts.micro_usd_per_hour = per_hour;
  again.facts.date_ms = life_.now_;
  Answer(effect, in_ms, std::move(again));
}

std::vector<ListedAccount> Supervisor::AskAccounts() const {
  std::vector<ListedAccount> listed;
  for (const AccountView& account : state().accounts) {
    if (!IsLookedAt(state(), account)) continue;
    listed.push_back({account.name, life_.Answers(account.name) ? life_.ClockOf(account.name) : 0});
  }
  return listed;
}

void Supervisor::Look(const Effect& effect) {
  Event looked = MakeEvent(EventKind::kLooked);
  const std::vector<ListedAccount> listed = AskAccounts();
  const bool is_heard = listed.empty() || std::ranges::any_of(listed, &ListedAccount::date_ms);
  if (!life_.CanReachOut() || !is_heard)
    return Answer(effect, 30 * kSecond, MakeEvent(EventKind::kLookFailed));
  looked.facts.date_ms = life_.now_;
  if (state().accounts.size() > 1) looked.facts.listed = listed;
  looked.facts.seen.reserve(life_.machines_.size());
  for (ModelMachine& machine : life_.machines_) {
    if (!machine.Exists(life_.now_) || life_.now_ < machine.listed_from_ms) continue;
    const auto account = std::ranges::find(listed, machine.account, &ListedAccount::account);
    if (account == listed.end() || account->date_ms == 0) continue;
    ++machine.looks;
    const bool missed = life_.faults_.Has(Fault::kRead404) && life_.dice_.Chance(20) &&
                        machine.last_missed_look + 2 * life_.Living() <= machine.looks;
    if (missed) {
      machine.last_missed_look = machine.looks;
      continue;
    }
    looked.facts.seen.push_back({machine.name, machine.orphan ? 0 : machine.rental,
                                 !machine.Runs(life_.now_), machine.micro_usd_per_hour,
                                 machine.made_ms, machine.account});
  }
  Answer(effect, life_.dice_.Between(200, 2000), std::move(looked));
}

void Supervisor::Destroy(const Effect& effect) {
  const Rental* rental = FindRental(state(), effect.rental);
  if (rental == nullptr) return;
  const bool accepted = life_.DestroyByUs(MachineOf(*rental), *rental, state());
  Answer(effect, kSecond,
         MakeEvent(accepted ? EventKind::kDestroyAccepted : EventKind::kDestroyFailed));
}

void Supervisor::Extend(const Effect& effect) {
  const Rental* rental = FindRental(state(), effect.rental);
  if (rental == nullptr) return;
  const int64_t machine = MachineOf(*rental);
  const bool lost = life_.faults_.Has(Fault::kExtensionLost) && life_.dice_.Chance(60);
  const bool reaches = LinkUp() && machine >= 0 && (!lost || life_.dice_.Chance(50));
  const bool is_warm = state().phase == Phase::kWarm;
  if (reaches && is_warm) life_.ShortenLease(machine, state().proposal.lease_ms);
  if (reaches && !is_warm) life_.ExtendLease(machine, state().proposal.lease_ms);
  Answer(effect, kSecond,
         MakeEvent(reaches && !lost ? EventKind::kExtended : EventKind::kExtendFailed));
}

void Supervisor::Tell(const Effect& effect) {
  const Rental* rental = FindRental(state(), effect.rental);
  if (rental != nullptr && MachineOf(*rental) >= 0) {
    const bool releases = effect.data.StringOr("what", "") == "release";
    life_.Schedule(200, What::kSaveAsked, MachineOf(*rental), releases ? 1 : 0);
  }
  Answer(effect, 10, MakeEvent(EventKind::kAgentTold));
}

// The newest checkpoint of the name that the supervisor believes in.
void Supervisor::Keep(const Effect& effect) {
  const Rental* rental = FindRental(state(), effect.rental);
  const int64_t machine = rental == nullptr ? -1 : MachineOf(*rental);
  if (machine < 0 || !LinkUp()) return Answer(effect, kSecond, MakeEvent(EventKind::kKeepFailed));
  Event kept = MakeEvent(EventKind::kKept);
  kept.data = Json::MakeObject({{"work_ms", state().written_work_ms}});
  const std::vector<Written>& written = life_.workers_[static_cast<size_t>(machine)].written;
  int64_t index = -1;
  for (size_t i = 0; i < written.size(); ++i) {
    if (written[i].name == state().last_checkpoint && written[i].complete)
      index = static_cast<int64_t>(i);
  }
  if (index >= 0) life_.Schedule(life_.step_.bring_ms, What::kBrought, machine, index);
  Answer(effect, life_.step_.bring_ms + 1, std::move(kept));
}

// What a machine that is gone left at the named place: its reports first, then the outputs.
void Supervisor::Recall(const Effect& effect) {
  Event failed = MakeEvent(EventKind::kFetchFailed);
  if (!life_.CanReachOut() || life_.now_ < life_.place_gone_until_)
    return Answer(effect, kSecond, std::move(failed));
  const int64_t machine = life_.LeftBy(effect.rental);
  if (machine >= 0) HearPlaced(machine, effect.rental);
  if (!alive_) return;
  const bool is_done = machine >= 0 && life_.workers_[static_cast<size_t>(machine)].out_placed;
  if (is_done) return Answer(effect, life_.step_.bring_ms, MakeEvent(EventKind::kFetched));
  failed.data = Json::MakeObject({{"nothing_there", true}});
  Answer(effect, kSecond, std::move(failed));
}

void Supervisor::HearPlaced(int64_t machine, int64_t rental) {
  const Worker& worker = life_.workers_[static_cast<size_t>(machine)];
  for (size_t i = 0; i < worker.placed_reports && alive_; ++i) {
    Event report = MakeEvent(EventKind::kAgentReport);
    report.agent_seq = rental * kReportsEach + static_cast<int64_t>(i) + 1;
    report.data = worker.reports[i];
    if (report.agent_seq > state().last_agent_seq) Hear(report);
  }
}

void Supervisor::Fetch(const Effect& effect) {
  if (state().recalling && state().current == effect.rental) return Recall(effect);
  const Rental* rental = FindRental(state(), effect.rental);
  const int64_t machine = rental == nullptr ? -1 : MachineOf(*rental);
  const bool there = machine >= 0 && LinkUp() &&
                     life_.workers_[static_cast<size_t>(machine)].state == WorkerState::kDone;
  if (!there) return Answer(effect, kSecond, MakeEvent(EventKind::kFetchFailed));
  life_.fetching_ = machine;
  Answer(effect, life_.step_.bring_ms, MakeEvent(EventKind::kFetched));
}

void Supervisor::Pause(const Effect& effect) {
  const Rental* rental = FindRental(state(), effect.rental);
  const int64_t machine = rental == nullptr ? -1 : MachineOf(*rental);
  if (machine < 0 || !life_.CanReachOut() || !life_.Answers(rental->account))
    return Answer(effect, kSecond, MakeEvent(EventKind::kPauseFailed));
  life_.Schedule(5 * kSecond, What::kPausedNow, machine, 1);
  Answer(effect, 6 * kSecond, MakeEvent(EventKind::kPaused));
}

void Supervisor::Commit(const Effect& effect) {
  Event committed = MakeEvent(EventKind::kCommitted);
  const bool fails = life_.faults_.Has(Fault::kCommitFails) && life_.dice_.Chance(50);
  if (life_.outputs_home_ && !fails) life_.watch_.Committed(effect.id);
  else committed = MakeEvent(EventKind::kCommitFailed);
  Answer(effect, 50, std::move(committed));
}

}  // namespace curbstop
