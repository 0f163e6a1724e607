// One published measurement, in the columns of the truth files:
//
//   id, model, params_b (10^9), dtype_quant, technique, seq_len, batch, ctx, hardware, metric,
//   value, unit (GB = 10^9 bytes, GiB = 2^30), grade (A to D), source, notes
//
// `technique` and `hardware` are free text as the source wrote it. `metric` may name a device:
// "kv_buffer:CUDA0".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop::fit {

struct TruthRow {
  std::string id, model, dtype, technique, seq, batch, ctx, hardware;
  std::string metric;  // without the device
  std::string device;  // behind the colon, or empty
  std::string unit, grade, source, notes;
  double params = 0;  // 0: not said
  double value = 0;
  std::string value_text;
};

// Errors: kInvalidInput with the line, for a file that is no table of these columns.
Result<std::vector<TruthRow>> ReadTruth(std::string_view csv, std::string_view file);

// Bytes (or tokens, seconds, ...) of one unit of the row: 2^30 for GiB. Nothing if it is not known.
std::optional<double> ScaleOf(std::string_view unit);

// Half of the last digit that the value was written with: 640.01 gives 0.005.
double RoundingOf(std::string_view value_text);

// The number behind one of the words, as in "-ub 1024" and "ubatch 512"; the words end in what
// separates them from the number.
std::optional<double> NumberBehind(std::string_view text,
                                   std::initializer_list<std::string_view> words);
// The first whole or decimal number in the text; "8192 (config default)" gives 8192.
std::optional<double> FirstNumber(std::string_view text);
bool Has(std::string_view text, std::initializer_list<std::string_view> words);

}  // namespace curbstop::fit
