#include "market/match.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {
namespace {

bool HasLetter(std::string_view text, char letter) { return text.find(letter) != text.npos; }

// The letters right after the first run of digits: "g" of "m7g.large", "ps" of "D2ps_v6".
std::string_view Attributes(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && !IsDigit(text[at])) ++at;
  while (at < text.size() && IsDigit(text[at])) ++at;
  size_t end = at;
  while (end < text.size() && IsLetter(text[end])) ++end;
  return text.substr(at, end - at);
}

bool IsArm(const Offer& offer) {
  const std::string_view gpu = offer.gpu_name;
  if (gpu.starts_with("GH200") || gpu.starts_with("GB200") || gpu.starts_with("GB300")) return true;
  const std::string_view type = offer.type;
  if (offer.provider == "aws") return type.starts_with("a1.") || HasLetter(Attributes(type), 'g');
  if (offer.provider == "azure") {
    constexpr std::string_view kPrefix = "Standard_";
    return type.starts_with(kPrefix) && HasLetter(Attributes(type.substr(kPrefix.size())), 'p');
  }
  if (offer.provider != "gcp") return false;
  const std::string_view family = type.substr(0, type.find('-'));
  return family == "c4a" || family == "n4a" || family == "t2a" || family == "a4x";
}

// GPUs that a program sees: a share of one counts as one.
int64_t GpusSeen(const Offer& offer) {
  return offer.gpu_count <= 0 ? 0 : offer.gpu_count < 1 ? 1 : static_cast<int64_t>(offer.gpu_count);
}

Mismatch FindGpuMismatch(const GpuNeed& need, const Offer& offer) {
  if (offer.gpu_name.empty()) return Mismatch::kNoGpu;
  if (!need.name.empty() && !IsGpuNamed(offer.gpu_name, need.name)) return Mismatch::kOtherGpu;
  if (GpusSeen(offer) < need.count) return Mismatch::kFewGpus;
  const std::optional<Bytes> memory = GpuMemoryEach(offer);
  return need.memory && memory && *memory < *need.memory ? Mismatch::kGpuMemory : Mismatch::kNone;
}

bool IsSeparator(char c) { return c == ' ' || c == '-' || c == '_'; }

char LowerCase(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

void SkipSeparators(std::string_view& text) {
  while (!text.empty() && IsSeparator(text[0])) text.remove_prefix(1);
}

// Words like SXM4, PCIE, NVL and 80GB, and no other.
bool SaysFormOrMemory(std::string_view words) {
  while (!words.empty()) {
    const size_t length = std::min(words.find_first_of(" -_"), words.size());
    const std::string word = Lower(words.substr(0, length));
    const bool memory = word.ends_with("gb") && IsDigits(word.substr(0, word.size() - 2));
    if (!memory && !word.starts_with("sxm") && word != "pcie" && word != "nvl") return false;
    words.remove_prefix(length);
    SkipSeparators(words);
  }
  return true;
}

std::string CountText(double count) { return fmt::format("{:.6g}", count); }

}  // namespace

Mismatch FindMismatch(const Need& need, SpotUse spot, const Offer& offer) {
  if (need.gpu) {
    const Mismatch of_gpu = FindGpuMismatch(*need.gpu, offer);
    if (of_gpu != Mismatch::kNone) return of_gpu;
  }
  if (need.cpus && offer.vcpus && *offer.vcpus < static_cast<double>(*need.cpus))
    return Mismatch::kFewCpus;
  if (need.memory && offer.memory && *offer.memory < *need.memory) return Mismatch::kMemory;
  if (!need.arch.empty() && need.arch != ArchOf(offer)) return Mismatch::kArch;
  return PriceFor(spot, offer) ? Mismatch::kNone : Mismatch::kNoPrice;
}

namespace {

template <typename Size>
bool IsAtLeast(const std::optional<Size>& has, const std::optional<Size>& wanted) {
  return !wanted || (has && *has >= *wanted);
}

}  // namespace

