// money.db: the journal of every run, the ledger, and what the commands read.
//
// An event, the intents it causes, its ledger entries and the run's row are one transaction. The
// state is never stored: it is the fold of the events. Threads: one per Journal; several processes
// may use the file at once.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "plan/caps.h"
#include "run/supervisor/event.h"
#include "run/supervisor/record.h"
#include "run/supervisor/supervisor.h"
#include "sys/process_identity.h"
#include "sys/sqlite/database.h"

namespace curbstop {

// What is known of a run before its first event.
struct NewRun {
  std::string id;
  std::string project;
  std::string step;
  std::filesystem::path root;
  std::string place = "local";
  std::string fingerprint;
  std::string machine_class;
  std::string record_run;  // MLflow's run id
  // {command, params, git_commit, git_dirty, code, inputs, outputs, metrics_file, drill, …}: what
  // the commit needs and what `runs show` prints.
  Json facts;
};

struct RunRow {
  NewRun run;
  int64_t created_at_ms = 0;
  bool active = false;
  bool kept = false;  // active, but for its machine alone: its state is final
  std::string state;
  std::string reason;
  int64_t attempt = 0;
  std::string resumed_from;
  int64_t checkpoints = 0;
  std::string last_checkpoint;
  std::optional<int64_t> exit_code;  // none: no process of it has ended, or one runs
  int64_t started_at_ms = 0;
  int64_t ended_at_ms = 0;
  int64_t busy_ms = 0;
  MicroUsd spent;
  Json outputs;
  Json metrics;
  std::string tail;
};

struct RunFilter {
  std::string id;
  std::string project;  // empty: any
  std::string step;
  std::string root;
  bool active_only = false;     // also those that keep a machine
  bool attempted_only = false;  // those whose first attempt was about to start, or later
  int64_t most = 100;           // the newest
};

struct UserRequest {
  int64_t seq = 0;
  std::string kind;  // cancel · kill
};

class Journal {
 public:
  // A file of an older version is brought up to this one, or, after a crash, is still the old one.
  // Errors: kInvalidInput on a network or 9p mount, kCorrupt (with the version) if a newer curbstop
  // wrote it, which is then left as it is; kExhausted, kDenied.
  static Result<Journal> Open(const std::filesystem::path& file);

  // The run, its kCreated event, and who made it (until the run has a supervisor, it is looked
  // after by that process). What `ask` reserves is read, judged and entered in the same
  // transaction, so that two starts at once cannot both take the last of a cap.
  // Whoever holds the journal (Hold) lets go of it with this call.
  // Errors: kConflict if the step has an active run, whose id is in the message; kOverBudget.
  Status Create(const NewRun& run, const Event& created, const ProcessIdentity& creator,
                const CapAsk& ask = {});

  // A run's last word about the machine that it keeps. Only between Hold and Create, which makes
  // the run that takes it over: both are in the journal, or neither.
  Status HandOver(const std::string& run, const Event& handed_over);

  // The fold of its records. Errors: kNotFound, kCorrupt.
  Result<RunState> StateOf(const std::string& run);

  Result<std::vector<RunRow>> FindRuns(const RunFilter& filter);
  Result<RunRow> GetRun(const std::string& id);  // Errors: kNotFound, with "did you mean"

  Status Ask(const std::string& run, const std::string& what, int64_t at_ms);
  Result<std::vector<UserRequest>> OpenRequests(const std::string& run);
  Status CloseRequest(int64_t seq, int64_t handled_seq);

  Status SetOwner(const std::string& run, const std::string& role, const ProcessIdentity& process);

  Result<std::optional<ProcessIdentity>> FindOwner(const std::string& run, const std::string& role);

  // What followed event `after` in the run's journal, oldest first.
  struct NumberedEvent {
    int64_t seq = 0;
    Event event;
  };
  Result<std::vector<NumberedEvent>> EventsAfter(const std::string& run, int64_t after);

  Result<int64_t> LastSeq(const std::string& run);  // of its newest record; 0: it has none

  // One run's records, as the supervisor's Runner reads and writes them.
  // Errors: kCorrupt if one is missing, or lacks its sum where those before it have one.
  Result<std::vector<JournalRecord>> RecordsOf(const std::string& run);
  // Errors: kConflict if there is a record of that number.
  Status AppendRecord(const std::string& run, const JournalRecord& record,
                      const Transition& transition, const RunState& state);

  // From now on nobody else writes, and what is read stays so: the next AppendRecord is part of the
  // same transaction, and ends it. LetGo ends it where there was none.
  Status Hold();
  void LetGo() { held_.reset(); }

  // Takes a last record away whose sum is wrong, with its intents and ledger entries; the run's row
  // becomes that of the records before it, or that of a crashed run if there are none.
  // Errors: kCorrupt, and nothing is changed, if the last record is whole or an earlier one is
  // torn.
  Status DropLastRecord(const std::string& run);

  Status RemoveRun(const std::string& id);  // its ledger entries stay

  Database& database() { return database_; }

 private:
  explicit Journal(Database database) : database_(std::move(database)) {}
  Status InsertRun(const NewRun& run, int64_t at_ms);
  Result<std::vector<JournalRecord>> ReadRecords(const std::string& run, int64_t after);
  Status InsertRecord(const std::string& run, const JournalRecord& record);
  Status InsertConsequences(const std::string& run, int64_t seq, const Transition& transition,
                            const RunState& state);
  Result<Transaction> TakeTransaction();
  Status DeleteRecord(const std::string& run, int64_t seq);
  Status UpdateRow(const std::string& run, const RunState& state);

  Database database_;
  std::unique_ptr<Transaction> held_;  // goes before the database
};

// money.db as the journal of one run.
class MoneyJournal final : public RunJournal {
 public:
  MoneyJournal(Journal& journal, std::string run) : journal_(journal), run_(std::move(run)) {}

  Result<std::span<const JournalRecord>> Read() override {
    TRY_ASSIGN(read_, journal_.RecordsOf(run_));
    return std::span<const JournalRecord>(read_);
  }
  Status Append(JournalRecord& record, const Transition& transition,
                const RunState& state) override {
    return journal_.AppendRecord(run_, record, transition, state);
  }
  Status DropLast() override { return journal_.DropLastRecord(run_); }

 private:
  Journal& journal_;
  std::string run_;
  std::vector<JournalRecord> read_;
};

}  // namespace curbstop
