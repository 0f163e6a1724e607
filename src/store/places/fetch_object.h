// Reads objects of a named place, in pieces: memory stays bounded, and a cut costs a piece. A piece
// that does not come is asked for again after 1 s, and once more after 2 s.
#pragma once

#include <cstdint>
#include <filesystem>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "store/places/named_place.h"
#include "sys/clock.h"
#include "sys/http/http_client.h"

namespace curbstop {

// Replaces `file`. A stop is seen between two pieces. Errors: kCancelled, kNotFound (no such
// object), kDenied (a key that may not list is told so as well where there is none), kUnavailable,
// kCorrupt (it was replaced meanwhile, or the server sends something else than was asked for),
// those of the disk.
Status FetchObject(HttpClient& http, const NamedPlace& place, const std::string& name,
                   const std::filesystem::path& file, Clock& clock,
                   const std::stop_token& stop = {});

// Its first bytes, `most` of them where there are as many, whatever a server without ranges sends.
// Errors: as above.
Result<std::string> FetchStart(HttpClient& http, const NamedPlace& place, const std::string& name,
                               int64_t most, Clock& clock);

}  // namespace curbstop
