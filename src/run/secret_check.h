// Secrets reach a step by its environment alone. Its command, setup and parameters are stored and
// shown in clear (order.json, money.db, the record, the log's first line), so no value may stand
// there.
#pragma once

#include <string>

#include "run/prepare.h"
#include "sys/secret.h"

namespace curbstop {

// Errors: kInvalidInput, naming secret and place, never the value. A value shorter than four bytes
// is only looked for as a whole parameter: it may stand in any command by chance.
Status CheckNotWritten(const std::string& name, const Secret& value, const PreparedRun& prepared);

// All the project's secrets are there, and none is written. Errors: kNotFound, those of the secret
// store, kInvalidInput as above.
Status CheckSecrets(const PreparedRun& prepared, const RunOutside& outside);

}  // namespace curbstop
