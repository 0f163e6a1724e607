#include "project/references.h"

#include <optional>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

bool IsNameChar(char c) { return IsLetter(c) || IsDigit(c) || c == '_' || c == '-'; }

// Length of `name(.name)*` at the front; 0 if there is none. A name starts with a letter or `_`;
// the parts after a point may start with a digit (`{data.2024}`).
size_t ReferenceLength(std::string_view text) {
  if (text.empty() || !(IsLetter(text[0]) || text[0] == '_')) return 0;
  size_t length = 0;
  for (; length < text.size(); ++length) {
    const bool inner_point = text[length] == '.' && text[length - 1] != '.';
    if (!IsNameChar(text[length]) && !inner_point) break;
  }
  return text[length - 1] == '.' ? 0 : length;
}

struct Piece {
  std::string_view plain;              // to be kept as it is, `{{` already as `{`
  std::optional<Reference> reference;  // what follows
};

// The command in pieces: text, reference, text, reference, …
std::vector<Piece> Cut(std::string_view command) {
  std::vector<Piece> pieces;
  size_t start = 0;
  for (size_t i = 0; i < command.size(); ++i) {
    if (command[i] != '{') continue;
    if (command.substr(i).starts_with("{{")) {
      pieces.push_back({command.substr(start, i + 1 - start), std::nullopt});
      start = i + 2;
      ++i;
      continue;
    }
    if (i > 0 && command[i - 1] == '$') continue;
    const size_t length = ReferenceLength(command.substr(i + 1));
    if (length == 0 || i + 1 + length >= command.size() || command[i + 1 + length] != '}') continue;
    pieces.push_back({command.substr(start, i - start),
                      Reference{std::string(command.substr(i + 1, length)), i}});
    start = i + length + 2;
    i = start - 1;
  }
  pieces.push_back({command.substr(start), std::nullopt});
  return pieces;
}

std::string_view WithoutSlash(std::string_view path) {
  return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

std::string_view FileName(std::string_view path) {
  path = WithoutSlash(path);
  const size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

// The one output for which `matches` holds; empty if there is none or more than one.
template <typename Matches>
std::string_view OnlyOutput(const Step& step, const Matches& matches) {
  std::string_view found;
  for (const std::string& output : step.outputs) {
    if (!matches(output)) continue;
    if (!found.empty()) return {};
    found = output;
  }
  return found;
}

std::string_view FindOutput(const Step& step, std::string_view name) {
  const auto is_path = [&](std::string_view output) { return WithoutSlash(output) == name; };
  const auto is_name = [&](std::string_view output) { return FileName(output) == name; };
  const auto is_stem = [&](std::string_view output) {
    const std::string_view file = FileName(output);
    return file.substr(0, file.find('.')) == name;
  };
  if (const std::string_view found = OnlyOutput(step, is_path); !found.empty()) return found;
  if (const std::string_view found = OnlyOutput(step, is_name); !found.empty()) return found;
  return OnlyOutput(step, is_stem);
}

}  // namespace

std::vector<Reference> FindReferences(std::string_view command) {
  std::vector<Reference> references;
  for (Piece& piece : Cut(command)) {
    if (piece.reference) references.push_back(*std::move(piece.reference));
  }
  return references;
}

Result<std::string> ExpandReferences(
    std::string_view command, const std::map<std::string, std::vector<std::string>>& values) {
  std::string expanded;
  for (const Piece& piece : Cut(command)) {
    expanded += piece.plain;
    if (!piece.reference) continue;
    const auto found = values.find(piece.reference->text);
    if (found == values.end()) {
      return InvalidInput(fmt::format("nothing is known as `{{{}}}`", piece.reference->text));
    }
    std::vector<std::string> quoted;
    for (const std::string& value : found->second) quoted.push_back(ShellQuote(value));
    expanded += Join(quoted, " ");
  }
  return expanded;
}

std::optional<StepReference> FindStepReference(const std::vector<Step>& steps,
                                               std::string_view reference) {
  std::optional<StepReference> found;
  for (const Step& step : steps) {
    const bool fits = reference.size() > step.name.size() + 1 && reference.starts_with(step.name) &&
                      reference[step.name.size()] == '.';
    if (!fits || (found && found->step->name.size() > step.name.size())) continue;
    found = StepReference{&step, std::string(reference.substr(step.name.size() + 1))};
  }
  return found;
}

Result<std::string> OutputPath(const Step& step, std::string_view output) {
  const std::string_view found = FindOutput(step, output);
  if (!found.empty()) return fmt::format("out/{}/{}", step.name, WithoutSlash(found));
  const std::string what =
      fmt::format("step `{}` has no output `{}`", step.name, Printable(output));
  if (step.outputs.empty()) {
    return InvalidInput(what).WithHint(fmt::format("list it under `outputs:` of `{}`", step.name));
  }
  std::vector<std::string> names;
  for (const std::string& known : step.outputs) names.emplace_back(WithoutSlash(known));
  return InvalidInput(what + DidYouMean(output, names))
      .WithHint(fmt::format("its outputs are {}", Join(step.outputs, ", ")));
}

}  // namespace curbstop
