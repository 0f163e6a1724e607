// GPU facts from the text of NVIDIA's driver tools.
#pragma once

#include <string_view>
#include <vector>

#include "base/result.h"
#include "machine/machine.h"

namespace curbstop {

// The CSV of `nvidia-smi --query-gpu=… --format=csv`, with its header; columns in any order.
// Cells that are no value ("[N/A]", "[Not Supported]", "ERR!") stay empty. Rows without a name are
// left out. Errors: kCorrupt if the first line is no such header.
Result<std::vector<Gpu>> ParseNvidiaCsv(std::string_view text, std::string_view source);

// Name, bandwidth and power from the accelerator catalogue, where the driver's spelling is in it.
void AddCatalogueFacts(Gpu& gpu);

}  // namespace curbstop
