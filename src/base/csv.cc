#include "base/csv.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop {

CsvReader::CsvReader(std::string_view text, size_t most) : rest_(text), most_(most) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
}

Result<bool> CsvReader::Next(std::vector<std::string_view>& fields) {
  fields.clear();
  while (TakeLineEnd()) {
  }
  if (rest_.empty()) return false;
  record_line_ = line_;
  record_ = rest_;
  for (;;) {
    if (rest_.starts_with('"')) {
      TRY_ASSIGN(const std::string_view field, TakeQuoted());
      fields.push_back(field);
    } else {
      fields.push_back(TakePlain());
    }
    if (IsTooLong()) return Broken(fmt::format("the line is longer than {} bytes", most_));
    if (rest_.empty() || TakeLineEnd()) return true;
    if (rest_.front() != ',')
      return Broken("a quote stands inside a field or text follows a closed one");
    rest_.remove_prefix(1);
    if (rest_.empty()) {
      fields.emplace_back();
      return true;
    }
  }
}

void CsvReader::SkipBroken() {
  const size_t end = record_.find('\n');
  rest_ = end == record_.npos ? std::string_view() : record_.substr(end + 1);
  line_ = record_line_ + 1;
}

std::string_view CsvReader::TakePlain() {
  size_t length = 0;
  while (length < rest_.size()) {
    const char c = rest_[length];
    if (c == ',' || c == '\n' || c == '"' || c == '\r') break;
    ++length;
  }
  const std::string_view field = rest_.substr(0, length);
  rest_.remove_prefix(length);
  return field;
}

// `rest_` is at the opening quote. A doubled quote is one quote.
Result<std::string_view> CsvReader::TakeQuoted() {
  std::string kept;
  bool doubled = false;
  size_t start = 1;
  for (;;) {
    const size_t quote = rest_.substr(0, std::min(most_, rest_.size())).find('"', start);
    if (quote == rest_.npos) return Broken("a quote is not closed");
    if (!rest_.substr(quote + 1).starts_with('"')) {
      const std::string_view last = rest_.substr(start, quote - start);
      for (const char c : rest_.substr(0, quote)) line_ += c == '\n' ? 1 : 0;
      rest_.remove_prefix(quote + 1);
      if (!doubled) return last;
      return std::string_view(unquoted_.emplace_back(kept.append(last)));
    }
    kept.append(rest_.substr(start, quote + 1 - start));
    doubled = true;
    start = quote + 2;
  }
}

bool CsvReader::TakeLineEnd() {
  const size_t length = rest_.starts_with("\r\n") ? 2 : rest_.starts_with('\n') ? 1 : 0;
  rest_.remove_prefix(length);
  line_ += length > 0 ? 1 : 0;
  return length > 0;
}

Error CsvReader::Broken(std::string_view why) const {
  return InvalidInput(fmt::format("line {}: {}", record_line_, why));
}

Status ForEachRecord(std::string_view text, std::string_view columns,
                     const std::function<Status(const CsvFields& fields, int line)>& take) {
  CsvReader reader(text);
  CsvFields fields;
  TRY_ASSIGN(bool more, reader.Next(fields));
  const std::vector<std::string> expected = Split(columns, ',');
  if (!more || !std::equal(fields.begin(), fields.end(), expected.begin(), expected.end()))
    return InvalidInput(fmt::format("line 1: expected the columns {}", columns));
  while (true) {
    TRY_ASSIGN(more, reader.Next(fields));
    if (!more) return {};
    if (fields.size() != expected.size()) {
      return InvalidInput(fmt::format("line {}: {} fields, expected {}", reader.line(),
                                      fields.size(), expected.size()));
    }
    TRY(take(fields, reader.line()));
  }
}

}  // namespace curbstop
