// `curbstop logs`: a step's output, secrets replaced.
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/text.h"
#include "face/cli/commands.h"
#include "face/cli/run_face.h"
#include "face/cli/usage.h"
#include "sys/files.h"
#include "sys/interrupts.h"

namespace curbstop {
namespace {

struct Options {
  std::string run;
  bool follow = false;
  int64_t lines = 0;
};

std::string LastLines(const std::string& text, int64_t count) {
  size_t at = text.size();
  for (int64_t left = count + 1; left > 0 && at != text.npos && at > 0; --left) {
    at = text.rfind('\n', at - 1);
    if (at == 0 || at == text.npos) break;
  }
  return at == text.npos || count == 0 ? text : text.substr(at == 0 ? 0 : at + 1);
}

// What has been added since `from`.
Result<std::string> ReadFrom(const std::filesystem::path& file, int64_t from) {
  std::error_code none;
  const auto size = static_cast<int64_t>(std::filesystem::file_size(file, none));
  if (none || size <= from) return std::string();
  TRY_ASSIGN(std::string text, ReadFile(file));
  return text.substr(static_cast<size_t>(from));
}

Status Follow(const RunRow& first, const std::filesystem::path& file, int64_t from,
              Journal& journal, CommandContext& context) {
  const Interrupts interrupts;
  for (bool active = true; interrupts.count() == 0;) {
    TRY_ASSIGN(const std::string more, ReadFrom(file, from));
    context.out.Stream(more);
    from += static_cast<int64_t>(more.size());
    if (!active) return {};
    context.clock.Wait(std::chrono::milliseconds(200));
    TRY_ASSIGN(const RunRow row, journal.GetRun(first.run.id));
    active = row.active && !row.kept;
  }
  return {};
}

Status Run(const Options& options, CommandContext& context) {
  TRY_ASSIGN(Journal journal, OpenJournal(context));
  TRY_ASSIGN(const RunRow row, ResolveRun(options.run, journal, context));
  const std::filesystem::path file = context.directories.RunFolder(row.run.id) / "step.log";
  TRY_ASSIGN(const std::string text,
             Exists(file) ? ReadFile(file) : Result<std::string>(std::string()));
  const std::string shown = options.lines > 0 ? LastLines(text, options.lines) : text;
  context.out.Answer(
      Json::MakeObject({{"run", row.run.id}, {"file", file.string()}, {"log", shown}}), shown);
  if (!options.follow || context.out.json()) return {};
  return Follow(row, file, static_cast<int64_t>(text.size()), journal, context);
}

}  // namespace

Action AddLogs(CLI::App& parent) {
  auto options = std::make_shared<Options>();
  CLI::App* command = parent.add_subcommand("logs", "Show a step's output");
  command->add_option("RUN", options->run, "A run's id or a step's name; none: the newest run");
  command->add_flag("-f,--follow", options->follow, "Go on until the run is over");
  ExpectWholeNumber(*command->add_option("-n,--lines", options->lines, "Only the last lines"), 1,
                    1'000'000);
  return [options](CommandContext& context) { return Run(*options, context); };
}

}  // namespace curbstop
