// The inner loop of the memory measurement, in a file of its own that is compiled for speed in
// every build: it must wait for memory, never for its own instructions.
#pragma once

#include <cstddef>

namespace curbstop {

void Triad(double* a, const double* b, const double* c, double scale, size_t count);

}  // namespace curbstop
