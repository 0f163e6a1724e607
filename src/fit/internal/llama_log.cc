// Logs of llama.cpp and ollama, line by line. A line belongs to the load that was begun last.
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/text.h"
#include "base/units.h"
#include "fit/internal/log_text.h"
#include "fit/truth.h"

namespace curbstop::fit {
namespace {

// "Q4_K - Medium", "IQ4_XS - 4.25 bpw", "all F32", "(guessed) Q6_K" as recipes are called.
std::string FormatOfFileType(std::string_view text) {
  constexpr std::string_view kGuessed = "(guessed)";
  if (text.find(kGuessed) != std::string_view::npos)
    text = text.substr(text.find(kGuessed) + kGuessed.size());
  text = Trim(text);
  if (text.starts_with("all ")) text.remove_prefix(4);
  const size_t dash = text.find(" - ");
  std::string name(Trim(text.substr(0, dash)));
  const std::string_view size = dash == std::string_view::npos ? "" : text.substr(dash + 3);
  if (size.starts_with("Small")) name += "_S";
  if (size.starts_with("Medium")) name += "_M";
  if (size.starts_with("Large")) name += "_L";
  // "Q2_K - Medium" is the recipe Q2_K.
  return name == "Q2_K_M" ? "Q2_K" : name;
}

bool IsHost(std::string_view device) {
  return device.starts_with("CPU") || device.find("Host") != std::string_view::npos ||
         device == "BLAS" || device == "AMX";
}

std::string DeviceOf(std::string_view device) {
  if (IsHost(device)) return "host";
  const auto number = FirstNumber(device);
  return fmt::format("gpu{}", number && *number < 64 ? std::llround(*number) : 0);
}

std::string_view LastWord(std::string_view text) {
  text = Trim(text);
  const size_t space = text.find_last_of(" :");
  return space == std::string_view::npos ? text : text.substr(space + 1);
}

class LlamaReader {
 public:
  explicit LlamaReader(EngineLog& log) : log_(log) {}

  void Read(std::string_view line) {
    if (StartsLoad(line)) Finish();
    if (line.find("constructing llama_context") != std::string_view::npos) ForgetContext();
    ReadModel(line);
    ReadConditions(line);
    ReadBuffer(line);
    ReadTotals2023(line);
    ReadBreakdown(line);
    ReadTimings(line);
    ReadOllamaRates(line);
    if (Has(line, {"out of memory", "failed to allocate", "unable to allocate"}))
      ++run_.out_of_memory;
  }

  void Finish() {
    AddSpeeds();
    const bool says_something = !run_.bytes.empty() || !run_.speeds.empty();
    if (says_something) {
      CountGpus();
      AddRun(log_, run_);
    }
    // Build and device are said once, before the first load.
    LogRun next;
    next.build = run_.build;
    next.hardware = run_.hardware;
    run_ = std::move(next);
    decode_ = prefill_ = {};
    last_prompt_ = 0;
  }

 private:
  struct Timing {
    double ms = 0, tokens = 0, depth_tokens = 0, prompts = 0;
  };

  static bool StartsLoad(std::string_view line) {
    return line.find("loaded meta data with") != std::string_view::npos;
  }

  // Of one context alone: a second one replaces the first.
  void ForgetContext() {
    std::erase_if(run_.bytes, [](const LoggedBytes& one) {
      return one.component != "weights" && one.component != "context";
    });
  }

  void ReadModel(std::string_view line) {
    if (const auto name = LoggedText(line, "general.name")) run_.model = *name;
    if (const auto type = LoggedText(line, "file type")) run_.format = FormatOfFileType(*type);
    if (const auto type = LoggedText(line, "model ftype")) run_.format = FormatOfFileType(*type);
    if (const auto arch = LoggedText(line, "print_info: arch")) run_.arch = *arch;
    if (const auto arch = LoggedText(line, "llm_load_print_meta: arch")) run_.arch = *arch;
    if (const auto text = LoggedText(line, "model params")) {
      const double unit = text->find('B') != std::string_view::npos
                              ? 1e9
                              : (text->find('T') != std::string_view::npos ? 1e12 : 1e6);
      run_.params = NumberAt(*text).value_or(0) * unit;
    }
    if (const auto number = LoggedNumber(line, "n_layer"); number && run_.layers == 0)
      run_.layers = std::llround(std::min(*number, 1e6));
    if (const auto number = LoggedNumber(line, "n_embd"); number && run_.hidden == 0)
      run_.hidden = std::llround(std::min(*number, 1e9));
    constexpr std::string_view kFrom = "tensors from ";
    const size_t from = line.find(kFrom);
    if (line.find("loaded meta data") != std::string_view::npos && from != std::string_view::npos) {
      const std::string_view path = line.substr(from + kFrom.size());
      run_.file = path.substr(0, path.find(" (version"));
    }
  }

