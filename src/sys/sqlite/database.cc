#include "sys/sqlite/database.h"

#include <chrono>
#include <map>
#include <thread>

#include <fmt/format.h>
#include <sqlite3.h>

#include "base/check.h"
#include "sys/failpoint.h"
#include "sys/files.h"

namespace curbstop {
namespace {

ErrorKind KindOf(int code) {
  switch (code & 0xFF) {
    case SQLITE_FULL: return ErrorKind::kExhausted;
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ErrorKind::kUnavailable;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return ErrorKind::kCorrupt;
    case SQLITE_CANTOPEN: return ErrorKind::kNotFound;
    case SQLITE_PERM:
    case SQLITE_READONLY: return ErrorKind::kDenied;
    case SQLITE_CONSTRAINT: return ErrorKind::kConflict;
    case SQLITE_IOERR: return ErrorKind::kUnavailable;
    default: return ErrorKind::kInternal;
  }
}

// SQLite reports a full disk as an I/O error when it hits the WAL or its index.
bool IsFullDisk(sqlite3* database, int code) {
  return (code & 0xFF) == SQLITE_FULL ||
         ((code & 0xFF) == SQLITE_IOERR && sqlite3_system_errno(database) == ENOSPC);
}

Error FromSqlite(sqlite3* database, int code) {
  const char* file = sqlite3_db_filename(database, "main");
  const std::string context = fmt::format("cannot use the database `{}`", file ? file : "");
  if (IsFullDisk(database, code)) {
    return Exhausted("the disk is full")
        .WithHint("free some space on that disk, then run the command again")
        .While(context);
  }
  return Error(KindOf(code), sqlite3_errmsg(database)).While(context);
}

}  // namespace

// The statements of one connection that are not in use, by their SQL.
class StatementShelf {
 public:
  StatementShelf() = default;
  StatementShelf(const StatementShelf&) = delete;
  StatementShelf& operator=(const StatementShelf&) = delete;
  ~StatementShelf() {
    for (const auto& [sql, statement] : idle_) sqlite3_finalize(statement);
  }

  sqlite3_stmt* Take(std::string_view sql) {
    const auto found = idle_.find(sql);
    if (found == idle_.end()) return nullptr;
    sqlite3_stmt* statement = found->second;
    idle_.erase(found);
    return statement;
  }

  void Put(sqlite3_stmt* statement) {
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    const char* sql = sqlite3_sql(statement);
    if (sql == nullptr) return void(sqlite3_finalize(statement));
    if (idle_.size() >= kMost) {
      sqlite3_finalize(idle_.begin()->second);
      idle_.erase(idle_.begin());
    }
    idle_.emplace(sql, statement);
  }

 private:
  static constexpr size_t kMost = 64;
  std::multimap<std::string, sqlite3_stmt*, std::less<>> idle_;
};

void Statement::PutBack::operator()(sqlite3_stmt* statement) const { shelf->Put(statement); }
void Database::Close::operator()(sqlite3* database) const { sqlite3_close_v2(database); }

Statement& Statement::Bind(int position, int64_t value) {
  CHECK(sqlite3_bind_int64(statement_.get(), position, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::Bind(int position, double value) {
  CHECK(sqlite3_bind_double(statement_.get(), position, value) == SQLITE_OK);
  return *this;
}

Statement& Statement::Bind(int position, std::string_view value) {
  CHECK(sqlite3_bind_text64(statement_.get(), position, value.data() ? value.data() : "",
                            value.size(), SQLITE_TRANSIENT, SQLITE_UTF8) == SQLITE_OK);
  return *this;
}

Statement& Statement::BindNull(int position) {
  CHECK(sqlite3_bind_null(statement_.get(), position) == SQLITE_OK);
  return *this;
}

Result<bool> Statement::Step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  Result<bool> ended = code == SQLITE_DONE
                           ? Result<bool>(false)
                           : Result<bool>(FromSqlite(sqlite3_db_handle(statement_.get()), code));
  Reset();
  return ended;
}

Status Statement::Run() {
  TRY_ASSIGN(const bool row, Step());
  CHECK(!row);
  return {};
}

void Statement::Reset() { sqlite3_reset(statement_.get()); }

int64_t Statement::Int(int column) const { return sqlite3_column_int64(statement_.get(), column); }
double Statement::Double(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::Text(int column) const {
  const unsigned char* text = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return text ? std::string(reinterpret_cast<const char*>(text), static_cast<size_t>(size)) : "";
}

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

namespace {

// While another process turns a new file to WAL, SQLite says at once that it is locked, and does
// not wait as it does elsewhere.
int BeginWal(sqlite3* database, std::chrono::milliseconds patience) {
  constexpr std::chrono::milliseconds kPause{5};
  for (std::chrono::milliseconds waited{0};; waited += kPause) {
    const int code =
        sqlite3_exec(database, "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr) & 0xff;
    if (code != SQLITE_BUSY || waited >= patience) return code;
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

Result<Database> Database::Open(const std::filesystem::path& file, const OpenOptions& options) {
  if (options.create && !options.read_only) TRY(MakeFolders(file.parent_path(), true));
  const int flags = options.read_only
                        ? SQLITE_OPEN_READONLY
                        : SQLITE_OPEN_READWRITE | (options.create ? SQLITE_OPEN_CREATE : 0);
  sqlite3* opened = nullptr;
  const int code = sqlite3_open_v2(file.c_str(), &opened, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database({opened, Close()}, file);
  if (code != SQLITE_OK) return FromSqlite(opened, code);
  sqlite3_extended_result_codes(opened, 1);
  if (!options.read_only && BeginWal(opened, options.busy_timeout) != SQLITE_OK)
    return FromSqlite(opened, sqlite3_errcode(opened));
  sqlite3_busy_timeout(opened, static_cast<int>(options.busy_timeout.count()));
  TRY(database.Execute("PRAGMA foreign_keys=ON"));
  if (!options.read_only) TRY(database.Execute("PRAGMA synchronous=FULL"));
  return database;
}

Database::Database(std::unique_ptr<sqlite3, Close> database, std::filesystem::path file)
    : database_(std::move(database)),
      file_(std::move(file)),
      shelf_(std::make_shared<StatementShelf>()) {}

Result<Statement> Database::Prepare(std::string_view sql) {
  if (sqlite3_stmt* kept = shelf_->Take(sql)) return Statement(kept, shelf_);
  sqlite3_stmt* statement = nullptr;
  const int code =
      sqlite3_prepare_v2(raw(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
  if (code != SQLITE_OK) {
    Error error = FromSqlite(raw(), code);
    const bool is_ours =
        error.kind() == ErrorKind::kInternal;  // else the file's: its SQL says nothing
    return is_ours ? std::move(error).While(std::string(sql)) : error;
  }
  return Statement(statement, shelf_);
}

Status Database::Execute(std::string_view sql) {
  const int code = sqlite3_exec(raw(), std::string(sql).c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return FromSqlite(raw(), code);
  return {};
}

int64_t Database::LastInsertId() const { return sqlite3_last_insert_rowid(raw()); }
int64_t Database::Changes() const { return sqlite3_changes64(raw()); }

Result<Transaction> Transaction::Begin(Database& database) {
  TRY(database.Execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ == nullptr) return;
  [[maybe_unused]] const Status ignored = database_->Execute("ROLLBACK");
}

Status Transaction::Commit() {
  CHECK(database_ != nullptr);
  FAILPOINT("database.before_commit");
  TRY(database_->Execute("COMMIT"));
  database_ = nullptr;
  FAILPOINT("database.after_commit");
  return {};
}

}  // namespace curbstop
