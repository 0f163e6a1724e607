// `curbstop simulate spot`: deadline policies replayed on recorded spot markets.
#include <algorithm>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/usage.h"
#include "market/spot_files.h"
#include "run/simulate/spot/report.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr double kMostGb = 1e6;

struct Options {
  std::string trace, availability, one_means, spot_price, on_demand, zones, local, budget;
  std::string policy = "all";
  std::string starts = "10";
  int64_t tick_s = 0;
  double work_h = 0, deadline_h = 0, overhead_s = 720, checkpoint_gb = 0, egress = 0;
};

std::vector<std::string> Words(const std::string& list) {
  std::vector<std::string> words;
  for (const std::string& word : Split(list, ',')) {
    if (!Trim(word).empty()) words.emplace_back(Trim(word));
  }
  return words;
}

Status Prices(SpotTrace& trace, SpotPriceKind kind, const std::string& wish,
              const CommandContext& context) {
  if (!wish.ends_with(".csv")) return SetPrices(trace, kind, wish);
  TRY_ASSIGN(const std::string text, ReadFile(context.folder / wish));
  Status read = ReadPrices(trace, kind, text);
  if (read.ok()) return {};
  return std::move(read).error().While(
      fmt::format("cannot use the prices in `{}`", Printable(wish)));
}

Result<SpotTrace> OwnTrace(const Options& options, const CommandContext& context) {
  if (options.tick_s == 0 || options.one_means.empty() || options.spot_price.empty() ||
      options.on_demand.empty())
    return InvalidInput("`--availability` needs more to be understood")
        .WithHint(
            "add `--one-means available|preempted`, `--tick SECONDS`, `--spot-price` and "
            "`--on-demand`");
  TRY_ASSIGN(const std::string text, ReadFile(context.folder / options.availability));
  const OneMeans one =
      options.one_means == "available" ? OneMeans::kAvailable : OneMeans::kPreempted;
  Result<SpotTrace> trace = ReadSpotAvailability(options.availability, text, one, options.tick_s);
  if (trace.ok()) return trace;
  return std::move(trace).error().While(
      fmt::format("cannot use the availability in `{}`", Printable(options.availability)));
}

Result<SpotTrace> TraceOf(const Options& options, const CommandContext& context) {
  if (options.trace.empty() == options.availability.empty())
    return InvalidInput("one recording is needed: `--trace NAME` or `--availability FILE`")
        .WithHint(fmt::format("bundled: v100, h100 ({})", Join(SpotTraceNames(), ", ")));
  SpotTrace trace;
  if (options.trace.empty()) {
    TRY_ASSIGN(trace, OwnTrace(options, context));
  } else {
    if (!options.one_means.empty() || options.tick_s != 0)
      return InvalidInput("`--one-means` and `--tick` belong to `--availability`");
    TRY_ASSIGN(const SpotTrace* bundled, BundledSpotTrace(options.trace));
    trace = *bundled;
  }
  TRY(KeepZones(trace, Words(options.zones)));
  if (!options.spot_price.empty())
    TRY(Prices(trace, SpotPriceKind::kSpot, options.spot_price, context));
  if (!options.on_demand.empty())
    TRY(Prices(trace, SpotPriceKind::kOnDemand, options.on_demand, context));
  return trace;
}

// "USD,SPEED,SECONDS": this computer as one more place.
Status AddLocal(TraceMarket& market, const std::string& wish) {
  if (wish.empty()) return {};
  const std::vector<std::string> words = Words(wish);
  std::vector<double> numbers;
  for (const std::string& word : words) {
    char* end = nullptr;
    const double number = std::strtod(word.c_str(), &end);
    if (*end == '\0' && std::isfinite(number)) numbers.push_back(number);
  }
  if (numbers.size() != 3 || words.size() != 3 || numbers[0] < 0 || numbers[0] > 1e6 ||
      numbers[1] <= 0 || numbers[1] > 1000 || numbers[2] < 0 || numbers[2] > 1e8)
    return InvalidInput(fmt::format("`--local {}` is not USD_PER_HOUR,SPEED,SECONDS", wish))
        .WithHint(
            "`--local 0.07,0.4,0`: 0.07 USD of electricity per hour, 0.4 of the rented "
            "machine's speed, no wait");
  market.places.push_back({.place = {.name = "local",
                                     .region = "local",
                                     .sells_spot = false,
                                     .on_demand = MicroUsd(std::llround(numbers[0] * 1e6)),
                                     .speed = numbers[1],
                                     .overhead_s = numbers[2]}});
  return {};
}