  void ReadConditions(std::string_view line) {
    const auto whole = [&](std::string_view key, std::optional<int64_t>& into) {
      const auto number = LoggedNumber(line, key);
      if (number) into = std::llround(std::min(*number, 1e15));
    };
    if (line.find("per_seq") == std::string_view::npos) whole("n_ctx", run_.context);
    whole("n_ubatch", run_.ubatch);
    whole("n_seq_max", run_.slots);
    if (const auto text = LoggedText(line, "flash_attn")) {
      if (text->starts_with("1") || text->starts_with("enabled")) run_.flash_attention = true;
      if (text->starts_with("0") || text->starts_with("disabled")) run_.flash_attention = false;
    }
    if (line.find("Flash Attention was auto, set to enabled") != std::string_view::npos)
      run_.flash_attention = true;
    if (line.find("Flash Attention was auto, set to disabled") != std::string_view::npos)
      run_.flash_attention = false;
    ReadCacheTypes(line);
    ReadOffload(line);
    ReadBuild(line);
    ReadDevice(line);
  }

  // "K (f16):  512.00 MiB, V (q8_0): ..."
  void ReadCacheTypes(std::string_view line) {
    for (const auto& [mark, type] :
         {std::pair{std::string_view("K ("), &run_.cache_k}, {"V (", &run_.cache_v}}) {
      const size_t at = line.find(mark);
      if (at == std::string_view::npos || line.find("size") == std::string_view::npos) continue;
      const std::string_view rest = line.substr(at + mark.size());
      const size_t end = rest.find(')');
      if (end < 8) *type = rest.substr(0, end);
    }
  }

  // "offloaded 33/33 layers to GPU"
  void ReadOffload(std::string_view line) {
    constexpr std::string_view kOffloaded = "offloaded ";
    const size_t at = line.find(kOffloaded);
    if (at == std::string_view::npos || line.find("layers to GPU") == std::string_view::npos)
      return;
    const std::string_view rest = line.substr(at + kOffloaded.size());
    const size_t slash = rest.find('/');
    const auto done = NumberAt(rest);
    if (!done || slash == std::string_view::npos) return;
    const auto all = NumberAt(rest.substr(slash + 1));
    if (all && *done < *all) run_.gpu_layers = std::llround(std::min(*done, 1e6));
  }

  // "main: build = 2824 (4426e298)", "build: 4589 (eb7cf15a) with cc ..."
  void ReadBuild(std::string_view line) {
    if (line.find("build") == std::string_view::npos) return;
    auto number = LoggedNumber(line, "build");
    const size_t colon = line.find("build: ");
    if (!number && colon != std::string_view::npos) number = NumberAt(line.substr(colon + 7));
    if (number && *number >= 100 && *number < 1e6) run_.build = std::llround(*number);
  }

  // "Device 0: NVIDIA GeForce RTX 4090, compute capability 8.9", "using device CUDA0 (RTX 4090)",
  // "GPU name:   Apple M2 Max"
  void ReadDevice(std::string_view line) {
    const auto between = [&](std::string_view mark, char end) {
      const size_t at = line.find(mark);
      if (at == std::string_view::npos) return std::string_view();
      const std::string_view rest = line.substr(at + mark.size());
      return Trim(rest.substr(0, rest.find(end)));
    };
    std::string_view name = between("GPU name:", '\t');
    if (name.empty() && Has(line, {"compute capability", "VMM:"}))
      name = between("Device 0: ", ',');
    if (name.empty() && Has(line, {"using device"})) name = between("(", ')');
    if (!name.empty() && name.size() < 100) run_.hardware = name;
  }

  void Put(std::string component, std::string device, const LoggedSize& size, bool adds) {
    for (LoggedBytes& one : run_.bytes) {
      if (one.component != component || one.device != device) continue;
      if (!adds) one.bytes = one.rounding = 0;
      one.bytes = std::min(one.bytes + size.bytes, int64_t{1} << 60);
      one.rounding = std::min(one.rounding + size.rounding, int64_t{1} << 40);
      return;
    }
    if (run_.bytes.size() < 512)
      run_.bytes.push_back({std::move(component), std::move(device), size.bytes, size.rounding});
  }

