// The user's named place, opened: the settings say where it is, the environment or the secrets
// hold its keys.
#pragma once

#include "base/result.h"
#include "run/away/rent_wish.h"
#include "store/places/named_place.h"
#include "sys/clock.h"
#include "sys/secrets.h"

namespace curbstop {

// Endpoint and region of the wish go before the environment's. Errors: those of NamedPlace::Open,
// with the ways to hand the keys over.
Result<NamedPlace> OpenOwnPlace(const PlaceWish& wish, const SecretStore& secrets, Clock& clock);

}  // namespace curbstop
