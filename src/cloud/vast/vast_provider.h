// The driver for Vast.ai: single hosts' machines, on demand or on a bid that is paused when outbid.
//
// Everything is said to `/api/v0` and `/api/v1` as the CLI does, with a trailing slash. Source:
// vast-ai/docs@c6246226 api-reference/openapi.yaml (2026-08-07); docs/reference/providers.md.
#pragma once

#include <memory>

#include "cloud/provider.h"
#include "sys/clock.h"
#include "sys/http/http_client.h"
#include "sys/random_bytes.h"
#include "sys/secret.h"

namespace curbstop {

// `base_url` reads like "https://console.vast.ai". All that is handed in outlives the driver.
std::unique_ptr<Provider> MakeVastProvider(HttpClient& http, Clock& clock, Random& random,
                                           std::string base_url, Secret key);

}  // namespace curbstop