  // "load_tensors:        CUDA0 model buffer size =  4403.49 MiB"
  void ReadBuffer(std::string_view line) {
    constexpr std::string_view kSize = " buffer size";
    const size_t at = line.find(kSize);
    if (at == std::string_view::npos || line.find('~') != std::string_view::npos) return;
    const auto text = LoggedText(line, "buffer size");
    const auto size = text ? SizeAt(*text) : std::nullopt;
    if (!size) return;
    std::string_view before = line.substr(0, at);
    std::string_view kind = LastWord(before);
    std::string component = "weights";
    if (kind == "KV") component = "cache";
    if (kind == "RS") component = "recurrent state";
    if (kind == "compute") component = "compute";
    if (kind == "output") component = "output";
    // Before 2025 the loader's lines had no word between device and "buffer".
    const bool has_kind = component != "weights" || kind == "model";
    if (has_kind) before = before.substr(0, static_cast<size_t>(kind.begin() - before.begin()));
    const std::string_view device = LastWord(before);
    if (device.empty() || (!has_kind && !Has(line, {"load_tensors"}))) return;
    // Two caches (whole and windowed), several mapped files: they add up. A graph that is reserved
    // again replaces the first.
    const bool adds = component != "compute";
    Put(component, DeviceOf(device), *size, adds);
  }

  // Builds of 2023 print sums of all devices.
  void ReadTotals2023(std::string_view line) {
    const auto vram = LoggedText(line, "VRAM used");
    if (vram && Has(line, {"load_tensors"})) {
      if (const auto size = SizeAt(*vram)) Put("weights", "gpu0", *size, false);
    }
    const auto ram = LoggedText(line, "mem required");
    if (ram && Has(line, {"load_tensors"})) {
      if (const auto size = SizeAt(*ram)) Put("weights", "host", *size, false);
    }
    const size_t kv = line.find("VRAM kv self = ");
    if (kv != std::string_view::npos) {
      if (const auto size = SizeAt(line.substr(kv + 15))) Put("cache", "gpu0", *size, false);
    }
  }

  // "|   - CUDA0 (RTX 4090)   | 24077 =  945 + (19187 = 17904 +     384 +     898) +        3945 |"
  // in MiB: total = free + (self = model + context + compute) + unaccounted. What no other line
  // said is taken from it; its last column is the driver's context and what other programs hold.
  void ReadBreakdown(std::string_view line) {
    if (line.find("memory_breakdown_print") == std::string_view::npos) return;
    const size_t dash = line.find("| ");
    const size_t open = line.find(" (", dash);
    const size_t paren = line.find("+ (");
    if (dash == std::string_view::npos || paren == std::string_view::npos || open >= paren) return;
    std::string_view name = line.substr(dash + 2, open - dash - 2);
    name = LastWord(name);
    const std::string_view self = line.substr(paren + 3);
    const size_t equals = self.find('=');
    const size_t close = self.find(')');
    if (equals == std::string_view::npos || close == std::string_view::npos || close < equals)
      return;
    const std::vector<std::string> parts =
        Split(std::string(self.substr(equals + 1, close - equals - 1)), '+');
    if (parts.size() != 3 || IsHost(name)) return;
    // What is printed before anything is loaded is a plan: its last column is negative, or it holds
    // no model.
    const size_t plus = self.find('+', close);
    if (plus == std::string_view::npos || self.find('-', plus) != std::string_view::npos) return;
    if (NumberAt(parts[0]).value_or(0) <= 0) return;
    const std::string device = DeviceOf(name);
    constexpr std::string_view kParts[] = {"weights", "cache", "compute"};
    for (size_t i = 0; i < 3; ++i) {
      const auto size = SizeAt(parts[i], "MiB");
      if (size && !Knows(kParts[i], device)) Put(std::string(kParts[i]), device, *size, false);
    }
    const auto rest = SizeAt(self.substr(plus + 1), "MiB");
    if (rest && rest->bytes > 0) Put("context", device, *rest, false);
    if (run_.hardware.empty())
      run_.hardware = line.substr(open + 2, line.find(')', open) - open - 2);
  }

  bool Knows(std::string_view component, std::string_view device) const {
    return std::any_of(run_.bytes.begin(), run_.bytes.end(), [&](const LoggedBytes& one) {
      return one.component == component && one.device == device && one.rounding < MiB(1).value / 4;
    });
  }

