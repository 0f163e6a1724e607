#include "run/rent_money.h"

#include <algorithm>

#include "run/spending.h"
#include "run/supervisor/supervisor.h"

namespace curbstop {
namespace {

constexpr MicroUsd kPracticeMoney{1'000'000'000};

Result<MicroUsd> Missing(Journal& journal, const RentAsk& ask, const RunState& state) {
  TRY_ASSIGN(const MicroUsd left, LeftForRent(journal, ask, state));
  return std::max(MicroUsd(state.proposal.reserve_micro_usd) - left, MicroUsd());
}

}  // namespace

Result<MicroUsd> AllowedForRent(Journal& journal, const RentAsk& ask, const RunState& state) {
  if (state.terms.practice) return kPracticeMoney;
  TRY_ASSIGN(const Spending spending,
             ReadSpending(journal.database(), {.project = ask.project,
                                               .include_energy = ask.budget.include_energy,
                                               .now_ms = ask.now_ms,
                                               .run = ask.run}));
  return RunLimit(ask.budget, spending).value_or(MicroUsd());
}

Result<MicroUsd> LeftForRent(Journal& journal, const RentAsk& ask, const RunState& state) {
  TRY_ASSIGN(MicroUsd most, AllowedForRent(journal, ask, state));
  most = most - ask.elsewhere;
  if (state.terms.limit != MicroUsd()) most = std::min(most, state.terms.limit);
  return std::max(most - SpentAndHeld(state), MicroUsd());
}

Result<MicroUsd> HoldForProposal(Journal& journal, const RentAsk& ask, const RunState& state) {
  TRY(journal.Hold());
  Result<MicroUsd> missing = Missing(journal, ask, state);
  if (!missing.ok()) journal.LetGo();
  return missing;
}

}  // namespace curbstop
