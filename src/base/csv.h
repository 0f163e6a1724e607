// Comma-separated values, read in place: a field is a view into the text, or into the reader's own
// memory where quotes had to be taken out. Format: RFC 4180, with LF or CRLF; empty lines are
// skipped; a byte-order mark at the start is too.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace curbstop {

class CsvReader {
 public:
  // `text` must outlive the reader and every field that it gave. A record longer than `most` bytes
  // is broken: an open quote then costs no more than that to find out.
  explicit CsvReader(std::string_view text, size_t most = std::string_view::npos);

  // The next record into `fields` (whose memory is used again); false at the end.
  // Errors: kInvalidInput with the line, for a quote that is not closed or stands inside a field.
  Result<bool> Next(std::vector<std::string_view>& fields);

  // After an error: to the line after the one where the broken record begins.
  void SkipBroken();

  // Where the record that `Next` gave begins, counted from 1.
  int line() const { return record_line_; }

 private:
  std::string_view TakePlain();
  Result<std::string_view> TakeQuoted();
  bool TakeLineEnd();
  Error Broken(std::string_view why) const;

  bool IsTooLong() const { return record_.size() - rest_.size() > most_; }

  std::string_view rest_;
  std::string_view record_;  // from its first byte on
  size_t most_;
  int line_ = 1;
  int record_line_ = 0;
  std::deque<std::string> unquoted_;
};

using CsvFields = std::vector<std::string_view>;

// `take` for each record after the header, with the line where it begins. The header must be
// `columns` ("a,b,c"), and every record have as many fields. Errors: kInvalidInput with the line;
// that of `take`.
Status ForEachRecord(std::string_view text, std::string_view columns,
                     const std::function<Status(const CsvFields& fields, int line)>& take);

}  // namespace curbstop
