#include "sys/testing/fuzz_corpus.h"

#include <filesystem>

#include "base/check.h"
#include "sys/files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace curbstop {

int ReplayFuzzCorpus(std::string_view source, std::string_view name, FuzzTarget target) {
  const auto corpus = std::filesystem::path(source) / "../../tests/fuzz" / name;
  int replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(corpus)) {
    const Result<std::string> bytes = ReadFile(entry.path());
    CHECK(bytes.ok());
    target(reinterpret_cast<const uint8_t*>(bytes->data()), bytes->size());
    ++replayed;
  }
  return replayed;
}

int ReplayFuzzCorpus(std::string_view source, std::string_view name) {
  return ReplayFuzzCorpus(source, name, &LLVMFuzzerTestOneInput);
}

}  // namespace curbstop
