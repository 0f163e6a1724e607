#include "plan/plan.h"

#include <algorithm>
#include <array>
#include <span>

#include <fmt/format.h>

#include "base/check.h"
#include "base/text.h"
#include "market/drivers.h"
#include "market/match.h"
#include "market/offer_text.h"
#include "plan/gpu_name.h"
#include "plan/internal/offer_classes.h"
#include "plan/interval.h"
#include "plan/local_fit.h"
#include "plan/model_on.h"

namespace curbstop {
namespace {

constexpr size_t kMostRunnersUp = 10;
constexpr Millis kMinute{60'000};
constexpr Millis kHour{3'600'000};
constexpr std::string_view kDearer = "dearer than those shown";
constexpr Millis kShortestLease{60'000};
constexpr Millis kPracticeLease{900'000};  // of a step whose time is unknown: play money

bool IsPractice(std::string_view provider) { return provider.starts_with("practice:"); }

std::string HardwareText(const Machine& machine, bool uses_gpu) {
  if (uses_gpu && !machine.gpus.empty()) return MachineClass(machine);
  return CpuText(machine.cpu.usable.value_or(static_cast<double>(machine.cpu.threads)),
                 machine.memory.total);
}

// Offers in the order of their price, as the steps of one `spot` kind would pay it. Those without
// such a price come last.
std::vector<uint32_t> OrderByPrice(const std::vector<Offer>& offers, SpotUse spot) {
  std::vector<std::pair<int64_t, uint32_t>> keys(offers.size());
  for (uint32_t i = 0; i < keys.size(); ++i) {
    const std::optional<MicroUsd> price = PriceFor(spot, offers[i]);
    keys[i] = {price ? price->value() : INT64_MAX, i};
  }
  std::sort(keys.begin(), keys.end());
  std::vector<uint32_t> order(keys.size());
  std::transform(keys.begin(), keys.end(), order.begin(),
                 [](const auto& key) { return key.second; });
  return order;
}

// Reasons in the order in which they were first met, with their counts.
class ReasonCounts {
 public:
  void Add(std::string_view reason, int64_t count) {
    if (count == 0) return;
    const auto found = std::find_if(counts_.begin(), counts_.end(),
                                    [&](const auto& entry) { return entry.first == reason; });
    if (found == counts_.end()) counts_.emplace_back(reason, count);
    else found->second += count;
  }
  void MoveTo(std::vector<LeftOut>& left_out, const std::string& step) {
    std::stable_sort(counts_.begin(), counts_.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    for (auto& [reason, count] : counts_) left_out.push_back({step, std::move(reason), count});
  }

 private:
  std::vector<std::pair<std::string, int64_t>> counts_;
};

// What stands in a row's way under the caps; empty reason: nothing.
struct CapVerdict {
  std::string reason;
  std::string hint;
  MicroUsd reserve;
};

// Compares the places of one step after the other, then chooses for all of them together.
class Planner {
 public:
  Planner(const PlanFacts& facts, bool every_row) : facts_(facts), every_row_(every_row) {
    plan_.budget = facts.project->budget;
    plan_.spending = facts.spending;
    plan_.electricity = facts.electricity;
    plan_.goal = facts.goal;
    spending_ = facts.spending;
  }

  Status Add(const Step& step, const StepHistory& history);
  Plan Choose() &&;

 private:
  struct Current {
    const Step& step;
    Need needs;  // the step's, the GPU by its name in the accelerator catalogue
    Place place;
    std::string place_reason;                       // "left out by `where: local`"
    StepTime time;                                  // on this computer
    StepTime elsewhere = {};                        // where the model's own is not known
    std::unique_ptr<const ModelPlaces> model = {};  // of a step with `model`
    std::optional<ModelOn> here = {};               // and what it comes to on this computer
  };

  // A step with all that is known of its places, before one is chosen.
  struct Compared {
    Current current;
    std::vector<PlanRow> rows = {};
    std::vector<size_t> options = {};     // rows that it may run on, under the caps alone
    std::vector<MicroUsd> reserves = {};  // of each option: what the caps have to leave
    ReasonCounts left_out = {};
    Blocked blocked = {};  // where there is no option
    size_t chosen = 0;
  };

  Result<Current> Begin(const Step& step, const StepHistory& history) const;
  PlanRow LocalRow(const Current& current) const;
  PlanRow OfferRow(const Current& current, const Offer& offer) const;
  void FillCost(PlanRow& row, const StepTime& time, MicroUsd per_hour) const;
  const StepTime& TimeOn(const Current& current, const Offer& offer) const;
  bool IsPinnedElsewhere(const PlanRow& row) const;
  void FillRental(PlanRow& row, const Current& current, const Offer& offer) const;
  std::string ModelReason(const Current& current, Mismatch mismatch, const Offer& offer) const;
  std::string EndByCap(const PlanRow& row) const;
  CapVerdict UnderCaps(const Current& current, const PlanRow& row) const;
  bool InPlace(const Place& place, const Offer& offer) const;
  bool HasDriver(SpotUse spot, const Offer& offer) const;
  const std::vector<uint32_t>& Order(SpotUse spot);
  std::vector<PlanRow> EveryOffer(const Current& current);
  // What the offers of one class are to a step.
  struct ClassVerdict {
    bool in_place = false;  // but for the region
    bool has_driver = false;
    Mismatch mismatch = Mismatch::kNone;
    bool model_stands_against = false;
  };
  ClassVerdict Judge(const Current& current, const OfferClass& one) const;
  const OfferClasses& Classes();
  std::vector<PlanRow> CheapestOffers(const Current& current, ReasonCounts& left_out);
  void FindOptions(Compared& step) const;
  static void KeepComparable(Compared& step);
  static StepGraph GraphOf(const std::vector<Compared*>& steps);
  static bool AnyTimeUnknown(const std::vector<Compared*>& steps);
  GraphLimits LimitsOf(const PlanGoal& goal) const;
  void ChooseTogether(std::vector<Compared*> steps);
  bool TakeNearest(const std::vector<Compared*>& steps);
  void AddFront(const std::vector<Compared*>& steps);
  bool TakeBest(const std::vector<Compared*>& steps, const PlanGoal& goal);
  void Settle(Compared& step);

  const PlanFacts& facts_;
  bool every_row_;
  std::vector<Compared> steps_;
  Plan plan_;
  Spending spending_;  // with what the steps before reserve, where they are looked at in turn
  std::optional<OfferClasses> classes_;
  std::optional<std::vector<uint32_t>> by_price_;
  std::optional<std::vector<uint32_t>> by_spot_price_;
};

bool BetterThan(const PlanRow& a, const PlanRow& b) {
  if (a.worst && b.worst && *a.worst != *b.worst) return *a.worst < *b.worst;
  return a.per_hour.value_or(MicroUsd()) < b.per_hour.value_or(MicroUsd());
}

const std::vector<uint32_t>& Planner::Order(SpotUse spot) {
  std::optional<std::vector<uint32_t>>& order = spot == SpotUse::kOnly ? by_spot_price_ : by_price_;
  if (!order) order = OrderByPrice(*facts_.offers, spot);
  return *order;
}

// What is sold as spot alone cannot be rented where no bids are taken.
bool Planner::HasDriver(SpotUse spot, const Offer& offer) const {
  const auto rules = facts_.rentals.find(offer.provider);
  const bool sold =
      spot != SpotUse::kOnly || rules == facts_.rentals.end() || rules->second.takes_bids;
  return sold && std::find(facts_.drivers.begin(), facts_.drivers.end(), offer.provider) !=
                     facts_.drivers.end();
}

bool Planner::InPlace(const Place& place, const Offer& offer) const {
  if (IsPractice(offer.provider) || place.kind == PlaceKind::kPractice)
    return place.kind == PlaceKind::kPractice && PlaceText(place) == offer.provider;
  if (place.kind == PlaceKind::kAuto || place.kind == PlaceKind::kCloud) return true;
  return place.kind == PlaceKind::kProvider && place.provider == offer.provider &&
         IsSoldAt(place, offer);
}

void Planner::FillCost(PlanRow& row, const StepTime& time, MicroUsd per_hour) const {
  row.per_hour = per_hour;
  row.finish_p50 = time.usual;
  row.finish_p90 = row.finish_worst = time.worst;
  if (time.usual) row.p50 = CostOf(per_hour, *time.usual);
  if (time.usual) row.p10 = CostOf(per_hour, time.best.value_or(*time.usual));
  if (time.worst) row.p90 = row.worst = CostOf(per_hour, *time.worst);
}

const StepTime& Planner::TimeOn(const Current& current, const Offer& offer) const {
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
std::string Planner::ModelReason(const Current& current, Mismatch mismatch,
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

// Which offers could be the cheapest or the soonest to finish of their provider: in ascending
// price, whatever takes no less time than one before costs more.
class Contenders {
 public:
  explicit Contenders(size_t providers) : least_(providers, kNone) {}

  bool Add(uint32_t provider, const StepTime& time) {
    const Millis usual = time.usual.value_or(time.worst.value_or(kNone - Millis(1)));
    if (usual >= least_[provider]) return false;
    least_[provider] = usual;
    return true;
  }

 private:
  static constexpr Millis kNone = Millis::max();
  std::vector<Millis> least_;
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

PlanRow Planner::LocalRow(const Current& current) const {
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
  const LocalFit fit = FitHere(current.needs, *facts_.machine, facts_.project->root);
  row.why_not = in_place ? fit.reason : current.place_reason;
  row.why = fit.note;
  if (current.here) {
    FillModel(row, *current.model, *current.here, current.time);
    const std::string against = current.model->ReasonAgainst(*current.here, false);
    if (in_place && !against.empty()) row.why_not = against;
  }
  if (!row.why_not.empty()) ForgetCost(row);
  return row;
}

PlanRow Planner::OfferRow(const Current& current, const Offer& offer) const {
  PlanRow row{.step = current.step.name,
              .place = fmt::format("{}/{}/{}", offer.provider, offer.region, offer.type),
              .hardware = HardwareText(offer),
              .has_driver = HasDriver(current.step.spot, offer)};
  row.lease_grade = row.has_driver ? "unproven" : "none";
  row.source = offer.source;
  row.as_of = offer.as_of;
  row.why = UnlistedText(current.needs, offer);
  const std::optional<MicroUsd> price = PriceFor(current.step.spot, offer);
  const StepTime& time = TimeOn(current, offer);
  if (price) FillCost(row, time, *price);
  row.time_source = time.source;
  if (price && row.has_driver) FillRental(row, current, offer);
  if (current.model != nullptr && !offer.gpu_name.empty())
    FillModel(row, *current.model, current.model->On(offer), time);
  return row;
}

// What is rented is held for its whole lease, and for as long as its end may take at worst.
void Planner::FillRental(PlanRow& row, const Current& current, const Offer& offer) const {
  const auto rules = facts_.rentals.find(offer.provider);
  if (rules == facts_.rentals.end()) return;
  const LeaseTerms terms = ListedTerms(rules->second, current.step, offer);
  const StepTime& time = TimeOn(current, offer);
  row.lease_grade = NameOf(terms.grade);
  row.login_needed = !rules->second.logged_in;
  row.per_hour = terms.billing.per_hour;
  if (current.step.checkpoint) {
    const bool bids = current.step.spot == SpotUse::kOnly;
    row.interval = current.step.checkpoint->every.value_or(
        CheckpointInterval(kAssumedWrite, bids ? std::optional(kAssumedSpotLife) : std::nullopt));
  }
  row.disk_per_hour = terms.billing.disk_per_hour;
  row.not_modelled = rules->second.not_modelled;
  if (!time.worst && !IsPractice(row.place)) return;
  row.lease =
      facts_.lease ? std::max(*facts_.lease, kShortestLease) : LeaseFor(time, kPracticeLease);
  row.held = HeldText(terms, *row.lease);
  row.kept = LongestKeep(terms, facts_.keep);
  row.kept_worst = CostOf(terms.billing.per_hour + terms.billing.disk_per_hour, row.kept);
  row.worst = WorstOfListed(rules->second, terms, *row.lease + row.kept);
  const Finish finish = FinishOf(terms.billing, rules->second.boot, time);
  row.p10 = finish.p10;
  row.p50 = finish.p50;
  row.p90 = finish.p90;
  row.finish_p50 = finish.time_p50;
  row.finish_p90 = finish.time_p90;
  row.parts = finish.parts;
}

// All offers: first those that meet the needs, cheapest first, then the others with their reason.
std::vector<PlanRow> Planner::EveryOffer(const Current& current) {
  std::vector<PlanRow> rows;
  std::vector<PlanRow> lost;
  for (const uint32_t index : Order(current.step.spot)) {
    const Offer& offer = (*facts_.offers)[index];
    const bool in_place = InPlace(current.place, offer);
    const Mismatch mismatch = FindMismatch(current.needs, current.step.spot, offer);
    PlanRow row = OfferRow(current, offer);
    row.why_not = in_place ? ReasonText(mismatch, current.needs, current.step.spot, offer)
                           : current.place_reason;
    const std::string against = in_place ? ModelReason(current, mismatch, offer) : "";
    if (!against.empty()) row.why_not = against;
    if (!row.why_not.empty()) ForgetCost(row);
    (row.why_not.empty() ? rows : lost).push_back(std::move(row));
  }
  if (current.model != nullptr) std::stable_sort(rows.begin(), rows.end(), BetterThan);
  std::move(lost.begin(), lost.end(), std::back_inserter(rows));
  return rows;
}

// What every offer of a class is to this step. A place that names a region is asked for each offer.
Planner::ClassVerdict Planner::Judge(const Current& current, const OfferClass& one) const {
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

const OfferClasses& Planner::Classes() {
  if (!classes_) classes_ = ClassesOf(*facts_.offers);
  return *classes_;
}

// The cheapest that meet the needs, each type once, and of each provider that can be rented from
// those that could be chosen. The rest is counted.
std::vector<PlanRow> Planner::CheapestOffers(const Current& current, ReasonCounts& left_out) {
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
  const auto pinned = facts_.pinned.find(step.name);
  int64_t too_small = 0;
  for (const uint32_t index : Order(step.spot)) {
    const ClassVerdict& verdict = verdicts[classes.of[index]];
    const OfferClass& of_class = classes.all[classes.of[index]];
    const Offer& offer = (*facts_.offers)[index];
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
    } else if (pinned != facts_.pinned.end() && IsPlace(offer, pinned->second)) {
      is_shown = true;
    } else if (shown_types[of_class.type]) {
      ++elsewhere;
    } else if (verdict.has_driver && contenders.Add(of_class.provider, TimeOn(current, offer))) {
      is_shown = true;
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
  for (const Offer* offer : shown) rows.push_back(OfferRow(current, *offer));
  if (current.model != nullptr) std::stable_sort(rows.begin(), rows.end(), BetterThan);
  return rows;
}

CapVerdict Planner::UnderCaps(const Current& current, const PlanRow& row) const {
  const Budget& budget = facts_.project->budget;
  const bool local = row.place == "local";
  if (IsPractice(row.place)) return {};  // play money
  if (!local && !budget.cap)
    return {"no `budget: {cap: …}` is set, so nothing may be spent",
            "for example `budget: {cap: 20 USD, per: month}` in curbstop.yaml",
            {}};
  if (!local && !row.worst) {
    return {"its time is unknown, so it could cross the cap",
            "give the step a `needs: {time: …}` or a `deadline`",
            {}};
  }
  CapAsk ask = AskForEnergy(budget, row.model_time.value_or(current.time),
                            row.per_hour.value_or(MicroUsd()));
  ask.counts = ask.counts || !local;
  // A row's own figure, which for this computer is made of the watts themselves.
  if (row.worst) ask.reserve = ask.at_least = *row.worst;
  if (!row.held.empty()) {  // a shorter lease would not help
    ask.why = row.held;
    ask.per_hour = MicroUsd();
  }
  const Result<MicroUsd> held = Admit(ask, spending_);
  if (!held.ok()) return {held.error().message(), held.error().hint(), {}};
  return {"", "", *held};
}

// What bounds a step of unknown time at home.
std::string Planner::EndByCap(const PlanRow& row) const {
  const Budget& budget = facts_.project->budget;
  const std::optional<CapState> cap = TightestCap(budget, facts_.spending);
  if (row.worst || row.place != "local" || !budget.include_energy || !cap) return "";
  return fmt::format("; saved and ended by the cap after {} at the latest",
                     DurationText(TimeFor(cap->Left(), row.per_hour.value_or(MicroUsd()))));
}

std::string Difference(MicroUsd from, MicroUsd to, std::string_view unit) {
  const bool dearer = to >= from;
  return fmt::format("{}{} {}", dearer ? "+" : "-", UsdText(dearer ? to - from : from - to), unit);
}

// What a row is chosen by: what it costs until the step is done, else at worst.
std::optional<MicroUsd> ValueOf(const PlanRow& row) { return row.p50 ? row.p50 : row.worst; }
std::optional<Millis> TimeOf(const PlanRow& row) {
  return row.finish_p50 ? row.finish_p50 : row.finish_worst;
}

// How a row compares with the chosen one: "+0.42 USD", or per hour where no time is known; and what
// it takes longer, where that is a minute or more.
std::string Against(const PlanRow& chosen, const PlanRow& row) {
  if (!ValueOf(chosen) || !ValueOf(row)) {
    return Difference(chosen.per_hour.value_or(MicroUsd()), row.per_hour.value_or(MicroUsd()),
                      "USD/h");
  }
  std::string text = Difference(*ValueOf(chosen), *ValueOf(row), "USD");
  const Millis longer = TimeOf(row).value_or(Millis(0)) - TimeOf(chosen).value_or(Millis(0));
  if (longer >= kMinute) text += fmt::format(", {} longer", DurationText(longer));
  if (longer <= -kMinute) text += fmt::format(", {} sooner", DurationText(-longer));
  return text;
}

std::string ComparedText(const PlanRow& row, const PlanRow* chosen) {
  if (chosen == nullptr) return row.why.empty() ? "meets the needs" : row.why;
  return Against(*chosen, row) + (row.login_needed ? ", login needed" : "") +
         (row.why.empty() ? "" : ", " + row.why);
}

// Cheaper, and yet not chosen: a limit on all steps together stands in the way.
std::string WhyLostThoughCheaper(const PlanGoal& goal) {
  if (goal.soonest || goal.spend) return "slower";
  if (goal.deadline) return "too slow for the deadline of all steps";
  return "held with the other steps it is above the cap";
}

std::string WhyLost(const PlanRow& row, const PlanRow* chosen, const PlanGoal& goal) {
  if (!row.has_driver) return fmt::format("no driver yet, {}", row.compared);
  const bool cheaper =
      chosen != nullptr && ValueOf(row) && ValueOf(*chosen) && *ValueOf(row) < *ValueOf(*chosen);
  return fmt::format("{}: {}", cheaper ? WhyLostThoughCheaper(goal) : "dearer", row.compared);
}

std::string WhyChosen(const PlanRow& row, const PlanGoal& goal) {
  std::string why = row.place == "local" ? "meets the needs; electricity only"
                                         : "cheapest to finish of the places that can run it";
  if (goal.IsSet()) why = "best for all steps together";
  if (IsPractice(row.place)) why += ", in play money";
  if (!row.held.empty()) why += "; " + row.held;
  if (row.login_needed) why += "; login needed";
  return row.why.empty() ? why : fmt::format("{}; {}", why, row.why);
}

bool Planner::IsPinnedElsewhere(const PlanRow& row) const {
  const auto pinned = facts_.pinned.find(row.step);
  return pinned != facts_.pinned.end() && pinned->second != row.place;
}

// Rows come with `why_not` filled where they cannot run, `why` holding a note.
void Planner::FindOptions(Compared& step) const {
  step.blocked = {step.current.step.name, ErrorKind::kNo,
                  "no place has a driver and meets the needs", ""};
  step.options.clear();
  for (size_t i = 0; i < step.rows.size(); ++i) {
    PlanRow& row = step.rows[i];
    if (!row.why_not.empty() && row.place == "local")
      step.blocked.reason = row.why_not + UnknownGpu(step.current.needs);
    if (!row.has_driver || !row.why_not.empty()) continue;
    if (IsPinnedElsewhere(row)) {
      row.why_not = "not the place of the plan";
      continue;
    }
    const CapVerdict caps = UnderCaps(step.current, row);
    if (caps.reason.empty()) {
      step.options.push_back(i);
      step.reserves.push_back(caps.reserve);
      continue;
    }
    row.why_not = caps.reason;
    // Of this computer, else of the cheapest place.
    const bool says_more = step.blocked.kind != ErrorKind::kOverBudget || row.place == "local";
    if (says_more)
      step.blocked = {step.current.step.name, ErrorKind::kOverBudget, caps.reason, caps.hint};
  }
  KeepComparable(step);
}

// Where not every place says what it costs, the price of an hour decides.
void Planner::KeepComparable(Compared& step) {
  const auto is_known = [&](size_t row) { return ValueOf(step.rows[row]).has_value(); };
  if (std::all_of(step.options.begin(), step.options.end(), is_known)) return;
  size_t best = 0;
  for (size_t i = 1; i < step.options.size(); ++i) {
    if (BetterThan(step.rows[step.options[i]], step.rows[step.options[best]])) best = i;
  }
  step.options = {step.options[best]};
  step.reserves = {step.reserves[best]};
}

StepGraph Planner::GraphOf(const std::vector<Compared*>& steps) {
  StepGraph graph;
  for (const Compared* step : steps) {
    GraphStep& node = graph.steps.emplace_back();
    for (size_t i = 0; i < step->options.size(); ++i) {
      const PlanRow& row = step->rows[step->options[i]];
      GraphMode mode{.cost = std::min(ValueOf(row).value_or(MicroUsd()), kDearestMode),
                     .time = std::min(TimeOf(row).value_or(Millis(0)), kLongestMode)};
      // An unknown time is no sum: the steps run one after the other, and the cap ends the last.
      if (row.worst) mode.reserve = std::min(step->reserves[i], kDearestMode);
      mode.warm_cost = mode.cost;
      mode.warm_time = mode.time;
      node.modes.push_back(mode);
    }
  }
  return graph;
}

GraphLimits Planner::LimitsOf(const PlanGoal& goal) const {
  GraphLimits limits{.deadline = goal.deadline, .cap = goal.spend};
  Budget together = facts_.project->budget;
  together.run.reset();
  const std::optional<CapState> tightest = TightestCap(together, facts_.spending);
  if (tightest) limits.reserve = tightest->Left();
  return limits;
}

// The best for these steps together, if the limits leave any.
bool Planner::TakeBest(const std::vector<Compared*>& steps, const PlanGoal& goal) {
  const Least least = goal.soonest || goal.spend ? Least::kTime : Least::kCost;
  const std::optional<GraphAnswer> best = FindBest(GraphOf(steps), least, LimitsOf(goal));
  if (!best) return false;
  for (size_t i = 0; i < steps.size(); ++i)
    steps[i]->chosen = steps[i]->options[best->picks[i].mode];
  plan_.together = GoalAnswer{.cost = best->cost, .time = best->time, .is_proven = best->is_proven};
  return true;
}

// What stands nearest to a goal that cannot be met: soonest where the time is short, else cheapest.
bool Planner::TakeNearest(const std::vector<Compared*>& steps) {
  if (TakeBest(steps, facts_.goal)) return true;
  if (!facts_.goal.IsSet()) return false;
  const bool nearest = TakeBest(steps, PlanGoal{.soonest = facts_.goal.deadline.has_value()});
  if (nearest) plan_.together->is_met = false;
  return nearest;
}

// For all of them; where the caps do not hold the reserves of all, one step after the other as far
// as they do.
void Planner::ChooseTogether(std::vector<Compared*> steps) {
  if (steps.empty() || TakeNearest(steps)) return;
  std::vector<Compared*> taken;
  for (Compared* step : steps) {
    taken.push_back(step);
    if (TakeNearest(taken)) continue;
    taken.pop_back();
    spending_ = facts_.spending;
    for (const Compared* before : taken) {
      const auto at = std::find(before->options.begin(), before->options.end(), before->chosen);
      spending_.planned += before->reserves[static_cast<size_t>(at - before->options.begin())];
    }
    for (const size_t row : step->options) step->rows[row].why_not.clear();
    step->reserves.clear();
    FindOptions(*step);
    step->options.clear();
  }
  spending_ = facts_.spending;
  if (!taken.empty()) TakeNearest(taken);
}

bool Planner::AnyTimeUnknown(const std::vector<Compared*>& steps) {
  return std::any_of(steps.begin(), steps.end(), [](const Compared* step) {
    return std::any_of(step->options.begin(), step->options.end(),
                       [&](size_t row) { return !TimeOf(step->rows[row]); });
  });
}

void Planner::AddFront(const std::vector<Compared*>& steps) {
  for (const GraphAnswer& answer : FindFront(GraphOf(steps), LimitsOf(PlanGoal()), facts_.front)) {
    FrontPoint point{answer.cost, answer.time, {}};
    for (size_t i = 0; i < steps.size(); ++i) {
      const size_t row = steps[i]->options[answer.picks[i].mode];
      point.places.push_back(steps[i]->rows[row].place);
    }
    plan_.together->front.push_back(std::move(point));
  }
}

Plan Planner::Choose() && {
  std::vector<Compared*> open;
  for (Compared& step : steps_) {
    FindOptions(step);
    if (!step.options.empty()) open.push_back(&step);
  }
  const bool is_whole = open.size() == steps_.size() && !AnyTimeUnknown(open);
  ChooseTogether(open);
  if (!is_whole) plan_.together.reset();
  if (plan_.together && facts_.front > 0) AddFront(open);
  for (Compared& step : steps_) Settle(step);
  return std::move(plan_);
}

// Words for each row, and the order in which they are shown.
void Planner::Settle(Compared& step) {
  std::vector<PlanRow>& rows = step.rows;
  PlanRow* best = step.options.empty() ? nullptr : &rows[step.chosen];
  if (best == nullptr) plan_.blocked.push_back(step.blocked);
  const PlanGoal& goal = facts_.goal;
  for (PlanRow& row : rows) {
    row.chosen = &row == best;
    if (row.chosen) {
      row.why = WhyChosen(row, goal) + EndByCap(row);
      continue;
    }
    if (row.why_not.empty()) {
      row.compared = ComparedText(row, best);
      row.why_not = WhyLost(row, best, goal);
    }
    row.why.clear();
  }
  if (best != nullptr) {
    const auto at = rows.begin() + static_cast<std::ptrdiff_t>(step.chosen);
    std::rotate(rows.begin(), at, at + 1);
  }
  const size_t most = kMostRunnersUp + (best != nullptr ? 1 : 0);
  if (!every_row_ && rows.size() > most) {
    step.left_out.Add(kDearer, static_cast<int64_t>(rows.size() - most));
    rows.resize(most);
  }
  const StepTime time = rows.front().model_time.value_or(step.current.time);
  std::move(rows.begin(), rows.end(), std::back_inserter(plan_.rows));
  step.left_out.MoveTo(plan_.left_out, step.current.step.name);
  plan_.times.push_back(time);
}

// Before the first row that is dearer or cannot run the step.
std::vector<PlanRow>::iterator PlaceByCost(std::vector<PlanRow>& rows, const PlanRow& row) {
  return std::find_if(rows.begin(), rows.end(), [&](const PlanRow& other) {
    return !other.why_not.empty() || BetterThan(row, other);
  });
}

Result<Planner::Current> Planner::Begin(const Step& step, const StepHistory& history) const {
  const bool by_option = facts_.on.kind != PlaceKind::kAuto;
  Current current{step, step.needs, by_option ? facts_.on : step.where, "",
                  TimeOf(step, history, facts_.lease)};
  if (step.model) {
    current.elsewhere = current.time;
    current.model = std::make_unique<const ModelPlaces>(step, facts_.lease);
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

Status Planner::Add(const Step& step, const StepHistory& history) {
  TRY_ASSIGN(Current current, Begin(step, history));
  steps_.push_back({.current = std::move(current)});
  Compared& compared = steps_.back();
  const Current& now = compared.current;
  compared.rows = every_row_ ? EveryOffer(now) : CheapestOffers(now, compared.left_out);
  compared.left_out.Add("set aside as doubtful, see `curbstop offers --set-aside`",
                        facts_.offers_set_aside);
  PlanRow local = LocalRow(now);
  compared.rows.insert(
      local.why_not.empty() ? PlaceByCost(compared.rows, local) : compared.rows.begin(),
      std::move(local));
  return {};
}

Status CheckNames(const PlanFacts& facts) {
  std::vector<std::string> known;
  for (const Step& step : facts.project->steps) known.push_back(step.name);
  for (const std::string& name : facts.steps) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    return NotFound(fmt::format("the project has no step `{}`{}", Printable(name),
                                DidYouMean(name, known)))
        .WithHint(fmt::format("its steps: {}", Join(known, ", ")));
  }
  return {};
}

}  // namespace

Result<Plan> ComparePlaces(const PlanFacts& facts, bool every_row) {
  const std::vector<Step>& steps = facts.project->steps;
  CHECK(facts.history.size() == steps.size());
  TRY(CheckNames(facts));
  Planner planner(facts, every_row);
  for (size_t i = 0; i < steps.size(); ++i) {
    const auto& asked = facts.steps;
    if (!asked.empty() && std::find(asked.begin(), asked.end(), steps[i].name) == asked.end())
      continue;
    TRY(planner.Add(steps[i], facts.history[i]));
  }
  return std::move(planner).Choose();
}

namespace {

Status CheckGoal(const Plan& plan) {
  const PlanGoal& goal = plan.goal;
  if (!goal.IsSet()) return {};
  if (!plan.together) {
    return Error(ErrorKind::kNo, "the time of a step is unknown")
        .While("cannot plan for a time or a sum of all steps")
        .WithHint("give each step a `needs: {time: …}` or a `deadline`");
  }
  if (plan.together->is_met) return {};
  const std::string nearest = fmt::format("{} USD and {}", UsdTextUp(plan.together->cost),
                                          DurationText(plan.together->time));
  std::vector<std::string> limits;
  if (goal.deadline) limits.push_back(fmt::format("within {}", DurationText(*goal.deadline)));
  if (goal.spend) limits.push_back(fmt::format("for {} USD", UsdText(*goal.spend)));
  return Error(ErrorKind::kNo, fmt::format("what comes nearest, shown above, is {}", nearest))
      .While(fmt::format("no places finish all steps {}", Join(limits, " and ")))
      .WithHint("`curbstop plan --front` shows what is possible");
}

}  // namespace

Status CheckEveryStepHasAPlace(const Plan& plan) {
  if (plan.blocked.empty()) return CheckGoal(plan);
  const Blocked& first = plan.blocked.front();
  const bool over = first.kind == ErrorKind::kOverBudget;
  return Error(first.kind, first.reason)
      .While(fmt::format("step `{}` can run nowhere now", first.step))
      .WithHint(over ? first.hint : "`curbstop plan --why-not` lists every place with its reason");
}

Result<Plan> MakePlan(const PlanFacts& facts, bool every_row) {
  TRY_ASSIGN(Plan plan, ComparePlaces(facts, every_row));
  TRY(CheckEveryStepHasAPlace(plan));
  return plan;
}

}  // namespace curbstop
