#include "run/journal.h"

#include <utility>

#include <fmt/format.h>

#include "base/embedded.h"
#include "base/text.h"
#include "base/time_text.h"
#include "run/spending.h"
#include "sys/failpoint.h"
#include "sys/mount_kind.h"

CURBSTOP_EMBEDDED(money_schema, MoneySchema)
CURBSTOP_EMBEDDED(money_schema_2, MoneySchema2)
CURBSTOP_EMBEDDED(money_schema_3, MoneySchema3)
CURBSTOP_EMBEDDED(money_schema_4, MoneySchema4)

namespace curbstop {
namespace {

constexpr int64_t kVersion = 4;

// Values of runs.active. A step may run while its last run keeps a machine.
constexpr int64_t kOver = 0;
constexpr int64_t kRuns = 1;
constexpr int64_t kKeepsMachine = 2;

constexpr int64_t kNoExitCode = -1;  // in a column that may not be NULL

constexpr std::string_view kRunColumns =
    "id, project, step, root, place, fingerprint, machine_class, record_run, facts, created_at_ms, "
    "active, state, reason, attempt, resumed_from, checkpoints, last_checkpoint, exit_code, "
    "started_at_ms, ended_at_ms, busy_ms, micro_usd, outputs, metrics, tail";

// 0: an empty file.
Result<int64_t> VersionOf(Database& database) {
  TRY_ASSIGN(Statement table,
             database.Prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'meta'"));
  TRY_ASSIGN(const bool counted, table.Step());
  if (!counted || table.Int(0) == 0) return 0;
  TRY_ASSIGN(Statement query, database.Prepare("SELECT value FROM meta WHERE key = 'version'"));
  TRY_ASSIGN(const bool found, query.Step());
  const std::string text = found ? query.Text(0) : "none";
  for (int64_t version = 1; version <= kVersion; ++version) {
    if (text == std::to_string(version)) return version;
  }
  return Corrupt(fmt::format("`{}` has version {}, this curbstop knows versions 1 to {}",
                             database.file().string(), Printable(text), kVersion))
      .WithHint("use the newer curbstop that wrote it");
}

// To open for writing already changes a file: its journal mode, and what lies in its WAL is moved.
Status RefuseNewer(const std::filesystem::path& file) {
  Result<Database> database = Database::Open(file, {.read_only = true, .create = false});
  if (!database.ok()) return {};  // none yet, or one that opening for writing will explain
  const Result<int64_t> version = VersionOf(*database);
  if (version.ok() || version.error().kind() != ErrorKind::kCorrupt) return {};
  return version.error();
}

// Every step to the present version in one transaction. Several processes may try at once.
Status Migrate(Database& database) {
  TRY_ASSIGN(int64_t version, VersionOf(database));
  if (version == kVersion) return {};
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database));
  TRY_ASSIGN(version, VersionOf(database));
  if (version < 1) TRY(database.Execute(MoneySchema()));
  if (version < 2) TRY(database.Execute(MoneySchema2()));
  if (version < 3) TRY(database.Execute(MoneySchema3()));
  if (version < 4) TRY(database.Execute(MoneySchema4()));
  return transaction.Commit();
}

Json JsonColumn(const Statement& row, int column) {
  Result<Json> json = ParseJson(row.Text(column));
  return json.ok() ? *std::move(json) : Json();
}

RunRow RowOf(const Statement& row) {
  RunRow read;
  int at = 0;
  read.run.id = row.Text(at++);
  read.run.project = row.Text(at++);
  read.run.step = row.Text(at++);
  read.run.root = row.Text(at++);
  read.run.place = row.Text(at++);
  read.run.fingerprint = row.Text(at++);
  read.run.machine_class = row.Text(at++);
  read.run.record_run = row.Text(at++);
  read.run.facts = JsonColumn(row, at++);
  read.created_at_ms = row.Int(at++);
  const int64_t active = row.Int(at++);
  read.active = active != kOver;
  read.kept = active == kKeepsMachine;
  read.state = row.Text(at++);
  read.reason = row.Text(at++);
  read.attempt = row.Int(at++);
  read.resumed_from = row.Text(at++);
  read.checkpoints = row.Int(at++);
  read.last_checkpoint = row.Text(at++);
  const int64_t exit_code = row.Int(at++);
  if (exit_code != kNoExitCode) read.exit_code = exit_code;
  read.started_at_ms = row.Int(at++);
  read.ended_at_ms = row.Int(at++);
  read.busy_ms = row.Int(at++);
  read.spent = MicroUsd(row.Int(at++));
  read.outputs = JsonColumn(row, at++);
  read.metrics = JsonColumn(row, at++);
  read.tail = row.Text(at++);
  return read;
}

Result<JournalRecord> RecordOf(const Statement& row) {
  JournalRecord record;
  record.seq = row.Int(0);
  TRY_ASSIGN(record.kind, EventKindOf(row.Text(1)));
  record.at_ms = row.Int(2);
  record.awake_ms = row.Int(3);
  record.effect = row.Text(4);
  record.agent_seq = row.Int(5);
  record.body = row.Text(6);
  record.sum = static_cast<uint64_t>(row.Int(7));
  return record;
}

// Records are numbered without a hole, and none after one with a sum is without: SQLite finds a
// torn page of its own, but a disk that drops whole pages leaves well-formed tables that lack rows.
Status CheckFollows(const JournalRecord* before, const JournalRecord& next, int64_t expected) {
  if (next.seq != expected) {
    return Corrupt(fmt::format("record {} of the journal is missing", expected));
  }
  if (before == nullptr || before->sum == 0 || next.sum != 0) return {};
  return Corrupt(fmt::format("record {} of the journal has lost its sum", next.seq));
}

// Of a run without any event; its row stays, so that `runs` shows what became of it, and frees its
// step for the next run.
RunState NeverBegun(const JournalRecord& torn) {
  RunState state;
  state.phase = Phase::kCrashed;
  state.reason = "its journal's only record is torn";
  state.ended_at_ms = torn.at_ms;
  return state;
}

Status InsertLedger(Database& database, const std::string& run, int64_t seq,
                    const LedgerEntry& entry) {
  TRY_ASSIGN(Statement insert,
             database.Prepare(
                 "INSERT INTO ledger(run, project, step, kind, class, micro_usd, from_ms, "
                 "to_ms, micro_usd_per_hour, source, at_ms, rental, event) "
                 "SELECT id, project, step, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?6, ?9, ?10 FROM runs "
                 "WHERE id = ?1"));
  return insert
      .BindAll(std::string_view(run), NameOf(entry.kind), NameOf(entry.ledger_class),
               entry.amount.value(), entry.from_ms, entry.to_ms, entry.per_hour.value(),
               std::string_view(entry.source), entry.rental, seq)
      .Run();
}

}  // namespace

