#include "fit/hardware.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <vector>

#include "base/text.h"
#include "base/units.h"
#include "fit/checked.h"

namespace curbstop::fit {
namespace {

std::optional<double> NumberOf(std::string_view word) {
  double number = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (error != std::errc() || end != word.data() + word.size() || !(number >= 0))
    return std::nullopt;
  return number;
}

// GiB of "24gb", "31.05gb", "192gib".
std::optional<double> MemoryOf(std::string_view word) {
  for (const std::string_view unit : {"gib", "gb"}) {
    if (word.size() > unit.size() && word.ends_with(unit)) {
      return NumberOf(word.substr(0, word.size() - unit.size()));
    }
  }
  return std::nullopt;
}

// 4 of "4x", "x4", "tp4", "*4".
std::optional<int64_t> CountOf(std::string_view word) {
  std::string_view digits = word;
  if (word.ends_with("x")) {
    digits.remove_suffix(1);
  } else if (word.starts_with("tp")) {
    digits.remove_prefix(2);
  } else if (word.starts_with("x") || word.starts_with("*")) {
    digits.remove_prefix(1);
  } else {
    return std::nullopt;
  }
  if (digits.empty() || digits.size() > 5 || !IsDigits(digits)) return std::nullopt;
  return std::llround(*NumberOf(digits));
}

std::vector<std::string> WordsOf(std::string_view text) {
  std::string clean;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_times = static_cast<unsigned char>(c) == 0xC3 && i + 1 < text.size() &&
                          static_cast<unsigned char>(text[i + 1]) == 0x97;  // ×
    if (is_times) {
      clean += "x ";
      ++i;
    } else {
      clean += c == '(' || c == ')' || c == ',' || c == '[' || c == ']' || c == '/' ? ' ' : c;
    }
  }
  std::vector<std::string> words;
  for (const std::string& word : Split(Lower(clean), ' ')) {
    if (!word.empty()) words.push_back(word);
  }
  return words;
}

bool IsNoise(std::string_view word) {
  constexpr std::string_view kNoise[] = {
      "nvidia",  "geforce", "gpu",   "gpus", "generation", "cuda",    "metal",
      "class",   "fe",      "tesla", "any",  "cluster",    "user",    "machine",
      "desktop", "rocm",    "vram",  "of",   "blackwell",  "edition", "workstation"};
  return std::find(std::begin(kNoise), std::end(kNoise), word) != std::end(kNoise);
}

// "2" in "2 x A100" and in "CUDA 2 GPUs"; "* 4" behind the name.
void TakeCounts(std::vector<std::string>& words, Hardware& hardware) {
  std::vector<std::string> rest;
  for (size_t i = 0; i < words.size(); ++i) {
    const bool is_number = IsDigits(words[i]) && words[i].size() <= 5;
    const std::string next = i + 1 < words.size() ? words[i + 1] : "";
    if (const auto count = CountOf(words[i])) {
      hardware.count = *count;
    } else if (is_number && (next == "x" || next == "gpu" || next == "gpus" || next == "nvidia")) {
      hardware.count = std::llround(*NumberOf(words[i]));
    } else if (words[i] == "*" && IsDigits(next) && next.size() <= 5) {
      hardware.count = std::llround(*NumberOf(next));
      ++i;
    } else if (words[i] != "x" && words[i] != "*") {
      rest.push_back(words[i]);
    }
  }
  hardware.count = std::clamp<int64_t>(hardware.count, 1, 65536);
  words = std::move(rest);
}

const Accelerator* FindIn(const AcceleratorCatalogue& catalogue, const std::string& name,
                          std::optional<Bytes> memory) {
  for (const std::string_view prefix :
       {"", "rtx ", "apple ", "radeon ", "gtx ", "rx ", "ryzen ai "}) {
    if (const Accelerator* found = catalogue.Find(std::string(prefix) + name, memory)) return found;
  }
  return nullptr;
}

// A100 and H100 are sold in two forms; the text says which by one word somewhere in it.
std::string Canonical(const std::vector<std::string>& words, size_t first, size_t end) {
  std::string name;
  for (size_t i = first; i < end; ++i) name += (name.empty() ? "" : " ") + words[i];
  if (name == "a100" || name == "h100") {
    const auto has = [&](std::string_view word) {
      return std::any_of(words.begin(), words.end(),
                         [&](const std::string& one) { return one.starts_with(word); });
    };
    if (has("pcie")) return name + " pcie";
    return name + (name == "a100" ? " sxm4" : " sxm5");
  }
  return name;
}

const Accelerator* FindByWords(const std::vector<std::string>& words,
                               const AcceleratorCatalogue& catalogue, std::optional<Bytes> memory) {
  for (size_t first = 0; first < words.size(); ++first) {
    for (size_t end = words.size(); end > first; --end) {
      if (end - first == 1 && words[first].size() < 2) continue;
      if (const Accelerator* found = FindIn(catalogue, Canonical(words, first, end), memory)) {
        return found;
      }
    }
  }
  return nullptr;
}

constexpr double kGiB = 1024.0 * 1024 * 1024;

// What the driver keeps from every process: a card's total in `nvidia-smi` less the total that CUDA
// shows (RTX 3080 9.77 of 10.00 GiB, RTX 4080 15.70 of 15.99, RTX 4090 23.65 of 23.99, A100 39.56
// of 40.00, H100 79.2 of 79.65), as torch's out-of-memory messages print it.
int64_t DriverReserve(int64_t memory) {
  const double gib = static_cast<double>(memory) / kGiB;
  return static_cast<int64_t>(std::min(0.45, 0.15 + 0.008 * gib) * kGiB);
}

}  // namespace

