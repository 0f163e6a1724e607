#include "project/internal/step_codecs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr size_t kMostNameLength = 64;

// Folders that belong to git, DVC, curbstop, or to the links to step outputs.
constexpr std::string_view kTakenFolders[] = {".git", ".dvc", ".curbstop", "out"};

bool IsTaken(std::string_view path) {
  const std::string_view top = path.substr(0, path.find('/'));
  return std::find(std::begin(kTakenFolders), std::end(kTakenFolders), top) !=
         std::end(kTakenFolders);
}

// `./x//` to `x/`: what people write for the same path.
std::string Tidy(std::string_view path) {
  while (path.starts_with("./")) path.remove_prefix(2);
  while (path.ends_with("//")) path.remove_suffix(1);
  return std::string(path);
}

std::string_view WithoutSlash(std::string_view path) {
  return path.size() > 1 && path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

Result<std::string> ReadPath(const Node& node, const NodeSource& source, std::string_view form,
                             std::string_view base) {
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, form));
  const std::string path = Tidy(text);
  const Status inside = CheckInside(WithoutSlash(path));
  if (inside.ok()) return path;
  Error error = source.At(node, fmt::format("{}, expected {}", inside.error().message(), form));
  return std::move(error).WithHint(fmt::format("paths are relative to {}", base));
}

constexpr std::string_view kProjectBase = "the project's folder, with `/` between names";
constexpr std::string_view kOutBase = "`{out}`, without writing it: `model/`, not `{out}/model/`";

// Whether one of the two is, or lies in, the other.
bool Overlap(std::string_view a, std::string_view b) {
  const std::string x = std::string(WithoutSlash(a)) + "/";
  const std::string y = std::string(WithoutSlash(b)) + "/";
  return x.starts_with(y) || y.starts_with(x);
}

}  // namespace

Result<std::string> CommandCodec::Read(const Node& node, const NodeSource& source) {
  if (node.IsList()) {
    return source.At(node, "found a list, expected " + Form())
        .WithHint("write several commands below `|`, a line each");
  }
  TRY_ASSIGN(std::string text, ReadScalar(node, source, Form()));
  if (Trim(text).empty()) return source.At(node, "the command is empty, expected " + Form());
  return text;
}

Result<std::string> ProjectPathCodec::Read(const Node& node, const NodeSource& source) {
  return ReadPath(node, source, Form(), kProjectBase);
}

Result<std::string> OutputCodec::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(std::string path, ReadPath(node, source, Form(), kOutBase));
  if (path.starts_with('{')) {
    return source.At(node, fmt::format("{}: outputs take no references", Describe(node)))
        .WithHint("paths are relative to " + std::string(kOutBase));
  }
  if (path.find_first_of("*?") == path.npos) return path;
  return source.At(node, fmt::format("{} is a glob; outputs are named one by one", Describe(node)))
      .WithHint(
          "name the folder that holds them, as `plots/`, or leave `outputs` out: "
          "then everything in `{out}` is an output");
}

Result<std::vector<std::string>> OutputListCodec::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(std::vector<std::string> paths,
             (ListCodec<std::string, OutputCodec>::Read(node, source)));
  for (size_t i = 0; i < paths.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!Overlap(paths[i], paths[j])) continue;
      return source
          .At(node.items[i], fmt::format("the outputs `{}` and `{}` are the same or one "
                                         "lies in the other",
                                         Printable(paths[j]), Printable(paths[i])))
          .WithHint("keep the outer one");
    }
  }
  return paths;
}

Result<std::string> MetricsCodec::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(std::string path, OutputCodec::Read(node, source));
  if (path.ends_with(".json")) return path;
  return source.At(node, fmt::format("found {}, expected {}", Describe(node), Form()));
}

Result<std::string> CheckpointDirCodec::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(const std::string path, ReadPath(node, source, Form(), kProjectBase));
  const std::string dir(WithoutSlash(path));
  if (IsTaken(path) || dir == "curbstop.yaml" || dir == "curbstop.lock") {
    return source.At(node, fmt::format("{} is not free for checkpoints", Describe(node)))
        .WithHint(
            "`.git`, `.dvc`, `.curbstop`, `out` and curbstop's own files have other uses; take a "
            "folder such as `ckpt`");
  }
  return dir;
}

