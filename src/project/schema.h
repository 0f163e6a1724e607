// JSON Schema (draft 2020-12) of `curbstop.yaml`, for editors and checks, from the field tables.
//
// It describes the plain form of each value; what only holds between keys (references, `after`,
// paths that leave the project) is checked by ReadProject alone.
#pragma once

#include "base/json.h"

namespace curbstop {

Json ProjectSchema();

}  // namespace curbstop
