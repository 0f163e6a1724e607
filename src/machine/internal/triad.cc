#include "machine/internal/triad.h"

namespace curbstop {

void Triad(double* __restrict a, const double* __restrict b, const double* __restrict c,
           double scale, size_t count) {
  for (size_t i = 0; i < count; ++i) a[i] = b[i] + scale * c[i];
}

}  // namespace curbstop
