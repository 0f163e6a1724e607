#include "project/internal/project_table.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"
#include "project/internal/step_codecs.h"
#include "sys/secrets.h"

namespace curbstop {
namespace {

constexpr size_t kMostSteps = 1000;
constexpr std::string_view kNamePattern = "^[A-Za-z_][A-Za-z0-9_-]*$";

// The project's name: budget key and experiment name.
struct ProjectNameCodec : FieldCodec<std::string> {
  static Result<std::string> Read(const Node& node, const NodeSource& source) {
    TRY_ASSIGN(std::string text, ReadScalar(node, source, Form()));
    if (IsProjectName(text)) return text;
    return source.At(node, fmt::format("a project cannot be named {}", Describe(node)))
        .WithHint(
            "names have letters, digits, `-`, `_` and `.`, a letter or digit first, at most 64");
  }
  static Json Schema() { return PatternSchema("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"); }
  static std::string Form() { return "a name of letters, digits, `-`, `_` and `.`"; }
};

struct SecretNameCodec : FieldCodec<std::string> {
  static Result<std::string> Read(const Node& node, const NodeSource& source) {
    TRY_ASSIGN(std::string text, ReadScalar(node, source, Form()));
    const Status good = CheckSecretName(text);
    if (!good.ok()) return source.Put(node, good.error());
    if (IsAccountKey(text))
      return source.At(node,
                       fmt::format("`{}` is the key of an account, which no step gets", text));
    return text;
  }
  static Json Schema() { return PatternSchema("^[A-Z_][A-Z0-9_]*$"); }
  static std::string Form() { return "a secret's name, as `HF_TOKEN`"; }
};

struct SecretsCodec : ListCodec<std::string, SecretNameCodec> {
  static Result<std::vector<std::string>> Read(const Node& node, const NodeSource& source) {
    TRY_ASSIGN(std::vector<std::string> names,
               (ListCodec<std::string, SecretNameCodec>::Read(node, source)));
    for (size_t i = 1; i < names.size(); ++i) {
      const auto here = names.begin() + static_cast<std::ptrdiff_t>(i);
      if (std::find(names.begin(), here, names[i]) == here) continue;
      return source.At(node.items[i], fmt::format("the secret `{}` is listed twice", names[i]));
    }
    return names;
  }
};

struct IncludeCodec {
  static Result<bool> Read(const Node& node, const NodeSource& source) {
    const std::vector<std::string> names{"energy"};
    TRY(ReadName(node, source, names));
    return true;
  }
  static Json Write(bool value) { return value ? Json("energy") : Json(); }
  static Json Schema() { return NamesSchema(std::vector<std::string>{"energy"}); }
  static std::string Form() { return "`energy`"; }
};

// `per: month` may be written; there is nothing else yet, so nothing is kept.
TypedField<Budget> PerField() {
  static const std::vector<std::string> kPeriods{"month"};
  return {FieldEntry{.key = "per",
                     .doc = "What the cap is counted over: the calendar month in UTC.",
                     .read = [](void*, const Node& node, const NodeSource& source) -> Status {
                       TRY(ReadName(node, source, kPeriods));
                       return {};
                     },
                     .write = [](const void*) { return Json("month"); },
                     .schema = [] { return NamesSchema(kPeriods); },
                     .form = [] { return NamesForm(kPeriods); }}};
}

// `calls: data/calls/*.csv`, or with keys below the name.
struct DataCodec {
  static Result<DataSource> ReadOne(const Node& node, const NodeSource& source) {
    if (!node.IsScalar()) return ReadFields<DataSource>(node, source);
    DataSource data;
    TRY_ASSIGN(data.from, ProjectPathCodec::Read(node, source));
    return data;
  }
  static Result<std::vector<DataSource>> Read(const Node& node, const NodeSource& source) {
    if (!node.IsMap()) return source.At(node, "found " + Describe(node) + ", expected " + Form());
    std::vector<DataSource> list;
    for (const NodeEntry& entry : node.entries) {
      TRY(CheckName(entry.key, source, "data", false));
      TRY_ASSIGN(DataSource data, ReadOne(entry.value, source));
      data.name = entry.key.text;
      list.push_back(std::move(data));
    }
    return list;
  }
  static Json Write(const std::vector<DataSource>& list) {
    Json json = Json::MakeObject();
    for (const DataSource& data : list) json.Set(data.name, WriteFields(data));
    return json;
  }
  static Json Schema() {
    const Json either = Json::MakeArray({TypeSchema({"string"}), SchemaOf<DataSource>()});
    return Json::MakeObject({{"type", "object"},
                             {"propertyNames", PatternSchema(kNamePattern)},
                             {"additionalProperties", Json::MakeObject({{"anyOf", either}})}});
  }
  static std::string Form() { return "names and paths, as {calls: data/calls/*.csv}"; }
};

Status CheckStepName(const Node& name, const NodeSource& source) {
  TRY(CheckName(name, source, "a step", true));
  if (name.text != "data" && name.text != "out") return {};
  return source
      .At(name,
          fmt::format("a step cannot be named `{0}`: `{{{0}…}}` means something else in commands",
                      name.text))
      .WithHint("take another name");
}

struct StepsCodec {
  static Result<std::vector<Step>> Read(const Node& node, const NodeSource& source) {
    if (!node.IsMap()) return source.At(node, "found " + Describe(node) + ", expected " + Form());
    if (node.entries.empty()) return source.At(node, "`steps` is empty, expected " + Form());
    if (node.entries.size() > kMostSteps) {
      return source.At(
          node, fmt::format("{} steps, at most {} are taken", node.entries.size(), kMostSteps));
    }
    std::vector<Step> steps;
    for (const NodeEntry& entry : node.entries) {
      TRY(CheckStepName(entry.key, source));
      const Node& body = entry.value;
      if (body.IsNull()) {
        return source.At(entry.key, fmt::format("step `{}` is empty", entry.key.text))
            .WithHint("it needs at least `run:`");
      }
      TRY_ASSIGN(Step step, ReadFields<Step>(body, source));
      step.name = entry.key.text;
      step.mark = {entry.key.line, entry.key.column};
      steps.push_back(std::move(step));
    }
    return steps;
  }
  static Json Write(const std::vector<Step>& steps) {
    Json json = Json::MakeObject();
    for (const Step& step : steps) json.Set(step.name, WriteFields(step));
    return json;
  }
  static Json Schema() {
    return Json::MakeObject({{"type", "object"},
                             {"propertyNames", PatternSchema("^[A-Za-z_][A-Za-z0-9_.-]*$")},
                             {"minProperties", 1},
                             {"additionalProperties", SchemaOf<Step>()}});
  }
  static std::string Form() { return "steps by name, as {train: {run: python train.py}}"; }
};

}  // namespace

bool IsProjectName(std::string_view text) {
  const auto fits = [](char c) {
    return IsLetter(c) || IsDigit(c) || c == '-' || c == '_' || c == '.';
  };
  return !text.empty() && text.size() <= 64 && (IsLetter(text[0]) || IsDigit(text[0])) &&
         std::all_of(text.begin(), text.end(), fits);
}

const FieldTable<Budget>& FieldsOf(const Budget*) {
  static const FieldTable<Budget> kTable{
      Field<&Budget::cap>("cap", "Hard limit: nothing starts that could cross it.",
                          FieldUse::kRequired),
      PerField(), Field<&Budget::day>("day", "Hard limit for a day in UTC, beside the cap."),
      Field<&Budget::run>("run", "Hard limit for one run of a step, beside the cap."),
      Field<&Budget::include_energy, IncludeCodec>("include",
                                                   "What counts in the cap beside rent.")};
  return kTable;
}

const FieldTable<DataSource>& FieldsOf(const DataSource*) {
  static const FieldTable<DataSource> kTable{
      Field<&DataSource::from, ProjectPathCodec>("from", "File, folder or glob inside the project.",
                                                 FieldUse::kRequired),
      LaterField<DataSource>("stages"), LaterField<DataSource>("to")};
  return kTable;
}

const FieldTable<Project>& FieldsOf(const Project*) {
  static const FieldTable<Project> kTable{
      Field<&Project::name, ProjectNameCodec>(
          "name", "The project's name, key of its budget and record; left out: the folder's name."),
      Field<&Project::budget>("budget", "What may be spent."),
      Field<&Project::secrets, SecretsCodec>(
          "secrets",
          "Names of secrets that every step sees in its environment; values by `curbstop secret set`."),
      Field<&Project::data, DataCodec>("data", "Named inputs, for `{data.NAME}` in commands."),
      Field<&Project::steps, StepsCodec>(
          "steps",
          "Steps by name. Without it the file is one step `main`, whose keys stand at the top."),
      LaterField<Project>("data_policy"),
      LaterField<Project>("notify"),
      LaterField<Project>("deploy")};
  return kTable;
}

}  // namespace curbstop
