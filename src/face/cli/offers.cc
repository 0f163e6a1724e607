// `curbstop offers`: what can be rented, ranked by what one wants for a dollar.
#include <map>

#include <fmt/format.h>

#include "base/paragraph.h"
#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/planning.h"
#include "face/cli/price_list.h"
#include "face/cli/usage.h"
#include "fit/rate_on.h"
#include "market/keep.h"
#include "market/offer_text.h"
#include "market/ranking.h"
#include "plan/cost_ranking.h"
#include "plan/gpu_name.h"
#include "project/need_text.h"

namespace curbstop {
namespace {

struct Options {
  std::string by = "price";
  std::string group = "none";
  std::string need;
  std::string gpu;
  std::string vram;
  std::string max_price;
  std::string provider;
  std::string region;
  std::string model;
  std::string method;
  std::string quant;
  std::string step;
  std::string offers;
  std::string keep;
  std::string keep_for;
  bool spot = false;
  bool on_demand = false;
  bool fresh = false;
  bool set_aside = false;
  bool all = false;
  int64_t limit = 20;
  ProjectOption project;
};

template <typename Value>
struct Word {
  std::string_view word;
  Value value;
};

// Errors: kInvalidInput with what is allowed.
template <typename Value, size_t N>
Result<Value> Choose(std::string_view option, const std::string& given,
                     const Word<Value> (&words)[N]) {
  std::vector<std::string> known;
  for (const Word<Value>& one : words) {
    if (one.word == given) return one.value;
    known.emplace_back(one.word);
  }
  return InvalidInput(fmt::format("`{}` is `{}`, expected one of: {}{}", option, Printable(given),
                                  Join(known, ", "), DidYouMean(given, known)));
}

enum class By { kPrice, kVram, kTokens, kCost };
constexpr Word<By> kBy[] = {
    {"price", By::kPrice}, {"vram", By::kVram}, {"tokens", By::kTokens}, {"cost", By::kCost}};
constexpr Word<GroupBy> kGroups[] = {{"none", GroupBy::kNone},
                                     {"gpu", GroupBy::kGpu},
                                     {"provider", GroupBy::kProvider},
                                     {"region", GroupBy::kRegion}};

// `--need`, with what `--gpu` and `--vram` say put over it.
Result<Need> ReadNeed(const Options& options) {
  TRY_ASSIGN(Need need, ParseNeed(options.need, "--need"));
  if (options.gpu.empty() && options.vram.empty()) return need;
  std::string written = options.gpu;
  if (const size_t colon = written.rfind(':'); colon != written.npos)
    written = fmt::format("{} x {}", written.substr(colon + 1), written.substr(0, colon));
  TRY_ASSIGN(Need asked,
             ParseNeed(fmt::format("gpu: {} {}", written, options.vram), "--gpu/--vram"));
  need.gpu = asked.gpu;
  const std::string unknown = UnknownGpu(need);
  if (!unknown.empty()) {
    return NotFound(
        fmt::format("accelerator `{}` is not in the catalogue{}", Printable(options.gpu), unknown));
  }
  need.gpu->name = CatalogueName(*need.gpu);
  return need;
}

Result<RankingWish> ReadWish(const Options& options, const CommandContext& context) {
  RankingWish wish;
  TRY_ASSIGN(wish.group, Choose("--group", options.group, kGroups));
  TRY_ASSIGN(wish.need, ReadNeed(options));
  // Who says what the machine needs, and names no GPU, needs none.
  wish.cpu_too = !options.need.empty() && !wish.need.gpu;
  wish.price = options.spot ? PriceKind::kSpot : PriceKind::kOnDemand;
  wish.provider = DriverNameOf(options.provider);
  wish.region = options.region;
  wish.fresh_only = options.fresh;
  wish.now_ms = context.clock.WallMs();
  if (!options.max_price.empty()) {
    Result<MicroUsd> most = ParseUsd(options.max_price);
    if (!most.ok()) return std::move(most).error().While("cannot use `--max-price`");
    wish.most = *most;
  }
  return wish;
}

// An unknown name would be an empty answer, which says less than an error.
Status CheckProvider(const RankingWish& wish, const std::vector<Offer>& offers) {
  std::vector<std::string> known;
  for (const Offer& offer : offers) {
    if (wish.provider.empty() || offer.provider == wish.provider) return {};
    if (std::find(known.begin(), known.end(), offer.provider) == known.end())
      known.push_back(offer.provider);
  }
  if (known.empty()) return {};
  std::sort(known.begin(), known.end());
  return NotFound(fmt::format("no row of the list is of provider `{}`{}", Printable(wish.provider),
                              DidYouMean(wish.provider, known)))
      .WithHint(fmt::format("providers: {}", Join(known, ", ")));
}

ListFacts FactsOf(const MarketRows& market, const std::string& file) {
  ListFacts facts{.file = file,
                  .rows = static_cast<int64_t>(market.offers.size()),
                  .set_aside = static_cast<int64_t>(market.set_aside.size()),
                  .refused = market.refused_count};
  for (const Offer& offer : market.offers) {
    if (facts.oldest.empty() || offer.as_of < facts.oldest) facts.oldest = offer.as_of;
    if (offer.as_of > facts.newest) facts.newest = offer.as_of;
  }
  return facts;
}

// Each kind and number of GPUs is estimated once.
Status AskForSpeed(const Options& options, RankingWish& wish) {
  if (options.model.empty()) {
    return InvalidInput("`--by tokens` needs to know the model")
        .WithHint("for example `--model qwen2.5-7b`, and `--method qlora` to train it");
  }
  TRY_ASSIGN(const fit::FitQuestion question,
             fit::SpeedQuestion(options.model, options.quant, options.method));
  auto known = std::make_shared<std::map<std::pair<std::string, int64_t>, std::optional<double>>>();
  wish.tokens_per_second = [question, known](const Offer& offer) -> std::optional<double> {
    const auto count = static_cast<int64_t>(offer.gpu_count);
    if (count < 1 || static_cast<double>(count) != offer.gpu_count) return std::nullopt;
    const auto [at, is_new] = known->emplace(std::pair(offer.gpu_name, count), std::nullopt);
    if (is_new) {
      const std::optional<fit::Rate> rate = fit::RateOn(question, offer.gpu_name, count);
      if (rate) at->second = rate->mid;
    }
    return at->second;
  };
  return {};
}

std::string NameOfOffer(const Offer& offer) {
  return fmt::format("{}/{}/{}", offer.provider, offer.region, offer.type);
}

Status ShowSetAside(const MarketRows& market, CommandContext& context) {
  Json doubtful = Json::MakeArray();
  std::string text;
  for (const SetAsideOffer& one : market.set_aside) {
    doubtful.Push(Json::MakeObject({{"offer", NameOfOffer(one.offer)},
                                    {"source", one.offer.source},
                                    {"as_of", one.offer.as_of},
                                    {"why", one.why}}));
    text += Paragraph(fmt::format("{} ({}, {}): {}", NameOfOffer(one.offer), one.offer.source,
                                  one.offer.as_of, one.why),
                      "", "  ");
  }
  Json refused = Json::MakeArray();
  for (const std::string& why : market.refused) {
    refused.Push(why);
    text += Paragraph(why, "", "  ");
  }
  const int64_t more = market.refused_count - static_cast<int64_t>(market.refused.size());
  if (more > 0) text += fmt::format("and {} more refused rows\n", Grouped(more));
  if (text.empty()) text = "no row is set aside or refused\n";
  context.out.Answer(
      Json::MakeObject(
          {{"set_aside", doubtful}, {"refused", refused}, {"refused_count", market.refused_count}}),
      text);
  return {};
}

Status ShowKeep(const Options& options, const RankingWish& wish, const MarketRows& market,
                CommandContext& context) {
  Result<Bytes> size = ParseBytes(options.keep);
  if (!size.ok()) return std::move(size).error().While("cannot use `--keep`");
  Result<Millis> time = ParseDuration(options.keep_for.empty() ? "30d" : options.keep_for);
  if (!time.ok()) return std::move(time).error().While("cannot use `--for`");
  TRY_ASSIGN(const std::vector<KeepRow> rows,
             KeepRows(BundledTariffs(), market.offers, wish.provider, wish.region, *size, *time));
  if (rows.empty()) {
    return NotFound(fmt::format("no price of disks or traffic is known of `{}`",
                                Printable(wish.provider)))
        .WithHint("without `--provider` all that are known are shown");
  }
  context.out.Answer(KeepJson(rows, *size, *time), KeepText(rows, *size, *time));
  return {};
}

Status ShowByCost(const Options& options, const RankingWish& wish, CommandContext& context) {
  PlanningOptions planning_options{.project = options.project, .offers = options.offers};
  if (!options.step.empty()) planning_options.steps = {options.step};
  TRY_ASSIGN(const std::unique_ptr<Planning> planning, GatherPlanning(planning_options, context));
  std::vector<std::string> names;
  for (const Step& step : planning->project.steps) names.push_back(step.name);
  if (options.step.empty() && names.size() > 1) {
    return InvalidInput("the project has several steps")
        .WithHint(fmt::format("name one with `--step`: {}", Join(names, ", ")));
  }
  if (options.step.empty()) planning->facts.steps = names;
  TRY(CheckProvider(wish, planning->offers));
  std::vector<Offer> wanted;
  for (const RankedOffer& row : Rank(planning->offers, wish).rows) wanted.push_back(*row.offer);
  planning->offers = std::move(wanted);
  TRY_ASSIGN(const Plan plan, ComparePlaces(planning->facts, true));
  TRY_ASSIGN(const CostRanking ranking, RankByCost(plan));
  const auto most = options.all ? ranking.rows.size() : static_cast<size_t>(options.limit);
  context.out.Answer(CostRankingJson(ranking, most), CostRankingText(ranking, most));
  return {};
}

// No option is taken and then ignored.
Status CheckTogether(const Options& options, By by) {
  struct Pair {
    std::string_view option;
    bool is_given;
    bool fits;
    std::string_view with;
  };
  const Pair pairs[] = {{"--model", !options.model.empty(), by == By::kTokens, "--by tokens"},
                        {"--method", !options.method.empty(), by == By::kTokens, "--by tokens"},
                        {"--quant", !options.quant.empty(), by == By::kTokens, "--by tokens"},
                        {"--step", !options.step.empty(), by == By::kCost, "--by cost"},
                        {"--for", !options.keep_for.empty(), !options.keep.empty(), "--keep"}};
  for (const Pair& pair : pairs) {
    if (!pair.is_given || pair.fits) continue;
    return InvalidInput(fmt::format("`{}` goes with `{}`", pair.option, pair.with))
        .WithHint(fmt::format("add `{}`", pair.with));
  }
  if (by == By::kCost && (options.set_aside || options.group != "none")) {
    return InvalidInput(fmt::format("`{}` does not go with `--by cost`",
                                    options.set_aside ? "--set-aside" : "--group"));
  }
  const bool filters = !options.need.empty() || !options.gpu.empty() || !options.vram.empty() ||
                       !options.max_price.empty() || options.spot || options.on_demand ||
                       options.fresh;
  const bool lists = by != By::kPrice || options.group != "none" || options.set_aside;
  if (!options.keep.empty() && (filters || lists || options.all)) {
    return InvalidInput("`--keep` is about data, not about machines")
        .WithHint("beside it go `--for`, `--provider`, `--region` and `--offers`");
  }
  if (options.spot && options.on_demand)
    return InvalidInput("`--spot` and `--on-demand` ask for two prices").WithHint("give one");
  return {};
}

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(const By by, Choose("--by", options.by, kBy));
  TRY(CheckTogether(options, by));
  TRY_ASSIGN(RankingWish wish, ReadWish(options, context));
  if (by == By::kCost) {
    wish.cpu_too = true;  // the step's needs decide
    return ShowByCost(options, wish, context);
  }
  if (by == By::kTokens) TRY(AskForSpeed(options, wish));
  wish.by = by == By::kVram ? RankBy::kVram : by == By::kTokens ? RankBy::kTokens : RankBy::kPrice;
  TRY_ASSIGN(const MarketRows market, ReadMarket(options.offers, context));
  if (options.set_aside) return ShowSetAside(market, context);
  if (!options.keep.empty()) return ShowKeep(options, wish, market, context);
  TRY(CheckProvider(wish, market.offers));
  const Ranking ranking = Rank(market.offers, wish);
  const RankingView view{
      .most = options.all ? market.offers.size() : static_cast<size_t>(options.limit),
      .every_row = options.all};
  const ListFacts facts = FactsOf(market, options.offers);
  context.out.Answer(RankingJson(ranking, wish, facts, view),
                     RankingText(ranking, wish, facts, view));
  if (ranking.rows.empty()) context.exit_code = ExitCodeOf(ErrorKind::kNo);
  return {};
}

void AddFilters(CLI::App& command, Options& options) {
  command
      .add_option(
          "--need", options.need,
          "What the machine must have, as `needs:` in curbstop.yaml: 'gpu: 24GB.., cpus: 8'")
      ->type_name("NEEDS");
  command.add_option("--gpu", options.gpu, "Only this GPU, at least so many")
      ->type_name("NAME[:N]");
  command.add_option("--vram", options.vram, "Memory of each GPU at least, as 24GB")
      ->type_name("SIZE");
  command.add_option("--max-price", options.max_price, "At most so many USD per hour")
      ->type_name("USD");
  command.add_option("--provider", options.provider, "Only this provider")->type_name("NAME");
  command.add_option("--region", options.region, "Only regions of that name, or beginning so")
      ->type_name("NAME");
  command.add_flag("--spot", options.spot,
                   "Spot prices: cheaper machines that may be taken away at any moment");
  command.add_flag("--on-demand", options.on_demand, "Prices of machines that stay (the default)");
  command.add_flag("--fresh", options.fresh, "Leave out prices that are marked old");
}

}  // namespace

