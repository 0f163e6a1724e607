// What happens to the work on a rented machine when its lease ends and nobody is there. Decided
// before it is rented, because nobody is there to ask then. Pure.
//
//   save      the agent writes a last checkpoint and the outputs to the named place, then ends
//   destroy   it ends: what was done since the last safe checkpoint is lost, as printed
//
// Source: ARCHITECTURE.md §5, rule 10. To park (keep the disk) needs a driver that can pause.
#pragma once

#include "base/units.h"
#include "plan/interval.h"
#include "project/project.h"

namespace curbstop {

struct AtEndChoice {
  AtEnd does = AtEnd::kDestroy;
  Millis lost{0};  // of work at most, then
};

// Home is no place to save to: at the end nobody is there. So `save` without a named place loses
// what `destroy` does, and is told so before anything is rented.
AtEndChoice DecideAtEnd(AtEnd wish, const SurvivingPlaces& places, const SafeWork& work);

}  // namespace curbstop
