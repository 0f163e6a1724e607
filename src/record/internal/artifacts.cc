#include "record/internal/artifacts.h"

#include <array>
#include <cerrno>
#include <fcntl.h>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/failpoint.h"
#include "sys/file_store.h"
#include "sys/files.h"
#include "sys/random_bytes.h"

namespace curbstop {
namespace {

Error InvalidPath() { return InvalidInput("Invalid path"); }

int HexValue(char c) {
  if (IsDigit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string DecodeOnce(const std::string& text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_escape = text[i] == '%' && i + 2 < text.size() && HexValue(text[i + 1]) >= 0 &&
                           HexValue(text[i + 2]) >= 0;
    if (is_escape) {
      decoded += static_cast<char>(HexValue(text[i + 1]) * 16 + HexValue(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

// Whether some decoding of the path leaves the folder. The path itself is used as it came.
bool IsSafe(std::string path) {
  constexpr int kMostDecodings = 10;
  for (int i = 0; i < kMostDecodings; ++i) {
    const bool has_drive = path.size() > 1 && IsLetter(path[0]) && path[1] == ':';
    if (has_drive || path.find_first_of("#\\") != path.npos || !CheckInside(path).ok())
      return false;
    const std::string decoded = DecodeOnce(path);
    if (decoded == path) return true;
    path = decoded;
  }
  return false;
}

// Every folder on the way must be a real one: a link could lead anywhere.
bool HasLink(const std::filesystem::path& root, const std::filesystem::path& relative) {
  std::filesystem::path path = root;
  for (const auto& part : relative) {
    path /= part;
    struct stat info{};
    if (lstat(path.c_str(), &info) == 0 && S_ISLNK(info.st_mode)) return true;
  }
  return false;
}

std::shared_ptr<const int> Owned(int fd) {
  return {new int(fd), [](const int* held) {
            close(*held);
            delete held;
          }};
}

Status WriteAll(int fd, std::string_view bytes, const std::filesystem::path& file) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return FromErrno(errno, fmt::format("cannot write `{}`", file.string()));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return {};
}

// Receives the body into `file`, which must not exist, and flushes it.
Status Receive(const std::filesystem::path& file, HttpBody& body) {
  const int fd = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return FromErrno(errno, fmt::format("cannot write `{}`", file.string()));
  const auto owned = Owned(fd);
  TRY(body.Read([&](std::string_view piece) { return WriteAll(fd, piece, file); }));
  FAILPOINT("record.artifact_received");
  if (fdatasync(fd) == 0) return {};
  return FromErrno(errno, fmt::format("cannot flush `{}`", file.string()));
}

Json EntryJson(const std::filesystem::path& file, const std::string& name,
               const FolderEntry& entry) {
  const bool is_folder = entry.kind == EntryKind::kFolder;
  Json json = Json::MakeObject({{"path", name}, {"is_dir", is_folder}});
  std::error_code missing;
  const auto size = std::filesystem::file_size(file, missing);
  if (!is_folder) json.Set("file_size", missing ? int64_t{0} : static_cast<int64_t>(size));
  return json;
}

constexpr std::string_view kPartPrefix = ".curbstop-part-";

}  // namespace

Result<std::filesystem::path> Artifacts::Locate(const std::string& path) const {
  if (path.empty()) return root_;
  if (!IsSafe(path) || HasLink(root_, path)) return InvalidPath();
  return root_ / path;
}

Status Artifacts::Put(const std::string& path, HttpBody& body) const {
  if (path.empty()) return InvalidPath();
  TRY_ASSIGN(const std::filesystem::path place, Locate(path));
  TRY(MakeFolders(place.parent_path(), true));
  RealRandom random;
  const std::filesystem::path part =
      place.parent_path() / (std::string(kPartPrefix) + NewToken(random));
  Status received = Receive(part, body);
  RealFileStore store;
  if (received.ok()) received = store.Move(part, place);
  if (!received.ok()) unlink(part.c_str());
  return received;
}

Result<HttpFile> Artifacts::Open(const std::string& path) const {
  TRY_ASSIGN(const std::filesystem::path place, Locate(path));
  const int fd = open(place.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) return NotFound(fmt::format("No such artifact: '{}'", path));
  HttpFile file{Owned(fd), 0};
  struct stat info{};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return NotFound(fmt::format("No such artifact: '{}'", path));
  }
  file.size_bytes = info.st_size;
  return file;
}

Status Artifacts::Remove(const std::string& path) const {
  if (path.empty()) return InvalidPath();
  TRY_ASSIGN(const std::filesystem::path place, Locate(path));
  return RemoveTree(place);
}

Result<Json> Artifacts::List(const std::string& path, const std::string& prefix) const {
  TRY_ASSIGN(const std::filesystem::path place, Locate(path));
  Json list = Json::MakeArray();
  if (!IsFolder(place)) return list;
  TRY_ASSIGN(const std::vector<FolderEntry> entries, ListFolder(place));
  for (const FolderEntry& entry : entries) {
    const bool shown = entry.kind == EntryKind::kFile || entry.kind == EntryKind::kFolder;
    if (!shown || entry.name.starts_with(kPartPrefix)) continue;
    list.Push(EntryJson(place / entry.name, JoinArtifactPath(prefix, entry.name), entry));
  }
  return list;
}

Result<std::string> ArtifactPathOf(const std::string& uri) {
  constexpr std::string_view kScheme = "mlflow-artifacts:";
  std::string_view rest = uri;
  if (!rest.starts_with(kScheme)) {
    return InvalidInput(fmt::format("artifacts at `{}` are not behind this server", uri));
  }
  rest.remove_prefix(kScheme.size());
  if (rest.starts_with("//")) rest = rest.substr(std::min(rest.find('/', 2), rest.size()));
  while (rest.starts_with('/')) rest.remove_prefix(1);
  return std::string(rest);
}

std::string JoinArtifactPath(const std::string& folder, const std::string& name) {
  if (folder.empty() || name.empty()) return folder + name;
  return folder + "/" + name;
}

std::string ContentTypeOf(const std::string& path) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kTypes = {{
      {".txt", "text/plain"},
      {".log", "text/plain"},
      {".json", "application/json"},
      {".csv", "text/csv"},
      {".html", "text/html"},
      {".md", "text/markdown"},
      {".png", "image/png"},
      {".jpg", "image/jpeg"},
      {".svg", "image/svg+xml"},
      {".yaml", "text/plain"},
      {".pdf", "application/pdf"},
      {".py", "text/plain"},
  }};
  for (const auto& [ending, type] : kTypes) {
    if (path.ends_with(ending)) return std::string(type);
  }
  return "application/octet-stream";
}

}  // namespace curbstop
