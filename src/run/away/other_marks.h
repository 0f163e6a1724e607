// Machines on an account that another journal rented: on another computer of the same user, or from
// a journal that is lost. What they may still cost by their marks is taken off what the caps leave.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>

#include "base/money.h"
#include "cloud/provider.h"

namespace curbstop {

// Each such mark's rate until its expiry; one that is over holds nothing. `known`: the runs of the
// own journal. What is not curbstop's is no journal's, and no cap's.
MicroUsd HeldByOtherMarks(std::span<const CloudMachine> machines,
                          const std::set<std::string>& known, int64_t now_ms);

}  // namespace curbstop
