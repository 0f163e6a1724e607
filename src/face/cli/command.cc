#include "face/cli/command.h"

#include <fmt/format.h>

#include "sys/files.h"

namespace curbstop {

void Output::Answer(const Json& object, std::string_view text) {
  WriteOut(json_ ? WriteJson(object, JsonStyle::kIndented) + "\n" : std::string(text));
}

void Output::Talk(std::string_view text) { WriteErr(text); }

void Output::Stream(std::string_view text) {
  if (!json_) WriteOut(text);
}

void AddProjectOption(CLI::App& command, ProjectOption& option) {
  command.add_option("-C,--folder", option.folder, "The project's folder")->type_name("DIR");
  command.add_option("-f,--file", option.file, "The project's file")->type_name("FILE");
}

void ProjectOption::TakeFrom(std::vector<std::string>& words, const CommandContext& context) {
  if (words.empty() || !folder.empty() || !file.empty()) return;
  const std::string& word = words.front();
  const std::filesystem::path path = context.folder / word;
  const bool named = word == "." || word == ".." || word.find('/') != word.npos;
  if (word.ends_with(".yaml")) {
    file = word;
  } else if (IsFolder(path) && (named || Exists(path / "curbstop.yaml"))) {
    folder = word;
  } else {
    return;
  }
  words.erase(words.begin());
}

Result<std::filesystem::path> ProjectOption::Where(const CommandContext& context) const {
  if (!folder.empty() && !file.empty()) {
    return InvalidInput("`-C` and `-f` exclude each other").WithHint("give the one or the other");
  }
  const std::string& given = folder.empty() ? file : folder;
  const std::filesystem::path where = given.empty() ? context.folder : context.folder / given;
  if (!Exists(where)) return NotFound(fmt::format("there is no `{}`", where.string()));
  return where.lexically_normal();
}

}  // namespace curbstop
