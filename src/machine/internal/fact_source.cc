#include "machine/internal/fact_source.h"

#include <charconv>
#include <optional>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include <fmt/format.h>

#include "base/text.h"
#include "machine/internal/nvml.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMostBytes = 4 << 20;

std::vector<std::string> NamesIn(const fs::path& folder) {
  std::vector<std::string> names;
  const Result<std::vector<FolderEntry>> entries = ListFolder(folder);
  if (!entries.ok()) return names;
  for (const FolderEntry& entry : *entries) names.push_back(entry.name);
  return names;
}

bool IsPlainFile(const fs::path& file) {
  struct stat info{};
  return stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode);
}

std::string FirstLine(std::string_view text) {
  for (const std::string_view line : Lines(text)) {
    if (!Trim(line).empty()) return Printable(Trim(line).substr(0, 200));
  }
  return "it wrote nothing";
}

class LiveSource final : public FactSource {
 public:
  explicit LiveSource(ProcessRunner& processes) : processes_(processes) {}

  Result<std::string> File(std::string_view path) override {
    if (!IsPlainFile(fs::path(path))) return NotFound(fmt::format("there is no `{}`", path));
    return ReadFile(fs::path(path), kMostBytes);
  }
  std::vector<std::string> Names(std::string_view folder) override { return NamesIn(folder); }
  bool Has(std::string_view path) override { return Exists(fs::path(path)); }
  Result<std::string> Command(std::string_view name) override;
  Result<DiskSpace> Space(std::string_view mount) override;

 private:
  Result<std::string> Start(const KnownCommand& command, const std::string& program);

  ProcessRunner& processes_;
};

Result<std::string> LiveSource::Start(const KnownCommand& command, const std::string& program) {
  ProcessRequest request;
  request.argv = {program};
  request.argv.insert(request.argv.end(), command.arguments.begin(), command.arguments.end());
  request.timeout = command.timeout;
  request.most_output = kMostBytes;
  TRY_ASSIGN(const ProcessOutcome outcome, processes_.Run(request));
  if (outcome.timed_out) {
    return Unavailable(
        fmt::format("`{}` did not answer within {}", program, DurationText(command.timeout)));
  }
  if (outcome.exit_code != 0) {
    const std::string words = FirstLine(outcome.out.empty() ? outcome.err : outcome.out);
    return Unavailable(fmt::format("`{}` failed: {}", program, words));
  }
  return outcome.out.empty() ? outcome.err : outcome.out;
}

Result<std::string> LiveSource::Command(std::string_view name) {
  if (name == "nvml") return ReadNvml();
  for (const KnownCommand& command : KnownCommands()) {
    if (command.name != name) continue;
    for (const std::string& program : command.programs) {
      const bool there = program.starts_with('/') ? Exists(program) : !FindProgram(program).empty();
      if (there) return Start(command, program);
    }
  }
  return NotFound(fmt::format("`{}` is not installed", name));
}

Result<DiskSpace> LiveSource::Space(std::string_view mount) {
  const std::string path(mount);
  struct statvfs info{};
  if (statvfs(path.c_str(), &info) != 0) {
    return FromErrno(errno, fmt::format("cannot ask for the space on `{}`", Printable(mount)));
  }
  const auto unit = static_cast<int64_t>(info.f_frsize);
  return DiskSpace{{static_cast<int64_t>(info.f_blocks) * unit},
                   {static_cast<int64_t>(info.f_bavail) * unit}};
}

class TreeSource final : public FactSource {
 public:
  explicit TreeSource(fs::path root) : root_(std::move(root)) {}

  Result<std::string> File(std::string_view path) override {
    const std::optional<fs::path> inside = Inside(path);
    if (!inside || !IsPlainFile(*inside)) {
      return NotFound(fmt::format("the tree has no `{}`", Printable(path)));
    }
    return ReadFile(*inside, kMostBytes);
  }
  std::vector<std::string> Names(std::string_view folder) override {
    const std::optional<fs::path> inside = Inside(folder);
    return inside ? NamesIn(*inside) : std::vector<std::string>{};
  }
  bool Has(std::string_view path) override {
    const std::optional<fs::path> inside = Inside(path);
    return inside && Exists(*inside);
  }
  Result<std::string> Command(std::string_view name) override;
  Result<DiskSpace> Space(std::string_view mount) override;

 private:
  // Where the path lies in the tree; empty where a link leads out of it.
  std::optional<fs::path> Inside(std::string_view path) const;

  fs::path root_;
  std::optional<std::map<std::string, DiskSpace>> spaces_;
};

