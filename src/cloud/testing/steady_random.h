// Random bytes that are the same in every test.
#pragma once

#include <algorithm>

#include "sys/random_bytes.h"

namespace curbstop {

class SteadyRandom final : public Random {
 public:
  void Fill(std::span<unsigned char> bytes) override {
    std::fill(bytes.begin(), bytes.end(), ++next_);
  }

 private:
  unsigned char next_ = 0;
};

}  // namespace curbstop
