// `curbstop practice start|status|stop`: the practice cloud, whose money is play money.
#include <algorithm>
#include <stop_token>
#include <thread>

#include <fmt/format.h>

#include "base/text.h"
#include "base/text_or_null.h"
#include "base/units.h"
#include "cloud/practice/machines/machine_inside.h"
#include "cloud/practice/machines/machine_keeper.h"
#include "cloud/practice/practice_control.h"
#include "cloud/practice/practice_meter.h"
#include "cloud/practice/practice_server.h"
#include "cloud/provider_table.h"
#include "face/cli/commands.h"
#include "face/cli/usage.h"
#include "sys/files.h"
#include "sys/interrupts.h"
#include "sys/secrets.h"

namespace curbstop {
namespace {

struct StartOptions {
  int64_t seed = 1;
  std::string faults;
  std::string boot;
  std::string list_lag;
  std::string trace;
  std::string disk;
  bool still = false;
  bool no_self_end = false;
  bool fresh = false;
  const CLI::App* command = nullptr;
};

PracticeOutside PracticeOutsideOf(CommandContext& context) {
  return {.home = PracticeHomeOf(context.directories),
          .program = context.program,
          .clock = context.clock,
          .files = context.files,
          .random = context.random};
}

Result<int64_t> ReadMillis(const std::string& text, const char* option) {
  Result<Millis> time = ParseDuration(text);
  if (!time.ok()) return std::move(time).error().While(fmt::format("cannot use `{}`", option));
  return time->count();
}

Result<int64_t> ReadDiskMb(const std::string& text) {
  constexpr int64_t kMb = 1'000'000;
  Result<Bytes> size = ParseBytes(text);
  if (!size.ok()) return std::move(size).error().While("cannot use `--disk`");
  return std::max<int64_t>(1, size->value / kMb);
}

// Empty where no option changes what is there.
Result<std::optional<PracticeSettings>> SettingsFrom(const StartOptions& options) {
  const bool asked = options.command->count("--seed") > 0 || !options.boot.empty() ||
                     !options.list_lag.empty() || !options.trace.empty() || !options.disk.empty() ||
                     options.still || options.no_self_end;
  if (!asked) return std::optional<PracticeSettings>();
  PracticeSettings settings{.seed = options.seed,
                            .self_end_works = !options.no_self_end,
                            .trace = options.trace,
                            .is_still = options.still};
  if (!options.disk.empty()) {
    TRY_ASSIGN(settings.disk_mb, ReadDiskMb(options.disk));
  }
  if (options.still && !options.trace.empty())
    return InvalidInput("`--still` holds the bid prices that `--trace` would move")
        .WithHint("leave out one of the two");
  if (!options.trace.empty()) {
    TRY_ASSIGN([[maybe_unused]] const SpotTrace* trace, BundledSpotTrace(options.trace));
  }
  if (!options.boot.empty()) {
    TRY_ASSIGN(settings.boot_ms, ReadMillis(options.boot, "--boot"));
  }
  if (!options.list_lag.empty()) {
    TRY_ASSIGN(settings.list_lag_ms, ReadMillis(options.list_lag, "--list-lag"));
  }
  return std::optional(settings);
}

// Charges that neither its meter nor the ledger knows, by provider.
Json NotModelledJson() {
  Json all = Json::MakeObject();
  for (const ProviderFacts& facts : AllProviderFacts())
    all.Set(std::string(facts.name), TextOrNull(std::string(facts.not_modelled)));
  return all;
}

std::string NotModelledText() {
  std::string text;
  for (const ProviderFacts& facts : AllProviderFacts()) {
    if (!facts.not_modelled.empty())
      text += fmt::format("not modelled, {}: {}\n", facts.name, facts.not_modelled);
  }
  return text;
}

Status Start(const StartOptions& options, CommandContext& context) {
  PracticeStart start{.fresh = options.fresh};
  TRY_ASSIGN(start.settings, SettingsFrom(options));
  if (!options.faults.empty()) {
    TRY_ASSIGN(start.script, ReadFaultScript(context.folder / options.faults));
  }
  TRY_ASSIGN(const PracticeAddress address, StartPractice(start, PracticeOutsideOf(context)));
  SecretStore secrets(context.directories, context.processes, context.files, KeyringIsThere());
  TRY(KeepPracticeKey(secrets, address));
  context.out.Answer(
      Json::MakeObject({{"was_running", address.was_running},
                        {"port", address.port},
                        {"vast_url", address.VastUrl()},
                        {"runpod_url", address.RunpodUrl()},
                        {"key_name", kPracticeKeyName},
                        {"not_modelled", NotModelledJson()}}),
      fmt::format("the practice cloud {} on this computer, as Vast.ai and as RunPod\n"
                  "  {}  and  {}, key `{}`\n"
                  "its money is play money: a second bills as a minute\n{}",
                  address.was_running ? "is running already" : "runs", address.VastUrl(),
                  address.RunpodUrl(), kPracticeKeyName, NotModelledText()));
  return {};
}

Json MachineJson(const PracticeMachine& machine, const PracticeWorld& world) {
  const PracticeHost& host = HostOf(world, machine);
  return Json::MakeObject({{"provider", ProviderOf(host.skin)},
                           {"id", PracticeId(machine, host)},
                           {"name", machine.name.empty() ? Json() : Json(machine.name)},
                           {"state", FieldCodec<PracticeLife>::Write(machine.life)},
                           {"gpu", host.gpu},
                           {"micro_usd_per_hour", PracticeRate(machine, host)},
                           {"billed_micro_usd", PracticeBill(machine, host, world.state.now_ms)},
                           {"ssh_port", machine.ssh_port == 0 ? Json() : Json(machine.ssh_port)},
                           {"made_at_ms", machine.made_ms},
                           {"gone_at_ms", machine.gone_ms < 0 ? Json() : Json(machine.gone_ms)}});
}

std::vector<std::string> MachineRow(const PracticeMachine& machine, const PracticeWorld& world) {
  const PracticeHost& host = HostOf(world, machine);
  return {PracticeId(machine, host),
          std::string(ProviderOf(host.skin)),
          host.gpu,
          std::string(*FieldCodec<PracticeLife>::Write(machine.life).AsString()),
          fmt::format("{} USD/h", UsdText(MicroUsd(PracticeRate(machine, host)))),
          fmt::format("{} USD", UsdText(MicroUsd(PracticeBill(machine, host, world.state.now_ms)))),
          Printable(machine.name)};
}

// Where its machines live, in words.
std::string PlaceText(const std::optional<PlaceChoice>& place) {
  if (!place) return "";
  if (place->kind == MachinePlaceKind::kBubblewrap)
    return "machines have a place of their own (bubblewrap)\n";
  return fmt::format("machines are plain processes with your rights: {}\n", Printable(place->why));
}

// Where the interruptions of its market come from; empty: they are made up.
std::string MarketText(const PracticeWorld& world) {
  if (world.market.is_still) return ", bid prices hold still";
  if (world.market.trace == nullptr) return "";
  const int64_t tick = (world.state.now_ms - world.market.trace_from_ms) / kMarketTickMs;
  return fmt::format(", bids as in `{}` (SkyNomad's trace), tick {} of {}",
                     world.market.trace->name, tick % world.market.trace->ticks,
                     world.market.trace->ticks);
}

std::string StatusText(const PracticeWorld& world, bool running,
                       const std::optional<PlaceChoice>& place) {
  std::vector<std::vector<std::string>> table;
  size_t ended = 0;
  const PracticeMachine* last = nullptr;
  for (const PracticeMachine& machine : world.state.machines) {
    if (machine.Exists()) table.push_back(MachineRow(machine, world));
    if (machine.Exists()) continue;
    ++ended;
    if (last == nullptr || machine.gone_ms > last->gone_ms) last = &machine;
  }
  const std::string lived =
      last == nullptr ? ""
                      : ", the last after " + DurationText(Millis(last->gone_ms - last->made_ms));
  return fmt::format(
      "{} on port {}, market {}{}\n{}{}{} ended before{}; billed {} USD of play money\n",
      running ? "running" : "not running", world.state.port, world.state.settings.seed,
      MarketText(world), PlaceText(place), TextTable(table), ended, lived,
      UsdText(MicroUsd(WholePracticeBill(world))));
}

Status ShowStatus(CommandContext& context) {
  const PracticeHome home = PracticeHomeOf(context.directories);
  TRY_ASSIGN(const PracticeWorld world, LookAtPractice(home, context.clock));
  const bool running = RunningPractice(home).has_value();
  const std::optional<PlaceChoice> place = running ? PlaceOfPractice(home) : std::nullopt;
  Json machines = Json::MakeArray();
  for (const PracticeMachine& machine : world.state.machines)
    machines.Push(MachineJson(machine, world));
  context.out.Answer(
      Json::MakeObject({{"running", running},
                        {"port", world.state.port},
                        {"seed", world.state.settings.seed},
                        {"trace", TextOrNull(world.state.settings.trace)},
                        {"is_still", world.state.settings.is_still},
                        {"speed", kPracticeSpeed},
                        {"self_end_works", world.state.settings.self_end_works},
                        {"place", place ? Json(NameOf(place->kind)) : Json()},
                        {"place_why", place && !place->why.empty() ? Json(place->why) : Json()},
                        {"faults_left", static_cast<int64_t>(world.state.faults.size())},
                        {"machines", machines},
                        {"not_modelled", NotModelledJson()},
                        {"billed_micro_usd", WholePracticeBill(world)}}),
      StatusText(world, running, place) + NotModelledText());
  return {};
}

Status Stop(CommandContext& context) {
  const PracticeOutside outside = PracticeOutsideOf(context);
  TRY_ASSIGN(const PracticeWorld before, LookAtPractice(outside.home, context.clock));
  const auto& machines = before.state.machines;
  const auto living = std::count_if(machines.begin(), machines.end(),
                                    [](const auto& machine) { return machine.Exists(); });
  if (living > 0 && !context.yes) {
    TRY_ASSIGN(
        const bool agreed,
        AskYesNo(context.out.terminal(), fmt::format("End its {} machine{}, with what is on them?",
                                                     living, living == 1 ? "" : "s")));
    if (!agreed) return Cancelled("the practice cloud goes on");
  }
  TRY_ASSIGN(const bool stopped, StopPractice(outside));
  TRY_ASSIGN(const PracticeWorld after, LookAtPractice(outside.home, context.clock));
  const int64_t bill = WholePracticeBill(after);
  context.out.Answer(
      Json::MakeObject({{"stopped", stopped}, {"ended", living}, {"billed_micro_usd", bill}}),
      fmt::format("{}; {} machine{} ended, billed {} USD of play money\n",
                  stopped ? "the practice cloud has stopped" : "the practice cloud was not running",
                  living, living == 1 ? "" : "s", UsdText(MicroUsd(bill))));
  return {};
}

Status Serve(CommandContext& context) {
  const PracticeHome home = PracticeHomeOf(context.directories);
  TRY(MakeFolders(home.Machines(), true));
  const PlaceChoice place =
      ChoosePlace(context.processes, context.program, home.folder / "place-trial");
  const std::unique_ptr<MachinePlaces> machines = MakeMachineKeeper({.folder = home.Machines(),
                                                                     .program = context.program,
                                                                     .place = place.kind,
                                                                     .clock = context.clock,
                                                                     .files = context.files,
                                                                     .random = context.random});
  TRY_ASSIGN(const std::unique_ptr<PracticeServer> server,
             PracticeServer::Start(home, context.files, context.clock,
                                   {.choice = place, .machines = machines.get()}));
  const Interrupts interrupts;
  std::stop_source stop;
  const std::jthread watch([&](const std::stop_token& done) {
    while (!done.stop_requested() && interrupts.count() == 0)
      context.clock.Wait(std::chrono::milliseconds(50), done);
    stop.request_stop();
  });
  return server->Run(stop.get_token());
}

}  // namespace

Action AddPracticeStart(CLI::App& parent) {
  auto options = std::make_shared<StartOptions>();
  CLI::App* command = parent.add_subcommand("start", "Start it, or say where it runs");
  options->command = command;
  ExpectWholeNumber(*command->add_option("--seed", options->seed, "Another market, default 1"), 0,
                    INT64_MAX);
  command->add_option("--faults", options->faults, "What goes wrong and when: a YAML file")
      ->type_name("FILE");
  command->add_option("--boot", options->boot, "Boot time of its machines, default 1.5 s")
      ->type_name("TIME");
  command->add_option("--list-lag", options->list_lag, "How late listings are, default 1 s")
      ->type_name("TIME");
  command
      ->add_option("--trace", options->trace,
                   fmt::format("Replay a recorded spot market for bids, a tick in 2 s: {}",
                               Join(SpotTraceNames(), " or ")))
      ->type_name("NAME");
  command->add_flag("--still", options->still,
                    "Bid prices do not move: only `--faults` take machines away");
  command
      ->add_option("--disk", options->disk, "No machine's disk holds more, whatever it asked for")
      ->type_name("SIZE");
  command->add_flag("--no-self-end", options->no_self_end,
                    "The account forbids that machines end themselves");
  command->add_flag("--fresh", options->fresh, "Forget the market and the bill so far");
  return [options](CommandContext& context) { return Start(*options, context); };
}

Action AddPracticeStatus(CLI::App& parent) {
  parent.add_subcommand("status", "Show its machines and its own bill");
  return [](CommandContext& context) { return ShowStatus(context); };
}

Action AddPracticeStop(CLI::App& parent) {
  parent.add_subcommand("stop", "End its machines, then itself");
  return [](CommandContext& context) { return Stop(context); };
}

Action AddPracticeServe(CLI::App& parent) {
  CLI::App* command = parent.add_subcommand("serve", "Serve it (started by `practice start`)");
  command->group("");  // not for people
  return [](CommandContext& context) { return Serve(context); };
}

Action AddPracticeMachine(CLI::App& parent) {
  CLI::App* command = parent.add_subcommand(
      "machine", "Be a machine's first process (started by `practice serve`)");
  command->group("");  // not for people
  return [](CommandContext&) { return LiveInMachine(); };
}

}  // namespace curbstop
