#include "fit/files/model_place.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

#include "base/text.h"

namespace curbstop::fit {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kWindow = uint64_t{64} << 10;

// A local file, one window of it at a time.
class FileSource final : public ByteSource {
 public:
  FileSource(int fd, uint64_t size, std::string name)
      : fd_(fd), size_(size), name_(std::move(name)) {}
  FileSource(const FileSource&) = delete;
  FileSource& operator=(const FileSource&) = delete;
  ~FileSource() override { close(fd_); }
  const std::string& name() const override { return name_; }
  uint64_t size() const override { return size_; }

  Result<std::string_view> Read(uint64_t offset, uint64_t least) override {
    window_.resize(static_cast<size_t>(std::max(kWindow, std::min(least, kMostAtOnce))));
    size_t got = 0;
    while (got < window_.size()) {
      const ssize_t count =
          pread(fd_, window_.data() + got, window_.size() - got, static_cast<off_t>(offset + got));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0)
        return Unavailable(
            fmt::format("cannot read `{}`: {}", name_, std::generic_category().message(errno)));
      if (count == 0) break;
      got += static_cast<size_t>(count);
    }
    return std::string_view(window_).substr(0, got);
  }

 private:
  int fd_;
  uint64_t size_;
  std::string name_;
  std::string window_;
};

}  // namespace

std::string LocalPlace::name() const {
  std::error_code error;
  const fs::path whole = fs::weakly_canonical(folder_, error);
  return Printable((error ? folder_ : whole).filename().string());
}

Result<std::unique_ptr<ByteSource>> LocalPlace::Open(const std::string& file) const {
  const fs::path path = folder_ / file;
  const std::string shown = Printable(path.string());
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const std::string why = std::generic_category().message(errno);
    if (errno == EACCES) return Denied(fmt::format("cannot read `{}`: {}", shown, why));
    return NotFound(fmt::format("cannot read `{}`: {}", shown, why));
  }
  struct stat facts{};
  if (fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) {
    close(fd);
    return InvalidInput(fmt::format("`{}` is no plain file", shown));
  }
  std::unique_ptr<ByteSource> source =
      std::make_unique<FileSource>(fd, static_cast<uint64_t>(facts.st_size), Printable(file));
  return source;
}

std::string WebPlace::name() const {
  std::vector<std::string> parts = Split(base_, '/');
  while (!parts.empty() && parts.back().empty()) parts.pop_back();
  // "org/name/resolve/main": the repository's name.
  if (parts.size() > 2 && parts[parts.size() - 2] == "resolve") parts.resize(parts.size() - 2);
  return parts.empty() ? Printable(base_) : Printable(parts.back());
}

Result<std::unique_ptr<ByteSource>> WebPlace::Open(const std::string& file) const {
  TRY_ASSIGN(std::unique_ptr<ByteSource> source, HttpSource::Open(base_ + file, reach_));
  return source;
}

bool IsWebAddress(std::string_view word) {
  return word.starts_with("https://") || word.starts_with("http://");
}

Result<WebAddress> ReadWebAddress(const std::string& url) {
  const size_t server = url.find("://") + 3;
  const size_t end = std::min(url.find_first_of("?#"), url.size());
  std::string path = url.substr(0, end);
  const bool has_server = IsWebAddress(url) && end > server && url[server] != '/';
  if (!has_server)
    return InvalidInput(fmt::format("`{}` is no address of a model", Printable(url)));
  WebAddress address;
  if (end < url.size() && url[end] == '?') address.query = url.substr(end, url.find('#') - end);
  // Pages of the hub stand for the files behind them.
  std::vector<std::string> parts = Split(path.substr(server), '/');
  while (parts.size() > 1 && parts.back().empty()) parts.pop_back();
  const bool is_hub = parts[0] == "huggingface.co" || parts[0] == "hf.co";
  if (is_hub && parts.size() == 3) parts.insert(parts.end(), {"resolve", "main"});
  if (is_hub && parts.size() > 4 && (parts[3] == "blob" || parts[3] == "tree"))
    parts[3] = "resolve";
  const std::string last = Lower(parts.back());
  const bool is_file =
      parts.size() > 1 && (last.ends_with(".gguf") || last.ends_with(".safetensors") ||
                           last.ends_with(".onnx") || last.ends_with(".json"));
  if (is_file) {
    address.file = parts.back();
    parts.pop_back();
  }
  address.base = url.substr(0, server) + Join(parts, "/") + "/";
  return address;
}

Result<std::string> ReadWhole(ByteSource& source, uint64_t most) {
  if (source.size() > most)
    return Corrupt(
        fmt::format("`{}` has {} bytes, expected at most {}", source.name(), source.size(), most));
  if (source.size() == 0) return std::string();
  TRY_ASSIGN(const std::string_view bytes, source.Read(0, source.size()));
  return std::string(bytes.substr(0, static_cast<size_t>(source.size())));
}

}  // namespace curbstop::fit
