#include "cloud/accounts/accounts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "cloud/practice/practice_control.h"
#include "cloud/runpod/runpod_provider.h"
#include "cloud/vast/vast_provider.h"
#include "sys/environment.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr int64_t kLongestKeyFile = 64 << 10;

struct Driver {
  std::string_view name;
  std::vector<std::string> key_files;  // below the user's home
  std::string_view key_line;           // the key stands after this and `=`; empty: it is the file
  std::unique_ptr<Provider> (*make)(HttpClient&, Clock&, Random&, std::string, Secret);
};

// Source of the files: vast-ai/vast-cli@55679830 (XDG folder, before that a dot file),
// runpod/runpodctl@2e2df89e (TOML).
const std::vector<Driver>& Drivers() {
  static const std::vector<Driver> kDrivers = {
      {"runpod", {".runpod/config.toml"}, "apikey", MakeRunpodProvider},
      {"vast", {".config/vastai/vast_api_key", ".vast_api_key"}, "", MakeVastProvider}};
  return kDrivers;
}

const Driver& DriverOf(std::string_view provider) {
  const auto found = std::find_if(Drivers().begin(), Drivers().end(),
                                  [&](const Driver& driver) { return driver.name == provider; });
  CHECK(found != Drivers().end());
  return *found;
}

std::string_view Unquoted(std::string_view value) {
  value = Trim(value);
  const bool quoted = value.size() >= 2 && (value.front() == '"' || value.front() == '\'') &&
                      value.back() == value.front();
  return quoted ? value.substr(1, value.size() - 2) : value;
}

std::string KeyIn(const std::string& text, std::string_view key_line) {
  if (key_line.empty()) return std::string(Trim(text));
  for (const std::string_view line : Lines(text)) {
    const size_t equals = line.find('=');
    if (equals != line.npos && Lower(Trim(line.substr(0, equals))) == key_line)
      return std::string(Unquoted(line.substr(equals + 1)));
  }
  return {};
}

// Empty where no file has one.
Result<Secret> FromKeyFiles(const Driver& driver, const std::filesystem::path& home) {
  if (home.empty()) return Secret();
  for (const std::string& name : driver.key_files) {
    if (!Exists(home / name)) continue;
    TRY_ASSIGN(const std::string text, ReadFile(home / name, kLongestKeyFile));
    std::string key = KeyIn(text, driver.key_line);
    if (!key.empty()) return Secret(std::move(key));
  }
  return Secret();
}

// A key that would break out of its header line is none.
Status CheckKey(const ProviderFacts& facts, const Secret& key) {
  const std::string& text = key.Reveal();
  const bool good =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
  if (good) return {};
  return InvalidInput(
      fmt::format("the key of `{}` is not one word of printable letters", facts.name));
}

// Empty where none is found.
Result<Secret> FindKey(const ProviderFacts& facts, const AccountSources& sources) {
  Secret key(std::string(Trim(ReadVariable(facts.key_variable))));
  if (key.empty()) {
    Result<Secret> kept = sources.secrets.Get(facts.key_variable);
    if (!kept.ok() && kept.error().kind() != ErrorKind::kNotFound) return std::move(kept).error();
    if (kept.ok()) key = Secret(std::string(Trim(kept->Reveal())));
  }
  if (key.empty()) {
    TRY_ASSIGN(key, FromKeyFiles(DriverOf(facts.name), sources.home));
  }
  TRY(CheckKey(facts, key));
  return key;
}

// A test build may meet a provider's double at another address.
std::string BaseUrlOf(const ProviderFacts& facts) {
#ifdef CURBSTOP_FAILPOINTS
  const std::string url =
      ReadVariable(facts.name == "vast" ? "CURBSTOP_VAST_URL" : "CURBSTOP_RUNPOD_URL");
  if (!url.empty()) return url;
#endif
  return std::string(facts.base_url);
}

Account AccountWith(const ProviderFacts& facts, Secret key) {
  return {.place = std::string(facts.name),
          .provider = std::string(facts.name),
          .base_url = BaseUrlOf(facts),
          .key = std::move(key)};
}

Result<bool> PracticeMatters(const AccountSources& sources) {
  const PracticeHome home = PracticeHomeOf(sources.directories);
  if (RunningPractice(home)) return true;
  const Result<PracticeState> state = LoadPractice(home);
  if (!state.ok() && state.error().kind() == ErrorKind::kNotFound) return false;
  if (!state.ok()) return state.error();
  return std::any_of(state->machines.begin(), state->machines.end(),
                     [](const auto& machine) { return machine.Exists(); });
}

}  // namespace

Result<Account> FindAccount(std::string_view provider, const AccountSources& sources) {
  TRY_ASSIGN(const ProviderFacts facts, FactsOf(provider));
  TRY_ASSIGN(Secret key, FindKey(facts, sources));
  if (!key.empty()) return AccountWith(facts, std::move(key));
  return Denied(fmt::format("there is no key of an account at `{}`", facts.name))
      .WithHint(fmt::format("`curbstop secret set {0}` keeps one, or set the variable {0}",
                            facts.key_variable));
}

Result<Account> FindPracticeAccount(std::string_view provider, const AccountSources& sources) {
  TRY_ASSIGN(const ProviderFacts facts, FactsOf(provider));
  TRY_ASSIGN(const PracticeState state, LoadPractice(PracticeHomeOf(sources.directories)));
  const PracticeAddress address{.port = state.port, .key = state.key};
  return Account{.place = fmt::format("practice:{}", facts.name),
                 .provider = std::string(facts.name),
                 .is_practice = true,
                 .base_url = facts.name == "vast" ? address.VastUrl() : address.RunpodUrl(),
                 .key = Secret(state.key)};
}

FoundAccounts FindAllAccounts(const AccountSources& sources) {
  FoundAccounts found;
  for (const ProviderFacts& facts : AllProviderFacts()) {
    Result<Secret> key = FindKey(facts, sources);
    if (!key.ok()) found.unread.emplace_back(facts.name, std::move(key).error());
    else if (!key->empty()) found.accounts.push_back(AccountWith(facts, *std::move(key)));
  }
  const Result<bool> practice = PracticeMatters(sources);
  if (!practice.ok()) found.unread.emplace_back("practice", practice.error());
  if (!practice.ok() || !*practice) return found;
  for (const ProviderFacts& facts : AllProviderFacts()) {
    Result<Account> account = FindPracticeAccount(facts.name, sources);
    if (account.ok()) found.accounts.push_back(*std::move(account));
    else found.unread.emplace_back(fmt::format("practice:{}", facts.name), account.error());
  }
  return found;
}

std::unique_ptr<Provider> OpenProvider(const Account& account, HttpClient& http, Clock& clock,
                                       Random& random) {
  return DriverOf(account.provider).make(http, clock, random, account.base_url, account.key);
}

}  // namespace curbstop
