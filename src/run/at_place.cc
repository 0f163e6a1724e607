#include "run/at_place.h"

#include <algorithm>
#include <charconv>

#include "base/ids.h"
#include "run/away/own_place.h"
#include "run/away/run_place.h"
#include "run/history.h"
#include "sys/file_lock.h"
#include "sys/files.h"
#include "sys/http/http_client.h"
#include "sys/secrets.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kTryAgainMs = 3'600'000;
constexpr int64_t kMostBytes = 64;

fs::path Notes(const RunOutside& outside) { return outside.directories.state / "at-place"; }

fs::path NoteOf(const std::string& run, const RunOutside& outside) { return Notes(outside) / run; }

// A note holds when its place was last tried to be cleared, in ms since 1970; 0: never.
Status WriteNote(const std::string& run, int64_t tried_ms, const RunOutside& outside) {
  TRY(MakeFolders(Notes(outside), true));
  return outside.files.Write(NoteOf(run, outside), std::to_string(tried_ms) + "\n", 0600);
}

int64_t TriedMs(const std::string& run, const RunOutside& outside) {
  const Result<std::string> text = ReadFile(NoteOf(run, outside), kMostBytes);
  int64_t tried = 0;
  if (text.ok()) std::from_chars(text->data(), text->data() + text->size(), tried);
  return tried;
}

// A drill's success is none: it proves that the step can go on, and does its work for nobody.
Result<bool> ALaterOneSucceeded(const RunRow& row, Journal& journal) {
  TRY_ASSIGN(
      const std::vector<RunRow> runs,
      journal.FindRuns({.project = row.run.project, .step = row.run.step, .root = row.run.root}));
  return std::ranges::any_of(runs, [&](const RunRow& other) {
    return other.state == "succeeded" && !other.run.facts.BoolOr("drill", false) &&
           other.created_at_ms > row.created_at_ms;
  });
}

}  // namespace

Status NoteAtPlace(const std::string& run, const RunOutside& outside) {
  return WriteNote(run, 0, outside);
}

Result<bool> MayBeCleared(const RunRow& row, Journal& journal, const RunOutside& outside) {
  if (row.active || !Exists(NoteOf(row.run.id, outside))) return false;
  if (row.state == "succeeded") return true;
  return ALaterOneSucceeded(row, journal);
}

Result<std::vector<std::string>> RunsToClear(Journal& journal, const RunOutside& outside) {
  std::vector<std::string> runs;
  const Result<std::vector<FolderEntry>> notes = ListFolder(Notes(outside));
  for (const FolderEntry& note : notes.ok() ? *notes : std::vector<FolderEntry>()) {
    const std::string& run = note.name;
    const fs::path folder = outside.directories.RunFolder(run);
    if (!IsRunId(run) || IsLocked(folder / "supervisor.lock")) continue;
    const int64_t since_ms = outside.clock.WallMs() - TriedMs(run, outside);
    if (since_ms >= 0 && since_ms < kTryAgainMs) continue;
    const Result<RunRow> row = journal.GetRun(run);
    if (!row.ok()) continue;  // of a journal that was put away
    TRY_ASSIGN(const bool clears, MayBeCleared(*row, journal, outside));
    if (clears) runs.push_back(run);
  }
  return runs;
}

Status ClearForGood(const std::string& run, Journal& journal, const RunOutside& outside,
                    const std::function<void(const std::string&)>& warn) {
  if (!Exists(NoteOf(run, outside))) return {};
  TRY_ASSIGN(const RunState state, ReadRunState(journal, run));
  const Status cleared = ClearPlace(run, state.rentals_made, outside);
  if (cleared.ok()) return {};
  warn(cleared.error().OneLine());
  return outside.files.Remove(NoteOf(run, outside));
}

Status ClearPlace(const std::string& run, int64_t rentals, const RunOutside& outside) {
  TRY(WriteNote(run, outside.clock.WallMs(), outside));
  const fs::path folder = outside.directories.RunFolder(run);
  TRY_ASSIGN(const RentWish wish, ReadRentWish(folder));
  const SecretStore secrets(outside.directories, outside.processes, outside.files,
                            KeyringIsThere());
  RealHttpClient http;
  const auto open = [&] { return OpenOwnPlace(wish.kept_at, secrets, outside.clock); };
  TRY(RunPlace(run, folder, open, http, outside.clock).Clear(rentals));
  return outside.files.Remove(NoteOf(run, outside));
}

}  // namespace curbstop
