// Files to another machine and back, over ssh: only what the other side lacks, as one compressed
// stream, each file verified by md5 and size before it has its name.
//
// The far end is `curbstop-agent receive ROOT` and `curbstop-agent send ROOT` (far_end.h). A call
// that fails with kUnavailable has lost the link: called again it goes on where it was, and sends
// at most one window twice (1 to 8 MiB: internal/transfer_pace.h). Memory is bounded on both sides
// whatever the number and size of files. Links travel as links where they lead to a place inside;
// empty folders and times do not travel; the executable bit does. The protocol:
// docs/formats/transfer.md.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "sys/clock.h"
#include "sys/ssh/ssh_client.h"

namespace curbstop {

struct TransferFile {
  std::string path;  // below the far root, `/` between parts
  std::string md5;   // 32 hex digits
  int64_t size = 0;
  bool executable = false;
  std::filesystem::path source;  // where its contents lie here
  std::string link_to;           // not empty: a link with this text, and no contents
};

struct TransferProgress {
  int64_t files_total = 0;
  int64_t bytes_total = 0;
  int64_t files_done = 0;  // there already, or arrived
  int64_t bytes_done = 0;
  int64_t bytes_moved = 0;       // contents over the link in this call
  std::optional<Millis> remain;  // at the rate so far; empty while there is none
};

struct TransferOptions {
  // The agent over there, as a word of its shell.
  std::string agent = "\"${CURBSTOP_HOME:-/var/lib/curbstop}/bin/curbstop-agent\"";
  std::function<void(const TransferProgress&)> progress;  // a few times a second, and at the end
  std::stop_token stop;                                   // kCancelled
  Millis silence{120'000};                                // without a word from the other side
};

struct TransferTotals {
  int64_t files = 0;  // all of them
  int64_t bytes = 0;
  int64_t moved_files = 0;  // that the other side lacked
  int64_t moved_bytes = 0;
};

struct TransferLimits {
  int64_t most_files = 1'000'000;
  int64_t most_bytes = int64_t{1} << 40;
};

// Errors: those of SshClient::Open; kUnavailable (again later); kConflict (a file here has changed
// since it was hashed, or something is in the way over there); kInvalidInput (a name or link that
// may not travel); kExhausted (the disk over there is full); kNotFound (no agent over there);
// kCorrupt (the far end does not keep to the protocol); kCancelled.
Result<TransferTotals> SendFiles(SshClient& client, const std::string& far_root,
                                 std::span<const TransferFile> files,
                                 const TransferOptions& options, Clock& clock);

// Entries of a folder here (`names`; none: all), with all below them, hashed while they are sent.
// Errors: as SendFiles.
Result<TransferTotals> SendFolder(SshClient& client, const std::string& far_root,
                                  const std::filesystem::path& folder,
                                  const std::vector<std::string>& names,
                                  const TransferOptions& options, Clock& clock);

// What SendFiles would move: `moved_files` and `moved_bytes`; halves that are there already count
// as lacking. Over there only the empty folder is made.
Result<TransferTotals> AskWhatIsLacking(SshClient& client, const std::string& far_root,
                                        std::span<const TransferFile> files,
                                        const TransferOptions& options, Clock& clock);

// Everything below `far_root` into `local`, which is made; what is there already and equal stays,
// what only lies here is not touched.
// Errors: as SendFiles, for this side; kOverBudget above `limits`.
Result<TransferTotals> FetchFiles(SshClient& client, const std::string& far_root,
                                  const std::filesystem::path& local, const TransferLimits& limits,
                                  const TransferOptions& options, Clock& clock);

// For small files of their own, the agent among them: a command that takes `size` bytes from its
// stdin and puts them at an absolute path, whole or not at all. `mode`: "755".
std::string PutCommand(const std::string& far_path, size_t size, std::string_view mode);

}  // namespace curbstop
