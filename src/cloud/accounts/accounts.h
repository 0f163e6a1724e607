// The accounts that curbstop may use: one for each provider whose key is found, and the practice
// cloud's while it runs or still has machines.
//
// A key is looked up in the provider's environment variable, then among the secrets, then in the
// key file of the provider's own command-line tool. It is a Secret from there on.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cloud/provider.h"
#include "cloud/provider_table.h"
#include "sys/clock.h"
#include "sys/directories.h"
#include "sys/http/http_client.h"
#include "sys/random_bytes.h"
#include "sys/secret.h"
#include "sys/secrets.h"

namespace curbstop {

struct Account {
  std::string place;     // "vast", "practice:vast"
  std::string provider;  // the driver's name
  bool is_practice = false;
  std::string base_url;
  Secret key;
};

struct AccountSources {
  const Directories& directories;
  const SecretStore& secrets;
  std::filesystem::path home;  // of the user; empty: no key files are read
};

// Errors: kDenied, saying the three ways to hand the key over; those of the store.
Result<Account> FindAccount(std::string_view provider, const AccountSources& sources);

// Errors: kNotFound (it was never started).
Result<Account> FindPracticeAccount(std::string_view provider, const AccountSources& sources);

struct FoundAccounts {
  std::vector<Account> accounts;
  std::vector<std::pair<std::string, Error>> unread;  // places that may have one all the same
};

// All that are there, practice last. One that cannot be read hides none of the others, and is
// named: a sweep must not pass over it.
FoundAccounts FindAllAccounts(const AccountSources& sources);

// All that is handed in outlives the driver.
std::unique_ptr<Provider> OpenProvider(const Account& account, HttpClient& http, Clock& clock,
                                       Random& random);

}  // namespace curbstop
