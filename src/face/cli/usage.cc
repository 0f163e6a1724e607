#include "face/cli/usage.h"

#include <charconv>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

constexpr size_t kShownOfValue = 80;

bool IsHidden(const CLI::Option& option) { return option.get_group().empty(); }
bool IsSwitch(const CLI::Option& option) { return option.get_items_expected_max() == 0; }

std::string Quoted(std::string_view value) {
  const bool is_long = value.size() > kShownOfValue;
  return fmt::format("`{}{}`", Printable(value.substr(0, kShownOfValue)), is_long ? "…" : "");
}

// "A run's id" in the middle of a sentence.
std::string Continued(std::string text) {
  if (text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' && !(text[1] >= 'A' && text[1] <= 'Z'))
    text[0] = Lower(text.substr(0, 1))[0];
  return text;
}

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    if (!command->get_group().empty()) names.push_back(command->get_name());
  }
  return names;
}

// The options that hold where `command` stands: its own and those of the commands above it.
std::vector<const CLI::Option*> OptionsHere(const CLI::App* command) {
  std::vector<const CLI::Option*> options;
  for (; command != nullptr; command = command->get_parent()) {
    for (const CLI::Option* option : command->get_options()) options.push_back(option);
  }
  return options;
}

std::vector<std::string> OptionNames(const CLI::App* command) {
  std::vector<std::string> names;
  for (const CLI::Option* option : OptionsHere(command)) {
    if (IsHidden(*option)) continue;
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

Error Wrong(const ParsedCommand& at, std::string what) {
  return InvalidInput(std::move(what))
      .WithHint(fmt::format("`{} --help` lists what it takes", at.path));
}

Error UnknownOption(const ParsedCommand& at, std::string_view word) {
  const std::string name(word.substr(0, word.find('=')));
  return Wrong(at, fmt::format("{} is not an option of `{}`{}", Quoted(name), at.path,
                               DidYouMean(name, OptionNames(at.command))));
}

std::string CommandsHint(const ParsedCommand& at) {
  if (at.parent.empty()) return fmt::format("`{} --help` lists its commands", at.path);
  return fmt::format("its commands: {}", Join(CommandNames(*at.command), ", "));
}

Error UnknownCommand(const ParsedCommand& at, const std::string& word) {
  const std::vector<std::string> options = OptionNames(at.command);
  std::string meant = DidYouMean(word, CommandNames(*at.command));
  if (std::find(options.begin(), options.end(), "--" + word) != options.end())
    meant = fmt::format(" (did you mean `--{}`?)", word);
  return InvalidInput(fmt::format("{} is not a command of `{}`{}", Quoted(word), at.path, meant))
      .WithHint(CommandsHint(at));
}

Error OneWordTooMany(const ParsedCommand& at, const std::string& word) {
  std::vector<std::string> taken;
  for (const CLI::Option* option : at.command->get_options()) {
    if (option->get_positional() && !IsHidden(*option)) taken.push_back(option->get_name());
  }
  return Wrong(at, fmt::format("{} is one word too many: `{}` takes {}", Quoted(word), at.path,
                               taken.empty() ? "options only" : Join(taken, " and ") + " only"));
}

Error Unplaced(const ParsedCommand& at, const std::string& word) {
  if (word.starts_with('-')) return UnknownOption(at, word);
  return CommandNames(*at.command).empty() ? OneWordTooMany(at, word) : UnknownCommand(at, word);
}

Error Missing(const ParsedCommand& at) {
  for (const CLI::Option* option : at.command->get_options()) {
    if (!option->get_required() || option->count() > 0) continue;
    return Wrong(at, fmt::format("`{}` needs {}: {}", at.path, option->get_name(),
                                 Continued(option->get_description())));
  }
  return InvalidInput(fmt::format("`{}` needs a command", at.path)).WithHint(CommandsHint(at));
}

// CLI11 tells which option it means only in its text.
const CLI::Option* NamedIn(const std::string& text, const ParsedCommand& at) {
  for (const CLI::Option* option : OptionsHere(at.command)) {
    for (const std::string& name : {option->get_name(), option->get_name().erase(0, 2)}) {
      if (name.empty() || !text.starts_with(name)) continue;
      if (text.size() > name.size() && (text[name.size()] == ':' || text[name.size()] == ' '))
        return option;
    }
  }
  return nullptr;
}

std::string WrongCount(const CLI::Option& option) {
  const std::string name = option.get_name();
  if (IsSwitch(option)) return fmt::format("`{}` is a switch and takes no value", name);
  if (option.count() > 1)
    return fmt::format("`{}` is given {} times, expected once", name, option.count());
  return fmt::format("`{}` has no value, expected {} after it", name, option.get_type_name());
}

// What the option's own check says: "expected a whole number from 1 to 9".
std::string WrongValue(const CLI::Option& option, const std::string& text) {
  const std::string found = option.results().empty() ? "" : option.results().back();
  const size_t colon = text.find(": ");
  return fmt::format("`{}` is {}, {}", option.get_name(), Quoted(found),
                     colon == text.npos ? "which it cannot be" : text.substr(colon + 2));
}

template <typename Number>
bool IsWithin(const std::string& text, Number low, Number high) {
  Number value{};
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, value);
  return read.ec == std::errc() && read.ptr == end && value >= low && value <= high;
}

template <typename Number>
void Expect(CLI::Option& option, Number low, Number high, std::string expected) {
  option.type_name("N")->check(CLI::Validator(
      [low, high, expected = std::move(expected)](const std::string& text) {
        return IsWithin(text, low, high) ? std::string() : expected;
      },
      ""));
}

}  // namespace

