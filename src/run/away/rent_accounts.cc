#include "run/away/rent_accounts.h"

#include <optional>
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

Result<std::unique_ptr<Provider>> OpenAccountAt(const Place& place, const AccountSources& sources,
                                                HttpClient& http, Clock& clock, Random& random) {
  TRY_ASSIGN(const Account account, AccountOf(place, sources));
  return OpenProvider(account, http, clock, random);
}

Result<std::vector<RentAccount>> OpenRentAccounts(const RentWish& wish, const AccountOpener& open) {
  std::vector<RentAccount> accounts;
  std::optional<Error> why;
  bool is_open = false;
  std::vector<Place> places = wish.also;
  places.insert(places.begin(), wish.place);
  for (const Place& place : places) {
    TRY_ASSIGN(RentalMarket market, MarketOf(place));
    if (!accounts.empty()) market.account = PlaceText(place);
    Result<std::unique_ptr<Provider>> provider = open(place);
    is_open = is_open || provider.ok();
    if (!provider.ok() && !why) why = provider.error();
    accounts.push_back({std::move(market), provider.ok() ? *std::move(provider) : nullptr,
                        [open, place] { return open(place); }});
  }
  if (!is_open && why) return *why;
  return accounts;
}

}  // namespace curbstop
