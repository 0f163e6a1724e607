// The corpus of a fuzz target, run again by the room's own tests: what the fuzzer once found stays
// mended in every build, also without clang.
#pragma once

#include <string_view>

namespace curbstop {

// Hands each file of tests/fuzz/`name` to the LLVMFuzzerTestOneInput that the test program links;
// the number of files. `source` is the room's folder, CURBSTOP_SOURCE_DIR. CHECKs that all is read.
int ReplayFuzzCorpus(std::string_view source, std::string_view name);

}  // namespace curbstop
