#include "run/moves.h"

#include <filesystem>
#include <set>

#include "project/references.h"
#include "run/fingerprint.h"
#include "store/dvc_file.h"
#include "store/work_tree.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

// Both are told within a run's first events; later ones may be tens of thousands.
constexpr int64_t kFirstEvents = 500;

// A folder with more entries is counted as far as that: a plan does not walk for a minute.
constexpr int64_t kMostEntries = 200'000;

// A folder that the store holds has its size in the `.dvc` file beside it.
std::optional<Bytes> SizeInStore(const fs::path& path) {
  fs::path beside = path;
  if (beside.filename().empty()) beside = beside.parent_path();
  beside += ".dvc";
  if (!Exists(beside)) return std::nullopt;
  const Result<std::string> text = ReadFile(beside);
  if (!text.ok()) return std::nullopt;
  const Result<DvcFile> file = ReadDvcFile(*text, beside.native());
  if (!file.ok() || file->outs.size() != 1 || !file->outs[0].size) return std::nullopt;
  return Bytes{*file->outs[0].size};
}

Bytes SizeOnDisk(const fs::path& path) {
  std::error_code failed;
  if (!fs::is_directory(path, failed)) {
    const uintmax_t size = fs::file_size(path, failed);
    return {failed ? 0 : static_cast<int64_t>(size)};
  }
  int64_t sum = 0;
  int64_t entries = 0;
  for (fs::recursive_directory_iterator walk(path, failed), end; !failed && walk != end;
       walk.increment(failed)) {
    std::error_code unread;
    const uintmax_t size = walk->is_regular_file(unread) ? walk->file_size(unread) : 0;
    if (!unread) sum += static_cast<int64_t>(size);
    if (++entries == kMostEntries) break;
  }
  return {sum};
}

void AddInput(const Project& project, const std::string& path, StepMoves& moves) {
  const fs::path full = project.root / path;
  if (const std::optional<Bytes> size = SizeInStore(full)) {
    moves.inputs.push_back({path, *size});
  } else if (Exists(full)) {
    moves.inputs.push_back({path, SizeOnDisk(full)});
  } else {
    moves.unknown.push_back(path);
  }
}

// A glob stands for what it matches now; a name for itself, whether or not it is there.
std::vector<std::string> Matching(const fs::path& root, const std::string& pattern) {
  const Result<std::vector<std::string>> found = ExpandGlob(root, pattern);
  return found.ok() && !found->empty() ? *found : std::vector<std::string>{pattern};
}

// Paths of everything the step reads beside its code, where nothing has to exist yet.
std::set<std::string> InputsOf(const Project& project, const Step& step) {
  std::set<std::string> paths;
  const auto add = [&](const std::string& pattern) {
    for (std::string& path : Matching(project.root, pattern)) paths.insert(std::move(path));
  };
  for (const std::string& pattern : step.inputs) add(pattern);
  for (const Reference& reference : FindReferences(step.run + "\n" + step.setup)) {
    const size_t dot = reference.text.find('.');
    if (dot == reference.text.npos) continue;
    const std::string owner = reference.text.substr(0, dot);
    const std::string name = reference.text.substr(dot + 1);
    for (const DataSource& source : project.data) {
      if (owner == "data" && source.name == name) add(source.from);
    }
    const Step* const other = owner == "data" ? nullptr : project.FindStep(owner);
    if (other == nullptr) continue;
    const Result<std::string> path = OutputPath(*other, name);
    if (path.ok()) paths.insert(*path);
  }
  return paths;
}

int64_t SumOfSizes(const Json& outputs) {
  int64_t sum = 0;
  for (const Json& output : outputs.items()) sum += std::max<int64_t>(output.IntOr("size", 0), 0);
  return sum;
}

// The latest success and its newest checkpoint, if one is still there.
Status ReadLatest(const Project& project, const Step& step, Journal& journal, StepMoves& moves) {
  TRY_ASSIGN(Statement query,
             journal.database().Prepare(
                 "SELECT outputs, last_checkpoint FROM runs WHERE project = ? AND step = ? AND "
                 "state = 'succeeded' AND coalesce(facts ->> '$.drill', 0) = 0 "
                 "ORDER BY created_at_ms DESC LIMIT 1"));
  query.BindAll(std::string_view(project.name), std::string_view(step.name));
  TRY_ASSIGN(const bool found, query.Step());
  if (!found) return {};
  const Result<Json> outputs = ParseJson(query.Text(0));
  if (outputs.ok() && outputs->IsArray()) moves.outputs = Bytes{SumOfSizes(*outputs)};
  const std::string checkpoint = query.Text(1);
  if (!step.checkpoint || checkpoint.empty()) return {};
  const fs::path path = project.root / step.checkpoint->dir / checkpoint;
  if (Exists(path)) moves.checkpoint = SizeOnDisk(path);
  return {};
}

