// Random bytes behind a contract, so that ids in tests are known.
#pragma once

#include <span>
#include <string>

#include "base/ids.h"

namespace curbstop {

class Random {
 public:
  virtual ~Random() = default;
  virtual void Fill(std::span<unsigned char> bytes) = 0;
};

class RealRandom final : public Random {
 public:
  void Fill(std::span<unsigned char> bytes) override;  // getrandom(2): fit for tokens
};

std::string NewRunId(Random& random);
std::string NewToken(Random& random);  // 32 hex digits, 128 bits

}  // namespace curbstop
