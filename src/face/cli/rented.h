// What the commands around rented machines share: the accounts, and the practice cloud, which is
// started where a place needs it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cloud/accounts/accounts.h"
#include "cloud/provider.h"
#include "cloud/provider_table.h"
#include "face/cli/command.h"
#include "plan/rental.h"
#include "project/place.h"
#include "run/away/sweep.h"
#include "run/journal.h"

namespace curbstop {

// Starts the practice cloud unless it runs, and keeps its key among the secrets.
Status StartPracticeFor(CommandContext& context);

// What the practice cloud's own meter says of a run there: "ledger 0.031 USD >= the practice
// cloud's own meter 0.030 USD"; empty where it does not say.
std::string PracticeMeterText(const RunRow& row, CommandContext& context);

// An account's driver with what it needs to live.
struct OpenAccount {
  Account account;
  std::unique_ptr<HttpClient> http;
  std::unique_ptr<Provider> provider;
};

// The account behind a rented place. Errors: kDenied (no key), kInvalidInput (not a rented place).
Result<OpenAccount> OpenPlace(const Place& place, CommandContext& context);

// Every account that is configured, and how to sweep them.
struct OpenAccounts {
  std::vector<OpenAccount> accounts;
  std::vector<std::pair<std::string, Error>> unread;  // as FoundAccounts
};
OpenAccounts OpenAllAccounts(CommandContext& context);
std::vector<SweptAccount> AccountsToSweep(const OpenAccounts& accounts);

inline constexpr Millis kBusyPatience{30'000};  // for an account with too many calls

// What bills on all of them now; what could not be read is named. A busy account is waited for, and
// said so.
Sweep SweepOf(const OpenAccounts& accounts, CommandContext& context,
              Millis patience = kBusyPatience);

// A table of machines with their price by the hour and by the month, and what could not be read.
std::string SweepText(const Sweep& sweep, int64_t now_ms);
Json SweepJson(const Sweep& sweep);         // the machines
std::string TotalText(const Sweep& sweep);  // "2 machines, 6.51 USD/h"

// Which accounts were read, as what is on others is not seen: "read: practice:vast, vast".
std::string AccountsText(const OpenAccounts& accounts);

// How each provider with a driver rents, and whether a key of an account there is found.
std::map<std::string, RentalRules> RulesOfProviders(CommandContext& context);

// What the practice cloud has on sale now, as rows of the price list: the provider is
// "practice:vast". And how it rents.
struct PracticeSale {
  std::vector<Offer> offers;
  RentalRules rules;
};
Result<PracticeSale> PracticeSaleOf(const Place& place, int64_t gpus, CommandContext& context);

}  // namespace curbstop
