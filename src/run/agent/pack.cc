#include "run/agent/pack.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/files.h"

namespace curbstop {
namespace {

namespace fs = std::filesystem;

constexpr size_t kBlock = 512;
constexpr size_t kPiece = 1 << 20;
constexpr size_t kMostName = 4096;
constexpr size_t kMostAbout = 1 << 20;
constexpr std::string_view kAbout = "curbstop.json";

// Offsets and sizes of the fields of a header.
constexpr size_t kNameSize = 100, kModeAt = 100, kSizeAt = 124, kSizeSize = 12, kTimeAt = 136;
constexpr size_t kSumAt = 148, kSumSize = 8, kTypeAt = 156, kMagicAt = 257, kPrefixAt = 345;
constexpr size_t kPrefixSize = 155;

using Block = std::array<char, kBlock>;

class FileHandle {
 public:
  explicit FileHandle(int fd) : fd_(fd) {}
  FileHandle(const FileHandle&) = delete;
  FileHandle& operator=(const FileHandle&) = delete;
  ~FileHandle() {
    if (fd_ >= 0) close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

int64_t SumOf(const Block& block) {
  int64_t sum = 0;
  for (size_t i = 0; i < kBlock; ++i) {
    const bool is_sum = i >= kSumAt && i < kSumAt + kSumSize;
    sum += is_sum ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return sum;
}

void PutOctal(Block& block, size_t at, size_t size, int64_t value) {
  const std::string text = fmt::format("{:0{}o}", value, size - 1);
  std::copy(text.begin(), text.end(), block.begin() + static_cast<std::ptrdiff_t>(at));
}

void PutSize(Block& block, int64_t size) {
  constexpr int64_t kMostOctal = int64_t{1} << 33;
  if (size < kMostOctal) return PutOctal(block, kSizeAt, kSizeSize, size);
  block[kSizeAt] = static_cast<char>(0x80);
  for (size_t i = 0; i < 8; ++i)
    block[kSizeAt + kSizeSize - 1 - i] = static_cast<char>(size >> (8 * i) & 0xff);
}

Block HeaderOf(std::string_view name, char type, int64_t size, bool executable) {
  Block block{};
  std::copy_n(name.begin(), std::min(name.size(), kNameSize), block.begin());
  PutOctal(block, kModeAt, 8, type == '5' || executable ? 0755 : 0644);
  PutOctal(block, kModeAt + 8, 8, 0);
  PutOctal(block, kModeAt + 16, 8, 0);
  PutSize(block, size);
  PutOctal(block, kTimeAt, 12, 0);
  block[kTypeAt] = type;
  std::memcpy(block.data() + kMagicAt, "ustar\00000", 8);
  PutOctal(block, kSumAt, kSumSize - 1, SumOf(block));
  block[kSumAt + kSumSize - 1] = ' ';
  return block;
}

class PackWriter {
 public:
  PackWriter(int fd, std::string name) : fd_(fd), name_(std::move(name)) {}

  Status AddText(std::string_view name, std::string_view text) {
    TRY(AddHeader(name, '0', static_cast<int64_t>(text.size()), false));
    TRY(Write(text));
    return Pad(static_cast<int64_t>(text.size()));
  }

  Status Add(const PackSource& source) {
    struct stat info{};
    if (lstat(source.path.c_str(), &info) != 0) {
      if (source.may_be_missing && errno == ENOENT) return {};
      return FromErrno(errno, fmt::format("cannot read `{}`", source.path.string()));
    }
    if (S_ISREG(info.st_mode)) return AddFile(source);
    if (!S_ISDIR(info.st_mode)) return {};
    TRY(AddHeader(source.name + "/", '5', 0, false));
    TRY_ASSIGN(const auto entries, ListFolder(source.path));
    for (const FolderEntry& entry : entries)
      TRY(Add({source.path / entry.name, source.name + "/" + entry.name}));
    return {};
  }

  Status Finish() {
    const std::string end(2 * kBlock, '\0');
    TRY(Write(end));
    return fdatasync(fd_) == 0 ? Status() : FromErrno(errno, Doing());
  }

 private:
  std::string Doing() const { return fmt::format("cannot write `{}`", name_); }

  Status AddHeader(std::string_view name, char type, int64_t size, bool executable) {
    if (name.size() > kNameSize) {
      const Block longer =
          HeaderOf("././@LongLink", 'L', static_cast<int64_t>(name.size()) + 1, false);
      TRY(Write({longer.data(), kBlock}));
      TRY(Write(std::string(name) + '\0'));
      TRY(Pad(static_cast<int64_t>(name.size()) + 1));
    }
    const Block header = HeaderOf(name, type, size, executable);
    return Write({header.data(), kBlock});
  }

  // As long as it was at first: what grows meanwhile is cut, what shrinks is an error.
  Status AddFile(const PackSource& source) {
    const FileHandle file(open(source.path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
    struct stat info{};
    if (file.get() < 0 || fstat(file.get(), &info) != 0)
      return FromErrno(errno, fmt::format("cannot read `{}`", source.path.string()));
    TRY(AddHeader(source.name, '0', info.st_size, (info.st_mode & 0111) != 0));
    std::string piece(kPiece, '\0');
    for (int64_t left = info.st_size; left > 0;) {
      const ssize_t got =
          read(file.get(), piece.data(), std::min(piece.size(), static_cast<size_t>(left)));
      if (got <= 0)
        return Unavailable(fmt::format("`{}` changed while it was read", source.path.string()));
      TRY(Write(std::string_view(piece).substr(0, static_cast<size_t>(got))));
      left -= got;
    }
    return Pad(info.st_size);
  }

  Status Pad(int64_t size) {
    const auto over = static_cast<size_t>(size) % kBlock;
    return over == 0 ? Status() : Write(std::string(kBlock - over, '\0'));
  }

  Status Write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = write(fd_, bytes.data(), bytes.size());
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return FromErrno(errno, Doing());
      bytes.remove_prefix(static_cast<size_t>(wrote));
    }
    return {};
  }

  int fd_;
  std::string name_;
};

struct PackEntry {
  std::string name;
  char type = '0';
  int64_t size = 0;
  bool executable = false;
};

class PackReader {
 public:
  explicit PackReader(int fd) : fd_(fd) {}

  // Empty at the end. What Take left of the entry before is passed over.
  Result<std::optional<PackEntry>> Next() {
    std::string long_name;
    for (;;) {
      TRY(Skip(left_ + padding_));
      Block block{};
      TRY(ReadBlock(block));
      if (std::all_of(block.begin(), block.end(), [](char c) { return c == '\0'; }))
        return std::optional<PackEntry>();
      TRY_ASSIGN(PackEntry entry, EntryOf(block));
      left_ = entry.size;
      padding_ = static_cast<int64_t>((kBlock - static_cast<size_t>(entry.size) % kBlock) % kBlock);
      if (entry.type == 'L') {
        if (entry.size > static_cast<int64_t>(kMostName)) return Corrupt("a name is too long");
        TRY_ASSIGN(long_name, TakeText());
        long_name = long_name.c_str();  // up to its NUL
        continue;
      }
      if (!long_name.empty()) entry.name = long_name;
      return std::optional(std::move(entry));
    }
  }

  Result<std::string> TakeText() {
    std::string text;
    TRY(Take([&](std::string_view bytes) {
      text += bytes;
      return Status();
    }));
    return text;
  }

  Status Take(const std::function<Status(std::string_view)>& take) {
    std::string piece(kPiece, '\0');
    while (left_ > 0) {
      const size_t size = std::min(piece.size(), static_cast<size_t>(left_));
      TRY(ReadExactly(piece.data(), size));
      left_ -= static_cast<int64_t>(size);
      TRY(take(std::string_view(piece).substr(0, size)));
    }
    return {};
  }

 private:
  static int64_t NumberAt(const Block& block, size_t at, size_t size) {
    if (static_cast<unsigned char>(block[at]) == 0x80) {
      uint64_t value = 0;
      for (size_t i = at + size - 8; i < at + size; ++i)
        value = value << 8 | static_cast<unsigned char>(block[i]);
      return value > (uint64_t{1} << 62) ? -1 : static_cast<int64_t>(value);
    }
    int64_t value = 0;
    for (size_t i = at; i < at + size && block[i] >= '0' && block[i] <= '7'; ++i)
      value = value * 8 + (block[i] - '0');
    return value;
  }

  static std::string TextAt(const Block& block, size_t at, size_t size) {
    return {block.data() + at, strnlen(block.data() + at, size)};
  }

  static Result<PackEntry> EntryOf(const Block& block) {
    if (NumberAt(block, kSumAt, kSumSize) != SumOf(block))
      return Corrupt("a header's sum is wrong");
    PackEntry entry{.name = TextAt(block, 0, kNameSize),
                    .type = block[kTypeAt] == '\0' ? '0' : block[kTypeAt],
                    .size = NumberAt(block, kSizeAt, kSizeSize),
                    .executable = (NumberAt(block, kModeAt, 8) & 0111) != 0};
    const std::string prefix = TextAt(block, kPrefixAt, kPrefixSize);
    if (!prefix.empty()) entry.name = prefix + "/" + entry.name;
    if (entry.size < 0) return Corrupt("a size is below zero");
    return entry;
  }

  Status ReadExactly(char* bytes, size_t size) {
    while (size > 0) {
      const ssize_t got = read(fd_, bytes, size);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return FromErrno(errno, "cannot read a pack");
      if (got == 0) return Corrupt("the pack ends too early");
      bytes += got;
      size -= static_cast<size_t>(got);
    }
    return {};
  }

  Status ReadBlock(Block& block) { return ReadExactly(block.data(), kBlock); }

  Status Skip(int64_t size) {
    left_ = size;
    padding_ = 0;
    return Take([](std::string_view) { return Status(); });
  }

  int fd_;
  int64_t left_ = 0;
  int64_t padding_ = 0;
};

Status MakeFile(PackReader& reader, const PackEntry& entry, const fs::path& path) {
  TRY(MakeFolders(path.parent_path()));
  const FileHandle file(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
                             entry.executable ? 0755 : 0644));
  if (file.get() < 0) return FromErrno(errno, fmt::format("cannot make `{}`", path.string()));
  return reader.Take([&](std::string_view bytes) -> Status {
    while (!bytes.empty()) {
      const ssize_t wrote = write(file.get(), bytes.data(), bytes.size());
      if (wrote < 0) return FromErrno(errno, fmt::format("cannot write `{}`", path.string()));
      bytes.remove_prefix(static_cast<size_t>(wrote));
    }
    return {};
  });
}

Error Refuse(const std::string& name, std::string_view why) {
  return InvalidInput(fmt::format("the pack's entry `{}` {}", Printable(name), why));
}

}  // namespace

Status WritePack(const fs::path& pack, const Json& about, const std::vector<PackSource>& sources) {
  const FileHandle file(open(pack.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  if (file.get() < 0) return FromErrno(errno, fmt::format("cannot make `{}`", pack.string()));
  PackWriter writer(file.get(), pack.string());
  TRY(writer.AddText(kAbout, WriteJson(about)));
  for (const PackSource& source : sources) TRY(writer.Add(source));
  return writer.Finish();
}

Result<Json> ReadPackAbout(const fs::path& pack) {
  const FileHandle file(open(pack.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return FromErrno(errno, fmt::format("cannot open `{}`", pack.string()));
  PackReader reader(file.get());
  TRY_ASSIGN(const auto entry, reader.Next());
  if (!entry || entry->name != kAbout || entry->size > static_cast<int64_t>(kMostAbout))
    return Corrupt("the pack does not say what it is");
  TRY_ASSIGN(const std::string text, reader.TakeText());
  Result<Json> about = ParseJson(text);
  return about.ok() ? about : Corrupt(about.error().message());
}

Status UnpackInto(const fs::path& pack, const fs::path& folder, const PackLimits& limits) {
  const FileHandle file(open(pack.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return FromErrno(errno, fmt::format("cannot open `{}`", pack.string()));
  TRY(MakeFolders(folder));
  PackReader reader(file.get());
  int64_t bytes = 0;
  for (int64_t entries = 0;; ++entries) {
    TRY_ASSIGN(auto entry, reader.Next());
    if (!entry) return {};
    if (entry->name == kAbout) continue;
    if (entry->type != '0' && entry->type != '5')
      return Refuse(entry->name, "is no file or folder");
    const bool is_folder = entry->type == '5';
    if (is_folder && entry->name.ends_with('/')) entry->name.pop_back();
    if (!CheckInside(entry->name).ok()) return Refuse(entry->name, "leaves its folder");
    if (entries > limits.most_entries || entry->size > limits.most_bytes - bytes)
      return Refuse(entry->name, "is more than was announced");
    bytes += entry->size;
    const fs::path path = folder / entry->name;
    TRY(is_folder ? MakeFolders(path) : MakeFile(reader, *entry, path));
  }
}

}  // namespace curbstop