std::optional<fs::path> TreeSource::Inside(std::string_view path) const {
  if (path.find('\0') != path.npos) return std::nullopt;
  std::error_code error;
  const fs::path root = fs::weakly_canonical(root_, error);
  if (error) return std::nullopt;
  fs::path whole = fs::weakly_canonical(root / fs::path(path).relative_path(), error);
  if (error) return std::nullopt;
  const fs::path relative = whole.lexically_relative(root);
  if (relative.empty() || *relative.begin() == "..") return std::nullopt;
  return whole;
}

// A program that failed is recorded as one line that starts with "failed: ".
Result<std::string> TreeSource::Command(std::string_view name) {
  constexpr std::string_view kFailed = "failed: ";
  const Result<std::string> text = File(fmt::format("/commands/{}.txt", name));
  if (!text.ok()) return NotFound(fmt::format("`{}` is not in the tree", name));
  if (!text->starts_with(kFailed)) return *text;
  return Unavailable(FirstLine(std::string_view(*text).substr(kFailed.size())));
}

Result<DiskSpace> TreeSource::Space(std::string_view mount) {
  if (!spaces_) {
    const Result<std::string> text = Command("df");
    spaces_ = text.ok() ? ParseDf(*text) : std::map<std::string, DiskSpace>{};
  }
  const auto found = spaces_->find(std::string(mount));
  if (found == spaces_->end()) return NotFound("it is not in the tree's `commands/df.txt`");
  return found->second;
}

// `Key=value` lines, so that no locale and no table width matters.
constexpr const char* kWindowsQuery =
    "$c = Get-CimInstance Win32_ComputerSystem; 'TotalPhysicalMemory=' + $c.TotalPhysicalMemory;"
    "'Caption=' + (Get-CimInstance Win32_OperatingSystem).Caption;"
    "Get-CimInstance Win32_PhysicalMemory | ForEach-Object "
    "{ 'ConfiguredClockSpeed=' + $_.ConfiguredClockSpeed; 'Speed=' + $_.Speed };"
    "$f = Join-Path $env:USERPROFILE '.wslconfig'; if (Test-Path $f) { Get-Content $f | "
    "Where-Object { $_ -match '^\\s*memory\\s*=' } | ForEach-Object { 'wslconfig.' + $_.Trim() } }";

const std::vector<std::string> kNvidiaSmi = {"/usr/bin/nvidia-smi", "/usr/lib/wsl/lib/nvidia-smi",
                                             "/usr/local/nvidia/bin/nvidia-smi",
                                             "/usr/local/bin/nvidia-smi", "nvidia-smi"};

}  // namespace

const std::vector<KnownCommand>& KnownCommands() {
  // compute_cap is refused by drivers before 510, so the shorter question is the second try.
  static const std::vector<KnownCommand> commands = {
      {"nvidia-smi",
       kNvidiaSmi,
       {"--query-gpu=index,uuid,name,memory.total,memory.free,driver_version,compute_cap,"
        "enforced.power.limit,power.draw,utilization.gpu",
        "--format=csv"}},
      {"nvidia-smi-old",
       kNvidiaSmi,
       {"--query-gpu=index,uuid,name,memory.total,memory.free,driver_version", "--format=csv"}},
      {"powershell",
       {"/mnt/c/Windows/System32/WindowsPowerShell/v1.0/powershell.exe", "powershell.exe"},
       {"-NoProfile", "-NonInteractive", "-Command", kWindowsQuery},
       std::chrono::milliseconds{10'000}},
      {"dmidecode", {"/usr/sbin/dmidecode"}, {"-t", "17"}},
      {"python3", {"python3"}, {"-V"}},
      {"nvcc", {"nvcc", "/usr/local/cuda/bin/nvcc"}, {"--version"}},
      {"uv", {"uv"}, {"--version"}}};
  return commands;
}

std::unique_ptr<FactSource> MakeLiveSource(ProcessRunner& processes) {
  return std::make_unique<LiveSource>(processes);
}

std::unique_ptr<FactSource> MakeTreeSource(fs::path root) {
  return std::make_unique<TreeSource>(std::move(root));
}

std::string FactSource::Text(std::string_view path) {
  const Result<std::string> bytes = File(path);
  return bytes.ok() ? std::string(Trim(*bytes)) : std::string();
}

std::map<std::string, DiskSpace> ParseDf(std::string_view text) {
  std::map<std::string, DiskSpace> spaces;
  for (const std::string_view line : Lines(text)) {
    std::string_view rest = Trim(line);
    int64_t numbers[2] = {};
    bool good = true;
    for (int64_t& number : numbers) {
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
      good = good && error == std::errc() && number >= 0;
      rest = Trim(rest.substr(static_cast<size_t>(end - rest.data())));
    }
    if (good && rest.starts_with('/')) spaces[std::string(rest)] = {{numbers[0]}, {numbers[1]}};
  }
  return spaces;
}

}  // namespace curbstop
