// Errors as values: a Result<T> is a T or an Error; a Status is success or an Error.
//
// The kind, never the text, decides what happens next (exit code, HTTP status, retry). The text
// says what failed, why, and what to do:
//
//   error: cannot rent offer `m-4410` at `vast`
//     because the account's limit of 4 machines is reached
//   hint: `curbstop ps` shows them
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <tl/expected.hpp>

namespace curbstop {

enum class ErrorKind {
  kNo,            // an honest "no": the question was fine, the answer is negative
  kInvalidInput,  // the user's file, option or request is wrong
  kNotFound,
  kConflict,     // somebody else holds it, or it has changed
  kDenied,       // no permission, or no login
  kUnavailable,  // try again later
  kExhausted,    // a limit is reached: disk, memory, quota
  kCorrupt,      // bytes on disk or wire are not what they must be
  kOverBudget,
  kInternal,
  kCancelled,
};

std::string_view NameOf(ErrorKind kind);  // "invalid_input"
int ExitCodeOf(ErrorKind kind);           // house style §4
int HttpStatusOf(ErrorKind kind);         // 0 where HTTP has none
bool IsRetryable(ErrorKind kind);         // kUnavailable, kExhausted

class [[nodiscard]] Error {
 public:
  Error(ErrorKind kind, std::string message) : kind_(kind), message_(std::move(message)) {}

  ErrorKind kind() const { return kind_; }
  // The innermost message.
  const std::string& message() const { return message_; }
  const std::string& hint() const { return hint_; }
  // What was being done, outermost last.
  const std::vector<std::string>& contexts() const { return contexts_; }

  // Adds what was being done, once per step that a person would recognise.
  Error While(std::string context) &&;
  // What the user can do next; the first hint given stays.
  Error WithHint(std::string hint) &&;

  // The three-part text above, without the word "error:" and without a final newline.
  std::string Text() const;
  // One line: contexts and message joined by ": ".
  std::string OneLine() const;

 private:
  ErrorKind kind_;
  std::string message_;
  std::string hint_;
  std::vector<std::string> contexts_;
};

template <typename T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)) {}                    // NOLINT(*-explicit-*)
  Result(Error error) : value_(tl::unexpect, std::move(error)) {}  // NOLINT(*-explicit-*)

  bool ok() const { return value_.has_value(); }
  const T& operator*() const& { return *value_; }
  T& operator*() & { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  const T* operator->() const { return value_.operator->(); }
  T* operator->() { return value_.operator->(); }
  const Error& error() const& { return value_.error(); }
  Error&& error() && { return std::move(value_).error(); }

 private:
  tl::expected<T, Error> value_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : value_(tl::unexpect, std::move(error)) {}  // NOLINT(*-explicit-*)

  bool ok() const { return value_.has_value(); }
  const Error& error() const& { return value_.error(); }
  Error&& error() && { return std::move(value_).error(); }

 private:
  tl::expected<void, Error> value_;
};

using Status = Result<void>;

inline Error No(std::string m) { return {ErrorKind::kNo, std::move(m)}; }
inline Error InvalidInput(std::string m) { return {ErrorKind::kInvalidInput, std::move(m)}; }
inline Error NotFound(std::string m) { return {ErrorKind::kNotFound, std::move(m)}; }
inline Error Conflict(std::string m) { return {ErrorKind::kConflict, std::move(m)}; }
inline Error Denied(std::string m) { return {ErrorKind::kDenied, std::move(m)}; }
inline Error Unavailable(std::string m) { return {ErrorKind::kUnavailable, std::move(m)}; }
inline Error Exhausted(std::string m) { return {ErrorKind::kExhausted, std::move(m)}; }
inline Error Corrupt(std::string m) { return {ErrorKind::kCorrupt, std::move(m)}; }
inline Error OverBudget(std::string m) { return {ErrorKind::kOverBudget, std::move(m)}; }
inline Error Internal(std::string m) { return {ErrorKind::kInternal, std::move(m)}; }
inline Error Cancelled(std::string m) { return {ErrorKind::kCancelled, std::move(m)}; }

// An error from `errno`: nothing there is kNotFound, no right kDenied, a limit (disk, files,
// memory) kExhausted, something in the way kConflict, a bad name kInvalidInput, the rest
// kUnavailable. A full disk or quota brings the hint to free space. `what` reads like "cannot write
// `/a/b`".
Error FromErrno(int error_number, std::string what);

}  // namespace curbstop

// Statements by design: an expression form leaks half-built objects when it returns from inside a
// braced initializer (g++ 12).
#define TRY(expression)                                                                            \
  do {                                                                                             \
    if (auto try_status_ = (expression); !try_status_.ok()) return std::move(try_status_).error(); \
  } while (false)

#define CURBSTOP_CONCAT_INNER(a, b) a##b
#define CURBSTOP_CONCAT(a, b) CURBSTOP_CONCAT_INNER(a, b)
#define CURBSTOP_TRY_ASSIGN(result, declaration, expression) \
  auto result = (expression);                                \
  if (!result.ok()) return std::move(result).error();        \
  declaration = *std::move(result)
#define TRY_ASSIGN(declaration, ...) \
  CURBSTOP_TRY_ASSIGN(CURBSTOP_CONCAT(try_result_, __LINE__), declaration, (__VA_ARGS__))
