// How a step's paths, names, checkpoint and place are written.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/field_codecs.h"
#include "project/project.h"

namespace curbstop {

// A command for /bin/sh; not blank.
struct CommandCodec {
  static Result<std::string> Read(const Node& node, const NodeSource& source);
  static Json Write(const std::string& value) { return value; }
  static Json Schema() { return TypeSchema({"string"}); }
  static std::string Form() { return "a command for the shell"; }
};

// A file, folder or glob inside the project; `./x` is `x`.
struct ProjectPathCodec {
  static Result<std::string> Read(const Node& node, const NodeSource& source);
  static Json Write(const std::string& value) { return value; }
  static Json Schema() { return TypeSchema({"string"}); }
  static std::string Form() { return "a path inside the project"; }
};

// A file or folder below `{out}`; no glob. A final slash is kept.
struct OutputCodec {
  static Result<std::string> Read(const Node& node, const NodeSource& source);
  static Json Write(const std::string& value) { return value; }
  static Json Schema() { return TypeSchema({"string"}); }
  static std::string Form() { return "a path below {out}, as `model/` or `metrics.json`"; }
};

struct OutputListCodec : ListCodec<std::string, OutputCodec> {
  static Result<std::vector<std::string>> Read(const Node& node, const NodeSource& source);
};

struct MetricsCodec : OutputCodec {
  static Result<std::string> Read(const Node& node, const NodeSource& source);
  static std::string Form() { return "a JSON file below {out}, as `metrics.json`"; }
};

// The folder for checkpoints: inside the project, not the project, `out` or a tool's own folder.
struct CheckpointDirCodec {
  static Result<std::string> Read(const Node& node, const NodeSource& source);
  static Json Write(const std::string& value) { return value; }
  static Json Schema() { return TypeSchema({"string"}); }
  static std::string Form() { return "a folder inside the project, as `ckpt`"; }
};

// `auto`, or a duration.
struct EveryCodec {
  static Result<std::optional<Millis>> Read(const Node& node, const NodeSource& source);
  static Json Write(const std::optional<Millis>& value);
  static Json Schema() { return TypeSchema({"string"}); }
  static std::string Form() { return "`auto` or a duration, as `5 min`"; }
};

// `ckpt`, or {dir: ckpt, every: auto}.
struct CheckpointCodec {
  static Result<std::optional<CheckpointRule>> Read(const Node& node, const NodeSource& source);
  static Json Write(const std::optional<CheckpointRule>& value);
  static Json Schema();
  static std::string Form() { return "a folder, or {dir: ckpt, every: auto}"; }
};

struct PlaceCodec {
  static Result<Place> Read(const Node& node, const NodeSource& source);
  static Json Write(const Place& value) { return PlaceText(value); }
  static Json Schema() { return TypeSchema({"string"}); }
  static std::string Form() { return "a place, as `auto`, `local` or `ssh:HOST`"; }
};

// Names to scalars; names as in references, `out` excepted.
struct ParamsCodec {
  using Map = std::map<std::string, std::string>;
  static Result<Map> Read(const Node& node, const NodeSource& source);
  static Json Write(const Map& value) { return FieldCodec<Map>::Write(value); }
  static Json Schema();
  static std::string Form() { return "names and values, as {lr: 1e-4}"; }
};

struct AtEndCodec {
  static Result<AtEnd> Read(const Node& node, const NodeSource& source);
  static Json Write(AtEnd value);
  static Json Schema();
  static std::string Form() { return "`save` or `destroy`"; }
};

// `what` reads like "a step". Letters, digits, `-` and `_`, and `.` where `points`; a letter or `_`
// first. Errors: kInvalidInput with place.
Status CheckName(const Node& name, const NodeSource& source, std::string_view what, bool points);

const FieldTable<Need>& FieldsOf(const Need*);
const FieldTable<CheckpointRule>& FieldsOf(const CheckpointRule*);
const FieldTable<Step>& FieldsOf(const Step*);
std::span<const EnumName<SpotUse>> NamesFor(SpotUse);

}  // namespace curbstop
