#include "sys/ssh/ssh_client.h"

#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/file_lock.h"
#include "sys/process.h"
#include "sys/ssh/internal/child_channel.h"
#include "sys/ssh/ssh_folder.h"
#include "sys/ssh/ssh_options.h"

namespace curbstop {
namespace {

constexpr Millis kConnectLimit{25'000};  // above ConnectTimeout, for the handshake after it

// Whether a master listens: one whose link is dead does so for some seconds more, and then the
// channel fails.
bool MasterIsThere(const std::filesystem::path& socket_path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = socket_path.string();
  if (path.size() >= sizeof address.sun_path) return false;
  std::memcpy(address.sun_path, path.data(), path.size());
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return false;
  const bool there = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(fd);
  return there;
}

class RealSshClient final : public SshClient {
 public:
  explicit RealSshClient(SshTarget target) : target_(std::move(target)) {}

  Result<std::unique_ptr<SshChannel>> Open(const std::string& command) override {
    TRY(Connect());
    TRY_ASSIGN(std::unique_ptr<SshChannel> channel,
               ChildChannel::Start(ChannelArguments(target_, command)));
    return channel;
  }

 private:
  Status Connect() {
    const std::filesystem::path control = ControlPath(target_);
    if (MasterIsThere(control)) return {};
    // One at a time: the later of two masters would find the socket taken and stay in front.
    TRY_ASSIGN(const FileLock lock, FileLock::Take(control.string() + ".lock", kConnectLimit));
    if (MasterIsThere(control)) return {};
    return StartMaster(control);
  }

  Status StartMaster(const std::filesystem::path& control) {
    unlink(control.c_str());  // of a master that was killed; ssh would not take its place
    ProcessRequest request;
    request.argv = MasterArguments(target_);
    request.timeout = kConnectLimit;
    request.most_output = 16 << 10;
    Result<ProcessOutcome> outcome = RealProcessRunner().Run(request);
    if (!outcome.ok()) {
      return std::move(outcome).error().WithHint("install the package `openssh-client`");
    }
    if (outcome->timed_out) return ConnectError(target_, "timed out");
    if (outcome->exit_code == 0 && MasterIsThere(control)) return {};
    return ConnectError(target_, outcome->err);
  }

  SshTarget target_;
};

// What Run has sent and heard so far.
class Exchange {
 public:
  Exchange(SshChannel& channel, std::string_view input, int64_t most)
      : channel_(channel), input_(input), most_(most) {}

  // True at its end.
  Result<bool> Step(Millis rest) {
    TRY(Send());
    TRY_ASSIGN(const std::string piece, channel_.Read(64 << 10));
    out_ += piece;
    if (static_cast<int64_t>(out_.size()) > most_) {
      return Corrupt(fmt::format("the machine sent more than {} bytes for an answer", most_));
    }
    if (channel_.AtEnd() && channel_.ExitCode()) return true;
    if (piece.empty()) channel_.Wait(!input_.empty(), std::min(rest, Millis(100)));
    return false;
  }
  std::string TakeOut() { return std::move(out_); }

 private:
  Status Send() {
    if (closed_) return {};
    if (!input_.empty()) {
      const Result<size_t> count = channel_.Write(input_);
      // A command that ends without reading all its input is fine.
      input_.remove_prefix(count.ok() ? *count : input_.size());
    }
    if (input_.empty()) channel_.CloseInput(), closed_ = true;
    return {};
  }

  SshChannel& channel_;
  std::string_view input_;
  int64_t most_;
  std::string out_;
  bool closed_ = false;
};

}  // namespace

Result<SshOutput> SshClient::Run(const std::string& command, std::string_view input, Millis limit,
                                 int64_t most_bytes) {
  TRY_ASSIGN(const std::unique_ptr<SshChannel> channel, Open(command));
  const RealClock clock;
  const Ticks end = clock.Awake() + limit;
  Exchange exchange(*channel, input, most_bytes);
  for (;;) {
    const auto rest = std::chrono::ceil<Millis>(end - clock.Awake());
    if (rest.count() <= 0) {
      return Unavailable(fmt::format("the machine gave no answer in {}", DurationText(limit)));
    }
    TRY_ASSIGN(const bool done, exchange.Step(rest));
    if (done) break;
  }
  if (*channel->ExitCode() == 255) return LostLink(*channel);
  return SshOutput{*channel->ExitCode(), exchange.TakeOut(), channel->ErrorText()};
}

Result<std::unique_ptr<SshClient>> OpenSsh(SshTarget target) {
  TRY(CheckTarget(target));
  if (target.control_folder.empty()) {
    TRY_ASSIGN(target.control_folder, MakeControlFolder(ReadVariable("XDG_RUNTIME_DIR")));
  } else {
    TRY(CheckControlFolder(target.control_folder));
  }
  std::unique_ptr<SshClient> client = std::make_unique<RealSshClient>(std::move(target));
  return client;
}

Error LostLink(SshChannel& channel) {
  constexpr size_t kMost = 300;
  const std::string said = channel.ErrorText();
  const std::string_view text = Trim(said);
  std::string why = "the link to the machine is lost";
  if (!text.empty()) {
    why += ": " + Printable(text.substr(text.size() > kMost ? text.size() - kMost : 0));
  }
  return Unavailable(std::move(why));
}

}  // namespace curbstop
