// A run's machine, as the commands that go there need it: found by its mark, not by a database.
#pragma once

#include <memory>
#include <string>

#include "face/cli/rented.h"
#include "run/away/far_machine.h"
#include "run/journal.h"
#include "sys/ssh/ssh_client.h"

namespace curbstop {

struct RentedRun {
  RunRow row;
  CloudMachine machine;
  SshTarget target;
};

// Errors: kConflict (it runs at home, or has no machine that can be reached now), those of the
// provider.
Result<RentedRun> FindRentedRun(const std::string& name, CommandContext& context);

}  // namespace curbstop
