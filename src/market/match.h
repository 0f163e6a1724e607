// Whether something on sale meets what a step needs.
//
// What an offer does not list counts as met and is said (`unlisted`): dropping such rows would hide
// every small provider. Sizes are compared as sold: a nominal 10 GiB card meets `gpu: 10GB..`.
#pragma once

#include <string>
#include <string_view>

#include "market/offer.h"
#include "project/project.h"

namespace curbstop {

enum class Mismatch {
  kNone,
  kNoGpu,
  kOtherGpu,
  kFewGpus,
  kGpuMemory,
  kFewCpus,
  kMemory,
  kArch,
  kNoPrice,  // none of the kind that the step's `spot` allows
};

// The first need that the offer misses, or kNone.
Mismatch FindMismatch(const Need& need, SpotUse spot, const Offer& offer);

// Whether a machine that was rented for one need serves another: nothing asks for more. Disk and
// time apart.
bool Covers(const Need& rented_for, const Need& wanted);

// The same for every offer, to count by: "GPU memory below 10 GB".
std::string ReasonText(Mismatch mismatch, const Need& need, SpotUse spot);

// With what this offer has: "GPU memory 8 GiB, below 10 GB".
std::string ReasonText(Mismatch mismatch, const Need& need, SpotUse spot, const Offer& offer);

// Needs that this offer says nothing about: "memory not listed", or empty.
std::string UnlistedText(const Need& need, const Offer& offer);

// The price that the step would pay: on demand, or spot where the step says `spot: only`. `spot:
// auto` is on demand: no place to bring checkpoints to exists yet, and without one there is no
// spot.
std::optional<MicroUsd> PriceFor(SpotUse spot, const Offer& offer);

// Memory of one GPU of the offer: a share of it where the offer is a fraction of a GPU.
std::optional<Bytes> GpuMemoryEach(const Offer& offer);

// "x86_64" or "arm64", by the accelerator (Grace) or the naming rules of AWS (Graviton: a `g` after
// the generation), Azure (a `p` after the size) and GCP (c4a, n4a, t2a, a4x).
std::string_view ArchOf(const Offer& offer);

// Whether the GPU called `name` is one that `wanted` asks for: equal but for case, spaces, `_` and
// `-`, or the same chip with its memory or form in the name (`A100` asks for `A100-SXM4-80GB` too,
// `RTX-3080` not for `RTX-3080-Ti`).
bool IsGpuNamed(std::string_view name, std::string_view wanted);

}  // namespace curbstop
