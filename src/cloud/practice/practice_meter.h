// The practice cloud's bill, written from what the providers say they charge. It shares no code
// with the ledger's rule (market/billing.h), which must come out at least as high.
//
// Vast.ai: GPU by the second while the instance is active; not while the image loads. Storage in
// every state while the instance exists, not while its host is offline. RunPod: compute by the
// second from the create on; container disk while it runs, a stopped pod's disk at twice the price;
// nothing while the host is down. Both: a begun second is billed whole. Source: vast.ai "Billing",
// runpod.io "Pods pricing", as of 2026-08.
#pragma once

#include <cstdint>

#include "cloud/practice/practice_state.h"

namespace curbstop {

// What it is billed in the life it is in: running (GPU and disk), held (disk alone), or neither.
enum class BilledAs { kNothing, kHeld, kRunning };
BilledAs BilledNow(const PracticeMachine& machine, PracticeSkin skin);

// Ends the present span and starts the next one; to be called before `life` changes.
void SettleMeter(PracticeMachine& machine, PracticeSkin skin, int64_t at_ms);

// Micro-dollars from its make to `at_ms`.
int64_t PracticeBill(const PracticeMachine& machine, const PracticeHost& host, int64_t at_ms);

// Micro-dollars per hour that it costs now.
int64_t PracticeRate(const PracticeMachine& machine, const PracticeHost& host);

}  // namespace curbstop
