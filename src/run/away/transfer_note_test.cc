#include "run/away/transfer_note.h"

#include <optional>

#include <gtest/gtest.h>

#include "sys/files.h"
#include "sys/testing/fake_clock.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

TransferProgress Progress(int64_t done, int64_t total, std::optional<Millis> remain = {}) {
  TransferProgress progress;
  progress.bytes_done = done;
  progress.bytes_total = total;
  progress.remain = remain;
  return progress;
}

TEST(ProgressText, SaysHowFarItIsAndHowLongItTakes) {
  EXPECT_EQ(ProgressText(Progress(1 << 20, 4 << 20, Millis(12'000))),
            "25 %, 1 MiB of 4 MiB, 12 s left");
  EXPECT_EQ(ProgressText(Progress(0, 4 << 20)), "0 %, 0 B of 4 MiB");
  EXPECT_EQ(ProgressText(Progress(4 << 20, 4 << 20, Millis(0))), "100 %, 4 MiB of 4 MiB");
  EXPECT_EQ(ProgressText(Progress(0, 0)), "100 %, 0 B of 0 B");
}

TEST(TransferNote, IsReadWhileSomethingTravels) {
  const TemporaryFolder folder;
  FakeClock clock;
  std::optional<TransferNote> note(std::in_place, folder.path(), "sends checkpoints", clock);
  EXPECT_EQ(ReadTransferNote(folder.path(), clock.WallMs()), "");
  note->Show(Progress(1, 4));
  EXPECT_EQ(ReadTransferNote(folder.path(), clock.WallMs()), "sends checkpoints: 25 %, 1 B of 4 B");
  clock.Advance(Millis(900));
  note->Show(Progress(2, 4));  // too soon
  EXPECT_EQ(ReadTransferNote(folder.path(), clock.WallMs()), "sends checkpoints: 25 %, 1 B of 4 B");
  clock.Advance(Millis(100));
  note->Show(Progress(2, 4));
  EXPECT_EQ(ReadTransferNote(folder.path(), clock.WallMs()), "sends checkpoints: 50 %, 2 B of 4 B");
  clock.Advance(Millis(6000));  // its writer hangs, or has died
  EXPECT_EQ(ReadTransferNote(folder.path(), clock.WallMs()), "");
  note.reset();
  EXPECT_FALSE(Exists(folder / "transfer.json"));
}

TEST(TransferNote, ATornOneSaysNothing) {
  const TemporaryFolder folder;
  folder.WriteFile("transfer.json", "{\"at_ms\":");
  EXPECT_EQ(ReadTransferNote(folder.path(), 0), "");
}

}  // namespace
}  // namespace curbstop
