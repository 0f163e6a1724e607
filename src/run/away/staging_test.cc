#include "run/away/staging.h"

#include <gtest/gtest.h>

#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

std::string TextOf(const Sending& sending) { return SendingReport(sending).StringOr("text", ""); }

// 5,767,168 B at 12.5 MB/s are 461 ms, so 1 s; at 3.13 USD/h it costs 869.4 micro-dollars.
TEST(SendingReport, SaysSizeTimeAndWhatTheMachineCostsMeanwhile) {
  const Sending sending{"", {2, 5'767'168, 2, 5'767'168}, 0, MicroUsd(3'130'000)};
  EXPECT_EQ(TextOf(sending),
            "2 files, 5.5 MiB · about 1 s at 100 Mbit/s, assumed · machine waits = 0.00087 USD");
  const Json report = SendingReport(sending);
  EXPECT_EQ(report.IntOr("bytes", 0), 5'767'168);
  EXPECT_EQ(report.IntOr("files_there", -1), 0);
  EXPECT_EQ(report.IntOr("eta_ms", 0), 1000);
  EXPECT_EQ(report.IntOr("wait_micro_usd", 0), 870);
  EXPECT_FALSE(report.BoolOr("is_measured", true));
}

TEST(SendingReport, SaysWhatStaysHome) {
  EXPECT_EQ(TextOf({"", {5, 30 << 20, 2, 20 << 20}, 1 << 20, MicroUsd(360'000)}),
            "2 files, 20 MiB · about 21 s at 8.39 Mbit/s, measured · machine waits = 0.0021 USD · "
            "stays home: 3 files, 10 MiB that are there already");
  EXPECT_EQ(TextOf({"checkpoints", {1, 1024, 0, 0}, 0, MicroUsd()}),
            "checkpoints: nothing: the machine has all of 1 file, 1 KiB");
  EXPECT_EQ(TextOf({"", {}, 0, MicroUsd(360'000)}), "nothing: the step needs no files");
}

TEST(SizeOf, CountsWhatLiesBelowTheNamesAndNotBehindLinks) {
  const TemporaryFolder folder;
  folder.WriteFile("c/step-1/a", "12345");
  folder.WriteFile("c/step-1/deep/b", "123");
  folder.WriteFile("c/step-2", "1");
  folder.WriteFile("elsewhere/big", "1234567890");
  std::filesystem::create_symlink("../elsewhere", folder / "c/link");
  const TransferTotals totals = SizeOf(folder / "c", {"step-1", "link", "gone"});
  EXPECT_EQ(totals.files, 3);  // the two and the link
  EXPECT_EQ(totals.bytes, 8);
}

}  // namespace
}  // namespace curbstop
