#include "plan/at_end.h"

namespace curbstop {

AtEndChoice DecideAtEnd(AtEnd wish, const SurvivingPlaces& places, const SafeWork& work) {
  if (wish == AtEnd::kSave && places.named) return {AtEnd::kSave, Millis(0)};
  return {AtEnd::kDestroy, LostWorkBound(work)};
}

}  // namespace curbstop
