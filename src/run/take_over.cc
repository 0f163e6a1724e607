#include "run/take_over.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/text.h"
#include "market/match.h"
#include "run/rent_money.h"
#include "run/spending.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kMostKeyBytes = 1 << 20;

int64_t BootMs(const Clock& clock) {
  return std::chrono::duration_cast<Millis>(clock.Boot()).count();
}

std::string WhyNotNow(const RunState& state, const Clock& clock) {
  if (state.boot_id != ReadBootId()) return "this computer was started anew since then";
  return WhyNotTaken(state, NowOf(state, BootMs(clock)));
}

bool MayRentFrom(const std::string& account, const PreparedRun& prepared) {
  const std::vector<Place>& also = prepared.rent->also;
  return account.empty() || std::ranges::find(also, account, PlaceText) != also.end();
}

KeptMachine Examined(const RunRow& row, const RunState& state, const PreparedRun& prepared,
                     const RunOutside& outside) {
  KeptMachine kept{row.run.id, "", ""};
  const Rental* rental = FindRental(state, state.current);
  if (rental != nullptr) kept.machine = rental->machine;
  const auto wish = ReadRentWish(outside.directories.RunFolder(row.run.id));
  kept.why_not = WhyNotNow(state, outside.clock);
  if (!wish.ok()) kept.why_not = wish.error().OneLine();
  if (kept.why_not.empty()) kept.why_not = WhyNotServing(*wish, rental->spot, prepared);
  if (kept.why_not.empty() && !MayRentFrom(rental->account, prepared))
    kept.why_not = fmt::format("it is at `{}`, where this run rents nothing", rental->account);
  return kept;
}

// With the other run's hand-over in the same transaction, what it held is free.
Status CheckMoney(const PreparedRun& prepared, MicroUsd reserve, int64_t now_ms, Journal& journal) {
  RentAsk ask{.project = prepared.run.project,
              .run = prepared.run.id,
              .budget = {},
              .now_ms = now_ms,
              .elsewhere = {}};
  if (const Json* budget = prepared.run.facts.Find("budget")) ask.budget = BudgetOf(*budget);
  RunState begun;
  begun.terms = prepared.away;
  TRY_ASSIGN(const MicroUsd left, LeftForRent(journal, ask, begun));
  if (reserve <= left) return {};
  return Error(ErrorKind::kOverBudget, fmt::format("{} USD would be held for it, {} are left",
                                                   UsdTextUp(reserve), UsdText(left)));
}

Event HandedOver(const PreparedRun& prepared, const Event& created) {
  Event handed_over;
  handed_over.kind = EventKind::kHandedOver;
  handed_over.at_ms = created.at_ms;
  handed_over.awake_ms = created.awake_ms;
  handed_over.facts.boot_ms = created.facts.boot_ms;
  handed_over.data = Json::MakeObject({{"to", prepared.run.id}});
  return handed_over;
}

Status CreateHeld(const PreparedRun& prepared, const std::string& from, Event created,
                  Journal& journal, const Clock& clock) {
  TRY_ASSIGN(const RunState state, journal.StateOf(from));
  const std::string why_not = WhyNotNow(state, clock);
  if (!why_not.empty()) return Conflict(why_not);
  const int64_t now_ms = NowOf(state, created.facts.boot_ms);
  BeginWith(TakingOf(state, now_ms), now_ms, created);
  created.data.Set("takes_from", from);
  TRY(journal.HandOver(from, HandedOver(prepared, created)));
  TRY(CheckMoney(prepared, MicroUsd(created.facts.reserve_micro_usd), created.at_ms, journal));
  NewRun run = prepared.run;
  run.facts.Set("took_machine", true);
  return journal.Create(run, created, IdentifySelf());
}

}  // namespace

std::string WhyNotServing(const RentWish& kept, bool kept_is_spot, const PreparedRun& wanted) {
  const RentWish& wish = *wanted.rent;
  if (!Covers(kept.needs, wish.needs)) return "it was rented for other needs";
  if (kept.image != wish.image) return "it runs another image";
  if (kept.disk < wish.disk) return "its disk is too small";
  const bool survives = !wanted.away.detached || wanted.away.named_place;
  const bool spot_is_wrong = kept_is_spot && (wanted.away.spot == SpotUse::kNever || !survives);
  if (spot_is_wrong) return "it is a spot machine";
  return !kept_is_spot && wanted.away.spot == SpotUse::kOnly ? "it is no spot machine" : "";
}

Result<std::optional<KeptMachine>> FindKept(const PreparedRun& prepared, Journal& journal,
                                            const RunOutside& outside) {
  std::optional<KeptMachine> found;
  if (!prepared.rent) return found;
  TRY_ASSIGN(
      const std::vector<RunRow> rows,
      journal.FindRuns({.project = prepared.run.project, .active_only = true, .most = 1000}));
  for (const RunRow& row : rows) {
    if (!row.kept || row.run.place != prepared.run.place) continue;
    TRY_ASSIGN(const RunState state, journal.StateOf(row.run.id));
    if (state.phase != Phase::kWarm) continue;
    found = Examined(row, state, prepared, outside);
    if (found->why_not.empty()) return found;
  }
  return found;
}

Status CopyMachineKeys(const std::filesystem::path& from, const std::filesystem::path& to,
                       FileStore& files) {
  for (const char* name : {"ssh-key", "ssh-key.pub", "known-hosts"}) {
    TRY_ASSIGN(const std::string text, ReadFile(from / name, kMostKeyBytes));
    TRY(files.Write(to / name, text, 0600));
  }
  return {};
}

Status CreateTaking(const PreparedRun& prepared, const std::string& from, Event created,
                    Journal& journal, const Clock& clock) {
  TRY(journal.Hold());
  Status made = CreateHeld(prepared, from, std::move(created), journal, clock);
  journal.LetGo();
  return made;
}

}  // namespace curbstop
