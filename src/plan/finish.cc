#include "plan/finish.h"

#include <algorithm>

namespace curbstop {
namespace {

// Work as it takes with checkpoints and interruptions.
std::optional<Interrupted> Worked(const FinishFacts& facts, Millis work) {
  if (facts.bid_mtbf) {
    return WorkInterrupted(work, {.mtbf = *facts.bid_mtbf,
                                  .every = facts.every,
                                  .write = facts.write,
                                  .restart = facts.restart});
  }
  const Millis all = work + TimeOfWriting(work, facts.every, facts.write);
  return Interrupted{.usual = all, .early = all, .late = all};
}

MicroUsd Billed(const BillingRule& billing, const FinishFacts& facts, Millis running) {
  return Charge(billing, running, running) + facts.traffic;
}

class Parts {
 public:
  explicit Parts(MicroUsd rate) : rate_(rate) {}

  void Add(std::string what, Millis time) {
    if (time.count() > 0) all_.push_back({std::move(what), time, CostOf(rate_, time)});
  }
  void Add(std::string what, MicroUsd cost) {
    if (cost > MicroUsd()) all_.push_back({std::move(what), Millis(0), cost});
  }
  std::vector<FinishPart> Take() && { return std::move(all_); }

 private:
  MicroUsd rate_;
  std::vector<FinishPart> all_;
};

std::vector<FinishPart> PartsOf(const BillingRule& billing, const FinishFacts& facts, Millis work,
                                Millis worked, Millis running) {
  const Millis written = TimeOfWriting(work, facts.every, facts.write);
  Parts parts(billing.per_hour + billing.disk_per_hour);
  parts.Add("boot", facts.boot.usual);
  parts.Add("upload", facts.upload);
  parts.Add("setup", facts.setup);
  parts.Add("work", work);
  parts.Add("checkpoints", std::min(written, worked - work));
  parts.Add("interruptions", worked - work - std::min(written, worked - work));
  parts.Add("download", facts.download);
  parts.Add("traffic", facts.traffic);
  // A grain of a second is no line of its own.
  const Millis more = BilledTime(billing, running) - running;
  if (more > std::chrono::minutes(1)) parts.Add("minimum", CostOf(billing.per_hour, more));
  parts.Add("once", billing.fixed);
  return std::move(parts).Take();
}

void AddUsual(const BillingRule& billing, const FinishFacts& facts, const StepTime& time,
              Finish& finish) {
  const Millis around = facts.upload + facts.setup + facts.download;
  const Millis best = std::min(time.best.value_or(*time.usual), *time.usual);
  const auto worked = Worked(facts, *time.usual);
  const auto early = Worked(facts, best);
  if (!worked || !early) {
    finish.is_never_done = true;
    return;
  }
  finish.time_p50 = facts.boot.usual + around + worked->usual;
  finish.p50 = Billed(billing, facts, *finish.time_p50);
  finish.p10 = Billed(billing, facts, facts.boot.early + around + early->early);
  finish.interruptions = worked->count;
  finish.parts = PartsOf(billing, facts, *time.usual, worked->usual, *finish.time_p50);
}

}  // namespace

Finish FinishOf(const BillingRule& billing, const FinishFacts& facts, const StepTime& time) {
  Finish finish;
  if (time.worst) {
    const auto worked = Worked(facts, *time.worst);
    if (!worked) return Finish{.is_never_done = true};
    finish.time_p90 = facts.boot.late + facts.upload + facts.setup + worked->late + facts.download;
    finish.p90 = Billed(billing, facts, *finish.time_p90);
  }
  if (time.usual) AddUsual(billing, facts, time, finish);
  return finish.is_never_done ? Finish{.is_never_done = true} : finish;
}

}  // namespace curbstop
