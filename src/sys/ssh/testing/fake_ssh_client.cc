#include "sys/ssh/testing/fake_ssh_client.h"

#include <algorithm>
#include <utility>

#include "sys/ssh/internal/child_channel.h"

namespace curbstop {
namespace {

// The child as it is, until the cut: then it is killed and the code is that of a lost link.
class CutChannel final : public SshChannel {
 public:
  CutChannel(std::unique_ptr<SshChannel> inner, FakeCut cut, FakeSshClient& client)
      : inner_(std::move(inner)), cut_(cut), client_(client) {}

  Result<std::string> Read(size_t most) override {
    if (lost_) return std::string();
    TRY_ASSIGN(std::string bytes, inner_->Read(Left(cut_.after_read, most)));
    Count(cut_.after_read, client_.read, bytes.size());
    return bytes;
  }
  bool AtEnd() const override { return lost_ || inner_->AtEnd(); }
  Result<size_t> Write(std::string_view bytes) override {
    if (lost_) return Unavailable("the other side has closed its input");
    TRY_ASSIGN(const size_t count,
               inner_->Write(bytes.substr(0, Left(cut_.after_written, bytes.size()))));
    Count(cut_.after_written, client_.written, count);
    return count;
  }
  void CloseInput() override { inner_->CloseInput(); }
  void Wait(bool to_write, Millis limit) override {
    if (!lost_) inner_->Wait(to_write, limit);
  }
  std::optional<int> ExitCode() override { return lost_ ? 255 : inner_->ExitCode(); }
  void Kill() override { inner_->Kill(); }
  std::string ErrorText() override { return inner_->ErrorText(); }

 private:
  static size_t Left(int64_t left, size_t wanted) {
    return left < 0 ? wanted : std::min(wanted, static_cast<size_t>(left));
  }
  void Count(int64_t& left, int64_t& total, size_t bytes) {
    total += static_cast<int64_t>(bytes);
    if (left < 0) return;
    left -= static_cast<int64_t>(bytes);
    if (left > 0) return;
    lost_ = true;
    inner_->Kill();
  }

  std::unique_ptr<SshChannel> inner_;
  FakeCut cut_;
  FakeSshClient& client_;
  bool lost_ = false;
};

}  // namespace

Result<std::unique_ptr<SshChannel>> FakeSshClient::Open(const std::string& command) {
  commands.push_back(command);
  if (refuse) return *refuse;
  TRY_ASSIGN(std::unique_ptr<SshChannel> child,
             ChildChannel::Start({"sh", "-c", translate ? translate(command) : command}));
  std::unique_ptr<SshChannel> channel = std::make_unique<CutChannel>(std::move(child), cut, *this);
  return channel;
}

}  // namespace curbstop
