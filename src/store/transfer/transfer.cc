#include "store/transfer/transfer.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "store/transfer/internal/transfer_receiver.h"
#include "store/transfer/internal/transfer_sender.h"
#include "sys/files.h"

namespace curbstop {
namespace {

constexpr Millis kShowEvery{200};
constexpr Millis kEndWait{5'000};

Error WhyItEnded(SshChannel& channel, Error error, Clock& clock) {
  // Only a link that is gone needs a better reason.
  if (error.kind() != ErrorKind::kUnavailable) return error;
  const Ticks end = clock.Awake() + Millis(2'000);
  while (channel.Alive() && clock.Awake() < end) channel.Wait(false, Millis(50));
  const std::optional<int> code = channel.ExitCode();
  if (!code || *code == 0) return error;
  if (*code == 255) return LostLink(channel);
  const std::string said = Printable(Trim(channel.ErrorText())).substr(0, 300);
  if (*code == 126 || *code == 127) {
    return NotFound(fmt::format("there is no agent that runs over there: {}", said));
  }
  return std::move(error).While(fmt::format("the far end ended with {}: {}", *code, said));
}

// Watches a transfer from home.
class Watcher {
 public:
  Watcher(const TransferOptions& options, Clock& clock)
      : options_(options), clock_(clock), start_(clock.Awake()), shown_(start_) {}

  Status CheckStop() const {
    if (options_.stop.stop_requested()) return Cancelled("the transfer was stopped");
    return {};
  }

  // `part` is a sender or a receiver.
  template <typename Part>
  Status Look(const Part& part) {
    TRY(CheckStop());
    if (options_.progress && clock_.Awake() - shown_ >= kShowEvery) Show(part);
    return {};
  }

  template <typename Part>
  void Show(const Part& part) {
    if (!options_.progress) return;
    shown_ = clock_.Awake();
    TransferProgress progress;
    progress.files_total = part.totals().files;
    progress.bytes_total = part.totals().bytes;
    progress.files_done = part.files_there();
    progress.bytes_done = part.bytes_there();
    progress.bytes_moved = part.bytes_taken();
    progress.remain = Remain(progress);
    options_.progress(progress);
  }

 private:
  std::optional<Millis> Remain(const TransferProgress& progress) const {
    const double seconds = std::chrono::duration<double>(clock_.Awake() - start_).count();
    if (progress.bytes_moved <= 0 || seconds <= 0) return {};
    const double rate = static_cast<double>(progress.bytes_moved) / seconds;
    const auto rest = static_cast<double>(progress.bytes_total - progress.bytes_done);
    constexpr double kMostSeconds = 1e8;
    return Millis(static_cast<int64_t>(1000 * std::clamp(rest / rate, 0.0, kMostSeconds)));
  }

  const TransferOptions& options_;
  Clock& clock_;
  Ticks start_;
  Ticks shown_;
};

// Tells the far end why, so that it ends at once.
void SayWhy(TransferWire& wire, const Error& error) {
  if (error.kind() == ErrorKind::kUnavailable) return;
  wire.Send(WireType::kFailed, FailedText(error));
  [[maybe_unused]] const Status moved = wire.Move(Millis(0));
}

void AwaitEnd(SshChannel& channel, Clock& clock) {
  channel.CloseInput();
  const Ticks end = clock.Awake() + kEndWait;
  while (channel.Alive() && clock.Awake() < end) channel.Wait(false, Millis(50));
}

std::string Command(const TransferOptions& options, std::string_view what,
                    const std::string& far_root) {
  return fmt::format("exec {} {} {}", options.agent, what, ShellQuote(far_root));
}

using MakeSource = std::function<std::unique_ptr<TreeSource>(TransferWire&)>;

Result<TransferTotals> Send(SshClient& client, const std::string& far_root,
                            const MakeSource& make_source, const TransferOptions& options,
                            Clock& clock, bool only_asks) {
  TRY_ASSIGN(const std::unique_ptr<SshChannel> channel,
             client.Open(Command(options, "receive", far_root)));
  ChannelStream stream(*channel);
  TransferWire wire(stream, clock, options.silence);
  const std::unique_ptr<TreeSource> source = make_source(wire);
  Watcher watcher(options, clock);
  TransferSender* running = nullptr;
  TransferSender sender(wire, *source, clock, [&] { return watcher.Look(*running); });
  running = &sender;
  if (Status greeted = wire.GreetAsHome([&] { return watcher.CheckStop(); }); !greeted.ok()) {
    return WhyItEnded(*channel, std::move(greeted).error(), clock);
  }
  Result<WireDone> done = sender.Run(only_asks);
  watcher.Show(sender);
  if (!done.ok()) {
    SayWhy(wire, done.error());
    return WhyItEnded(*channel, std::move(done).error(), clock);
  }
  AwaitEnd(*channel, clock);
  TransferTotals totals{sender.totals().files, sender.totals().bytes, done->files, done->bytes};
  if (only_asks) {
    totals.moved_files = sender.lacking_files(), totals.moved_bytes = sender.lacking_bytes();
  }
  return totals;
}

MakeSource Listed(std::span<const TransferFile> files) {
  return [files](TransferWire&) { return std::make_unique<ListedSource>(files); };
}

Status Allowed(const WireHello& hello, const TransferLimits& limits) {
  if (hello.files <= limits.most_files && hello.bytes <= limits.most_bytes) return {};
  return OverBudget(fmt::format("the machine has {} files of {}, allowed are {} of {}", hello.files,
                                BytesText({hello.bytes}), limits.most_files,
                                BytesText({limits.most_bytes})));
}

}  // namespace

Result<TransferTotals> SendFiles(SshClient& client, const std::string& far_root,
                                 std::span<const TransferFile> files,
                                 const TransferOptions& options, Clock& clock) {
  return Send(client, far_root, Listed(files), options, clock, false);
}

Result<TransferTotals> SendFolder(SshClient& client, const std::string& far_root,
                                  const std::filesystem::path& folder,
                                  const std::vector<std::string>& names,
                                  const TransferOptions& options, Clock& clock) {
  const auto walked = [&](TransferWire& wire) {
    return std::make_unique<WalkedSource>(folder, names, [&wire] { return wire.Breathe(); });
  };
  return Send(client, far_root, walked, options, clock, false);
}

Result<TransferTotals> AskWhatIsLacking(SshClient& client, const std::string& far_root,
                                        std::span<const TransferFile> files,
                                        const TransferOptions& options, Clock& clock) {
  return Send(client, far_root, Listed(files), options, clock, true);
}

Result<TransferTotals> FetchFiles(SshClient& client, const std::string& far_root,
                                  const std::filesystem::path& local, const TransferLimits& limits,
                                  const TransferOptions& options, Clock& clock) {
  TRY_ASSIGN(const std::unique_ptr<SshChannel> channel,
             client.Open(Command(options, "send", far_root)));
  ChannelStream stream(*channel);
  TransferWire wire(stream, clock, options.silence);
  TRY_ASSIGN(TreeWriter writer,
             TreeWriter::Open(local, WhoElse::kRefuse, [&] { return wire.Breathe(); }));
  Watcher watcher(options, clock);
  TransferReceiver* running = nullptr;
  TransferReceiver receiver(
      wire, writer, [&](const WireHello& hello) { return Allowed(hello, limits); },
      [&] { return watcher.Look(*running); });
  running = &receiver;
  if (Status greeted = wire.GreetAsHome([&] { return watcher.CheckStop(); }); !greeted.ok()) {
    return WhyItEnded(*channel, std::move(greeted).error(), clock);
  }
  Result<WireDone> done = receiver.Run();
  watcher.Show(receiver);
  if (!done.ok()) {
    SayWhy(wire, done.error());
    return WhyItEnded(*channel, std::move(done).error(), clock);
  }
  AwaitEnd(*channel, clock);
  if (done->damaged > 0) {
    return Unavailable(fmt::format(
        "{} resumed files arrived damaged; the next try fetches them whole", done->damaged));
  }
  return TransferTotals{receiver.totals().files, receiver.totals().bytes, done->files, done->bytes};
}

std::string PutCommand(const std::string& far_path, size_t size, std::string_view mode) {
  const std::string target = ShellQuote(far_path);
  const std::string folder = ShellQuote(std::filesystem::path(far_path).parent_path().string());
  // `wc` sees a stream that was cut; the name comes last.
  return fmt::format(
      "t={0}.$$.tmp; umask 077; mkdir -p {1} && cat >\"$t\" && [ \"$(wc -c <\"$t\")\" -eq {2} ] && "
      "chmod {3} \"$t\" && mv -f \"$t\" {0} || {{ rm -f \"$t\"; exit 1; }}",
      target, folder, size, mode);
}

}  // namespace curbstop