ParsedCommand DeepestParsed(const CLI::App& app) {
  ParsedCommand at{&app, app.get_name(), ""};
  while (!at.command->get_subcommands().empty()) {
    at.command = at.command->get_subcommands().front();
    at.parent = at.path;
    at.path += " " + at.command->get_name();
  }
  return at;
}

void TidyDeclarations(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (IsSwitch(*option)) option->disable_flag_override();
    if (option->get_positional()) option->type_name("");
  }
  for (CLI::App* command : app.get_subcommands({})) TidyDeclarations(*command);
}

void ExpectWholeNumber(CLI::Option& option, int64_t low, int64_t high) {
  Expect(option, low, high, fmt::format("expected a whole number from {} to {}", low, high));
}

void ExpectNumber(CLI::Option& option, double low, double high) {
  Expect(option, low, high, fmt::format("expected a number from {:g} to {:g}", low, high));
}

Error UsageError(const CLI::App& app, const CLI::ParseError& error) {
  const ParsedCommand at = DeepestParsed(app);
  const std::string text = error.what();
  // With fallthrough, a word that a noun cannot place ends up at the top.
  std::vector<std::string> unplaced = at.command->remaining();
  if (unplaced.empty()) unplaced = app.remaining();
  if (!unplaced.empty()) return Unplaced(at, unplaced.front());
  if (dynamic_cast<const CLI::RequiredError*>(&error) != nullptr) return Missing(at);
  const CLI::Option* option = NamedIn(text, at);
  if (option == nullptr) return Wrong(at, text).While("cannot read the command line");
  const bool is_count = dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr;
  return Wrong(at, is_count ? WrongCount(*option) : WrongValue(*option, text));
}

Status RefuseEmptyWords(const CLI::App& app) {
  const ParsedCommand at = DeepestParsed(app);
  for (const CLI::Option* option : OptionsHere(at.command)) {
    if (IsSwitch(*option) || IsHidden(*option)) continue;
    for (const std::string& value : option->results()) {
      if (!value.empty()) continue;
      return InvalidInput(fmt::format("`{}` is an empty word", option->get_name()))
          .WithHint(fmt::format(
              "a shell variable that is not set leaves one; `{} --help` lists what it takes",
              at.path));
    }
  }
  return {};
}

}  // namespace curbstop
