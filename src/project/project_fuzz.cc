// Fuzz target of the project file: no crash, no sanitizer report, and a place in every error. The
// corpus tests/fuzz/project is replayed by project_test.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "project/project.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace curbstop;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Result<Project> project = ReadProject("/p/curbstop.yaml", text);
  if (project.ok()) {
    CHECK(!project->steps.empty() && !project->name.empty());
  } else {
    CHECK(project.error().kind() == ErrorKind::kInvalidInput);
    CHECK(project.error().message().starts_with("/p/curbstop.yaml:"));
  }
  return 0;
}
