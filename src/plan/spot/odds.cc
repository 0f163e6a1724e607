#include "plan/spot/odds.h"

namespace curbstop {
namespace {

struct Watched {
  double seconds = 0;
  double changes = 0;
};

double SecondsBetween(const SpotSpell& earlier, const SpotSpell& later, double tick_s) {
  return static_cast<double>(later.first - earlier.last - 1) * tick_s;
}

double Rate(const Watched& watched, double assumed_s) {
  return (watched.changes + 1) / (watched.seconds + assumed_s);
}

}  // namespace

SpotOdds OddsOf(const SpotPlace& place, double tick_s, const SpotAssumptions& assumed) {
  Watched up, away;
  const std::vector<SpotSpell>& spells = place.spells;
  for (size_t i = 0; i < spells.size(); ++i) {
    Watched& watched = spells[i].up ? up : away;
    watched.seconds += static_cast<double>(spells[i].last - spells[i].first + 1) * tick_s;
    if (i > 0) watched.seconds += SecondsBetween(spells[i - 1], spells[i], tick_s) / 2;
    if (i + 1 == spells.size()) continue;
    watched.seconds += SecondsBetween(spells[i], spells[i + 1], tick_s) / 2;
    watched.changes += 1;
  }
  return {.loss = Rate(up, place.life_s.value_or(assumed.life_s)),
          .comes = Rate(away, assumed.away_s)};
}

}  // namespace curbstop
