// What torch's allocator says of itself: the text of torch.cuda.memory_summary(), and the snapshots
// of torch.cuda.memory._snapshot(), as _dump_snapshot() pickles them or as JSON.
//
// A snapshot holds the segments as they are at its end and, where history was recorded, the last
// events before it. Usage at an earlier moment is the end's, walked backwards over the events: so a
// history whose beginning was dropped still gives exact figures for what it covers.
//
//   allocated             the peak of what tensors use
//   reserved              the peak of what the allocator took from the driver
//   held between steps    the least that was allocated after the peak: weights, optimizer states
//
// Source: pytorch/pytorch torch/cuda/memory.py and torch/csrc/cuda/memory_snapshot.cpp (2.1
// to 2.8).
#pragma once

#include <string_view>

#include "fit/engine_log.h"

namespace curbstop::fit {

// Whether the bytes begin like a pickle or a JSON object.
bool LooksLikeSnapshot(std::string_view bytes);

// One run with the figures of each device. Errors: kCorrupt with the offset, kDenied for a pickle
// that would run code, kInvalidInput for an object without segments.
Result<EngineLog> ReadSnapshot(std::string_view bytes, std::string_view name);

}  // namespace curbstop::fit
