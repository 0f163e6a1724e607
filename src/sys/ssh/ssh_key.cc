#include "sys/ssh/ssh_key.h"

#include <cerrno>
#include <cstdlib>
#include <sys/stat.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/file_store.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

Result<std::string> KeyGen(std::vector<std::string> words, ProcessRunner& processes) {
  ProcessRequest request;
  request.argv = {"ssh-keygen"};
  request.argv.insert(request.argv.end(), words.begin(), words.end());
  Result<ProcessOutcome> outcome = processes.Run(request);
  if (!outcome.ok()) {
    return std::move(outcome).error().WithHint("install the package `openssh-client`");
  }
  if (outcome->exit_code == 0 && !outcome->timed_out) return std::move(outcome->out);
  return Unavailable(fmt::format("`ssh-keygen` failed: {}", Printable(Trim(outcome->err))));
}

// The public half is made from the private one, which is the only file that must not be lost.
Result<SshKey> ReadKey(const fs::path& identity, const std::string& comment,
                       ProcessRunner& processes) {
  TRY_ASSIGN(const std::string said, KeyGen({"-y", "-P", "", "-f", identity.string()}, processes));
  const std::vector<std::string> words = Split(Trim(said), ' ');
  if (words.size() < 2) return Corrupt("`ssh-keygen` gave no public key");
  return SshKey{identity, words[0] + " " + words[1] + " " + comment};
}

// In a folder of its own, so that only a whole key gets the name.
Status Generate(const fs::path& identity, const std::string& comment, ProcessRunner& processes) {
  std::string pattern = identity.string() + ".XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    return FromErrno(errno, fmt::format("cannot make `{}`", Printable(pattern)));
  }
  const fs::path made = fs::path(pattern) / "key";
  const Result<std::string> said =
      KeyGen({"-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", made.string()}, processes);
  RealFileStore files;
  Status done = said.ok() ? Status() : Status(said.error());
  if (done.ok() && chmod(made.c_str(), 0600) != 0) done = FromErrno(errno, "cannot protect a key");
  if (done.ok()) done = files.Move(made, identity);
  TRY(RemoveTree(pattern));
  return done;
}

bool IsOneWord(const std::string& comment) {
  return !comment.empty() && comment.size() <= 200 && comment.front() != '-' &&
         comment.find_first_of(" \t\r\n") == comment.npos && IsUtf8(comment);
}

}  // namespace

Result<SshKey> MakeSshKey(const fs::path& folder, const std::string& comment,
                          ProcessRunner& processes) {
  if (!IsOneWord(comment)) {
    return InvalidInput(fmt::format("`{}` is no comment for a key: one word", Printable(comment)));
  }
  const fs::path identity = folder / "ssh-key";
  if (!Exists(identity)) TRY(Generate(identity, comment, processes));
  TRY_ASSIGN(SshKey key, ReadKey(identity, comment, processes));
  RealFileStore files;
  TRY(files.Write(identity.string() + ".pub", key.public_line + "\n", 0644));
  return key;
}

}  // namespace curbstop
