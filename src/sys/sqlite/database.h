// SQLite behind RAII: one connection, its statements, its transactions.
//
// Threads: one per connection; open a second connection for a second thread. Every database of
// ours is in WAL mode with synchronous=FULL (a committed transaction survives a power cut) and
// waits up to `busy_timeout` for another writer.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace curbstop {

struct OpenOptions {
  bool read_only = false;
  bool create = true;
  std::chrono::milliseconds busy_timeout{10'000};
};

class StatementShelf;

// One that is let go of is reset and kept by its connection for the next Prepare of the same SQL.
class Statement {
 public:
  Statement(Statement&&) noexcept = default;
  Statement& operator=(Statement&&) noexcept = default;

  // Positions count from 1.
  Statement& Bind(int position, int64_t value);
  Statement& Bind(int position, double value);
  Statement& Bind(int position, std::string_view value);
  Statement& BindNull(int position);
  template <typename T>
  Statement& Bind(int position, const std::optional<T>& value) {
    return value ? Bind(position, *value) : BindNull(position);
  }
  // Binds 1, 2, 3, … in order.
  template <typename... Values>
  Statement& BindAll(const Values&... values) {
    int position = 0;
    (Bind(++position, values), ...);
    return *this;
  }

  // True while there is a row. After false or an error the statement is reset.
  Result<bool> Step();
  // For statements without rows.
  Status Run();
  void Reset();

  // Columns count from 0; text and number conversions are SQLite's.
  int64_t Int(int column) const;
  double Double(int column) const;
  std::string Text(int column) const;
  bool IsNull(int column) const;

 private:
  friend class Database;
  struct PutBack {
    std::shared_ptr<StatementShelf> shelf;
    void operator()(sqlite3_stmt* statement) const;
  };
  Statement(sqlite3_stmt* statement, std::shared_ptr<StatementShelf> shelf)
      : statement_(statement, PutBack{std::move(shelf)}) {}
  std::unique_ptr<sqlite3_stmt, PutBack> statement_;
};

class Database {
 public:
  // Folders on the way are made (0700). Errors: kNotFound (and not `create`), kDenied, kCorrupt,
  // kExhausted, kUnavailable (locked for longer than the timeout).
  static Result<Database> Open(const std::filesystem::path& file, const OpenOptions& options = {});

  Result<Statement> Prepare(std::string_view sql);
  // Several statements, no rows, no parameters.
  Status Execute(std::string_view sql);
  int64_t LastInsertId() const;
  int64_t Changes() const;
  const std::filesystem::path& file() const { return file_; }
  sqlite3* raw() const { return database_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  Database(std::unique_ptr<sqlite3, Close> database, std::filesystem::path file);
  std::unique_ptr<sqlite3, Close> database_;
  std::filesystem::path file_;
  std::shared_ptr<StatementShelf> shelf_;  // goes before the connection
};

// BEGIN IMMEDIATE now; rolled back unless committed.
class Transaction {
 public:
  static Result<Transaction> Begin(Database& database);
  Transaction(Transaction&& other) noexcept : database_(other.database_) {
    other.database_ = nullptr;
  }
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();
  Status Commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;
};

}  // namespace curbstop
