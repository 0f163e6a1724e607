#include "plan/internal/rented_row.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "market/match.h"
#include "market/staleness.h"
#include "plan/interval.h"

namespace curbstop {
namespace {

constexpr Millis kShortestLease{60'000};
constexpr Millis kPracticeLease{900'000};  // of a step whose time is unknown: play money

// Between two steps results come home and what the next one reads is hashed.
constexpr Millis kWaitsForNext = std::chrono::minutes(15);

// One way to pay for the machine, and what it comes to.
struct Way {
  std::optional<BidTerms> bid;  // empty: on demand
  LeaseTerms terms;
  std::optional<Millis> every;
  Finish finish;
};

std::optional<Millis> IntervalOf(const Step& step, const std::optional<BidTerms>& bid) {
  if (!step.checkpoint) return std::nullopt;
  const auto mtbf = bid ? std::optional(bid->life) : std::nullopt;
  return step.checkpoint->every.value_or(CheckpointInterval(kAssumedWrite, mtbf));
}

// A cold machine boots and gets all files.
FinishFacts FactsOf(const RentedQuestion& question, const std::optional<BidTerms>& bid) {
  const StepMoves& moves = *question.step.moves;
  const Offer& offer = question.offer;
  const Link& link = question.facts.moving.LinkTo(offer.provider);
  const std::optional<Millis> every = IntervalOf(question.step.step, bid);
  FinishFacts facts{.boot = question.rules.boot,
                    .upload = TimeToMove(UploadOf(moves), link),
                    .setup = moves.setup.value_or(Millis(0)),
                    .download = TimeToMove(moves.outputs.value_or(Bytes{}), link),
                    .every = every,
                    .write = kAssumedWrite};
  const Bytes home = ComesHome(moves, question.time, every);
  facts.traffic =
      TrafficOf(question.facts.moving, offer.provider, offer.region, home).value_or(MicroUsd());
  // The next machine gets the newest checkpoint too, which came home.
  const Millis newest = moves.checkpoint ? TimeToMove(*moves.checkpoint, link) : Millis(0);
  facts.restart = facts.boot.usual + facts.upload + facts.setup + newest;
  if (bid) facts.bid_mtbf = bid->life;
  return facts;
}

// What lies on the machine of the step before: what that one read, and what it made.
Bytes UploadAfter(const RentedQuestion& question) {
  const StepMoves& before = *question.step.moves_before;
  const std::string made = "out/" + question.step.before + "/";
  // Of the same project: what one has the other has too, but for files of its own.
  Bytes sum{std::max<int64_t>(question.step.moves->code.value - before.code.value, 0)};
  for (const MovedInput& input : question.step.moves->inputs) {
    const bool is_read =
        std::any_of(before.inputs.begin(), before.inputs.end(),
                    [&](const MovedInput& other) { return other.path == input.path; });
    if (!is_read && !input.path.starts_with(made)) sum.value += input.size.value;
  }
  return sum;
}

Way WayOf(const RentedQuestion& question, const std::optional<BidTerms>& bid) {
  Way way{.bid = bid,
          .terms = ListedTerms(question.rules, bid, question.step.step.needs, question.offer),
          .every = IntervalOf(question.step.step, bid)};
  way.finish = FinishOf(way.terms.billing, FactsOf(question, bid), question.time);
  return way;
}

// The bid with the least usual cost until the step is done, the lowest of equal ones; where no cost
// is known the usual bid. `tried`: what each comes to.
Way BestBid(const RentedQuestion& question, std::vector<TriedBid>& tried) {
  const MicroUsd minimum = *question.offer.spot_per_hour;
  const MicroUsd on_demand = question.offer.per_hour.value_or(minimum);
  Way best = WayOf(question, BidTerms{});
  std::optional<MicroUsd> least;
  for (const BidTerms& bid : BidsToTry(minimum, on_demand, question.rules.bids)) {
    Way way = WayOf(question, bid);
    tried.push_back({bid, way.terms.billing.per_hour, way.finish.p50});
    if (!way.finish.p50 || (least && *way.finish.p50 >= *least)) continue;
    least = way.finish.p50;
    best = std::move(way);
  }
  return best;
}

// On the machine that the step before has booted.
void FillWarm(PlanRow& row, const RentedQuestion& question, const Way& way) {
  const LeaseTerms& terms = way.terms;
  row.rented_for = question.step.step.NeedsToRent();
  row.disk = RentedDisk(question.step.step.needs);
  row.waits = LongestKeep(terms, kWaitsForNext);
  const bool has_time = question.facts.keep < row.waits && row.lease;
  if (has_time) {
    row.worst_waiting =
        std::max(*row.worst, WorstOfListed(question.rules, terms, *row.lease + row.waits));
  }
  if (question.step.moves_before == nullptr) return;
  FinishFacts facts = FactsOf(question, way.bid);
  row.warm_upload = UploadAfter(question);
  facts.boot = {};
  facts.upload = TimeToMove(row.warm_upload, question.facts.moving.LinkTo(question.offer.provider));
  BillingRule billing = terms.billing;
  billing.minimum = Millis(0);  // the step before has paid it
  row.warm = FinishOf(billing, facts, question.time);
}

bool IsCheaper(const Way& bid, const Way& on_demand) {
  if (bid.finish.is_never_done || !bid.finish.p50 || !on_demand.finish.p50) return false;
  return *bid.finish.p50 < *on_demand.finish.p50;
}

bool IsPaidByBid(Pay pay, const Way& bid, const Way& on_demand) {
  if (pay == Pay::kCheaper) return IsCheaper(bid, on_demand);
  return pay == Pay::kBid;
}

int64_t PercentBelow(MicroUsd less, MicroUsd than) {
  if (than.value() <= 0) return 0;
  const double share = static_cast<double>(less.value()) / static_cast<double>(than.value());
  return std::llround(100 * (1 - share));
}

// What bidding saves, by the list and in the end.
void FillSaving(PlanRow& row, const Offer& offer, const Way& bid, const Way& on_demand) {
  row.listed_saving = PercentBelow(*offer.spot_per_hour, *offer.per_hour);
  if (bid.finish.p50 && on_demand.finish.p50)
    row.effective_saving = PercentBelow(*bid.finish.p50, *on_demand.finish.p50);
}

void FillFrom(PlanRow& row, const RentedQuestion& question, const Way& way) {
  const Finish& finish = way.finish;
  row.p10 = finish.p10;
  row.p50 = finish.p50;
  row.p90 = finish.p90;
  row.finish_p50 = finish.time_p50;
  row.finish_p90 = finish.time_p90;
  row.parts = finish.parts;
  row.interruptions = finish.interruptions;
  row.upload = UploadOf(*question.step.moves);
  row.code = question.step.moves->code;
  row.boot = question.rules.boot;
  row.download = question.step.moves->outputs;
  row.unknown_inputs = question.step.moves->unknown;
  row.link = question.facts.moving.LinkTo(question.offer.provider);
}

// What a run there may hold at most. One that bids may have to go on on demand.
void FillReserve(PlanRow& row, const RentedQuestion& question, const LeaseTerms& terms,
                 const std::optional<LeaseTerms>& also) {
  const PlanFacts& facts = question.facts;
  row.lease = facts.lease ? std::max(*facts.lease, kShortestLease)
                          : LeaseFor(question.time, kPracticeLease);
  row.held = HeldText(terms, *row.lease);
  row.kept = LongestKeep(terms, facts.keep);
  row.kept_worst = CostOf(terms.billing.per_hour + terms.billing.disk_per_hour, row.kept);
  row.worst = WorstOfListed(question.rules, terms, *row.lease + row.kept);
  if (also)
    row.worst = std::max(*row.worst, WorstOfListed(question.rules, *also, *row.lease + row.kept));
}

constexpr const char* kNoCheckpoint =
    "`spot: only` without `checkpoint:`: a machine that is taken away would take all work with it";

std::string NeverDoneText(const Step& step, Millis life) {
  return fmt::format(
      "a machine on a bid is taken away after {} on average, {}", DurationText(life),
      step.checkpoint ? "before enough is saved to get on" : "and nothing is saved meanwhile");
}

}  // namespace

// Every checkpoint comes home, for that is where it survives; the results at the end.
Bytes ComesHome(const StepMoves& moves, const StepTime& time, std::optional<Millis> every) {
  const int64_t results = moves.outputs.value_or(Bytes{}).value;
  const bool unknown = !moves.checkpoint || !every || every->count() <= 0 || !time.usual;
  if (unknown) return {results};
  return {results + moves.checkpoint->value * (*time.usual / *every)};
}

bool MayBid(const PlanFacts& facts, const Step& step) {
  if (step.spot == SpotUse::kOnly) return true;
  return step.spot == SpotUse::kAuto && step.checkpoint && !facts.nobody_holds_work;
}

void FillRental(PlanRow& row, const RentedQuestion& question) {
  const Step& step = question.step.step;
  const Offer& offer = question.offer;
  row.login_needed = !question.rules.logged_in;
  row.not_modelled = question.rules.not_modelled;
  const bool can_bid =
      MayBid(question.facts, step) && question.rules.takes_bids && offer.spot_per_hour;
  const bool can_demand = step.spot != SpotUse::kOnly && offer.per_hour;
  std::optional<Way> bid, on_demand;
  if (can_bid) {
    PlannedBid& planned = row.bid.emplace();
    bid = BestBid(question, planned.tried);
    planned.minimum = *offer.spot_per_hour;
    planned.terms = *bid->bid;
    planned.law = question.rules.bids;
  }
  if (offer.per_hour) on_demand = WayOf(question, {});
  row.on_bid = bid && (!can_demand || IsPaidByBid(question.pay, *bid, *on_demand));
  const Way& way = row.on_bid ? *bid : *on_demand;
  row.lease_grade = NameOf(way.terms.grade);
  row.per_hour = way.terms.billing.per_hour;
  row.disk_per_hour = way.terms.billing.disk_per_hour;
  row.interval = way.every;
  if (row.on_bid && question.facts.now_ms > 0)
    row.is_old = IsStale(offer, PriceKind::kSpot, question.facts.now_ms);
  if (row.on_bid && on_demand) FillSaving(row, offer, *bid, *on_demand);
  if (!question.time.worst && !IsPractice(row.place)) return;
  FillFrom(row, question, way);
  const bool may_go_on = row.on_bid && can_demand;
  FillReserve(row, question, way.terms, may_go_on ? std::optional(on_demand->terms) : std::nullopt);
  FillWarm(row, question, way);
  if (way.finish.is_never_done) row.why_not = NeverDoneText(step, way.bid->life);
  if (step.spot == SpotUse::kOnly && !step.checkpoint) row.why_not = kNoCheckpoint;
}

}  // namespace curbstop
