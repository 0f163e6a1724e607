// The accelerator catalogue: what each GPU can do, under one name for all spellings.
//
// Data: catalog/gpus.csv and catalog/gpu-aliases.csv (source, date and licence of each row:
// catalog/README.md), both inside the program.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/units.h"

namespace curbstop {

struct Accelerator {
  std::string name;    // "RTX-3080"
  std::string vendor;  // "nvidia", "amd", "intel", "apple", "aws"
  std::string group;   // "consumer", "laptop", "workstation", "datacenter", "soc", "asic"
  Bytes memory;        // nominal
  std::optional<Bytes> usable_memory;    // what a driver reports of it
  std::optional<double> bandwidth_gbps;  // memory, 10^9 bytes per second
  std::optional<double> bf16_tflops;     // dense
  std::optional<double> fp16_tflops;     // dense, fp32 accumulate
  std::optional<int64_t> tdp_watts;
  std::string architecture;        // "ampere"
  std::string compute_capability;  // "8.6", "gfx1100", or empty
  std::string source;
};

class AcceleratorCatalogue {
 public:
  // Errors: kCorrupt with the line.
  static Result<AcceleratorCatalogue> Parse(std::string_view gpus_csv,
                                            std::string_view aliases_csv);

  const std::vector<Accelerator>& all() const { return accelerators_; }

  // By catalogue name, or by any provider's or driver's spelling; letters' case, spaces and dashes
  // make no difference. Where one spelling is sold with two memory sizes (RTX 3080: 10 and 12 GB),
  // `memory` decides. Null if it is not known.
  const Accelerator* Find(std::string_view spelling, std::optional<Bytes> memory = {}) const;

  // " (did you mean `RTX-3080`?)", or empty.
  std::string DidYouMeanName(std::string_view spelling) const;

 private:
  const Accelerator* WithName(std::string_view normal_name) const;

  std::vector<Accelerator> accelerators_;
  std::vector<std::pair<std::string, std::string>> aliases_;  // normalised spelling → name
};

// The catalogue inside the program. Its bytes are checked by a test, so that it always parses.
const AcceleratorCatalogue& BundledAccelerators();

}  // namespace curbstop
