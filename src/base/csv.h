// Comma-separated values, read in place: a field is a view into the text, or into the reader's own
// memory where quotes had to be taken out. Format: RFC 4180, with LF or CRLF; empty lines are
// skipped; a byte-order mark at the start is too.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

class CsvReader {
 public:
  // `text` must outlive the reader and every field that it gave.
  explicit CsvReader(std::string_view text);

  // The next record into `fields` (whose memory is used again); false at the end.
  // Errors: kInvalidInput with the line, for a quote that is not closed or stands inside a field.
  Result<bool> Next(std::vector<std::string_view>& fields);

  // Where the record that `Next` gave begins, counted from 1.
  int line() const { return record_line_; }

 private:
  std::string_view TakePlain();
  Result<std::string_view> TakeQuoted();
  bool TakeLineEnd();
  Error Broken(std::string_view why) const;

  std::string_view rest_;
  int line_ = 1;
  int record_line_ = 0;
  std::deque<std::string> unquoted_;
};

}  // namespace curbstop
