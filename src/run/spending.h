// What the ledger says of a project's money, by one SELECT: the facts that plan/caps.h decides on.
//
// Spent is what was accrued and corrected, in the month or day (UTC) of its entry; held is what
// open runs have reserved and not spent. A reserve of a run that is over was released with it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/caps.h"
#include "project/project.h"
#include "run/supervisor/event.h"
#include "sys/sqlite/database.h"

namespace curbstop {

struct SpendingQuery {
  std::string project;  // the budget key
  bool include_energy = false;
  int64_t now_ms = 0;
  std::string run;  // whose own part is wanted; empty: nobody's
};

// Errors: kCorrupt for sums beyond 63 bits; those of the database.
Result<Spending> ReadSpending(Database& database, const SpendingQuery& query);

// Inside the transaction that creates a run: what it is to hold goes into its kCreated event.
// Errors: kOverBudget.
Status TakeReserve(Database& database, const std::string& project, const std::string& step,
                   const CapAsk& ask, Event& created);

// The caps that a run was started under, kept with it for the case that the project's file cannot
// be read any more; and back. Empty JSON: no caps.
Json BudgetJson(const Budget& budget);
Budget BudgetOf(const Json& json);

}  // namespace curbstop