Result<Journal> Journal::Open(const std::filesystem::path& file) {
  TRY(RequireLocalMount(file, "the money database"));
  TRY(RefuseNewer(file));
  TRY_ASSIGN(Database database, Database::Open(file));
  TRY(Migrate(database));
  return Journal(std::move(database));
}

Status Journal::InsertRun(const NewRun& run, int64_t at_ms) {
  TRY_ASSIGN(
      Statement insert,
      database_.Prepare(fmt::format(
          "INSERT INTO runs({}) VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,1,'created','',0,'',0,'',-1,"
          "0,0,0,0,'null','null','')",
          kRunColumns)));
  const std::string root = run.root.string();
  const std::string facts = WriteJson(run.facts);
  return insert
      .BindAll(std::string_view(run.id), std::string_view(run.project), std::string_view(run.step),
               std::string_view(root), std::string_view(run.place),
               std::string_view(run.fingerprint), std::string_view(run.machine_class),
               std::string_view(run.record_run), std::string_view(facts), at_ms)
      .Run();
}

namespace {

Error AlreadyThere(const RunRow& row) {
  const std::string& id = row.run.id;
  if (row.state == "parked") {
    return Conflict(fmt::format("step `{}` is parked as run `{}`", row.run.step, id))
        .WithHint(fmt::format("`curbstop cancel {}` gives its disk up; `curbstop run` then goes on "
                              "from its last checkpoint",
                              id));
  }
  return Conflict(fmt::format("step `{}` is already running as run `{}`", row.run.step, id))
      .WithHint(
          fmt::format("`curbstop logs -f {0}` follows it; `curbstop cancel {0}` ends it", id));
}

}  // namespace