Result<std::optional<Millis>> EveryCodec::Read(const Node& node, const NodeSource& source) {
  if (node.text == "auto") return std::optional<Millis>();
  return FieldCodec<std::optional<Millis>>::Read(node, source);
}

Json EveryCodec::Write(const std::optional<Millis>& value) {
  return value ? FieldCodec<Millis>::Write(*value) : Json("auto");
}

Result<std::optional<CheckpointRule>> CheckpointCodec::Read(const Node& node,
                                                            const NodeSource& source) {
  if (!node.IsScalar()) return FieldCodec<std::optional<CheckpointRule>>::Read(node, source);
  CheckpointRule rule;
  TRY_ASSIGN(rule.dir, CheckpointDirCodec::Read(node, source));
  return std::optional(rule);
}

Json CheckpointCodec::Write(const std::optional<CheckpointRule>& value) {
  return value ? WriteFields(*value) : Json();
}

Json CheckpointCodec::Schema() {
  const Json either = Json::MakeArray({TypeSchema({"string"}), SchemaOf<CheckpointRule>()});
  return Json::MakeObject({{"anyOf", either}});
}

Result<Place> PlaceCodec::Read(const Node& node, const NodeSource& source) {
  TRY_ASSIGN(const std::string text, ReadScalar(node, source, Form()));
  Result<Place> place = ParsePlace(text);
  if (!place.ok()) return source.Put(node, place.error());
  return place;
}

Result<ParamsCodec::Map> ParamsCodec::Read(const Node& node, const NodeSource& source) {
  for (const NodeEntry& entry : node.entries) {
    TRY(CheckName(entry.key, source, "a parameter", false));
    if (entry.key.text == "out") {
      return source.At(entry.key,
                       "a parameter cannot be named `out`: `{out}` is the output folder");
    }
    if (entry.value.IsNull()) {
      return source.At(entry.key, fmt::format("parameter `{}` has no value", entry.key.text))
          .WithHint("write `\"\"` for an empty one");
    }
  }
  return FieldCodec<Map>::Read(node, source);
}

Json ParamsCodec::Schema() {
  Json schema = FieldCodec<Map>::Schema();
  schema.Set("propertyNames", PatternSchema("^[A-Za-z_][A-Za-z0-9_-]*$"));
  return schema;
}

Result<AtEnd> AtEndCodec::Read(const Node& node, const NodeSource& source) {
  if (node.text == "park" || node.text.starts_with("park ")) {
    return source.At(node, "`at_end: park` is not built yet").WithHint("allowed now: " + Form());
  }
  const std::vector<std::string> names{"save", "destroy"};
  TRY_ASSIGN(const size_t index, ReadName(node, source, names));
  return index == 0 ? AtEnd::kSave : AtEnd::kDestroy;
}

Json AtEndCodec::Write(AtEnd value) { return value == AtEnd::kSave ? "save" : "destroy"; }

Json AtEndCodec::Schema() {
  const std::vector<std::string> names{"save", "destroy"};
  return NamesSchema(names);
}

Status CheckName(const Node& name, const NodeSource& source, std::string_view what, bool points) {
  const std::string_view text = name.text;
  const bool plain = std::all_of(text.begin(), text.end(), [&](char c) {
    return IsLetter(c) || IsDigit(c) || c == '_' || c == '-' || (points && c == '.');
  });
  const bool starts = !text.empty() && (IsLetter(text[0]) || text[0] == '_');
  const bool pointed = text.ends_with('.') || text.find("..") != text.npos;
  if (plain && starts && !pointed && text.size() <= kMostNameLength) return {};
  return source.At(name, fmt::format("{} cannot be named {}", what, Describe(name)))
      .WithHint(
          fmt::format("names have letters, digits, `-`{} `_`, a letter first, at most {} in all",
                      points ? ", `.` and" : " and", kMostNameLength));
}

}  // namespace curbstop
