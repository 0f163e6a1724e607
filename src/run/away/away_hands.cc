#include "run/away/away_hands.h"

#include <algorithm>
#include <mutex>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "run/away/checkpoints_home.h"
#include "run/away/own_place.h"
#include "run/away/recall.h"
#include "run/away/transfer_note.h"
#include "sys/environment.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr Millis kLogPatience{20'000};
constexpr Millis kFinishPatience{4'000};

constexpr EffectKind kPerformed[] = {
    EffectKind::kDecide, EffectKind::kCreate,   EffectKind::kLook,  EffectKind::kDestroy,
    EffectKind::kMark,   EffectKind::kExtend,   EffectKind::kFetch, EffectKind::kPause,
    EffectKind::kKeep,   EffectKind::kTellAgent};

Event Failed(EventKind kind, const Error& why) {
  Event event;
  event.kind = kind;
  event.data = Json::MakeObject({{"error", why.OneLine()}});
  return event;
}

}  // namespace

class AwayHands::Impl {
 public:
  Impl(LinkWork work, const AwayOutside& outside, std::unique_ptr<HttpClient> http,
       std::vector<RentAccount> accounts, std::string public_key)
      : work_(std::move(work)),
        outside_(outside),
        http_(std::move(http)),
        secrets_(outside.directories, outside.processes, outside.files, KeyringIsThere()),
        renter_(work_.run, work_.wish, std::move(accounts), std::move(public_key), outside.clock) {
    if (work_.wish.kept_at.url.empty()) return;
    const auto open = [this] { return OpenOwnPlace(work_.wish.kept_at, secrets_, outside_.clock); };
    work_.place =
        std::make_shared<const RunPlace>(work_.run, work_.folder, open, *http_, outside_.clock);
  }

  void Begin(const Effect& effect, const RunState& state, RentMoney money);
  MicroUsd HeldByOthers() const { return renter_.HeldByOthers(); }
  void Follow(const RunState& state);
  std::vector<Event> Take();
  bool IsUnderWay(EffectId effect) const { return under_way_.contains(effect); }

 private:
  using Shared = std::shared_ptr<const RunState>;

  Event Perform(const Effect& effect, const RunState& state, const RentMoney& money);
  Event Extend(const RunState& state, AgentLink* link);
  Event Fetch(AgentLink* link, const std::stop_token& stop);
  Event Recall(const RunState& state, int64_t rental, AgentLink* link, const std::stop_token& stop);
  Event Destroy(const RunState& state, int64_t rental, AgentLink* link);
  Event Keep(const RunState& state, const std::shared_ptr<FarMachine>& machine,
             const std::stop_token& stop);
  void Tell(const Effect& effect);
  void Heard(Event event);
  std::shared_ptr<AgentLink> LinkTo(int64_t rental) const;

  LinkWork work_;
  AwayOutside outside_;
  std::unique_ptr<HttpClient> http_;
  SecretStore secrets_;
  Renter renter_;
  std::set<EffectId> under_way_;
  std::mutex mutex_;
  std::vector<Event> heard_;  // guarded by mutex_
  std::shared_ptr<AgentLink> link_;
  std::vector<std::shared_ptr<AgentLink>> retired_;  // until they have ended
  Jobs jobs_;                                        // last: its threads use all the others
};

void AwayHands::Impl::Begin(const Effect& effect, const RunState& state, RentMoney money) {
  if (!under_way_.insert(effect.id).second) return;
  if (effect.kind == EffectKind::kTellAgent) return Tell(effect);
  const Shared copy = std::make_shared<const RunState>(state);
  const std::shared_ptr<AgentLink> link = LinkTo(effect.rental);
  jobs_.Start(effect.id,
              [this, effect, copy, money = std::move(money), link](const std::stop_token& stop) {
                Event outcome;
                switch (effect.kind) {
                  case EffectKind::kExtend: outcome = Extend(*copy, link.get()); break;
                  case EffectKind::kFetch:
                    outcome = copy->recalling && copy->current == effect.rental
                                  ? Recall(*copy, effect.rental, link.get(), stop)
                                  : Fetch(link.get(), stop);
                    break;
                  case EffectKind::kDestroy:
                    outcome = Destroy(*copy, effect.rental, link.get());
                    break;
                  case EffectKind::kKeep:
                    outcome = Keep(*copy, link ? link->machine() : nullptr, stop);
                    break;
                  default: outcome = Perform(effect, *copy, money); break;
                }
                outcome.facts.rental = effect.rental;
                return outcome;
              });
}