Status Journal::Create(const NewRun& run, const Event& wanted, const ProcessIdentity& creator,
                       const CapAsk& ask) {
  TRY_ASSIGN(Transaction transaction, TakeTransaction());
  TRY_ASSIGN(std::vector<RunRow> others,
             FindRuns({.step = run.step, .root = run.root.string(), .active_only = true}));
  std::erase_if(others, [](const RunRow& other) { return other.kept; });
  if (!others.empty()) return AlreadyThere(others[0]);
  Event created = wanted;
  TRY(TakeReserve(database_, run.project, run.step, ask, created));
  TRY(InsertRun(run, created.at_ms));
  RunState state;
  const Transition transition = Apply(state, created, 1);
  TRY(InsertRecord(run.id, EncodeEvent(created, 1)));
  TRY(InsertConsequences(run.id, 1, transition, state));
  TRY(SetOwner(run.id, "creator", creator));
  return transaction.Commit();
}

Result<Transaction> Journal::TakeTransaction() {
  const std::unique_ptr<Transaction> held = std::exchange(held_, nullptr);
  return held ? Result<Transaction>(std::move(*held)) : Transaction::Begin(database_);
}

Status Journal::HandOver(const std::string& run, const Event& handed_over) {
  TRY_ASSIGN(RunState state, StateOf(run));
  TRY_ASSIGN(const int64_t last, LastSeq(run));
  const Transition transition = Apply(state, handed_over, last + 1);
  TRY(InsertRecord(run, EncodeEvent(handed_over, last + 1)));
  return InsertConsequences(run, last + 1, transition, state);
}

Result<RunState> Journal::StateOf(const std::string& run) {
  TRY_ASSIGN(const std::vector<JournalRecord> records, RecordsOf(run));
  if (records.empty()) return NotFound(fmt::format("run `{}` has no journal", run));
  RunState state;
  for (const JournalRecord& record : records) {
    TRY_ASSIGN(const Event event, DecodeRecord(record));
    Apply(state, event, record.seq);
  }
  return state;
}

Status Journal::InsertRecord(const std::string& run, const JournalRecord& record) {
  TRY_ASSIGN(Statement insert,
             database_.Prepare(
                 "INSERT INTO events(run, seq, at_ms, awake_ms, kind, effect, agent_seq, data, "
                 "sum) VALUES(?,?,?,?,?,?,?,?,?)"));
  TRY(insert
          .BindAll(std::string_view(run), record.seq, record.at_ms, record.awake_ms,
                   NameOf(record.kind), std::string_view(record.effect), record.agent_seq,
                   std::string_view(record.body), static_cast<int64_t>(record.sum))
          .Run());
  if (record.effect.empty()) return {};
  TRY_ASSIGN(Statement done,
             database_.Prepare("UPDATE effects SET done_seq = ? WHERE run = ? AND id = ?"));
  return done.BindAll(record.seq, std::string_view(run), std::string_view(record.effect)).Run();
}

Status Journal::InsertConsequences(const std::string& run, int64_t seq,
                                   const Transition& transition, const RunState& state) {
  for (const Effect& effect : transition.effects) {
    TRY_ASSIGN(Statement insert,
               database_.Prepare("INSERT INTO effects(run, id, kind, data) VALUES(?,?,?,?)"));
    const std::string id = TextOf(effect.id);
    const std::string data = effect.data.IsNull() ? "{}" : WriteJson(effect.data);
    TRY(insert
            .BindAll(std::string_view(run), std::string_view(id), NameOf(effect.kind),
                     std::string_view(data))
            .Run());
  }
  for (const LedgerEntry& entry : transition.ledger) TRY(InsertLedger(database_, run, seq, entry));
  return UpdateRow(run, state);
}

Status Journal::UpdateRow(const std::string& run, const RunState& state) {
  TRY_ASSIGN(Statement update,
             database_.Prepare(
                 "UPDATE runs SET active=?2, state=?3, reason=?4, attempt=?5, resumed_from=?6, "
                 "checkpoints=?7, last_checkpoint=?8, exit_code=?9, started_at_ms=?10, "
                 "ended_at_ms=?11, busy_ms=?12, micro_usd=?13, outputs=?14, metrics=?15, "
                 "tail=?16 WHERE id=?1"));
  const bool is_kept = state.warm_until_ms != 0 && !IsFinal(state.phase);
  const int64_t active = IsFinal(state.phase) ? kOver : is_kept ? kKeepsMachine : kRuns;
  const Phase shown = is_kept ? state.verdict : state.phase;
  const std::string outputs = WriteJson(state.outputs);
  const std::string metrics = WriteJson(state.metrics);
  return update
      .BindAll(std::string_view(run), active, NameOf(shown), std::string_view(state.reason),
               state.attempt, std::string_view(state.resumed_from), state.checkpoints,
               std::string_view(state.last_checkpoint), state.exit_code.value_or(kNoExitCode),
               state.started_at_ms, state.ended_at_ms, state.busy_ms, state.spent.value(),
               std::string_view(outputs), std::string_view(metrics), std::string_view(state.tail))
      .Run();
}

