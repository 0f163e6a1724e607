// The accounts that a run may rent from: that of its own place first, then those where its next
// machine may be rented after one that was lost or refused.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cloud/accounts/accounts.h"
#include "cloud/provider.h"
#include "run/away/offers.h"
#include "run/away/rent_wish.h"

namespace curbstop {

struct RentAccount {
  RentalMarket market;
  std::unique_ptr<Provider> provider;                            // null: it could not be opened yet
  std::function<Result<std::unique_ptr<Provider>>()> open = {};  // tries again
};

// The account at a place, by the keys that are found now. Errors: kDenied (no key), kNotFound (a
// practice cloud that was never started); those of the store. What is handed in outlives it.
Result<std::unique_ptr<Provider>> OpenAccountAt(const Place& place, const AccountSources& sources,
                                                HttpClient& http, Clock& clock, Random& random);

// Errors: those of the own place, where none of them can be opened. `open` is kept and called again
// for those that cannot.
using AccountOpener = std::function<Result<std::unique_ptr<Provider>>(const Place&)>;
Result<std::vector<RentAccount>> OpenRentAccounts(const RentWish& wish, const AccountOpener& open);

}  // namespace curbstop
