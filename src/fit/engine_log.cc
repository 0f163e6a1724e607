#include "fit/engine_log.h"

#include <fmt/format.h>

#include "base/text.h"
#include "fit/internal/log_text.h"
#include "fit/torch_log.h"

namespace curbstop::fit {

std::string_view NameOf(LogEngine engine) {
  switch (engine) {
    case LogEngine::kLlamaCpp: return "llama.cpp";
    case LogEngine::kLlamaBench: return "llama-bench";
    case LogEngine::kTorch: break;
  }
  return "PyTorch";
}

Result<EngineLog> ReadEngineLog(std::string_view bytes, std::string_view name) {
  if (static_cast<int64_t>(bytes.size()) > kMostLogBytes)
    return InvalidInput(fmt::format("`{}` is above {} MiB", Printable(name), kMostLogBytes >> 20));
  if (LooksLikeSnapshot(bytes)) return ReadSnapshot(bytes, Printable(name));
  EngineLog log;
  ReadLlamaLog(bytes, log);
  ReadLlamaBench(bytes, log);
  ReadTorchSummary(bytes, log);
  if (!log.runs.empty()) return log;
  return InvalidInput(fmt::format("nothing in `{}` is a log that is known", Printable(name)))
      .WithHint(
          "known are llama.cpp's and ollama's logs, llama-bench tables, the text of "
          "`torch.cuda.memory_summary()` and torch's memory snapshots");
}

}  // namespace curbstop::fit