  // "prompt eval time =   50000.00 ms /  4000 tokens (...)", "eval time =  1234.56 ms /   127 runs"
  void ReadTimings(std::string_view line) {
    const auto text = LoggedText(line, "eval time");
    if (!text) return;
    const size_t slash = text->find('/');
    const auto ms = NumberAt(*text);
    if (!ms || slash == std::string_view::npos || *ms <= 0) return;
    const auto tokens = NumberAt(text->substr(slash + 1));
    if (!tokens || *tokens < 1 || *tokens > 1e9) return;
    if (line.find("prompt eval time") != std::string_view::npos) {
      last_prompt_ = *tokens;
      // Some tokens alone are read like an answer, not like a prompt.
      if (*tokens >= 64) Add(prefill_, *ms, *tokens, 0);
    } else if (*tokens >= 16) {
      Add(decode_, *ms, *tokens, last_prompt_ + *tokens / 2);
    }
  }

  static void Add(Timing& timing, double ms, double tokens, double depth) {
    timing.ms += ms;
    timing.tokens += tokens;
    timing.depth_tokens += depth * tokens;
    timing.prompts += 1;
  }

  // What `ollama run --verbose` ends with: "prompt eval rate:     500.12 tokens/s".
  void ReadOllamaRates(std::string_view line) {
    const size_t at = line.find("eval rate:");
    if (at == std::string_view::npos || line.find("tokens/s") == std::string_view::npos) return;
    const auto rate = NumberAt(line.substr(at + 10));
    if (!rate || *rate <= 0) return;
    const bool prompt = line.find("prompt eval rate") != std::string_view::npos;
    // 128 tokens: ollama says how many in another line, and little depends on it.
    Add(prompt ? prefill_ : decode_, 128e3 / *rate, 128, prompt ? 0 : 128);
  }

  void AddSpeeds() {
    for (const auto& [timing, prefill] : {std::pair{&decode_, false}, {&prefill_, true}}) {
      if (timing->tokens <= 0) continue;
      LoggedSpeed speed;
      speed.prefill = prefill;
      speed.tokens = timing->tokens;
      speed.tokens_per_second = timing->tokens / timing->ms * 1000;
      speed.depth = timing->depth_tokens / timing->tokens;
      speed.prompt = prefill ? timing->tokens / timing->prompts : 0;
      run_.speeds.push_back(speed);
    }
  }

  void CountGpus() {
    std::vector<std::string> found;
    for (const LoggedBytes& one : run_.bytes) {
      const bool holds = one.device != "host" && one.bytes > 0 && one.component == "weights";
      if (holds && std::find(found.begin(), found.end(), one.device) == found.end())
        found.push_back(one.device);
    }
    run_.gpus = static_cast<int64_t>(found.size());
  }

  EngineLog& log_;
  LogRun run_;
  Timing decode_, prefill_;
  double last_prompt_ = 0;
};

// --- llama-bench ------------------------------------------------------------------------------

std::vector<std::string_view> CellsOf(std::string_view line) {
  std::vector<std::string_view> cells;
  const size_t first = line.find('|');
  if (first == std::string_view::npos) return cells;
  line = line.substr(first + 1);
  while (cells.size() < 64) {
    const size_t bar = line.find('|');
    if (bar == std::string_view::npos) break;
    cells.push_back(Trim(line.substr(0, bar)));
    line = line.substr(bar + 1);
  }
  return cells;
}

// "llama 8B Q4_K - Medium": architecture, size, file type.
void ReadBenchModel(std::string_view text, LogRun& run) {
  const size_t first = text.find(' ');
  if (first == std::string_view::npos) return;
  const size_t second = text.find(' ', first + 1);
  run.arch = text.substr(0, first);
  run.model = text.substr(0, second);
  if (second != std::string_view::npos) run.format = FormatOfFileType(text.substr(second + 1));
}

// "pp512", "tg128", "pp2048 @ d32000"; what mixes both is left out.
bool ReadBenchTest(std::string_view text, LoggedSpeed& speed) {
  speed.prefill = text.starts_with("pp");
  if (!speed.prefill && !text.starts_with("tg")) return false;
  if (text.find('+') != std::string_view::npos) return false;
  const auto tokens = NumberAt(text.substr(2));
  if (!tokens || *tokens < 1) return false;
  const size_t at = text.find("@ d");
  speed.depth = at == std::string_view::npos ? 0 : NumberAt(text.substr(at + 3)).value_or(0);
  speed.tokens = *tokens;
  if (speed.prefill) speed.prompt = *tokens;
  if (!speed.prefill) speed.depth += *tokens / 2;
  return true;
}

class BenchReader {
 public:
  explicit BenchReader(EngineLog& log) : log_(log) {}