Event AwayHands::Impl::Perform(const Effect& effect, const RunState& state,
                               const RentMoney& money) {
  switch (effect.kind) {
    case EffectKind::kDecide: return renter_.Decide(state, money);
    case EffectKind::kCreate: return renter_.Create(state, effect.rental);
    case EffectKind::kMark: return renter_.Relabel(state, effect.rental);
    case EffectKind::kPause: return renter_.Pause(state, effect.rental);
    default: return renter_.Look(state);
  }
}

// ---- by the link ------------------------------------------------------------------------------

Event AwayHands::Impl::Extend(const RunState& state, AgentLink* link) {
  if (link == nullptr) return Failed(EventKind::kExtendFailed, Unavailable("it is not reached"));
  const Status done = link->Extend(state.proposal.lease_ms);
  if (!done.ok()) return Failed(EventKind::kExtendFailed, done.error());
  Event extended;
  extended.kind = EventKind::kExtended;
  return extended;
}

// The outputs, and all that was logged before them.
Event AwayHands::Impl::Fetch(AgentLink* link, const std::stop_token& stop) {
  const std::shared_ptr<FarMachine> machine = link == nullptr ? nullptr : link->machine();
  if (machine == nullptr) return Failed(EventKind::kFetchFailed, Unavailable("it is not reached"));
  TransferNote note(work_.folder, "brings outputs home", outside_.clock);
  Status done = machine->FetchOutputs(
      work_.folder / "out", {[&](const TransferProgress& progress) { note.Show(progress); }, stop});
  if (done.ok()) done = link->AwaitAll(kLogPatience);
  if (!done.ok()) return Failed(EventKind::kFetchFailed, done.error());
  Event fetched;
  fetched.kind = EventKind::kFetched;
  return fetched;
}

// The machine is gone: its link, which may still wait for it, comes to its end first.
Event AwayHands::Impl::Recall(const RunState& state, int64_t rental, AgentLink* link,
                              const std::stop_token& stop) {
  if (link != nullptr) link->Stop();
  while (link != nullptr && !link->is_over()) outside_.clock.Wait(std::chrono::milliseconds(50));
  const RecallTarget target{rental, state.last_agent_seq, state.safe_work_ms};
  const Result<bool> is_done = RecallFromPlace(
      work_, target, outside_.files, [this](Event event) { Heard(std::move(event)); }, stop);
  if (is_done.ok() && *is_done) {
    Event fetched;
    fetched.kind = EventKind::kFetched;
    return fetched;
  }
  const Error why = is_done.ok() ? NotFound("its step had not ended there") : is_done.error();
  Event failed = Failed(EventKind::kFetchFailed, why);
  if (why.kind() == ErrorKind::kNotFound) failed.data.Set("nothing_there", true);
  return failed;
}

Event AwayHands::Impl::Keep(const RunState& state, const std::shared_ptr<FarMachine>& machine,
                            const std::stop_token& stop) {
  if (machine == nullptr) return Failed(EventKind::kKeepFailed, Unavailable("it is not reached"));
  TransferNote note(work_.folder, "brings a checkpoint home", outside_.clock);
  const Status done =
      KeepCheckpoint(*machine, state.last_checkpoint, work_.folder,
                     {[&](const TransferProgress& progress) { note.Show(progress); }, stop});
  if (!done.ok()) return Failed(EventKind::kKeepFailed, done.error());
  Event kept;
  kept.kind = EventKind::kKept;
  kept.data =
      Json::MakeObject({{"work_ms", state.written_work_ms}, {"name", state.last_checkpoint}});
  return kept;
}

// What was logged comes home first, for a moment; not where a person wants it gone at once.
Event AwayHands::Impl::Destroy(const RunState& state, int64_t rental, AgentLink* link) {
  const Ticks end = outside_.clock.Awake() + kFinishPatience;
  while (link != nullptr && !state.panicked && !link->is_over() && outside_.clock.Awake() < end)
    outside_.clock.Wait(std::chrono::milliseconds(50));
  return renter_.Destroy(state, rental);
}

// Told is what the link has taken over: it hands it on as soon as, and whenever, it is connected.
void AwayHands::Impl::Tell(const Effect& effect) {
  if (const std::shared_ptr<AgentLink> link = LinkTo(effect.rental)) {
    Json command = Json::MakeObject({{"kind", effect.data.StringOr("what", "save")}});
    const std::string why = effect.data.StringOr("why", "");
    if (!why.empty()) command.Set("why", why);
    if (effect.data.BoolOr("keep", false)) command.Set("keep", true);
    link->Tell(TextOf(effect.id), std::move(command));
  }
  Event told;
  told.kind = EventKind::kAgentTold;
  told.effect = effect.id;
  told.facts.rental = effect.rental;
  Heard(std::move(told));
}

