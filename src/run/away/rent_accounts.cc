#include "run/away/rent_accounts.h"

#include <utility>

namespace curbstop {
namespace {

Result<Account> AccountOf(const Place& place, const AccountSources& sources) {
  return place.kind == PlaceKind::kPractice ? FindPracticeAccount(place.provider, sources)
                                            : FindAccount(place.provider, sources);
}

Result<RentalMarket> MarketOf(const Place& place) {
  TRY_ASSIGN(const ProviderFacts facts, FactsOf(place.provider));
  const bool practice = place.kind == PlaceKind::kPractice;
  return RentalMarket{practice ? OnPractice(facts) : facts,
                      {.declared = facts.grade, .self_end_proven = practice}};
}

}  // namespace

Result<std::vector<RentAccount>> OpenRentAccounts(const RentWish& wish,
                                                  const AccountSources& sources, HttpClient& http,
                                                  Clock& clock, Random& random) {
  const auto open = [&](const Place& place) -> Result<RentAccount> {
    TRY_ASSIGN(const Account account, AccountOf(place, sources));
    TRY_ASSIGN(RentalMarket market, MarketOf(place));
    return RentAccount{std::move(market), OpenProvider(account, http, clock, random)};
  };
  std::vector<RentAccount> accounts;
  TRY_ASSIGN(RentAccount own, open(wish.place));
  accounts.push_back(std::move(own));
  for (const Place& place : wish.also) {
    Result<RentAccount> other = open(place);
    if (!other.ok()) continue;
    other->market.account = PlaceText(place);
    accounts.push_back(*std::move(other));
  }
  return accounts;
}

}  // namespace curbstop
