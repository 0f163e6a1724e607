#include "run/away/staging.h"

#include <algorithm>
#include <set>
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/text.h"
#include "market/link.h"

namespace curbstop {
namespace {

std::string WithHome(std::string text, const std::string& home) {
  for (size_t at = 0; (at = text.find(kFarHome, at)) != text.npos; at += home.size())
    text.replace(at, kFarHome.size(), home);
  return text;
}

// Links of the code are links (their hash is that of their text), those of inputs what they lead
// to.
enum class Links { kStay, kFollow };

Result<StagedFile> FileOf(const std::filesystem::path& root, const Json& listed, Links links) {
  const Json::Array& parts = listed.items();
  if (parts.size() < 3 || !parts[0].IsString() || !parts[1].IsString())
    return Corrupt("the run's fingerprint lists a file without path and hash");
  StagedFile file{*parts[0].AsString(),
                  *parts[1].AsString(),
                  0,
                  parts[2].AsBool().value_or(false),
                  root / *parts[0].AsString(),
                  ""};
  struct stat status{};
  const char* name = file.source.c_str();
  if ((links == Links::kStay ? lstat(name, &status) : stat(name, &status)) != 0)
    return NotFound(fmt::format("`{}` is gone since the run began", Printable(file.path)));
  file.size = status.st_size;
  if (!S_ISLNK(status.st_mode)) return file;
  std::error_code failed;
  file.link_to = std::filesystem::read_symlink(file.source, failed).string();
  file.size = 0;
  return file;
}

Status AddListed(const std::filesystem::path& root, const Json* list, Links links,
                 std::set<std::string>& known, std::vector<StagedFile>& files) {
  if (list == nullptr) return {};
  for (const Json& listed : list->items()) {
    TRY_ASSIGN(StagedFile file, FileOf(root, listed, links));
    if (known.insert(file.path).second) files.push_back(std::move(file));
  }
  return {};
}

}  // namespace

bool IsPlainPath(std::string_view path) {
  return path.starts_with('/') && path.find("..") == path.npos &&
         std::ranges::all_of(path, [](char c) {
           return IsLetter(c) || IsDigit(c) || c == '/' || c == '.' || c == '_' || c == '-';
         });
}

Result<FarPlaces> FarPlacesAt(const std::string& home, const std::string& run) {
  constexpr size_t kLongest = 256;
  if (home.size() < 2 || home.size() > kLongest || !IsPlainPath(home)) {
    return Corrupt(fmt::format("the machine names `{}` as its folder for curbstop",
                               Printable(home.substr(0, kLongest))));
  }
  return FarPlaces{home, run};
}

Result<std::vector<StagedFile>> FilesToStage(const std::filesystem::path& root,
                                             const Json& fingerprint) {
  std::vector<StagedFile> files;
  std::set<std::string> known;
  TRY(AddListed(root, fingerprint.Find("code"), Links::kStay, known, files));
  TRY(AddListed(root, fingerprint.Find("inputs"), Links::kFollow, known, files));
  const Json* environment = fingerprint.Find("environment");
  TRY(AddListed(root, environment == nullptr ? nullptr : environment->Find("files"), Links::kStay,
                known, files));
  return files;
}

AgentOrder OrderThere(const AgentOrder& at_home, const FarPlaces& places,
                      const MachineTerms& terms) {
  AgentOrder order = at_home;
  order.root = places.Work();
  order.command = WithHome(order.command, places.home);
  order.setup = WithHome(order.setup, places.home);
  order.setup_marker = places.Folder() + "/setup/" + at_home.setup_marker.filename().string();
  order.step_lock = places.home + "/locks/" + at_home.step_lock.filename().string();
  order.gpus.clear();
  for (int64_t i = 0; i < terms.gpus; ++i)
    order.gpus.push_back({i, fmt::format("{}/locks/gpu-{}.lock", places.home, i)});
  if (!at_home.checkpoint_dir.empty()) {
    order.checkpoint_dir = places.Checkpoints();
    order.old_checkpoints = places.Folder() + "/old-checkpoints";
    order.keep_checkpoints = !terms.newest_checkpoint.empty();
    order.checkpoints_after_kill = false;  // what was sent is complete
    order.checkpoints_renamed.clear();
  }
  order.supervisor.clear();
  AwayOrder& away = order.away.emplace();
  away.home = places.home;
  away.accepted = true;
  away.at_end = terms.saves_at_end ? EndWish::kSave : EndWish::kDestroy;
  away.lease_at_birth = Millis(terms.lease_ms);
  away.interval = Millis(terms.interval_ms);
  away.attempts_before = terms.attempts_before;
  if (order.keep_checkpoints)
    away.checkpoint_work_ms = {{terms.newest_checkpoint, terms.newest_work_ms}};
  return order;
}

namespace {

std::string CountText(int64_t files, int64_t bytes) {
  return fmt::format("{} file{}, {}", files, files == 1 ? "" : "s", BytesText({bytes}));
}

std::string SendingText(const Sending& sending, Millis eta, MicroUsd wait) {
  const TransferTotals& totals = sending.totals;
  const std::string what = sending.what.empty() ? "" : sending.what + ": ";
  if (totals.files == 0) return what + "nothing: the step needs no files";
  if (totals.moved_files == 0) {
    return fmt::format("{}nothing: the machine has all of {}", what,
                       CountText(totals.files, totals.bytes));
  }
  const int64_t rate = sending.bytes_per_s > 0 ? sending.bytes_per_s : kAssumedBytesPerS;
  std::string text = fmt::format("{}{} · about {} at {:.3g} Mbit/s, {} · machine waits = {} USD",
                                 what, CountText(totals.moved_files, totals.moved_bytes),
                                 DurationText(eta), static_cast<double>(rate) * 8 / 1e6,
                                 sending.bytes_per_s > 0 ? "measured" : "assumed", UsdText(wait));
  if (totals.moved_files < totals.files) {
    text += fmt::format(
        " · stays home: {} that are there already",
        CountText(totals.files - totals.moved_files, totals.bytes - totals.moved_bytes));
  }
  return text;
}

}  // namespace

Json SendingReport(const Sending& sending) {
  const TransferTotals& totals = sending.totals;
  const int64_t rate = sending.bytes_per_s > 0 ? sending.bytes_per_s : kAssumedBytesPerS;
  const Link link{rate, sending.bytes_per_s > 0};
  const Millis eta = totals.moved_files > 0
                         ? TimeToMove(Bytes{std::max<int64_t>(totals.moved_bytes, 1)}, link)
                         : Millis(0);
  const MicroUsd wait = CostOf(sending.per_hour, eta);
  return Json::MakeObject({{"kind", "staging"},
                           {"text", SendingText(sending, eta, wait)},
                           {"files", totals.moved_files},
                           {"bytes", totals.moved_bytes},
                           {"files_there", totals.files - totals.moved_files},
                           {"bytes_there", totals.bytes - totals.moved_bytes},
                           {"eta_ms", int64_t{eta.count()}},
                           {"bytes_per_s", rate},
                           {"is_measured", sending.bytes_per_s > 0},
                           {"wait_micro_usd", wait.value()}});
}

Json StagedReport(const TransferTotals& totals, int64_t bytes_per_s) {
  return Json::MakeObject({{"kind", "staged"},
                           {"files", totals.moved_files},
                           {"bytes", totals.moved_bytes},
                           {"bytes_per_s", bytes_per_s}});
}

TransferTotals SizeOf(const std::filesystem::path& folder, const std::vector<std::string>& names) {
  namespace fs = std::filesystem;
  TransferTotals totals;
  const auto count = [&](const fs::directory_entry& entry) {
    std::error_code failed;
    if (entry.is_directory(failed) && !entry.is_symlink(failed)) return;
    totals.files += 1;
    if (!entry.is_symlink(failed)) totals.bytes += static_cast<int64_t>(entry.file_size(failed));
  };
  for (const std::string& name : names) {
    std::error_code failed;
    const fs::directory_entry top(folder / name, failed);
    if (top.symlink_status(failed).type() == fs::file_type::not_found) continue;
    count(top);
    if (!top.is_directory(failed) || top.is_symlink(failed)) continue;
    for (fs::recursive_directory_iterator walk(top, failed), end; !failed && walk != end;
         walk.increment(failed))
      count(*walk);
  }
  totals.moved_files = totals.files, totals.moved_bytes = totals.bytes;
  return totals;
}

}  // namespace curbstop
