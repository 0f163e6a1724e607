// The accounts that a run may rent from: that of its own place first, then those where a machine
// may be rented instead of one that was lost there.
#pragma once

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
  std::unique_ptr<Provider> provider;
};

// Errors: of the own place kDenied (no key), kNotFound; one of the others that cannot be opened is
// left out. All that is handed in outlives the accounts.
Result<std::vector<RentAccount>> OpenRentAccounts(const RentWish& wish,
                                                  const AccountSources& sources, HttpClient& http,
                                                  Clock& clock, Random& random);

}  // namespace curbstop
