// The corpus of a fuzz target, run again by the room's own tests: what the fuzzer once found stays
// mended in every build, also without clang.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace curbstop {

using FuzzTarget = int (*)(const uint8_t* data, size_t size);

// Hands each file of tests/fuzz/`name` to `target`; the number of files.
int ReplayFuzzCorpus(std::string_view source, std::string_view name, FuzzTarget target);

// Hands each file of tests/fuzz/`name` to the LLVMFuzzerTestOneInput that the test program links;
// the number of files. `source` is the room's folder, CURBSTOP_SOURCE_DIR. CHECKs that all is read.
int ReplayFuzzCorpus(std::string_view source, std::string_view name);

}  // namespace curbstop