bool Covers(const Need& rented_for, const Need& wanted) {
  const bool rest = IsAtLeast(rented_for.cpus, wanted.cpus) &&
                    IsAtLeast(rented_for.memory, wanted.memory) &&
                    (wanted.arch.empty() || rented_for.arch == wanted.arch);
  if (!rest || !wanted.gpu) return rest;
  const std::optional<GpuNeed>& gpu = rented_for.gpu;
  return gpu && gpu->count >= wanted.gpu->count && IsAtLeast(gpu->memory, wanted.gpu->memory) &&
         (wanted.gpu->name.empty() || IsGpuNamed(gpu->name, wanted.gpu->name));
}

std::string ReasonText(Mismatch mismatch, const Need& need, SpotUse spot) {
  switch (mismatch) {
    case Mismatch::kNone: return "";
    case Mismatch::kNoGpu: return "no GPU";
    case Mismatch::kOtherGpu: return fmt::format("not a GPU `{}`", need.gpu->name);
    case Mismatch::kFewGpus: return fmt::format("fewer than {} GPUs", need.gpu->count);
    case Mismatch::kGpuMemory:
      return fmt::format("GPU memory below {}", SizeText(*need.gpu->memory));
    case Mismatch::kFewCpus: return fmt::format("fewer than {} CPUs", *need.cpus);
    case Mismatch::kMemory: return fmt::format("memory below {}", SizeText(*need.memory));
    case Mismatch::kArch: return fmt::format("CPU is not {}", need.arch);
    case Mismatch::kNoPrice:
      return spot == SpotUse::kOnly ? "no spot price known"
                                    : "sold as spot only, or no price known";
  }
  return "";
}

std::string ReasonText(Mismatch mismatch, const Need& need, SpotUse spot, const Offer& offer) {
  switch (mismatch) {
    case Mismatch::kOtherGpu:
      return fmt::format("GPU is {}, not `{}`", offer.gpu_name, need.gpu->name);
    case Mismatch::kFewGpus:
      return fmt::format("{} GPU, below {}", CountText(offer.gpu_count), need.gpu->count);
    case Mismatch::kGpuMemory:
      return fmt::format("GPU memory {}, below {}", SizeText(*GpuMemoryEach(offer)),
                         SizeText(*need.gpu->memory));
    case Mismatch::kFewCpus:
      return fmt::format("{} CPUs, below {}", CountText(*offer.vcpus), *need.cpus);
    case Mismatch::kMemory:
      return fmt::format("memory {}, below {}", SizeText(*offer.memory), SizeText(*need.memory));
    case Mismatch::kArch: return fmt::format("CPU is {}, not {}", ArchOf(offer), need.arch);
    default: return ReasonText(mismatch, need, spot);
  }
}

std::string UnlistedText(const Need& need, const Offer& offer) {
  std::vector<std::string> missing;
  if (need.gpu && need.gpu->memory && !offer.gpu_memory) missing.emplace_back("GPU memory");
  if (need.cpus && !offer.vcpus) missing.emplace_back("CPUs");
  if (need.memory && !offer.memory) missing.emplace_back("memory");
  return missing.empty() ? "" : Join(missing, ", ") + " not listed";
}

std::optional<MicroUsd> PriceFor(SpotUse spot, const Offer& offer) {
  return spot == SpotUse::kOnly ? offer.spot_per_hour : offer.per_hour;
}

std::optional<Bytes> GpuMemoryEach(const Offer& offer) {
  if (!offer.gpu_memory || offer.gpu_count >= 1) return offer.gpu_memory;
  return Bytes{std::llround(offer.gpu_count * static_cast<double>(offer.gpu_memory->value))};
}

std::string_view ArchOf(const Offer& offer) { return IsArm(offer) ? "arm64" : "x86_64"; }

bool IsGpuNamed(std::string_view name, std::string_view wanted) {
  const std::string_view whole = name;
  for (;;) {
    SkipSeparators(name), SkipSeparators(wanted);
    if (wanted.empty()) break;
    if (name.empty() || LowerCase(name[0]) != LowerCase(wanted[0])) return false;
    name.remove_prefix(1), wanted.remove_prefix(1);
  }
  if (name.empty()) return true;
  const bool at_word = IsSeparator(whole[whole.size() - name.size() - 1]);
  return at_word && SaysFormOrMemory(name);
}

}  // namespace curbstop
