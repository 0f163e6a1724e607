#include "base/result.h"

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace curbstop {
namespace {

struct KindRow {
  ErrorKind kind;
  std::string_view name;
  int exit_code;
  int http_status;
  bool retryable;
};

constexpr KindRow kKinds[] = {
    {ErrorKind::kNo, "no", 1, 200, false},
    {ErrorKind::kInvalidInput, "invalid_input", 2, 400, false},
    {ErrorKind::kNotFound, "not_found", 3, 404, false},
    {ErrorKind::kConflict, "conflict", 4, 409, false},
    {ErrorKind::kDenied, "denied", 5, 403, false},
    {ErrorKind::kUnavailable, "unavailable", 6, 503, true},
    {ErrorKind::kExhausted, "exhausted", 7, 429, true},
    {ErrorKind::kCorrupt, "corrupt", 8, 500, false},
    {ErrorKind::kOverBudget, "over_budget", 9, 402, false},
    {ErrorKind::kInternal, "internal", 70, 500, false},
    {ErrorKind::kCancelled, "cancelled", 130, 0, false},
};

const KindRow& RowOf(ErrorKind kind) { return kKinds[static_cast<int>(kind)]; }

ErrorKind KindOfErrno(int number) {
  switch (number) {
    case ENOENT:
    case ENOTDIR: return ErrorKind::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorKind::kDenied;
    case EEXIST:
    case ENOTEMPTY: return ErrorKind::kConflict;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EFBIG: return ErrorKind::kExhausted;
    case ENAMETOOLONG:
    case ELOOP:
    case EINVAL:
    case EISDIR: return ErrorKind::kInvalidInput;
    default: return ErrorKind::kUnavailable;
  }
}

std::string TextOfErrno(int number) {
  char buffer[128];
  return strerror_r(number, buffer, sizeof buffer);
}

}  // namespace

std::string_view NameOf(ErrorKind kind) { return RowOf(kind).name; }
int ExitCodeOf(ErrorKind kind) { return RowOf(kind).exit_code; }
int HttpStatusOf(ErrorKind kind) { return RowOf(kind).http_status; }
bool IsRetryable(ErrorKind kind) { return RowOf(kind).retryable; }

Error Error::While(std::string context) && {
  contexts_.push_back(std::move(context));
  return std::move(*this);
}

Error Error::WithHint(std::string hint) && {
  if (hint_.empty()) hint_ = std::move(hint);
  return std::move(*this);
}

std::string Error::Text() const {
  std::string text;
  for (auto context = contexts_.rbegin(); context != contexts_.rend(); ++context) {
    text += fmt::format("{}{}", text.empty() ? "" : "\n  because ", *context);
  }
  text += fmt::format("{}{}", text.empty() ? "" : "\n  because ", message_);
  if (!hint_.empty()) text += fmt::format("\nhint: {}", hint_);
  return text;
}

std::string Error::OneLine() const {
  std::string text;
  for (auto context = contexts_.rbegin(); context != contexts_.rend(); ++context) {
    text += *context + ": ";
  }
  return text + message_;
}

Error FromErrno(int error_number, std::string what) {
  Error error(KindOfErrno(error_number), TextOfErrno(error_number));
  const bool full = error_number == ENOSPC || error_number == EDQUOT;
  if (full)
    error = std::move(error).WithHint("free some space on that disk, then run the command again");
  return std::move(error).While(std::move(what));
}

}  // namespace curbstop
