// What the steps of a project move when they run away from home: sizes of what lies here, and what
// earlier runs brought and measured. For the plan; nothing is hashed, and nothing has to be there.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "plan/moves.h"
#include "project/project.h"
#include "run/journal.h"
#include "sys/process.h"

namespace curbstop {

// Without the code (`SizesOfCode`); environment locks are not counted: they are small.
Result<StepMoves> ReadMoves(const Project& project, const Step& step, Journal& journal);

// Of the code of each step, in the project's order; 0 where it cannot be listed: a run will say
// why.
std::vector<Bytes> SizesOfCode(const Project& project, ProcessRunner& processes);

// By provider (`practice:vast` is one of its own): what the latest of the project's runs measured.
Result<std::map<std::string, Link>> ReadLinks(const std::string& project, Journal& journal);

}  // namespace curbstop