Hardware UnderstandHardware(std::string_view text, const AcceleratorCatalogue& catalogue) {
  Hardware hardware;
  hardware.text = std::string(text);
  const size_t colon = text.rfind(':');
  std::string spelled(text);
  if (colon != std::string_view::npos && IsDigits(text.substr(colon + 1)) &&
      text.size() - colon < 7) {
    hardware.count = std::max<int64_t>(1, std::llround(*NumberOf(text.substr(colon + 1))));
    spelled.erase(colon);
  }
  std::vector<std::string> words = WordsOf(spelled);
  TakeCounts(words, hardware);
  double gib = 0;  // 0: the text names no memory
  std::vector<std::string> names;
  for (const std::string& word : words) {
    if (const auto memory = MemoryOf(word)) {
      gib = *memory;
    } else if (word == "cpu") {
      hardware.cpu_only = true;
    } else if (!IsNoise(word)) {
      names.push_back(word);
    }
  }
  if (!(gib < 1e6)) gib = 0;
  const std::optional<Bytes> memory =
      gib > 0 ? std::optional<Bytes>(Bytes{static_cast<int64_t>(gib * kGiB)}) : std::nullopt;
  if (!hardware.cpu_only) hardware.accelerator = FindByWords(names, catalogue, memory);
  // "1x 80GB GPU" is one of the class that A100 began.
  const bool is_80gb = hardware.accelerator == nullptr && gib == 80;
  if (is_80gb) hardware.accelerator = catalogue.Find("A100-SXM4-80GB");
  if (memory) hardware.memory = memory->value;
  if (const Accelerator* found = hardware.accelerator) {
    hardware.unified = found->group == "soc";
    hardware.has_display = found->group == "consumer" || found->group == "laptop";
    const int64_t usable = found->usable_memory ? found->usable_memory->value : found->memory.value;
    const bool same =
        !memory || std::abs(memory->value - found->memory.value) < found->memory.value / 20;
    if (same) hardware.memory = usable;
  }
  return hardware;
}

int64_t MemoryToHave(int64_t bytes) {
  int64_t memory = Clamp(Wide{bytes} + DriverReserve(bytes));
  while (memory - DriverReserve(memory) < bytes && !TooLarge(memory))
    memory = Clamp(Wide{memory} + MiB(1).value);
  return memory;
}

int64_t Hardware::Available() const {
  if (accelerator != nullptr && accelerator->vendor == "nvidia" && !unified) {
    return Clamp(Wide{memory} - DriverReserve(memory));
  }
  if (!unified || accelerator == nullptr || accelerator->vendor != "apple") return memory;
  // Metal's recommended working set: two thirds of small memories, three quarters of large ones.
  const double share = static_cast<double>(memory) <= 36.5 * kGiB ? 2.0 / 3 : 0.75;
  return Scale(memory, share);
}

}  // namespace curbstop::fit
