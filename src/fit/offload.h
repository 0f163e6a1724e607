// Part of a model in RAM, llama.cpp's way: layers that the GPU has no room for, or the experts of a
// mixture. Tokens are then written at RAM's pace, 3 to 10 times slower.
//
//   t = t_gpu * (its share of what a token reads) + bytes read in RAM / (RAM's bandwidth * 0.7)
//
// RAM's bandwidth is this computer's where it was measured, else 51e9 bytes/s (two channels of
// DDR4-3200), between 34e9 (DDR4-2133) and 90e9 (DDR5-5600).
#pragma once

#include <optional>

#include "fit/answer.h"

namespace curbstop::fit {

// Bytes that one token reads outside the GPU.
double ReadInRam(const FitQuestion& question);

// Empty where the device's speed is not known, or nothing lies in RAM.
std::optional<Rate> DecodeFromRam(const FitQuestion& question);

// The most layers on the GPU with which the model fits; -1: not even none.
int64_t MostGpuLayers(const FitQuestion& question);

}  // namespace curbstop::fit
