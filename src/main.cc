// Turns argv into one command, errors into exit codes; the only place that makes the real outside
// world.
#include <exception>
#include <filesystem>

#include <fmt/format.h>

#include "face/cli/app.h"
#include "sys/environment.h"

int main(int argc, char** argv) {
  using namespace curbstop;
  try {
    Output out(ReadTerminal());
    const Result<Directories> directories =
        FindDirectories([](const char* name) { return ReadVariable(name); });
    if (!directories.ok()) {
      out.Talk(fmt::format("error: {}\n", directories.error().Text()));
      return ExitCodeOf(directories.error().kind());
    }
    RealClock clock;
    RealProcessRunner processes;
    RealFileStore files;
    RealRandom random;
    std::error_code no_folder;
    CommandContext context{.out = out,
                           .directories = *directories,
                           .clock = clock,
                           .processes = processes,
                           .files = files,
                           .random = random,
                           .folder = std::filesystem::current_path(no_folder),
                           .program = std::filesystem::read_symlink("/proc/self/exe", no_folder)};
    return RunApp(argc, argv, context);
  } catch (const std::exception& error) {
    WriteErr(fmt::format("internal error: {}\n", error.what()));
    return ExitCodeOf(ErrorKind::kInternal);
  }
}
