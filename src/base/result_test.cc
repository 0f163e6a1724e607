#include "base/result.h"

#include <cerrno>
#include <memory>

#include <gtest/gtest.h>

namespace curbstop {
namespace {

TEST(Error, TextSaysWhatWhyAndWhatToDo) {
  const Error error = Exhausted("the account's limit of 4 machines is reached")
                          .WithHint("`curbstop ps` shows them")
                          .While("cannot rent offer `m-4410` at `vast`");
  EXPECT_EQ(error.Text(),
            "cannot rent offer `m-4410` at `vast`\n"
            "  because the account's limit of 4 machines is reached\n"
            "hint: `curbstop ps` shows them");
  EXPECT_EQ(error.OneLine(),
            "cannot rent offer `m-4410` at `vast`: the account's limit of 4 machines is reached");
}

TEST(Error, OutermostContextComesFirstAndTheFirstHintStays) {
  const Error error = NotFound("c").WithHint("first").While("b").While("a").WithHint("second");
  EXPECT_EQ(error.Text(), "a\n  because b\n  because c\nhint: first");
}

// House style §4, row by row.
TEST(ErrorKind, HasItsExitCodeAndHttpStatus) {
  struct Row {
    ErrorKind kind;
    int exit_code, http;
    bool retry;
  };
  for (const Row& row :
       {Row{ErrorKind::kNo, 1, 200, false}, Row{ErrorKind::kInvalidInput, 2, 400, false},
        Row{ErrorKind::kNotFound, 3, 404, false}, Row{ErrorKind::kConflict, 4, 409, false},
        Row{ErrorKind::kDenied, 5, 403, false}, Row{ErrorKind::kUnavailable, 6, 503, true},
        Row{ErrorKind::kExhausted, 7, 429, true}, Row{ErrorKind::kCorrupt, 8, 500, false},
        Row{ErrorKind::kOverBudget, 9, 402, false}, Row{ErrorKind::kInternal, 70, 500, false},
        Row{ErrorKind::kCancelled, 130, 0, false}}) {
    EXPECT_EQ(ExitCodeOf(row.kind), row.exit_code) << NameOf(row.kind);
    EXPECT_EQ(HttpStatusOf(row.kind), row.http) << NameOf(row.kind);
    EXPECT_EQ(IsRetryable(row.kind), row.retry) << NameOf(row.kind);
  }
}

TEST(FromErrno, AFullDiskBringsTheHintToFreeSpace) {
  const Error error = FromErrno(ENOSPC, "cannot write `/a/b`");
  EXPECT_EQ(error.kind(), ErrorKind::kExhausted);
  EXPECT_EQ(error.hint(), "free some space on that disk, then run the command again");
  EXPECT_EQ(error.OneLine(), "cannot write `/a/b`: No space left on device");
}

TEST(FromErrno, NamesTheKind) {
  EXPECT_EQ(FromErrno(ENOENT, "x").kind(), ErrorKind::kNotFound);
  EXPECT_EQ(FromErrno(EACCES, "x").kind(), ErrorKind::kDenied);
  EXPECT_EQ(FromErrno(EEXIST, "x").kind(), ErrorKind::kConflict);
  EXPECT_EQ(FromErrno(ENAMETOOLONG, "x").kind(), ErrorKind::kInvalidInput);
  EXPECT_EQ(FromErrno(EIO, "x").kind(), ErrorKind::kUnavailable);
}

Result<std::unique_ptr<int>> Half(int number) {
  if (number % 2 != 0) return InvalidInput("odd");
  return std::make_unique<int>(number / 2);
}

Result<int> Quarter(int number) {
  TRY_ASSIGN(const std::unique_ptr<int> half, Half(number));
  TRY_ASSIGN(std::unique_ptr<int> quarter, Half(*half));
  return *quarter;
}

Status CheckQuarter(int number) {
  TRY(Quarter(number).ok() ? Status() : Status(No("not by four")));
  return {};
}

TEST(Try, MovesTheValueOutOrReturnsTheError) {
  EXPECT_EQ(*Quarter(8), 2);
  EXPECT_EQ(Quarter(6).error().message(), "odd");
  EXPECT_TRUE(CheckQuarter(8).ok());
  EXPECT_EQ(CheckQuarter(6).error().kind(), ErrorKind::kNo);
}

}  // namespace
}  // namespace curbstop
