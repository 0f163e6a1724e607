#include "plan/internal/step_places.h"

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <tuple>

#include <fmt/format.h>

#include "base/text.h"
#include "market/drivers.h"
#include "market/offer_text.h"
#include "market/staleness.h"
#include "plan/gpu_name.h"
#include "plan/internal/rented_row.h"
#include "plan/internal/why.h"
#include "plan/local_fit.h"

namespace curbstop {
namespace {

constexpr Millis kHour{3'600'000};

std::string HardwareText(const Machine& machine, bool uses_gpu) {
  if (uses_gpu && !machine.gpus.empty()) return MachineClass(machine);
  return CpuText(machine.cpu.usable.value_or(static_cast<double>(machine.cpu.threads)),
                 machine.memory.total);
}

// What an hour comes to by which offers are looked at; empty: it cannot be had so. Interruptions
// make a bid's hour dearer: by a tenth, about what a checkpoint every two minutes leaves of them.
std::optional<MicroUsd> PriceIn(PriceOrder order, const Offer& offer) {
  if (order == PriceOrder::kOnDemand || !offer.spot_per_hour) {
    return order == PriceOrder::kBid ? std::nullopt : offer.per_hour;
  }
  if (order == PriceOrder::kBid || !offer.per_hour) return offer.spot_per_hour;
  const MicroUsd spot = *offer.spot_per_hour + MicroUsd(offer.spot_per_hour->value() / 10);
  return std::min(*offer.per_hour, spot);
}

// Offers in the order of their price. Those without such a price come last.
std::vector<OrderedOffer> OrderByPrice(const std::vector<Offer>& offers,
                                       const OfferClasses& classes, PriceOrder order_by) {
  std::vector<std::pair<int64_t, uint32_t>> keys(offers.size());
  for (uint32_t i = 0; i < keys.size(); ++i) {
    const std::optional<MicroUsd> price = PriceIn(order_by, offers[i]);
    keys[i] = {price ? price->value() : INT64_MAX, i};
  }
  std::sort(keys.begin(), keys.end());
  std::vector<OrderedOffer> order(keys.size());
  std::transform(keys.begin(), keys.end(), order.begin(),
                 [&](const auto& key) { return OrderedOffer{key.second, classes.of[key.second]}; });
  return order;
}

}  // namespace

void ReasonCounts::Add(std::string_view reason, int64_t count) {
  if (count == 0) return;
  const auto found = std::find_if(counts_.begin(), counts_.end(),
                                  [&](const auto& entry) { return entry.first == reason; });
  if (found == counts_.end()) counts_.emplace_back(reason, count);
  else found->second += count;
}

void ReasonCounts::MoveTo(std::vector<LeftOut>& left_out, const std::string& step) {
  std::stable_sort(counts_.begin(), counts_.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  for (auto& [reason, count] : counts_) left_out.push_back({step, std::move(reason), count});
}

const std::vector<OrderedOffer>& StepPlaces::Order(const Step& step) {
  const PriceOrder by = step.spot == SpotUse::kOnly ? PriceOrder::kBid
                        : MayBid(facts_, step)      ? PriceOrder::kEither
                                                    : PriceOrder::kOnDemand;
  std::optional<std::vector<OrderedOffer>>& order = orders_[static_cast<size_t>(by)];
  if (!order) order = OrderByPrice(*facts_.offers, Classes(), by);
  return *order;
}

// What is sold as spot alone cannot be rented where no bids are taken.
bool StepPlaces::HasDriver(SpotUse spot, const Offer& offer) const {
  const auto rules = facts_.rentals.find(offer.provider);
  const bool sold =
      spot != SpotUse::kOnly || rules == facts_.rentals.end() || rules->second.takes_bids;
  return sold && std::find(facts_.drivers.begin(), facts_.drivers.end(), offer.provider) !=
                     facts_.drivers.end();
}

bool StepPlaces::InPlace(const Place& place, const Offer& offer) const {
  if (IsPractice(offer.provider) || place.kind == PlaceKind::kPractice)
    return place.kind == PlaceKind::kPractice && PlaceText(place) == offer.provider;
  if (place.kind == PlaceKind::kAuto || place.kind == PlaceKind::kCloud) return true;
  return place.kind == PlaceKind::kProvider && place.provider == offer.provider &&
         IsSoldAt(place, offer);
}

void StepPlaces::FillCost(PlanRow& row, const StepTime& time, MicroUsd per_hour) const {
  row.per_hour = per_hour;
  row.finish_p50 = time.usual;
  row.finish_p90 = row.finish_worst = time.worst;
  if (time.usual) row.p50 = CostOf(per_hour, *time.usual);
  if (time.usual) row.p10 = CostOf(per_hour, time.best.value_or(*time.usual));
  if (time.worst) row.p90 = row.worst = CostOf(per_hour, *time.worst);
}

const StepTime& StepPlaces::TimeOn(const PlannedStep& current, const Offer& offer) const {
  for (const TimeOnHardware& known : facts_.times_on) {
    if (known.gpu_count == offer.gpu_count && known.gpu_name == offer.gpu_name &&
        known.step == current.step.name)
      return known.time;
  }
  if (current.model == nullptr) return current.time;
  // What a step with a model takes there is estimated for that machine, not learnt from this one.
  if (offer.gpu_name.empty()) return current.elsewhere;
  const std::optional<StepTime>& there = current.model->On(offer).time;
  return there ? *there : current.elsewhere;
}

// Why the step's model is not put there although its other needs are met, or empty.
std::string StepPlaces::ModelReason(const PlannedStep& current, Mismatch mismatch,
                                    const Offer& offer) const {
  const bool may_be_memory = mismatch == Mismatch::kNone || mismatch == Mismatch::kGpuMemory;
  if (current.model == nullptr || !may_be_memory) return "";
  return current.model->ReasonAgainst(current.model->On(offer), true);
}

void AddNote(std::string& why, const std::string& note) {
  if (!note.empty()) why += (why.empty() ? "" : "; ") + note;
}

// A row says what the model comes to there, and whether its time is that estimate.
void FillModel(PlanRow& row, const ModelPlaces& model, const ModelOn& on, const StepTime& time) {
  row.model = on.answer;
  if (on.estimate && time.source.starts_with(on.estimate->source)) row.model_time = time;
  AddNote(row.why, model.Note(on));
}

// What cannot run there has no cost there: only the price of an hour stays.
void ForgetCost(PlanRow& row) {
  row.worst.reset();
  row.p10.reset();
  row.p50.reset();
  row.p90.reset();
  row.finish_p50.reset();
  row.finish_p90.reset();
  row.parts.clear();
  row.finish_worst.reset();
  row.time_source.clear();
}

// What an offer's cost and time to finish hang on within its provider; the less, the better.
struct Merits {
  Millis time{0};
  MicroUsd on_demand = kDearestOffer + MicroUsd(1);  // of an hour, where it may be paid
  MicroUsd spot = kDearestOffer + MicroUsd(1);
  MicroUsd traffic;  // of what comes home

  bool IsNoWorse(const Merits& other) const {
    return time <= other.time && on_demand <= other.on_demand && spot <= other.spot &&
           traffic <= other.traffic;
  }
};

// Which offers could be the cheapest or the soonest to finish of their provider: those that none
// before is as good as in everything.
class Contenders {
 public:
  explicit Contenders(size_t providers) : kept_(providers) {}

  bool Add(uint32_t provider, const Merits& merits) {
    std::vector<Merits>& kept = kept_[provider];
    const bool is_beaten =
        std::ranges::any_of(kept, [&](const Merits& one) { return one.IsNoWorse(merits); });
    if (!is_beaten) kept.push_back(merits);
    return !is_beaten;
  }

 private:
  std::vector<std::vector<Merits>> kept_;
};

// The merits of offers to one step. Traffic is asked for once per region.
class MeritsOf {
 public:
  MeritsOf(const PlanFacts& facts, const PlannedStep& step) : facts_(facts), step_(step) {
    may_bid_ = MayBid(facts, step.step);
    if (step.step.checkpoint)
      every_ = step.step.checkpoint->every.value_or(CheckpointInterval(
          kAssumedWrite, may_bid_ ? std::optional(kAssumedSpotLife) : std::nullopt));
  }

  Merits operator()(const Offer& offer, const StepTime& time) {
    Merits merits{.time = time.usual.value_or(time.worst.value_or(Millis::max()))};
    if (offer.per_hour && step_.step.spot != SpotUse::kOnly) merits.on_demand = *offer.per_hour;
    const auto rules = facts_.rentals.find(offer.provider);
    const bool bids = may_bid_ && offer.spot_per_hour && rules != facts_.rentals.end() &&
                      rules->second.takes_bids;
    if (bids) merits.spot = *offer.spot_per_hour;
    const Bytes home = ComesHome(*step_.moves, time, every_);
    if (home.value > 0) merits.traffic = Traffic(offer, home);
    return merits;
  }

 private:
  MicroUsd Traffic(const Offer& offer, Bytes home) {
    const auto [known, is_new] = traffic_.try_emplace({offer.provider, offer.region, home.value});
    if (is_new) {
      known->second =
          TrafficOf(facts_.moving, offer.provider, offer.region, home).value_or(MicroUsd());
    }
    return known->second;
  }

  const PlanFacts& facts_;
  const PlannedStep& step_;
  bool may_bid_ = false;
  std::optional<Millis> every_;
  std::map<std::tuple<std::string_view, std::string_view, int64_t>, MicroUsd> traffic_;
};

// Whether it is the one that the row of a plan named.
bool IsPlace(const Offer& offer, std::string_view place) {
  const std::string_view parts[] = {offer.provider, "/", offer.region, "/", offer.type};
  for (const std::string_view part : parts) {
    if (!place.starts_with(part)) return false;
    place.remove_prefix(part.size());
  }
  return place.empty();
}

// The least that a model takes by what was measured here, where that is less than by the formula.
Need NeedsHere(const PlannedStep& current) {
  Need needs = current.needs;
  const bool by_model = current.step.sure_memory && current.here && current.here->answer != nullptr;
  if (!by_model || current.here->answer->peaks_measured == 0) return needs;
  const Bytes least = Bytes{fit::MemoryToHave(fit::MemoryNeeded(*current.here->answer).low)};
  needs.gpu->memory = std::min(*needs.gpu->memory, least);
  return needs;
}

PlanRow StepPlaces::LocalRow(const PlannedStep& current) const {
  const bool uses_gpu = current.needs.gpu.has_value();
  const PowerFigure power = PowerUnderLoad(*facts_.machine, uses_gpu);
  PlanRow row{.step = current.step.name,
              .place = "local",
              .hardware = HardwareText(*facts_.machine, uses_gpu),
              .has_driver = true,
              .lease_grade = "home"};
  row.time_source = current.time.source;
  row.power = power;
  FillCost(row, current.time, EnergyCost(power.watts, facts_.electricity.per_kwh, kHour));
  // The hourly rate is rounded; costs come from the watts themselves.
  const auto energy = [&](Millis time) {
    return EnergyCost(power.watts, facts_.electricity.per_kwh, time);
  };
  if (row.p50) row.p50 = energy(*current.time.usual);
  if (row.p10) row.p10 = energy(current.time.best.value_or(*current.time.usual));
  if (row.worst) row.p90 = row.worst = energy(*current.time.worst);
  row.source = fmt::format("electricity: {} W, {}, at {} USD per kWh", power.watts, power.source,
                           UsdText(facts_.electricity.per_kwh));
  row.as_of = facts_.electricity.assumed ? "assumed" : "setting";
  const bool in_place =
      current.place.kind == PlaceKind::kAuto || current.place.kind == PlaceKind::kLocal;
  const LocalFit fit = FitHere(NeedsHere(current), *facts_.machine, facts_.project->root);
  row.why_not = in_place ? fit.reason : current.place_reason;
  row.why = fit.note;
  if (current.here) {
    FillModel(row, *current.model, *current.here, current.time);
    const std::string against = current.model->ReasonAgainst(*current.here, false);
    if (in_place && !against.empty()) row.why_not = against;
  }
  if (!row.why_not.empty()) ForgetCost(row);
  else if (uses_gpu) WaitInQueue(row, current.needs.gpu->count);
  return row;
}

// Other runs have this computer's GPUs first.
void StepPlaces::WaitInQueue(PlanRow& row, int64_t gpus) const {
  const auto here = static_cast<int64_t>(facts_.machine->gpus.size());
  const GpuWait wait = WaitForGpus(facts_.gpu_holders, here, gpus);
  if (wait.who.empty()) return;
  for (std::optional<Millis>* end : {&row.finish_p50, &row.finish_p90, &row.finish_worst}) {
    if (*end && wait.time) **end += *wait.time;
  }
  AddNote(row.why, wait.time
                       ? fmt::format("waits about {} for {}", DurationText(*wait.time), wait.who)
                       : fmt::format("waits for {}, nobody knows how long", wait.who));
}

PlanRow StepPlaces::OfferRow(const PlannedStep& current, const Offer& offer, Pay pay) const {
  PlanRow row{.step = current.step.name,
              .place = fmt::format("{}/{}/{}", offer.provider, offer.region, offer.type),
              .hardware = HardwareText(offer),
              .has_driver = HasDriver(current.step.spot, offer)};
  row.lease_grade = row.has_driver ? "unproven" : "none";
  row.source = offer.source;
  row.as_of = offer.as_of;
  row.is_old = facts_.now_ms > 0 && IsStale(offer, PriceKind::kOnDemand, facts_.now_ms);
  row.why = UnlistedText(current.needs, offer);
  const std::optional<MicroUsd> price = PriceFor(current.step.spot, offer);
  const StepTime& time = TimeOn(current, offer);
  if (price) FillCost(row, time, *price);
  row.time_source = time.source;
  const auto rules = facts_.rentals.find(offer.provider);
  if (price && row.has_driver && rules != facts_.rentals.end())
    FillRental(row, {facts_, current, offer, rules->second, time, pay});
  if (pay == Pay::kOnDemand) AddNote(row.why, "on demand");
  if (current.model != nullptr && !offer.gpu_name.empty())
    FillModel(row, *current.model, current.model->On(offer), time);
  return row;
}

// How the same machine may be paid for too, where that matters: on demand it is done sooner, and a
// pinned place is pinned with its way.
std::optional<Pay> StepPlaces::OtherWay(const PlannedStep& current, const Offer& offer,
                                        const PlanRow& row) const {
  const auto pinned = facts_.pinned.find(row.step);
  const bool is_pinned = pinned != facts_.pinned.end() && pinned->second.place == row.place;
  if (is_pinned && pinned->second.on_bid && row.bid && !row.on_bid) return Pay::kBid;
  const bool counts_time = facts_.goal.IsSet() || facts_.front > 0;
  const bool wants = counts_time || (is_pinned && !pinned->second.on_bid);
  const bool on_demand_too = current.step.spot != SpotUse::kOnly && offer.per_hour;
  return wants && row.on_bid && on_demand_too ? std::optional(Pay::kOnDemand) : std::nullopt;
}

// All offers: first those that meet the needs, cheapest first, then the others with their reason.
std::vector<PlanRow> StepPlaces::EveryOffer(const PlannedStep& current) {
  std::vector<PlanRow> rows;
  std::vector<PlanRow> lost;
  for (const OrderedOffer& ordered : Order(current.step)) {
    const Offer& offer = (*facts_.offers)[ordered.offer];
    const bool in_place = InPlace(current.place, offer);
    const Mismatch mismatch = FindMismatch(current.needs, current.step.spot, offer);
    PlanRow row = OfferRow(current, offer, Pay::kCheaper);
    const std::string missed = ReasonText(mismatch, current.needs, current.step.spot, offer);
    if (!in_place) row.why_not = current.place_reason;
    else if (!missed.empty()) row.why_not = missed;
    const std::string against = in_place ? ModelReason(current, mismatch, offer) : "";
    if (!against.empty()) row.why_not = against;
    if (!row.why_not.empty()) ForgetCost(row);
    const std::optional<Pay> other =
        row.why_not.empty() ? OtherWay(current, offer, row) : std::nullopt;
    (row.why_not.empty() ? rows : lost).push_back(std::move(row));
    if (other) rows.push_back(OfferRow(current, offer, *other));
  }
  if (current.model != nullptr) std::stable_sort(rows.begin(), rows.end(), BetterThan);
  std::move(lost.begin(), lost.end(), std::back_inserter(rows));
  return rows;
}

// What every offer of a class is to this step. A place that names a region is asked for each offer.
StepPlaces::ClassVerdict StepPlaces::Judge(const PlannedStep& current,
                                           const OfferClass& one) const {
  const SpotUse spot = current.step.spot;
  Place anywhere = current.place;
  anywhere.region.clear();
  ClassVerdict verdict;
  verdict.in_place = InPlace(anywhere, *one.example);
  if (verdict.in_place) verdict.mismatch = FindMismatch(current.needs, spot, *one.example);
  verdict.model_stands_against =
      verdict.in_place && !ModelReason(current, verdict.mismatch, *one.example).empty();
  verdict.has_driver = HasDriver(spot, *one.example);
  return verdict;
}

const OfferClasses& StepPlaces::Classes() {
  if (!classes_) classes_ = ClassesOf(*facts_.offers);
  return *classes_;
}

// Of each provider that can be rented from all that could be the best to finish on, and beside them
// the cheapest that meet the needs, each type once. The rest is counted.
std::vector<PlanRow> StepPlaces::CheapestOffers(const PlannedStep& current,
                                                ReasonCounts& left_out) {
  const Step& step = current.step;
  const OfferClasses& classes = Classes();
  std::vector<ClassVerdict> verdicts;
  for (const OfferClass& one : classes.all) verdicts.push_back(Judge(current, one));
  std::vector<const Offer*> shown;
  std::vector<bool> shown_types(classes.types);
  std::array<int64_t, static_cast<size_t>(Mismatch::kNoPrice) + 1> mismatches{};
  int64_t elsewhere = 0;
  int64_t dearer = 0;
  int64_t out_of_place = 0;
  Contenders contenders(classes.providers);
  MeritsOf merits(facts_, current);
  const auto pinned = facts_.pinned.find(step.name);
  int64_t too_small = 0;
  for (const OrderedOffer& ordered : Order(step)) {
    const ClassVerdict& verdict = verdicts[ordered.of_class];
    const OfferClass& of_class = classes.all[ordered.of_class];
    const Offer& offer = (*facts_.offers)[ordered.offer];
    const auto is_in_place = [&] {
      return verdict.in_place && (current.place.region.empty() || InPlace(current.place, offer));
    };
    bool is_shown = false;
    if (!is_in_place()) {
      ++out_of_place;
    } else if (verdict.mismatch != Mismatch::kNone) {
      ++mismatches[static_cast<size_t>(verdict.mismatch)];
    } else if (verdict.model_stands_against) {
      ++too_small;
    } else if (pinned != facts_.pinned.end() && IsPlace(offer, pinned->second.place)) {
      is_shown = true;
    } else if (verdict.has_driver &&
               contenders.Add(of_class.provider, merits(offer, TimeOn(current, offer)))) {
      is_shown = true;
    } else if (shown_types[of_class.type]) {
      ++elsewhere;
    } else if (shown.size() > kMostRunnersUp) {
      ++dearer;
    } else {
      is_shown = true;
    }
    if (!is_shown) continue;
    shown.push_back(&offer);
    shown_types[of_class.type] = true;
  }
  left_out.Add(kDearer, dearer);
  left_out.Add("the same machine elsewhere, not cheaper", elsewhere);
  left_out.Add(current.place_reason, out_of_place);
  left_out.Add("on which it is not sure that the model fits", too_small);
  for (size_t i = 1; i < mismatches.size(); ++i) {
    if (mismatches[i] == 0) continue;
    std::string reason = ReasonText(static_cast<Mismatch>(i), current.needs, step.spot);
    const bool by_model = static_cast<Mismatch>(i) == Mismatch::kGpuMemory && step.sure_memory;
    if (by_model) reason += ", the least that the model takes";
    left_out.Add(reason, mismatches[i]);
  }
  std::vector<PlanRow> rows;
  for (const Offer* offer : shown) {
    rows.push_back(OfferRow(current, *offer, Pay::kCheaper));
    const std::optional<Pay> other = OtherWay(current, *offer, rows.back());
    if (other) rows.push_back(OfferRow(current, *offer, *other));
  }
  if (current.model != nullptr) std::stable_sort(rows.begin(), rows.end(), BetterThan);
  return rows;
}

// Before the first row that is dearer or cannot run the step.
std::vector<PlanRow>::iterator PlaceByCost(std::vector<PlanRow>& rows, const PlanRow& row) {
  return std::find_if(rows.begin(), rows.end(), [&](const PlanRow& other) {
    return !other.why_not.empty() || BetterThan(row, other);
  });
}

// What the step moves, where that is known.
const StepMoves& StepPlaces::MovesOf(const Step& step) const {
  static const StepMoves kNothing;
  const std::vector<Step>& steps = facts_.project->steps;
  for (size_t i = 0; i < facts_.moves.size() && i < steps.size(); ++i) {
    if (steps[i].name == step.name) return facts_.moves[i];
  }
  return kNothing;
}

Result<PlannedStep> StepPlaces::Begin(const Step& step, const StepHistory& history) const {
  const bool by_option = facts_.on.kind != PlaceKind::kAuto;
  PlannedStep current{step, step.needs, by_option ? facts_.on : step.where, "",
                      TimeOf(step, history, facts_.lease)};
  current.moves = &MovesOf(step);
  if (step.model) {
    current.elsewhere = current.time;
    current.model = std::make_unique<const ModelPlaces>(step, measured_here_, facts_.lease);
    current.here = current.model->Here(*facts_.machine);
    if (current.here) current.time = TimeOf(step, history, facts_.lease, current.here->estimate);
  }
  const Status works = CheckPlaceWorks(current.place, facts_.drivers);
  if (!works.ok()) {
    return Error(works.error()).While(fmt::format("cannot plan step `{}`", step.name));
  }
  current.place_reason =
      fmt::format("left out by `{} {}`", by_option ? "--on" : "where:", PlaceText(current.place));
  if (current.needs.gpu) current.needs.gpu->name = CatalogueName(*current.needs.gpu);
  return current;
}

Result<ComparedStep> StepPlaces::Compare(const Step& step, const StepHistory& history,
                                         const Step* before) {
  TRY_ASSIGN(PlannedStep planned, Begin(step, history));
  if (before != nullptr) {
    planned.before = before->name;
    planned.moves_before = &MovesOf(*before);
  }
  ComparedStep compared{.current = std::move(planned)};
  const PlannedStep& now = compared.current;
  compared.rows = every_row_ ? EveryOffer(now) : CheapestOffers(now, compared.left_out);
  compared.left_out.Add("set aside as doubtful, see `curbstop offers --set-aside`",
                        facts_.offers_set_aside);
  PlanRow local = LocalRow(now);
  compared.rows.insert(
      local.why_not.empty() ? PlaceByCost(compared.rows, local) : compared.rows.begin(),
      std::move(local));
  return compared;
}

}  // namespace curbstop
