// Which accelerator a free text means, how many of them, and how much memory each has for us:
// "2x RTX A6000 48GB", "3090 24GB * 4", "Apple M4 Pro 24GB", "RTX-3080:2", "1 GPU".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "machine/accelerators.h"

namespace curbstop::fit {

struct Hardware {
  std::string text;
  const Accelerator* accelerator = nullptr;  // null: the text names none that is known
  int64_t count = 1;
  int64_t memory = 0;    // bytes of each that a driver reports; 0: not known
  bool unified = false;  // Apple and other shared memory
  bool cpu_only = false;
  bool has_display = false;  // a consumer's or laptop's card: a desktop may live on it

  // Bytes that one process can have of each: a share of unified memory, else all of it.
  int64_t Available() const;
  std::string_view group() const {
    return accelerator == nullptr ? std::string_view() : std::string_view(accelerator->group);
  }
};

// The least memory that a card's driver reports so that one process can have `bytes` of it.
int64_t MemoryToHave(int64_t bytes);

Hardware UnderstandHardware(std::string_view text, const AcceleratorCatalogue& catalogue);

}  // namespace curbstop::fit
