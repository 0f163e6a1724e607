// Pieces of log lines.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "fit/engine_log.h"

namespace curbstop::fit {

// The number behind "KEY   = ", where KEY is a word of its own: 8192 of "n_ctx  = 8192".
std::optional<double> LoggedNumber(std::string_view line, std::string_view key);
// What stands behind "KEY = ", to the end of the line, trimmed.
std::optional<std::string_view> LoggedText(std::string_view line, std::string_view key);

// A size as logs print it.
struct LoggedSize {
  int64_t bytes = 0;
  int64_t rounding = 0;
};
// "4403.49 MiB", "192833 KiB", "512 B"; without a unit, of `unit`. Nothing if it is no size or
// above 2^60.
std::optional<LoggedSize> SizeAt(std::string_view text, std::string_view unit = "");

// The number at the front, spaces before it skipped; 0 <= number < 1e18.
std::optional<double> NumberAt(std::string_view text);

// The next line of `text` from `at` on, at most kMostLogLine bytes of it; false at the end.
bool NextLine(std::string_view text, size_t& at, std::string_view& line);

// Readers of single engines; each adds the runs that it finds.
void ReadLlamaLog(std::string_view text, EngineLog& log);
void ReadLlamaBench(std::string_view text, EngineLog& log);
void ReadTorchSummary(std::string_view text, EngineLog& log);
void AddRun(EngineLog& log, LogRun run);

}  // namespace curbstop::fit
