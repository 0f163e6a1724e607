// How `needs:` is written: sizes that mean "at least" (`10GB..`), and GPUs.
#pragma once

#include <string>

#include "base/field_codecs.h"
#include "project/project.h"

namespace curbstop {

// `10GB`, `10GB..`: at least that much, more than nothing, with a unit.
struct AtLeastCodec {
  static Result<Bytes> Read(const Node& node, const NodeSource& source);
  static Json Write(Bytes value) { return std::to_string(value.value) + "B"; }
  static Json Schema() { return TypeSchema({"string"}); }
  static std::string Form() { return "a size at least, as `10GB..`"; }
};

// `4`, `4..`: at least so many.
struct CpuCountCodec {
  static Result<int64_t> Read(const Node& node, const NodeSource& source);
  static Json Write(int64_t value) { return value; }
  static Json Schema() { return TypeSchema({"integer", "string"}); }
  static std::string Form() { return "a number of CPUs, as `4`"; }
};

// `[COUNT x] [NAME] [SIZE..]`: `10GB..`, `RTX-3080`, `2 x RTX-3080`, `2 x 24GB..`, `2`.
struct GpuCodec {
  static Result<GpuNeed> Read(const Node& node, const NodeSource& source);
  static Json Write(const GpuNeed& value);
  static Json Schema() { return TypeSchema({"string", "integer"}); }
  static std::string Form() {
    return "a GPU, as `10GB..` (memory at least), `RTX-3080` or `2 x RTX-3080`";
  }
};

// `x86_64` (also `amd64`) or `arm64` (also `aarch64`).
struct ArchCodec {
  static Result<std::string> Read(const Node& node, const NodeSource& source);
  static Json Write(const std::string& value) { return value; }
  static Json Schema();
  static std::string Form() { return "`x86_64` or `arm64`"; }
};

}  // namespace curbstop
