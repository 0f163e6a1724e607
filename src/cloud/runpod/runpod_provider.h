// The driver for RunPod, REST v2: pods of one GPU type in one data centre, on demand only. A pod is
// found again by its name, which is the mark.
//
// vCPU and memory of a GPU pod cannot be asked for; the offer leaves them open. Source:
// runpod/docs@a900806e api-reference-v2/openapi.json, version 2.0.0 (2026-08-20);
// docs/reference/providers.md.
#pragma once

#include <memory>

#include "cloud/provider.h"
#include "sys/clock.h"
#include "sys/http/http_client.h"
#include "sys/random_bytes.h"
#include "sys/secret.h"

namespace curbstop {

// `base_url` reads like "https://api.runpod.io/v2". All that is handed in outlives the driver.
std::unique_ptr<Provider> MakeRunpodProvider(HttpClient& http, Clock& clock, Random& random,
                                             std::string base_url, Secret key);

}  // namespace curbstop
