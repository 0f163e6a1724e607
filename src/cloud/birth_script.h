// The first thing that runs on a rented machine: a shell script inside the create request that arms
// the lease before anything else, so that the machine ends even if nobody ever reaches it.
//
// It writes three files under /var/lib/curbstop (CURBSTOP_HOME in the machine's environment moves
// it):
//   end-machine   ends this machine by the key that the provider made for it alone; `end-machine
//                 check` is the rehearsal: a read by the same path and key
//   boot          the boot id in which that is to be understood
//   lease         when to end, in seconds of /proc/uptime: no clock that can be set. Renaming a
//                 later one into place extends the lease; what cannot be read changes nothing
// and lets `public_key` log in. The machine's key is read from /proc/1/environ at each use and
// handed on by stdin, to wget by a nameless file in memory: it is on no disk and in no argument
// list.
//
// Source: docs/contracts.md §4.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/units.h"

namespace curbstop {

// How a machine of this provider ends itself. The address may use $id and $key.
struct SelfEnd {
  std::string_view key_variable;  // in the machine's own environment
  std::string_view id_variable;
  std::string url;  // GET reads it, DELETE ends it: "https://host/instances/$id/"
};

struct Birth {
  Millis lease{0};
  std::string public_key;
};

// Errors: kInvalidInput if the key is not one line of a public key.
Result<std::string> BirthScript(const SelfEnd& end, const Birth& birth);

}  // namespace curbstop
