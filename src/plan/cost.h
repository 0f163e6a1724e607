// What steps cost so far: the ledger's lines summed by project, step and class.
//
// Spent is what was accrued and corrected; a reserve is no cost, and its release no refund.
// Practice money is a class of its own and in no total.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/money.h"
#include "base/units.h"

namespace curbstop {

struct LedgerLine {
  std::string project;
  std::string step;
  std::string run;
  std::string kind;          // "reserve", "accrue", "release", "correct"
  std::string ledger_class;  // "energy", "practice", "rent"
  MicroUsd amount;
  Millis time{};     // that the line covers
  double watts = 0;  // drawn in that time; 0: not known, or somebody else's
};

struct CostRow {
  std::string project;
  std::string step;
  std::string ledger_class;
  int64_t runs = 0;
  Millis time{};
  double watt_hours = 0;
  MicroUsd amount;
};

struct CostTable {
  std::vector<CostRow> rows;  // by project, step, class
  MicroUsd total;
};

CostTable SumCosts(std::span<const LedgerLine> lines);

Json CostJson(const CostTable& table);
std::string CostText(const CostTable& table);

}  // namespace curbstop
