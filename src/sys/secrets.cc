#include "sys/secrets.h"

#include <algorithm>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/environment.h"
#include "sys/file_lock.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr size_t kMostNameLength = 128;
constexpr int64_t kFormatVersion = 1;
constexpr std::string_view kInKeyring = "keyring";
constexpr std::string_view kInFile = "file";

bool IsUpperName(std::string_view name) {
  return !name.empty() && name.size() <= kMostNameLength && !IsDigit(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_'; });
}

bool IsUsedAs(std::string_view name, VariableUse use) {
  const auto all = Variables();
  return std::any_of(all.begin(), all.end(), [&](const Variable& variable) {
    return variable.name == name && variable.use == use;
  });
}

bool IsTaken(std::string_view name) {
  return name.starts_with("CURBSTOP_") || IsUsedAs(name, VariableUse::kRead) ||
         IsUsedAs(name, VariableUse::kSetForStep);
}

Status CheckValue(std::string_view name, const Secret& value) {
  if (value.empty()) return InvalidInput(fmt::format("the value of `{}` is empty", name));
  if (value.Reveal().find('\0') == std::string::npos) return {};
  return InvalidInput(
      fmt::format("the value of `{}` holds a NUL byte, which no variable can", name));
}

Status CheckPrivate(const std::filesystem::path& file) {
  struct stat info{};
  if (lstat(file.c_str(), &info) != 0) return {};
  const std::string shown = Printable(file.string());
  if (!S_ISREG(info.st_mode)) return Denied(fmt::format("`{}` is no plain file", shown));
  if (info.st_uid != geteuid()) return Denied(fmt::format("`{}` belongs to another user", shown));
  if ((info.st_mode & 077) == 0) return {};
  return Denied(fmt::format("`{}` is open to other users of this computer", shown))
      .WithHint(
          fmt::format("`chmod 600 {}`, and change the secrets in it if others could read them",
                      ShellQuote(file.string())));
}

Error NoSuchSecret(std::string_view name, const Json& all) {
  std::vector<std::string> names;
  if (const Json* secrets = all.Find("secrets")) {
    for (const auto& [known, entry] : secrets->members()) names.push_back(known);
  }
  return NotFound(fmt::format("there is no secret `{}`{}", name, DidYouMean(name, names)))
      .WithHint(fmt::format("`curbstop secret set {}` asks for its value", name));
}

SecretHome HomeOf(const Json& entry) {
  return entry.StringOr("in", kInFile) == kInKeyring ? SecretHome::kKeyring : SecretHome::kFile;
}

const Json* FindSecret(const Json& all, std::string_view name) {
  const Json* secrets = all.Find("secrets");
  return secrets == nullptr ? nullptr : secrets->Find(name);
}

// `all` with that secret replaced, or taken away where `entry` is null.
Json With(const Json& all, std::string_view name, const Json& entry) {
  std::vector<std::pair<std::string, Json>> kept;
  if (const Json* secrets = all.Find("secrets")) kept = secrets->members();
  std::erase_if(kept, [&](const auto& member) { return member.first == name; });
  if (!entry.IsNull()) kept.emplace_back(name, entry);
  std::sort(kept.begin(), kept.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  Json secrets = Json::MakeObject();
  for (auto& [key, value] : kept) secrets.Set(key, std::move(value));
  return Json::MakeObject({{"version", kFormatVersion}, {"secrets", std::move(secrets)}});
}

Result<FileLock> LockFor(const Directories& directories) {
  TRY_ASSIGN(std::optional<FileLock> lock, FileLock::TryTake(directories.Locks() / "credentials"));
  if (lock) return *std::move(lock);
  return Conflict("another `curbstop secret` is changing the secrets").WithHint("try again");
}

std::vector<std::string> Attributes(std::string_view name) {
  return {"application", "curbstop", "name", std::string(name)};
}

std::vector<std::string> Words(std::vector<std::string> first, std::string_view name) {
  for (std::string& word : Attributes(name)) first.push_back(std::move(word));
  return first;
}

}  // namespace

Status CheckSecretName(std::string_view name) {
  if (!IsUpperName(name)) {
    // Not shown: somebody may have put the value where the name belongs.
    return InvalidInput("this is not a secret's name")
        .WithHint("a name has capital letters, digits and `_`, no digit first, as `HF_TOKEN`");
  }
  if (!IsTaken(name)) return {};
  return InvalidInput(fmt::format("`{}` is a variable that curbstop itself reads or sets", name))
      .WithHint("take another name");
}

bool IsAccountKey(std::string_view name) {
  // The practice cloud's key is read from its own state, and kept so that it looks like any other.
  return IsUsedAs(name, VariableUse::kAccountKey) || name == "PRACTICE_API_KEY";
}

bool KeyringIsThere() {
  return !ReadVariable("DBUS_SESSION_BUS_ADDRESS").empty() && !FindProgram("secret-tool").empty();
}

Result<SecretHome> SecretStore::Set(std::string_view name, const Secret& value) {
  TRY(CheckSecretName(name));
  TRY(CheckValue(name, value));
  TRY_ASSIGN(const FileLock lock, LockFor(directories_));
  TRY_ASSIGN(const Json all, ReadAll());
  if (keyring_) {
    const std::string label = fmt::format("--label=curbstop {}", name);
    TRY_ASSIGN(const ProcessOutcome stored,
               SecretTool(Words({"store", label}, name), value.Reveal()));
    if (stored.exit_code == 0) {
      TRY(WriteAll(With(all, name, Json::MakeObject({{"in", kInKeyring}}))));
      return SecretHome::kKeyring;
    }
  }
  TRY(WriteAll(With(all, name, Json::MakeObject({{"in", kInFile}, {"value", value.Reveal()}}))));
  return SecretHome::kFile;
}

Result<Secret> SecretStore::Get(std::string_view name) const {
  TRY(CheckSecretName(name));
  TRY_ASSIGN(const Json all, ReadAll());
  const Json* entry = FindSecret(all, name);
  if (entry == nullptr) return NoSuchSecret(name, all);
  if (HomeOf(*entry) == SecretHome::kFile) return Secret(entry->StringOr("value", ""));
  const Error out_of_reach =
      Unavailable(
          fmt::format("secret `{}` is in the keyring, which this session cannot read", name))
          .WithHint(fmt::format("unlock the keyring, or keep the secret in a file: "
                                "`env -u DBUS_SESSION_BUS_ADDRESS curbstop secret set {}`",
                                name));
  if (!keyring_) return out_of_reach;
  TRY_ASSIGN(ProcessOutcome found, SecretTool(Words({"lookup"}, name), ""));
  if (found.exit_code != 0 || found.out.empty()) return out_of_reach;
  return Secret(std::move(found.out));
}

Result<std::vector<StoredSecret>> SecretStore::List() const {
  TRY_ASSIGN(const Json all, ReadAll());
  std::vector<StoredSecret> list;
  const Json* secrets = all.Find("secrets");
  if (secrets == nullptr) return list;
  for (const auto& [name, entry] : secrets->members()) list.push_back({name, HomeOf(entry)});
  return list;
}

Status SecretStore::Remove(std::string_view name) {
  TRY(CheckSecretName(name));
  TRY_ASSIGN(const FileLock lock, LockFor(directories_));
  TRY_ASSIGN(const Json all, ReadAll());
  const Json* entry = FindSecret(all, name);
  if (entry == nullptr) return NoSuchSecret(name, all);
  if (HomeOf(*entry) == SecretHome::kKeyring) {
    if (!keyring_) {
      return Unavailable(
                 fmt::format("secret `{}` is in the keyring, which this session lacks", name))
          .WithHint("run this from a desktop session");
    }
    TRY_ASSIGN(const ProcessOutcome cleared, SecretTool(Words({"clear"}, name), ""));
    if (cleared.timed_out) return Unavailable("the keyring does not answer");
  }
  return WriteAll(With(all, name, Json()));
}

// Parse errors are not passed on: they could show a value.
Result<Json> SecretStore::ReadAll() const {
  const std::filesystem::path file = directories_.Credentials();
  if (!Exists(file)) return With(Json(), "", Json());
  TRY(CheckPrivate(file));
  TRY_ASSIGN(const std::string text, ReadFile(file));
  Result<Json> all = ParseJson(text);
  const bool good = all.ok() && all->IsObject() && all->IntOr("version", 0) == kFormatVersion &&
                    all->Find("secrets") != nullptr && all->Find("secrets")->IsObject();
  if (good) return all;
  return Corrupt(fmt::format("`{}` is not a credentials file of version {}",
                             Printable(file.string()), kFormatVersion))
      .WithHint("move it away and set the secrets again");
}

Status SecretStore::WriteAll(const Json& all) {
  TRY(MakeFolders(directories_.config, true));
  return files_.Write(directories_.Credentials(), WriteJson(all, JsonStyle::kIndented) + "\n",
                      0600);
}

Result<ProcessOutcome> SecretStore::SecretTool(std::vector<std::string> words,
                                               std::string input) const {
  words.insert(words.begin(), "secret-tool");
  return processes_.Run(
      {.argv = std::move(words), .folder = {}, .environment = {}, .input = std::move(input)});
}

}  // namespace curbstop
