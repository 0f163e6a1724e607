#include "face/cli/rented.h"

#include <fmt/format.h>

#include "base/text.h"
#include "base/time_text.h"
#include "cloud/mark.h"
#include "cloud/practice/practice_control.h"
#include "cloud/practice/practice_meter.h"
#include "project/place.h"
#include "sys/environment.h"
#include "sys/http/http_client.h"

namespace curbstop {
namespace {

SecretStore SecretsOf(CommandContext& context) {
  return SecretStore(context.directories, context.processes, context.files, KeyringIsThere());
}

OpenAccount Opened(Account account, CommandContext& context) {
  OpenAccount opened{std::move(account), std::make_unique<RealHttpClient>(), nullptr};
  opened.provider = OpenProvider(opened.account, *opened.http, context.clock, context.random);
  return opened;
}

}  // namespace

Status StartPracticeFor(CommandContext& context) {
  const PracticeOutside outside{.home = PracticeHomeOf(context.directories),
                                .program = context.program,
                                .clock = context.clock,
                                .files = context.files,
                                .random = context.random};
  if (RunningPractice(outside.home)) return {};
  TRY_ASSIGN(const PracticeAddress address, StartPractice({}, outside));
  SecretStore secrets = SecretsOf(context);
  return KeepPracticeKey(secrets, address);
}

namespace {

// Of one run's machines, by the practice cloud's own meter. The oldest of many machines that are
// gone are not known one by one.
int64_t PracticeBillOf(const PracticeWorld& world, const std::string& run) {
  int64_t sum = 0;
  for (const PracticeMachine& machine : world.state.machines) {
    const std::optional<Mark> mark = ParseMark(machine.name);
    if (!mark || mark->run != run) continue;
    sum += PracticeBill(machine, HostOf(world, machine), world.state.now_ms);
  }
  return sum;
}

}  // namespace

std::string PracticeMeterText(const RunRow& row, CommandContext& context) {
  // The meter of a machine that stays runs on, and one that was handed over counts for two runs.
  if (row.kept || row.run.facts.BoolOr("took_machine", false)) return "";
  if (!IsPractice(row.run.place)) return "";
  const Result<PracticeWorld> world =
      LookAtPractice(PracticeHomeOf(context.directories), context.clock);
  const MicroUsd metered(world.ok() ? PracticeBillOf(*world, row.run.id) : 0);
  if (metered == MicroUsd()) return "";
  return fmt::format("{}: ledger {} USD {} the practice cloud's own meter {} USD\n", row.run.step,
                     ExactUsdText(row.spent),
                     row.spent < metered ? "<" : ">=", ExactUsdText(metered));
}

Result<OpenAccount> OpenPlace(const Place& place, CommandContext& context) {
  const SecretStore secrets = SecretsOf(context);
  const AccountSources sources{context.directories, secrets, ReadVariable("HOME")};
  if (place.kind == PlaceKind::kPractice) {
    TRY(StartPracticeFor(context));
    TRY_ASSIGN(Account account, FindPracticeAccount(place.provider, sources));
    return Opened(std::move(account), context);
  }
  if (place.kind != PlaceKind::kProvider)
    return InvalidInput(fmt::format("`{}` is no rented place", PlaceText(place)));
  TRY_ASSIGN(Account account, FindAccount(place.provider, sources));
  return Opened(std::move(account), context);
}

OpenAccounts OpenAllAccounts(CommandContext& context) {
  const SecretStore secrets = SecretsOf(context);
  FoundAccounts found = FindAllAccounts({context.directories, secrets, ReadVariable("HOME")});
  OpenAccounts opened{{}, std::move(found.unread)};
  for (Account& account : found.accounts)
    opened.accounts.push_back(Opened(std::move(account), context));
  return opened;
}

Sweep SweepOf(const OpenAccounts& accounts, CommandContext& context, Millis patience) {
  const auto say = [&](const std::string& place) {
    context.out.Talk(fmt::format("`{}` answers that there are too many calls: waits up to {}\n",
                                 place, DurationText(patience)));
  };
  Sweep sweep =
      SweepAccounts(AccountsToSweep(accounts), {.most = patience, .busy = say}, context.clock);
  sweep.unread.insert(sweep.unread.end(), accounts.unread.begin(), accounts.unread.end());
  return sweep;
}

std::vector<SweptAccount> AccountsToSweep(const OpenAccounts& accounts) {
  std::vector<SweptAccount> swept;
  for (const OpenAccount& one : accounts.accounts) {
    const Result<ProviderFacts> facts = FactsOf(one.account.provider);
    const ProviderTiming timing = !facts.ok()               ? ProviderTiming()
                                  : one.account.is_practice ? OnPractice(*facts).timing
                                                            : facts->timing;
    swept.push_back({one.account.place, one.provider.get(), timing});
  }
  return swept;
}

namespace {

constexpr int64_t kHoursOfMonth = 730;
// Prices move between a price list and the provider's answer; one that moved further is refused.
constexpr int64_t kRoomPercent = 10;

std::string LeaseLeftText(const CloudMachine& machine, int64_t now_ms) {
  if (!machine.mark) return "has none";
  const int64_t left = machine.mark->expires_s * 1000 - now_ms;
  return left <= 0 ? "is over" : DurationText(Millis(left));
}

std::string WholeUsd(MicroUsd amount) {
  constexpr int64_t kUsd = 1'000'000;
  return std::to_string((amount.value() + kUsd - 1) / kUsd);
}

// Whose it is, or what else than running it does.
std::string RunCell(const SweptMachine& swept) {
  const std::string run = swept.ours() ? swept.machine.mark->run : "not ours";
  if (swept.machine.state == MachineState::kRunning) return run;
  return fmt::format("{}, {}", run, NameOf(swept.machine.state));
}

std::vector<std::string> MachineCells(const SweptMachine& swept, int64_t now_ms) {
  const CloudMachine& machine = swept.machine;
  const MicroUsd per_month(machine.per_hour.value() * kHoursOfMonth);
  return {Printable(machine.id),         swept.place,         Printable(machine.gpu),
          UsdTextUp(machine.per_hour),   WholeUsd(per_month), RunCell(swept),
          LeaseLeftText(machine, now_ms)};
}

BootTime BootOf(const ProviderFacts& facts) {
  return {facts.boot_early, facts.boot_usual, facts.boot_late};
}

}  // namespace

std::string SweepText(const Sweep& sweep, int64_t now_ms) {
  std::vector<std::vector<std::string>> table;
  if (!sweep.machines.empty())
    table.push_back({"MACHINE", "PLACE", "GPU", "USD/H", "A MONTH", "RUN", "LEASE LEFT"});
  for (const SweptMachine& machine : sweep.machines) table.push_back(MachineCells(machine, now_ms));
  std::string text = table.empty() ? "" : TextTable(table);
  for (const auto& [place, why] : sweep.unread)
    text += fmt::format("`{}` could not be read, it may bill: {}\n", place, why.OneLine());
  return text;
}

std::string TotalText(const Sweep& sweep) {
  return fmt::format("{} machine{}, {} USD/h", sweep.machines.size(),
                     sweep.machines.size() == 1 ? "" : "s", UsdTextUp(sweep.per_hour));
}

std::string AccountsText(const OpenAccounts& accounts) {
  std::vector<std::string> places;
  for (const OpenAccount& one : accounts.accounts) places.push_back(one.account.place);
  return places.empty() ? "no account is known here: see `curbstop login --help`"
                        : "read: " + Join(places, ", ");
}

Json SweepJson(const Sweep& sweep) {
  Json machines = Json::MakeArray();
  for (const SweptMachine& machine : sweep.machines) machines.Push(MachineJson(machine));
  return machines;
}

std::map<std::string, RentalRules> RulesOfProviders(CommandContext& context) {
  const SecretStore secrets = SecretsOf(context);
  const AccountSources sources{context.directories, secrets, ReadVariable("HOME")};
  std::map<std::string, RentalRules> all;
  for (const ProviderFacts& facts : AllProviderFacts()) {
    const Result<Account> account = FindAccount(facts.name, sources);
    all.emplace(facts.name, RentalRules{.terms = UnpricedTerms(facts),
                                        .boot = BootOf(facts),
                                        .disk_per_gb_month = facts.dear_disk,
                                        .room_percent = kRoomPercent,
                                        .takes_bids = facts.takes_bids,
                                        .bids = BundledBidLaw(facts.name),
                                        .not_modelled = std::string(facts.not_modelled),
                                        .logged_in = account.ok()});
  }
  return all;
}

Result<PracticeSale> PracticeSaleOf(const Place& place, int64_t gpus, CommandContext& context) {
  TRY_ASSIGN(const OpenAccount account, OpenPlace(place, context));
  TRY_ASSIGN(const std::vector<LiveOffer> live,
             account.provider->FindOffers({.gpus = static_cast<double>(gpus)}));
  TRY_ASSIGN(const ProviderFacts facts, FactsOf(place.provider));
  PracticeSale sale{{},
                    {.terms = UnpricedTerms(OnPractice(facts)),
                     .boot = BootOf(OnPractice(facts)),
                     .takes_bids = facts.takes_bids,
                     .not_modelled = std::string(facts.not_modelled)}};
  sale.rules.terms.grade = LeaseGrade::kB;  // proven there
  for (const LiveOffer& one : live) {
    Offer offer = one.offer;
    offer.provider = PlaceText(place);
    offer.source = "the practice cloud's market, in play money";
    offer.as_of = UtcText(context.clock.WallMs()).substr(0, 10);
    sale.offers.push_back(std::move(offer));
    sale.rules.disk_per_gb_month =
        std::max({sale.rules.disk_per_gb_month, one.disk_per_gb_month, one.idle_disk_per_gb_month});
  }
  return sale;
}

}  // namespace curbstop
