#include "machine/calibration.h"

#include "machine/measure.h"
#include "sys/files.h"
#include "sys/testing/fake_file_store.h"
#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

Calibration Measured() {
  Calibration calibration;
  calibration.memory_gbps = 28.4;
  calibration.disk_read_mbps = 2100;
  calibration.disk_mount = "/";
  calibration.disk_direct = true;
  calibration.cpu_model = "AMD EPYC";
  calibration.measured_at_ms = 1'764'000'000'000;
  return calibration;
}

TEST(Calibration, WhatIsWrittenIsReadAgain) {
  TemporaryFolder folder;
  RealFileStore files;
  ASSERT_TRUE(WriteCalibration(folder / "a/calibration.json", Measured(), files).ok());
  const auto read = ReadCalibration(folder / "a/calibration.json");
  ASSERT_TRUE(read.ok());
  ASSERT_TRUE(*read);
  EXPECT_EQ((*read)->memory_gbps, 28.4);
  EXPECT_EQ((*read)->disk_write_mbps, std::nullopt);
  EXPECT_EQ((*read)->measured_at_ms, 1'764'000'000'000);
}

TEST(Calibration, NothingMeasuredYetIsNoError) {
  const auto read = ReadCalibration("/nowhere/calibration.json");
  ASSERT_TRUE(read.ok());
  EXPECT_FALSE(*read);
}

TEST(Calibration, ABrokenFileIsReportedAndNotUsed) {
  TemporaryFolder folder;
  for (const char* text :
       {"", "{", "{\"version\": 2}", "{\"version\": 1, \"memory_gbps\": -1}", "[]"}) {
    const auto file = folder.WriteFile("calibration.json", text);
    EXPECT_EQ(ReadCalibration(file).error().kind(), ErrorKind::kCorrupt) << text;
    Machine machine;
    AddCalibration(file, machine);
    EXPECT_FALSE(machine.calibration);
    EXPECT_EQ(machine.unreadable.size(), 1u);
  }
}

TEST(Calibration, OneOfAnotherComputerIsNotUsed) {
  TemporaryFolder folder;
  RealFileStore files;
  ASSERT_TRUE(WriteCalibration(folder / "calibration.json", Measured(), files).ok());
  Machine machine;
  machine.cpu.model = "Intel Core i5-12400";
  AddCalibration(folder / "calibration.json", machine);
  EXPECT_FALSE(machine.calibration);
  machine.cpu.model = "AMD EPYC";
  AddCalibration(folder / "calibration.json", machine);
  EXPECT_TRUE(machine.calibration);
}

TEST(Calibration, OfAnotherComputerTheModelRunsAreTaken) {
  TemporaryFolder folder;
  RealFileStore files;
  Calibration measured = Measured();
  measured.runs = Json::MakeArray().Push(Json::MakeObject({{"device", "RTX-3090 x1"}}));
  ASSERT_TRUE(WriteCalibration(folder / "calibration.json", measured, files).ok());
  Machine machine;
  machine.cpu.model = "Intel Core i5-12400";
  AddCalibration(folder / "calibration.json", machine);
  ASSERT_TRUE(machine.calibration);
  EXPECT_EQ(machine.calibration->runs.items().size(), 1U);
  EXPECT_FALSE(machine.calibration->memory_gbps);
  EXPECT_EQ(machine.unreadable.size(), 1U);
}

TEST(Calibration, AFullDiskLeavesTheOldOne) {
  TemporaryFolder folder;
  FakeFileStore files;
  ASSERT_TRUE(WriteCalibration(folder / "calibration.json", Measured(), files).ok());
  files.FailAt(1);
  Calibration other = Measured();
  other.memory_gbps = 1;
  EXPECT_FALSE(WriteCalibration(folder / "calibration.json", other, files).ok());
  EXPECT_EQ((*ReadCalibration(folder / "calibration.json"))->memory_gbps, 28.4);
}

TEST(Measure, ASmallDiskMeasurementLeavesNoFile) {
  TemporaryFolder folder;
  RealClock clock;
  const Result<DiskRates> rates = MeasureDisk(folder.path(), {MiB(8), Millis(1000)}, clock);
  ASSERT_TRUE(rates.ok());
  EXPECT_GT(rates->write_mbps, 0);
  EXPECT_GT(rates->read_mbps, 0);
  EXPECT_TRUE(ListFolder(folder.path())->empty());
}

TEST(Measure, TooLittleSpaceIsAnErrorBeforeAnythingIsWritten) {
  TemporaryFolder folder;
  RealClock clock;
  const Result<DiskRates> rates =
      MeasureDisk(folder.path(), {Bytes{int64_t{1} << 58}, Millis(1)}, clock);
  ASSERT_FALSE(rates.ok());
  EXPECT_EQ(rates.error().kind(), ErrorKind::kExhausted);
}

TEST(Measure, MemoryIsMeasuredByAllThreads) {
  RealClock clock;
  const Result<double> rate = MeasureMemory({MiB(4), 2, Millis(1)}, clock);
  ASSERT_TRUE(rate.ok());
  EXPECT_GT(*rate, 0);
}

}  // namespace
}  // namespace curbstop