Result<std::vector<JournalRecord>> Journal::ReadRecords(const std::string& run, int64_t after) {
  TRY_ASSIGN(Statement query,
             database_.Prepare(
                 "SELECT seq, kind, at_ms, awake_ms, effect, agent_seq, data, sum FROM events "
                 "WHERE run = ? AND seq > ? ORDER BY seq"));
  query.BindAll(std::string_view(run), after);
  std::vector<JournalRecord> records;
  for (;;) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return records;
    TRY_ASSIGN(JournalRecord record, RecordOf(query));
    const JournalRecord* before = records.empty() ? nullptr : &records.back();
    TRY(CheckFollows(before, record, before ? before->seq + 1 : after + 1));
    records.push_back(std::move(record));
  }
}

Result<int64_t> Journal::LastSeq(const std::string& run) {
  TRY_ASSIGN(Statement query,
             database_.Prepare("SELECT coalesce(max(seq), 0) FROM events WHERE run = ?"));
  query.Bind(1, std::string_view(run));
  TRY_ASSIGN([[maybe_unused]] const bool found, query.Step());
  return query.Int(0);
}

Result<std::vector<JournalRecord>> Journal::RecordsOf(const std::string& run) {
  return ReadRecords(run, 0);
}

Result<std::vector<Journal::NumberedEvent>> Journal::EventsAfter(const std::string& run,
                                                                 int64_t after) {
  TRY_ASSIGN(const std::vector<JournalRecord> records, ReadRecords(run, after));
  std::vector<NumberedEvent> events;
  for (const JournalRecord& record : records) {
    TRY_ASSIGN(Event event, DecodeRecord(record));
    events.push_back({record.seq, std::move(event)});
  }
  return events;
}

Status Journal::Hold() {
  held_.reset();
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database_));
  held_ = std::make_unique<Transaction>(std::move(transaction));
  return {};
}

Status Journal::AppendRecord(const std::string& run, const JournalRecord& record,
                             const Transition& transition, const RunState& state) {
  FAILPOINT("journal.before_append");
  TRY_ASSIGN(Transaction transaction, TakeTransaction());
  TRY(InsertRecord(run, record));
  TRY(InsertConsequences(run, record.seq, transition, state));
  TRY(transaction.Commit());
  FAILPOINT("journal.after_append");
  return {};
}

// The record never was: whatever came with it goes too, in the same transaction, and the user's
// request that it took up is open again. If its intents were acted on all the same, as when a disk
// spoilt it later, the supervisor finds that out as after any lost outcome: performing one twice
// has the effect of once, and a machine is looked for by its mark.
Status Journal::DropLastRecord(const std::string& run) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database_));
  TRY_ASSIGN(std::vector<JournalRecord> records, RecordsOf(run));
  if (records.empty()) return NotFound("the journal is empty");
  const JournalRecord torn = std::move(records.back());
  records.pop_back();
  if (SumIsRight(torn)) {
    return Corrupt(
        fmt::format("record {} of the journal cannot be read, though its sum is right", torn.seq));
  }
  RunState state;
  for (const JournalRecord& record : records) {
    TRY_ASSIGN(const Event event, DecodeRecord(record));
    Apply(state, event, record.seq);
  }
  TRY(DeleteRecord(run, torn.seq));
  if (records.empty()) state = NeverBegun(torn);
  TRY(UpdateRow(run, state));
  return transaction.Commit();
}

Status Journal::DeleteRecord(const std::string& run, int64_t seq) {
  for (const char* sql :
       {"DELETE FROM events WHERE run = ?1 AND seq = ?2",
        "DELETE FROM effects WHERE run = ?1 AND id GLOB ?2 || '.*'",
        "UPDATE effects SET done_seq = NULL WHERE run = ?1 AND done_seq = ?2",
        "UPDATE requests SET handled_seq = NULL WHERE run = ?1 AND handled_seq = ?2",
        "DELETE FROM ledger WHERE run = ?1 AND event = ?2"}) {
    TRY_ASSIGN(Statement change, database_.Prepare(sql));
    TRY(change.BindAll(std::string_view(run), seq).Run());
  }
  return {};
}

