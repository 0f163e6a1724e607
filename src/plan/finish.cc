#include "plan/finish.h"

#include <algorithm>

namespace curbstop {
namespace {

MicroUsd Billed(const BillingRule& billing, Millis running) {
  return Charge(billing, running, running);
}

std::vector<FinishPart> PartsOf(const BillingRule& billing, Millis boot, Millis work) {
  const MicroUsd rate = billing.per_hour + billing.disk_per_hour;
  std::vector<FinishPart> parts;
  if (boot.count() > 0) parts.push_back({"boot", boot, CostOf(rate, boot)});
  parts.push_back({"work", work, CostOf(rate, work)});
  const Millis more = BilledTime(billing, boot + work) - (boot + work);
  // A grain of a second is no line of its own.
  if (more > std::chrono::minutes(1))
    parts.push_back({"minimum", Millis(0), CostOf(billing.per_hour, more)});
  if (billing.fixed > MicroUsd()) parts.push_back({"once", Millis(0), billing.fixed});
  return parts;
}

}  // namespace

Finish FinishOf(const BillingRule& billing, const BootTime& boot, const StepTime& time) {
  Finish finish;
  if (time.worst) {
    finish.time_p90 = boot.late + *time.worst;
    finish.p90 = Billed(billing, *finish.time_p90);
  }
  if (!time.usual) return finish;
  finish.time_p50 = boot.usual + *time.usual;
  finish.p50 = Billed(billing, *finish.time_p50);
  finish.p10 = Billed(billing, boot.early + std::min(time.best.value_or(*time.usual), *time.usual));
  finish.parts = PartsOf(billing, boot.usual, *time.usual);
  return finish;
}

}  // namespace curbstop
