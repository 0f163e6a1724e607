// Who may use the server: whoever shows the token, as Bearer or as the password of Basic.
#pragma once

#include <string>
#include <string_view>

#include "sys/secret.h"

namespace curbstop {

// `authorization` is the header's value. Time does not depend on where the texts differ. An empty
// token lets nobody in.
bool MayUse(const Secret& token, const std::string& authorization);

}  // namespace curbstop