Result<std::vector<RunRow>> Journal::FindRuns(const RunFilter& filter) {
  std::string where;
  std::vector<std::string> values;
  const auto add = [&](std::string_view column, const std::string& value) {
    if (value.empty()) return;
    where += fmt::format("{}{} = ?", where.empty() ? " WHERE " : " AND ", column);
    values.push_back(value);
  };
  add("id", filter.id), add("project", filter.project), add("step", filter.step),
      add("root", filter.root);
  const auto require = [&](std::string_view condition) {
    where += fmt::format("{}{}", where.empty() ? " WHERE " : " AND ", condition);
  };
  if (filter.active_only) require("active > 0");
  if (filter.attempted_only) require("attempt > 0");
  TRY_ASSIGN(Statement query, database_.Prepare(fmt::format(
                                  "SELECT {} FROM runs{} ORDER BY created_at_ms DESC, id LIMIT {}",
                                  kRunColumns, where, filter.most)));
  for (size_t i = 0; i < values.size(); ++i)
    query.Bind(static_cast<int>(i + 1), std::string_view(values[i]));
  std::vector<RunRow> rows;
  for (;;) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return rows;
    rows.push_back(RowOf(query));
  }
}

Result<RunRow> Journal::GetRun(const std::string& id) {
  TRY_ASSIGN(std::vector<RunRow> rows, FindRuns({.id = id}));
  if (!rows.empty()) return std::move(rows[0]);
  TRY_ASSIGN(const std::vector<RunRow> recent, FindRuns({}));
  std::vector<std::string> ids;
  for (const RunRow& row : recent) ids.push_back(row.run.id);
  return NotFound(fmt::format("there is no run `{}`{}", Printable(id), DidYouMean(id, ids)))
      .WithHint("`curbstop runs` lists them");
}

Status Journal::Ask(const std::string& run, const std::string& what, int64_t at_ms) {
  TRY_ASSIGN(Statement insert,
             database_.Prepare("INSERT INTO requests(run, kind, at_ms) VALUES(?,?,?)"));
  return insert.BindAll(std::string_view(run), std::string_view(what), at_ms).Run();
}

Result<std::vector<UserRequest>> Journal::OpenRequests(const std::string& run) {
  TRY_ASSIGN(Statement query, database_.Prepare("SELECT seq, kind FROM requests WHERE run = ? AND "
                                                "handled_seq IS NULL ORDER BY seq"));
  query.Bind(1, std::string_view(run));
  std::vector<UserRequest> requests;
  for (;;) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return requests;
    requests.push_back({query.Int(0), query.Text(1)});
  }
}

Status Journal::CloseRequest(int64_t seq, int64_t handled_seq) {
  TRY_ASSIGN(Statement update,
             database_.Prepare("UPDATE requests SET handled_seq = ? WHERE seq = ?"));
  return update.BindAll(handled_seq, seq).Run();
}

Status Journal::SetOwner(const std::string& run, const std::string& role,
                         const ProcessIdentity& process) {
  TRY_ASSIGN(Statement insert,
             database_.Prepare("INSERT OR REPLACE INTO owners VALUES(?,?,?,?,?)"));
  return insert
      .BindAll(std::string_view(run), std::string_view(role), int64_t{process.pid},
               process.start_ticks, std::string_view(process.boot_id))
      .Run();
}

Result<std::optional<ProcessIdentity>> Journal::FindOwner(const std::string& run,
                                                          const std::string& role) {
  TRY_ASSIGN(Statement query,
             database_.Prepare("SELECT pid, start_ticks, boot_id FROM owners WHERE "
                               "run = ? AND role = ?"));
  query.BindAll(std::string_view(run), std::string_view(role));
  TRY_ASSIGN(const bool found, query.Step());
  if (!found) return std::optional<ProcessIdentity>();
  return std::optional(
      ProcessIdentity{static_cast<int>(query.Int(0)), query.Int(1), query.Text(2)});
}

Status Journal::RemoveRun(const std::string& id) {
  TRY_ASSIGN(Transaction transaction, Transaction::Begin(database_));
  for (const char* sql : {"DELETE FROM events WHERE run = ?", "DELETE FROM effects WHERE run = ?",
                          "DELETE FROM requests WHERE run = ?", "DELETE FROM owners WHERE run = ?",
                          "DELETE FROM results WHERE run = ?", "DELETE FROM runs WHERE id = ?"}) {
    TRY_ASSIGN(Statement remove, database_.Prepare(sql));
    TRY(remove.Bind(1, std::string_view(id)).Run());
  }
  return transaction.Commit();
}

}  // namespace curbstop
