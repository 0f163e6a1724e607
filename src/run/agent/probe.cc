#include "run/agent/probe.h"

#include <algorithm>
#include <sched.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>

#include <fmt/format.h>

#include "base/text.h"
#include "run/agent/lease_watch.h"
#include "sys/files.h"
#include "sys/process_identity.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

// The number that a file begins with; 0 where it has none (`max`).
int64_t NumberIn(const fs::path& file) {
  const Result<std::string> text = ReadFile(file, 4096);
  return text.ok() ? std::atoll(text->c_str()) : 0;
}

std::string Architecture() {
  utsname name{};
  return uname(&name) == 0 ? name.machine : "";
}

int64_t Processors(const fs::path& root) {
  cpu_set_t set;
  CPU_ZERO(&set);
  int64_t count = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;
  const Result<std::string> quota = ReadFile(root / "sys/fs/cgroup/cpu.max", 4096);
  if (!quota.ok()) return count;
  const std::vector<std::string> words = Split(Trim(*quota), ' ');
  const int64_t share = std::atoll(words[0].c_str());
  const int64_t period = words.size() > 1 ? std::atoll(words[1].c_str()) : 0;
  if (share > 0 && period > 0) count = std::min(count, std::max<int64_t>(1, share / period));
  return count;
}

int64_t MemoryBytes(const fs::path& root) {
  const Result<std::string> text = ReadFile(root / "proc/meminfo", 65536);
  int64_t bytes = 0;
  for (const std::string_view line : text.ok() ? Lines(*text) : std::vector<std::string_view>()) {
    if (line.starts_with("MemTotal:")) bytes = std::atoll(line.data() + 9) * 1024;
  }
  for (const char* file :
       {"sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    if (const int64_t limit = NumberIn(root / file); limit > 0) bytes = std::min(bytes, limit);
  }
  return bytes;
}

int64_t DiskFreeBytes(const fs::path& folder) {
  struct statvfs disk{};
  if (statvfs(folder.c_str(), &disk) != 0) return 0;
  return static_cast<int64_t>(disk.f_bavail) * static_cast<int64_t>(disk.f_frsize);
}

// "NVIDIA H100 80GB HBM3, 81559, GPU-…" a line, sizes in MiB.
Json Gpus(ProcessRunner& processes) {
  Json gpus = Json::MakeArray();
  ProcessRequest request;
  request.argv = {"nvidia-smi", "--query-gpu=name,memory.total,uuid",
                  "--format=csv,noheader,nounits"};
  const Result<ProcessOutcome> outcome = processes.Run(request);
  if (!outcome.ok() || outcome->exit_code != 0) return gpus;
  for (const std::string_view line : Lines(outcome->out)) {
    const std::vector<std::string> cells = Split(line, ',');
    if (cells.size() != 3) continue;
    gpus.Push(Json::MakeObject({{"name", Trim(cells[0])},
                                {"memory_bytes", int64_t{std::atoll(cells[1].c_str())} << 20},
                                {"uuid", Trim(cells[2])}}));
  }
  return gpus;
}

Json Tools() {
  Json tools = Json::MakeObject();
  for (const char* name : {"curl", "wget", "python3"}) tools.Set(name, !FindProgram(name).empty());
  return tools;
}

// "NVIDIA GeForce RTX 4090" holds "RTX 4090" and "RTX_4090".
std::string PlainName(std::string_view name) {
  std::string plain = Lower(name);
  std::erase_if(plain, [](char c) { return !IsDigit(c) && !IsLetter(c); });
  return plain;
}

bool HoldsSize(const Json& found, const Json& promised, const char* key) {
  return found.IntOr(key, 0) >= promised.IntOr(key, 0) / 10 * 9;
}

bool HoldsGpu(const Json& found, const Json& promised) {
  return PlainName(found.StringOr("name", "")).find(PlainName(promised.StringOr("name", ""))) !=
             std::string::npos &&
         HoldsSize(found, promised, "memory_bytes");
}

void AddGpus(const Json& probe, const Json& promise, std::vector<std::string>& broken) {
  const Json* promised = promise.Find("gpus");
  if (promised == nullptr) return;
  const Json* found = probe.Find("gpus");
  const Json::Array gpus = found == nullptr ? Json::Array() : found->items();
  for (size_t i = 0; i < promised->items().size(); ++i) {
    const Json& wanted = promised->items()[i];
    if (i < gpus.size() && HoldsGpu(gpus[i], wanted)) continue;
    broken.push_back(fmt::format("GPU {} is {}, promised was {}", i,
                                 i < gpus.size() ? WriteJson(gpus[i]) : "missing",
                                 WriteJson(wanted)));
  }
}

}  // namespace

std::string RehearseEnd(const fs::path& home, ProcessRunner& processes) {
  ProcessRequest request;
  request.argv = {(home / "end-machine").string(), "check"};
  request.timeout = std::chrono::seconds(40);
  request.most_output = 4096;
  const Result<ProcessOutcome> outcome = processes.Run(request);
  if (!outcome.ok()) return outcome.error().OneLine();
  if (outcome->timed_out) return "`end-machine check` took too long";
  if (outcome->exit_code == 0) return "";
  return fmt::format("`end-machine check` ended with {}: {}", outcome->exit_code,
                     Printable(Trim(outcome->err)));
}

Json Probe(const fs::path& home, const fs::path& root, ProcessRunner& processes) {
  const std::string error = RehearseEnd(home, processes);
  const auto uptime = ReadUptime(root / "proc/uptime");
  const fs::path disk = IsFolder(home) ? home : fs::path("/");
  return Json::MakeObject(
      {{"version", 1},
       {"arch", Architecture()},
       {"cpus", Processors(root)},
       {"memory_bytes", MemoryBytes(root)},
       {"disk_free_bytes", DiskFreeBytes(disk)},
       {"gpus", Gpus(processes)},
       {"boot_id", ReadBootId()},
       {"uptime_s", uptime ? int64_t{*uptime / std::chrono::seconds(1)} : int64_t{-1}},
       {"tools", Tools()},
       {"self_end", Json::MakeObject({{"ok", error.empty()}, {"error", error}})}});
}

std::vector<std::string> BrokenPromises(const Json& probe, const Json& promise) {
  std::vector<std::string> broken;
  const std::string arch = promise.StringOr("arch", "");
  if (!arch.empty() && arch != probe.StringOr("arch", "")) {
    broken.push_back(
        fmt::format("arch is {}, promised was {}", probe.StringOr("arch", "unknown"), arch));
  }
  if (probe.IntOr("cpus", 0) < promise.IntOr("cpus", 0)) {
    broken.push_back(fmt::format("{} processors, promised were {}", probe.IntOr("cpus", 0),
                                 promise.IntOr("cpus", 0)));
  }
  for (const char* key : {"memory_bytes", "disk_free_bytes"}) {
    if (HoldsSize(probe, promise, key)) continue;
    broken.push_back(
        fmt::format("{} is {}, promised was {}", key, probe.IntOr(key, 0), promise.IntOr(key, 0)));
  }
  AddGpus(probe, promise, broken);
  return broken;
}

}  // namespace curbstop