  void Read(std::string_view line) {
    if (line.starts_with("build: ")) SetBuild(line);
    if (line.find('|') == std::string_view::npos) return;
    const std::vector<std::string_view> cells = CellsOf(line);
    const bool heads = std::find(cells.begin(), cells.end(), "test") != cells.end() &&
                       std::find(cells.begin(), cells.end(), "t/s") != cells.end();
    if (heads) {
      columns_.assign(cells.begin(), cells.end());
    } else if (!columns_.empty() && cells.size() == columns_.size()) {
      ReadRow(cells);
    }
  }

 private:
  std::string_view Cell(const std::vector<std::string_view>& cells, std::string_view name) const {
    const auto found = std::find(columns_.begin(), columns_.end(), name);
    return found == columns_.end() ? "" : cells[static_cast<size_t>(found - columns_.begin())];
  }

  void ReadRow(const std::vector<std::string_view>& cells) {
    LoggedSpeed speed;
    const auto rate = NumberAt(Cell(cells, "t/s"));
    if (!ReadBenchTest(Cell(cells, "test"), speed) || !rate || *rate <= 0) return;
    speed.tokens_per_second = *rate;
    LogRun run;
    run.engine = LogEngine::kLlamaBench;
    ReadBenchModel(Cell(cells, "model"), run);
    run.params = NumberAt(Cell(cells, "params")).value_or(0) *
                 (Cell(cells, "params").ends_with("M") ? 1e6 : 1e9);
    const auto whole = [&](std::string_view name, std::optional<int64_t>& into) {
      const auto number = NumberAt(Cell(cells, name));
      if (number && !Cell(cells, name).starts_with('-'))
        into = std::llround(std::min(*number, 1e15));
    };
    whole("n_ubatch", run.ubatch);
    whole("ngl", run.gpu_layers);
    if (run.gpu_layers && *run.gpu_layers >= 99) run.gpu_layers.reset();
    const std::string_view flash = Cell(cells, "fa");
    if (!flash.empty()) run.flash_attention = flash == "1" || flash == "on";
    run.cache_k = Cell(cells, "type_k");
    run.cache_v = Cell(cells, "type_v");
    run.gpus = Cell(cells, "backend") == "CPU" ? 0 : 1;
    if (!log_.runs.empty() && SameRun(log_.runs.back(), run)) {
      if (log_.runs.back().speeds.size() < kMostLogRuns) log_.runs.back().speeds.push_back(speed);
      return;
    }
    run.speeds.push_back(speed);
    rows_.push_back(log_.runs.size());
    AddRun(log_, std::move(run));
  }

  // Rows of one model under the same conditions are one run.
  static bool SameRun(const LogRun& a, const LogRun& b) {
    return a.engine == b.engine && a.model == b.model && a.format == b.format &&
           a.params == b.params && a.ubatch == b.ubatch && a.gpu_layers == b.gpu_layers &&
           a.flash_attention == b.flash_attention && a.cache_k == b.cache_k &&
           a.cache_v == b.cache_v && a.gpus == b.gpus && a.build == b.build;
  }

  // Below its table: "build: 1d894a79 (3622)".
  void SetBuild(std::string_view line) {
    const size_t open = line.find('(');
    const auto number =
        open == std::string_view::npos ? std::nullopt : NumberAt(line.substr(open + 1));
    if (!number || *number < 100 || *number >= 1e6) return;
    for (const size_t row : rows_) {
      if (row < log_.runs.size()) log_.runs[row].build = std::llround(*number);
    }
    rows_.clear();
  }

  EngineLog& log_;
  std::vector<std::string> columns_;
  std::vector<size_t> rows_;
};

}  // namespace

void ReadLlamaLog(std::string_view text, EngineLog& log) {
  LlamaReader reader(log);
  std::string_view line;
  for (size_t at = 0; NextLine(text, at, line);) reader.Read(line);
  reader.Finish();
}

void ReadLlamaBench(std::string_view text, EngineLog& log) {
  BenchReader reader(log);
  std::string_view line;
  for (size_t at = 0; NextLine(text, at, line);) reader.Read(line);
}

}  // namespace curbstop::fit