Result<std::vector<std::string>> PoliciesOf(const std::string& wish) {
  const std::vector<std::string> known = SpotPolicyNames();
  if (wish == "all") return known;
  std::vector<std::string> policies = Words(wish);
  for (const std::string& name : policies) {
    if (std::ranges::count(known, name) == 0)
      return InvalidInput(fmt::format("no policy `{}`{}", Printable(name), DidYouMean(name, known)))
          .WithHint(fmt::format("policies: all, {}", Join(known, ", ")));
  }
  return policies;
}

Result<SpotJob> JobOf(const Options& options) {
  std::optional<MicroUsd> cap;
  if (!options.budget.empty()) {
    Result<MicroUsd> sum = ParseUsd(options.budget);
    if (!sum.ok()) return std::move(sum).error().While("cannot use `--budget`");
    cap = *sum;
  }
  return SpotJob{.work_s = options.work_h * 3600,
                 .deadline_s = options.deadline_h * 3600,
                 .overhead_s = options.overhead_s,
                 .move = MicroUsd(std::llround(options.checkpoint_gb * options.egress * 1e6)),
                 .cap = cap};
}

Status CheckJob(const SpotJob& job) {
  if (job.work_s > job.deadline_s)
    return InvalidInput(fmt::format("work of {:.2f} hours does not fit a deadline of {:.2f} hours",
                                    job.work_s / 3600, job.deadline_s / 3600));
  return {};
}

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(const SpotTrace trace, TraceOf(options, context));
  TRY_ASSIGN(const std::vector<std::string> policies, PoliciesOf(options.policy));
  TRY_ASSIGN(const SpotJob job, JobOf(options));
  TRY(CheckJob(job));
  TraceMarket market = MarketOf(trace, options.overhead_s);
  TRY_ASSIGN(const std::vector<SpotStart> starts,
             SpotStarts(options.starts, market, job.deadline_s));
  TRY(AddLocal(market, options.local));
  SpotQuestion question{.trace = trace.name, .tick_s = market.tick_s, .job = job};
  for (const TracePlace& place : market.places) question.zones.push_back(place.place.name);
  const std::vector<SpotWindow> windows = ReplayPolicies(market, job, policies, starts);
  context.out.Answer(SpotJson(question, windows), SpotText(question, windows));
  return {};
}

void AddRecording(CLI::App& command, Options& options) {
  command.add_option("--trace", options.trace, "A bundled recording: v100 or h100")
      ->type_name("NAME");
  command.add_option("--availability", options.availability, "A recording of your own")
      ->type_name("FILE.csv");
  command.add_option("--one-means", options.one_means, "What 1 says in it")
      ->check(CLI::IsMember({"available", "preempted"}))
      ->type_name("available|preempted");
  ExpectWholeNumber(*command.add_option("--tick", options.tick_s, "Seconds between its rows"), 1,
                    86'400);
  command.add_option("--spot-price", options.spot_price, "FILE.csv, or USD/h, or ZONE=USD,…")
      ->type_name("PRICE");
  command.add_option("--on-demand", options.on_demand, "The same for machines on demand")
      ->type_name("PRICE");
  command.add_option("--zones", options.zones, "Only these zones; none: all")->type_name("ZONE,…");
}

void AddJob(CLI::App& command, Options& options) {
  ExpectNumber(
      *command.add_option("--work", options.work_h, "Hours of work, without starts")->required(),
      0.001, 100'000);
  ExpectNumber(*command.add_option("--deadline", options.deadline_h, "Hours until it must be done")
                    ->required(),
               0.001, 100'000);
  ExpectNumber(*command.add_option("--overhead", options.overhead_s,
                                   "Seconds of each start without progress"),
               0, 1e6);
  ExpectNumber(
      *command.add_option("--checkpoint-gb", options.checkpoint_gb, "What moves with the job, GB"),
      0, kMostGb);
  ExpectNumber(*command.add_option("--egress", options.egress, "USD per GB that moves"), 0, 100);
  command
      .add_option("--budget", options.budget,
                  "All that a job may spend; where deadline and budget cannot both hold it stops")
      ->type_name("USD");
  command.add_option("--local", options.local, "This computer too: USD/h,speed,seconds to start")
      ->type_name("USD,SPEED,S");
  command.add_option("--policy", options.policy, "One, several with commas, or `all`")
      ->type_name("NAME");
  command.add_option("--starts", options.starts, "A count, or hours with commas (`8,` for one)")
      ->type_name("N|H,H,…");
}

}  // namespace

Action AddSimulateSpot(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("spot", "Replay deadline policies on recorded spot markets");
  AddRecording(*command, *options);
  AddJob(*command, *options);
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
