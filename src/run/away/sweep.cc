#include "run/away/sweep.h"

#include <algorithm>
#include <mutex>
#include <thread>

#include "base/text_or_null.h"

namespace curbstop {
namespace {

constexpr Millis kShortestPause{1000};
constexpr Millis kBusyPause{5000};

const SweptAccount* AccountOf(const std::vector<SweptAccount>& accounts, const std::string& place) {
  const auto found = std::ranges::find(accounts, place, &SweptAccount::place);
  return found == accounts.end() ? nullptr : &*found;
}

// Whether neither the listing nor a look by its id shows it; an error shows nothing.
bool IsMissed(Provider& provider, const std::string& id, std::string& why) {
  const Result<Listing> list = provider.List();
  const Result<Listing> found = list.ok() ? provider.Find(id) : list.error();
  if (!found.ok()) why = found.error().OneLine();
  if (!found.ok()) return false;
  const auto is_it = [&](const CloudMachine& machine) { return machine.id == id; };
  return std::ranges::none_of(list->machines, is_it) &&
         std::ranges::none_of(found->machines, is_it);
}

EndedMachine EndOne(const SweptAccount& account, const SweptMachine& machine, Millis patience,
                    Clock& clock) {
  EndedMachine ended{machine, false, ""};
  const Ticks end = clock.Boot() + patience;
  const Millis pause = std::max(account.timing.read_spacing, kShortestPause);
  for (int64_t missed = 0; missed < account.timing.reads;) {
    if (missed == 0) {
      const Status done = account.provider->Destroy(machine.machine.id);
      if (!done.ok()) ended.why = done.error().OneLine();
    }
    missed = IsMissed(*account.provider, machine.machine.id, ended.why) ? missed + 1 : 0;
    if (missed >= account.timing.reads) break;
    if (clock.Boot() >= end) return ended;
    clock.Wait(pause);
  }
  ended.gone = true;
  ended.why.clear();
  return ended;
}

// The driver has waited before each of its tries as the provider asked for.
Result<Listing> ListPatiently(const SweptAccount& account, Millis most, Clock& clock,
                              const std::function<void(const std::string&)>& busy) {
  const Ticks end = clock.Boot() + most;
  for (bool told = false;; told = true) {
    Result<Listing> listing = account.provider->List();
    const bool is_busy = !listing.ok() && listing.error().kind() == ErrorKind::kExhausted;
    if (!is_busy || clock.Boot() >= end) return listing;
    if (!told) busy(account.place);
    clock.Wait(kBusyPause);
  }
}

}  // namespace

Sweep SweepAccounts(const std::vector<SweptAccount>& accounts, const SweepPatience& patience,
                    Clock& clock) {
  std::vector<Result<Listing>> listings(accounts.size(), Unavailable("not asked"));
  {
    std::mutex mutex;
    const auto busy = [&](const std::string& place) {
      const std::scoped_lock lock(mutex);
      patience.busy(place);
    };
    std::vector<std::jthread> threads;
    for (size_t i = 0; i < accounts.size(); ++i) {
      threads.emplace_back(
          [&, i] { listings[i] = ListPatiently(accounts[i], patience.most, clock, busy); });
    }
  }
  Sweep sweep;
  for (size_t i = 0; i < accounts.size(); ++i) {
    if (!listings[i].ok()) {
      sweep.unread.emplace_back(accounts[i].place, listings[i].error());
      continue;
    }
    for (CloudMachine& machine : listings[i]->machines) {
      sweep.per_hour += machine.per_hour;
      sweep.machines.push_back({accounts[i].place, std::move(machine)});
    }
  }
  return sweep;
}

std::vector<EndedMachine> EndMachines(const std::vector<SweptAccount>& accounts,
                                      const std::vector<SweptMachine>& machines, Millis patience,
                                      Clock& clock,
                                      const std::function<void(const EndedMachine&)>& told) {
  std::vector<EndedMachine> ended(machines.size());
  std::mutex mutex;
  std::vector<std::jthread> threads;
  for (size_t i = 0; i < machines.size(); ++i) {
    threads.emplace_back([&, i] {
      const SweptAccount* account = AccountOf(accounts, machines[i].place);
      if (account != nullptr) ended[i] = EndOne(*account, machines[i], patience, clock);
      const std::scoped_lock lock(mutex);
      told(ended[i]);
    });
  }
  threads.clear();
  return ended;
}

Json MachineJson(const SweptMachine& swept) {
  const CloudMachine& machine = swept.machine;
  Json json = Json::MakeObject({{"provider", swept.place},
                                {"id", machine.id},
                                {"mark", machine.mark ? Json(MarkText(*machine.mark)) : Json()},
                                {"name", TextOrNull(machine.name)},
                                {"ours", swept.ours()},
                                {"state", NameOf(machine.state)},
                                {"gpu", TextOrNull(machine.gpu)},
                                {"micro_usd_per_hour", machine.per_hour.value()},
                                {"lease_ends_at_ms", Json()}});
  if (machine.mark) {
    json.Set("run", machine.mark->run);
    json.Set("lease_ends_at_ms", machine.mark->expires_s * 1000);
  }
  return json;
}

}  // namespace curbstop