Action AddOffers(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command =
      parent.add_subcommand("offers", "Show what can be rented, best for your money first");
  command
      ->add_option("--by", options->by,
                   "Best in: price (USD per hour), vram (GPU memory per dollar), tokens (per "
                   "dollar, of --model), cost (of --step until it is done)")
      ->type_name("WHAT");
  command->add_option("--group", options->group, "One line for each: gpu, provider, region")
      ->type_name("BY");
  AddFilters(*command, *options);
  command->add_option("--model", options->model, "With --by tokens: a family and size (qwen2.5-7b)")
      ->type_name("MODEL");
  command
      ->add_option("--method", options->method,
                   "With --by tokens: train it, full, lora or qlora; none: it answers")
      ->type_name("METHOD");
  command->add_option("--quant", options->quant, "With --by tokens: weight format")
      ->type_name("FORMAT");
  command->add_option("--step", options->step, "With --by cost: a step of the project")
      ->type_name("STEP");
  AddProjectOption(*command, options->project);
  command
      ->add_option("--offers", options->offers,
                   "Prices from this CSV file instead of the bundled ones")
      ->type_name("FILE");
  command
      ->add_option("--keep", options->keep,
                   "Instead: where so much data (100GB) can wait between two runs, at what cost")
      ->type_name("SIZE");
  command->add_option("--for", options->keep_for, "With --keep: for how long, default 30d")
      ->type_name("TIME");
  command->add_flag("--set-aside", options->set_aside,
                    "List the rows that are left out as doubtful or unreadable, and why");
  ExpectWholeNumber(*command->add_option("--limit", options->limit, "Lines shown"), 1, 1'000'000);
  command->add_flag("--all", options->all, "Every row, the same machine in other places too");
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
