#include "store/transfer/far_end.h"

#include <unistd.h>

#include "store/transfer/internal/transfer_receiver.h"
#include "store/transfer/internal/transfer_sender.h"

namespace curbstop {
namespace {

// Home says something each second; a far end whose home has gone must not stay.
constexpr Millis kSilence{120'000};

Status Nothing() { return {}; }

// Tells home why, where it can still hear it.
Status Telling(TransferWire& wire, const Status& done) {
  if (done.ok()) return done;
  wire.Send(WireType::kFailed, FailedText(done.error()));
  [[maybe_unused]] const Status said = wire.Drain();
  return done;
}

}  // namespace

Status ServeReceive(const std::filesystem::path& root) {
  FdStream stream(STDIN_FILENO, STDOUT_FILENO);
  RealClock clock;
  TransferWire wire(stream, clock, kSilence);
  TRY(wire.GreetAsFar());
  const auto serve = [&]() -> Status {
    TRY_ASSIGN(TreeWriter writer,
               TreeWriter::Open(root, WhoElse::kEndThem, [&] { return wire.Breathe(); }));
    TransferReceiver receiver(wire, writer, [](const WireHello&) { return Status(); }, Nothing);
    const Result<WireDone> done = receiver.Run();
    return done.ok() ? Status() : Status(done.error());
  };
  return Telling(wire, serve());
}

Status ServeSend(const std::filesystem::path& root) {
  FdStream stream(STDIN_FILENO, STDOUT_FILENO);
  RealClock clock;
  TransferWire wire(stream, clock, kSilence);
  TRY(wire.GreetAsFar());
  WalkedSource source(root, {}, [&] { return wire.Breathe(); });
  TransferSender sender(wire, source, clock, Nothing);
  const Result<WireDone> done = sender.Run(false);
  return Telling(wire, done.ok() ? Status() : Status(done.error()));
}

}  // namespace curbstop