// Of the latest runs that told it: away first, where the environment is made anew each time.
Result<std::optional<Millis>> ReadSetup(const Project& project, const Step& step,
                                        Journal& journal) {
  TRY_ASSIGN(
      Statement query,
      journal.database().Prepare(
          "SELECT ended.at_ms - began.at_ms FROM (SELECT id, place, created_at_ms FROM runs WHERE "
          "project = ?1 AND step = ?2 ORDER BY created_at_ms DESC LIMIT 20) AS run "
          "JOIN events AS began ON began.run = run.id AND began.data ->> '$.kind' = "
          "'setup_started' AND began.seq < ?3 JOIN events AS ended ON ended.run = run.id AND "
          "ended.seq > began.seq AND ended.seq < ?3 AND ended.data ->> '$.kind' = 'setup_ended' AND ended.data ->> '$.exit_code' = 0 "
          "ORDER BY run.place = 'local', run.created_at_ms DESC, ended.seq LIMIT 1"));
  query.BindAll(std::string_view(project.name), std::string_view(step.name), kFirstEvents);
  TRY_ASSIGN(const bool found, query.Step());
  if (!found) return std::optional<Millis>();
  return std::optional(Millis(std::max<int64_t>(query.Int(0), 0)));
}

}  // namespace

Result<StepMoves> ReadMoves(const Project& project, const Step& step, Journal& journal) {
  StepMoves moves;
  for (const std::string& path : InputsOf(project, step)) AddInput(project, path, moves);
  TRY(ReadLatest(project, step, journal, moves));
  if (!step.setup.empty()) {
    TRY_ASSIGN(moves.setup, ReadSetup(project, step, journal));
  }
  return moves;
}

std::vector<Bytes> SizesOfCode(const Project& project, ProcessRunner& processes) {
  std::vector<Bytes> sizes(project.steps.size());
  const Result<std::vector<std::string>> all = ListCode(project.root, processes);
  if (!all.ok()) return sizes;
  std::map<std::vector<std::string>, Bytes> counted;  // steps mostly name the same
  for (size_t i = 0; i < sizes.size(); ++i) {
    const Step& step = project.steps[i];
    const auto [of_step, is_new] = counted.try_emplace(step.code);
    if (is_new) {
      for (const std::string& path : CodeOf(project, step, *all))
        of_step->second.value += SizeOnDisk(project.root / path).value;
    }
    sizes[i] = of_step->second;
  }
  return sizes;
}

Result<std::map<std::string, Link>> ReadLinks(const std::string& project, Journal& journal) {
  TRY_ASSIGN(
      Statement query,
      journal.database().Prepare(
          "SELECT run.place, event.data ->> '$.bytes_per_s' FROM (SELECT id, place, "
          "created_at_ms FROM runs WHERE project = ? AND place <> 'local' "
          "ORDER BY created_at_ms DESC LIMIT 50) AS run JOIN events AS event ON event.run = "
          "run.id AND event.seq < ? AND event.data ->> '$.kind' = 'staged' "
          // Of a machine at another account than the run's place it tells nothing.
          "WHERE NOT EXISTS (SELECT 1 FROM events AS made WHERE made.run = run.id AND "
          "made.kind = 'create_answered' AND made.seq < event.seq AND made.data ->> '$.account' <> '') "
          "ORDER BY run.created_at_ms, event.seq"));
  query.BindAll(std::string_view(project), kFirstEvents);
  std::map<std::string, Link> links;
  for (;;) {
    TRY_ASSIGN(const bool row, query.Step());
    if (!row) return links;
    const std::string place = query.Text(0);
    const int64_t rate = query.Int(1);
    if (rate > 0) links[place.substr(0, place.find('/'))] = {rate, true};  // the latest stays
  }
}

}  // namespace curbstop
