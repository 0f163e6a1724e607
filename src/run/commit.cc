#include "run/commit.h"

#include <fmt/format.h>

#include "base/text.h"
#include "run/metrics_file.h"
#include "store/names.h"
#include "sys/failpoint.h"
#include "sys/files.h"

namespace curbstop {
namespace {

// The declared outputs without a final slash, and the metrics file; all top-level entries where
// none is declared.
Result<std::vector<std::string>> OutputNames(const RunRow& row, const std::filesystem::path& out) {
  std::vector<std::string> names;
  const Json* declared = row.run.facts.Find("outputs");
  if (declared != nullptr && !declared->items().empty()) {
    for (const Json& item : declared->items()) {
      std::string name = item.IsString() ? *item.AsString() : "";
      while (name.ends_with('/')) name.pop_back();
      names.push_back(std::move(name));
    }
    const std::string metrics = row.run.facts.StringOr("metrics_file", "");
    const bool listed = std::find(names.begin(), names.end(), metrics) != names.end();
    if (!metrics.empty() && !listed) names.push_back(metrics);
    return names;
  }
  TRY_ASSIGN(const std::vector<FolderEntry> entries, ListFolder(out));
  for (const FolderEntry& entry : entries) names.push_back(entry.name);
  return names;
}

Status CheckThere(const std::vector<std::string>& names, const std::filesystem::path& out) {
  std::vector<std::string> missing;
  for (const std::string& name : names) {
    if (!Exists(out / name)) missing.push_back("`" + name + "`");
  }
  if (missing.empty()) return {};
  return No(fmt::format("the step ended well but did not write {} into {{out}}",
                        Join(missing, ", ")))
      .WithHint("write them below the folder in CURBSTOP_OUT, or change `outputs:`");
}

// A name that `curbstop.lock`, the store or another computer could not hold as it is.
Status CheckNames(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    Status fits = CheckMemberName(name);
    if (fits.ok()) continue;
    return std::move(fits)
        .error()
        .While(fmt::format("the output `{}` cannot be kept under its name", Printable(name)))
        .WithHint("let the step give it another name below the folder in CURBSTOP_OUT");
  }
  return {};
}

}  // namespace

Result<Committed> CommitOutputs(const RunRow& row, const std::filesystem::path& out, int64_t at_ms,
                                Journal& journal, ObjectStore& store, FileStore& files,
                                const NoResultBecause& no_result) {
  Committed committed{.outputs = Json::MakeArray(), .metrics = Json()};
  TRY_ASSIGN(const std::vector<std::string> names, OutputNames(row, out));
  TRY(CheckThere(names, out));
  TRY(CheckNames(names));
  const std::string metrics = row.run.facts.StringOr("metrics_file", "");
  if (!metrics.empty()) {
    TRY_ASSIGN(committed.metrics, ReadMetrics(out / metrics));
  }
  // Until the result names them, nobody may collect the objects.
  TRY_ASSIGN(const StoreHold hold, store.Hold());
  for (const std::string& name : names) {
    TRY_ASSIGN(const StoredObject object, store.Add(hold, out / name));
    Json output = Json::MakeObject(
        {{"path", name}, {"md5", object.id}, {"size", object.size}, {"files", object.files}});
    if (!object.executable.empty()) output.Set("executable", Json::ArrayOf(object.executable));
    committed.outputs.Push(std::move(output));
  }
  FAILPOINT("commit.after_store");
  if (row.run.facts.BoolOr("drill", false)) return committed;
  TRY_ASSIGN(committed.hid_out, LinkOutputs(row.run.root, row.run.step, committed.outputs, store));
  if (!no_result.empty()) return committed;
  TRY(KeepResult({row.run.project,
                  row.run.step,
                  row.run.fingerprint,
                  row.run.root,
                  {row.run.id, committed.outputs},
                  at_ms},
                 journal, files));
  return committed;
}

}  // namespace curbstop