void AwayHands::Impl::Follow(const RunState& state) {
  const Rental* rental = FindRental(state, state.current);
  const bool wanted = rental != nullptr && !rental->machine.empty() && !rental->ending &&
                      !IsFinal(state.phase) && state.phase != Phase::kParked &&
                      state.phase != Phase::kCreated;
  std::erase_if(retired_, [](const auto& link) { return link->is_over(); });
  if (link_ != nullptr && (!wanted || link_->rental() != rental->number)) {
    state.panicked ? link_->Stop() : link_->Finish();
    retired_.push_back(std::exchange(link_, nullptr));
  }
  if (!wanted || link_ != nullptr) return;
  LinkTarget target;
  target.rental = rental->number;
  target.machine = rental->machine;
  target.account = rental->account;
  target.lease_ms = rental->lease_ms;
  target.longest_lease_ms = std::max(rental->lease_ms, state.terms.lease_asked_ms);
  target.birth = BirthOrderOf(state.terms, *rental);
  target.saves_at_end = state.terms.at_end == AtEnd::kSave;
  target.last_report = state.last_agent_seq;
  target.safe_work_ms = state.safe_work_ms;
  target.attempts = state.attempt;
  target.per_hour = rental->terms.billing.per_hour;
  if (rental->taken) target.taken_from = state.taken_from;
  link_ =
      std::make_shared<AgentLink>(work_, target, renter_, outside_.clock, outside_.files,
                                  outside_.agent, [this](Event event) { Heard(std::move(event)); });
}

void AwayHands::Impl::Heard(Event event) {
  const std::scoped_lock lock(mutex_);
  heard_.push_back(std::move(event));
}

std::vector<Event> AwayHands::Impl::Take() {
  std::vector<Event> done = jobs_.TakeDone();
  const std::scoped_lock lock(mutex_);
  std::vector<Event> events = std::exchange(heard_, {});  // a job's reports before its outcome
  std::ranges::move(done, std::back_inserter(events));
  for (const Event& event : events) under_way_.erase(event.effect);
  return events;
}

std::shared_ptr<AgentLink> AwayHands::Impl::LinkTo(int64_t rental) const {
  if (link_ != nullptr && link_->rental() == rental) return link_;
  const auto retired =
      std::ranges::find(retired_, rental, [](const auto& link) { return link->rental(); });
  return retired == retired_.end() ? nullptr : *retired;
}

// ---- the class itself -------------------------------------------------------------------------

AwayHands::AwayHands(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AwayHands::~AwayHands() = default;

Result<std::unique_ptr<AwayHands>> AwayHands::Open(LinkWork work, const AwayOutside& outside) {
  TRY_ASSIGN(work.wish, ReadRentWish(work.folder));
  TRY_ASSIGN(const std::string public_key, ReadFile(work.folder / "ssh-key.pub", 4096));
  auto http = std::make_unique<RealHttpClient>();
  const auto secrets = std::make_shared<const SecretStore>(outside.directories, outside.processes,
                                                           outside.files, KeyringIsThere());
  const auto open = [outside, secrets, &client = *http](const Place& place) {
    const AccountSources sources{outside.directories, *secrets, ReadVariable("HOME")};
    return OpenAccountAt(place, sources, client, outside.clock, outside.random);
  };
  TRY_ASSIGN(std::vector<RentAccount> accounts, OpenRentAccounts(work.wish, open));
  return std::unique_ptr<AwayHands>(
      new AwayHands(std::make_unique<Impl>(std::move(work), outside, std::move(http),
                                           std::move(accounts), std::string(Trim(public_key)))));
}

bool AwayHands::Performs(EffectKind kind) {
  return std::ranges::find(kPerformed, kind) != std::end(kPerformed);
}

bool AwayHands::IsUnderWay(EffectId effect) const { return impl_->IsUnderWay(effect); }

void AwayHands::Begin(const Effect& effect, const RunState& state, RentMoney money) {
  impl_->Begin(effect, state, std::move(money));
}

MicroUsd AwayHands::HeldByOthers() const { return impl_->HeldByOthers(); }

void AwayHands::Follow(const RunState& state) { impl_->Follow(state); }

std::vector<Event> AwayHands::Take() { return impl_->Take(); }

}  // namespace curbstop
