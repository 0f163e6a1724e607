#include "machine/machine.h"

#include "machine/accelerators.h"
#include "machine/read_machine.h"

namespace curbstop {
namespace {

Gpu GpuNamed(std::string name) {
  Gpu gpu;
  gpu.name = std::move(name);
  gpu.memory_total = GiB(10);
  return gpu;
}

TEST(Machine, ItsClassNamesTheGpusAndTheirNumber) {
  Machine machine;
  machine.gpus = {GpuNamed("RTX-3080"), GpuNamed("RTX-3080")};
  EXPECT_EQ(MachineClass(machine), "2x RTX-3080");
}

TEST(Machine, ItsClassDoesNotDependOnTheOrderOfTheGpus) {
  Machine machine;
  machine.gpus = {GpuNamed("RTX-4060"), GpuNamed("RTX-3090")};
  EXPECT_EQ(MachineClass(machine), "1x RTX-3090 + 1x RTX-4060");
}

TEST(Machine, ItsClassIsTheCpuWhereNoGpuIs) {
  Machine machine;
  machine.cpu.model = "AMD EPYC 7763";
  EXPECT_EQ(MachineClass(machine), "AMD EPYC 7763");
}

TEST(Machine, GraphicsBuiltIntoACpuAreNoClass) {
  Machine machine;
  machine.cpu.model = "Intel Core i5-12400";
  machine.gpus = {GpuNamed("Intel UHD 730")};
  machine.gpus[0].memory_total.reset();
  EXPECT_EQ(MachineClass(machine), "Intel Core i5-12400");
}

TEST(Machine, WhatCouldNotBeReadIsNullInItsJson) {
  const Json json = MachineJson(Machine{});
  EXPECT_TRUE(json.Find("memory")->Find("total_bytes")->IsNull());
  EXPECT_TRUE(json.Find("wsl")->IsNull());
  EXPECT_TRUE(json.Find("os")->IsNull());
}

// The reference box: 0.7 x (125 W + 320 W) + 60 W = 371.5 W, rounded up.
TEST(PowerUnderLoad, IsSeventyPercentOfThePowerLimitsAndSixtyWatts) {
  Machine machine;
  machine.cpu.tdp_watts = 125;
  machine.gpus = {GpuNamed("RTX-3080")};
  machine.gpus[0].tdp_watts = 320;
  EXPECT_EQ(PowerUnderLoad(machine, true).watts, 372);
  EXPECT_EQ(PowerUnderLoad(machine, false).watts, 148);  // 0.7 x 125 + 60 = 147.5
  EXPECT_TRUE(PowerUnderLoad(machine, true).assumed);
}

TEST(PowerUnderLoad, TheDriversLimitGoesBeforeTheCatalogue) {
  Machine machine;
  machine.cpu.tdp_watts = 100;
  machine.gpus = {GpuNamed("RTX-3080")};
  machine.gpus[0].tdp_watts = 320;
  machine.gpus[0].limit_watts = 200;
  EXPECT_EQ(PowerUnderLoad(machine, true).watts, 270);  // 0.7 x 300 + 60
}

TEST(PowerUnderLoad, AnUnknownCpuCountsSixtyFiveWattsAndSaysSo) {
  const PowerFigure figure = PowerUnderLoad(Machine{}, false);
  EXPECT_EQ(figure.watts, 106);  // 0.7 x 65 + 60 = 105.5
  EXPECT_THAT(figure.source, testing::HasSubstr("65 W assumed"));
}

TEST(PowerUnderLoad, AnApplesFigureIsForTheWholeChip) {
  Machine machine;
  machine.memory.unified = true;
  machine.gpus = {GpuNamed("APPLE-M2-PRO")};
  machine.gpus[0].tdp_watts = 35;
  EXPECT_EQ(PowerUnderLoad(machine, false).watts, 85);  // 0.7 x 35 + 60 = 84.5
}

TEST(ReadMachine, ARootThatIsNoFolderIsAnError) {
  RealProcessRunner processes;
  const Result<Machine> machine = ReadMachine("/nowhere/at/all", processes);
  ASSERT_FALSE(machine.ok());
  EXPECT_EQ(machine.error().kind(), ErrorKind::kNotFound);
}

TEST(ReadMachine, ThisComputerHasAProcessorAndMemory) {
  RealProcessRunner processes;
  const Result<Machine> machine = ReadMachine("/", processes);
  ASSERT_TRUE(machine.ok());
  EXPECT_GT(machine->cpu.threads, 0);
  EXPECT_GT(machine->memory.total.value_or(Bytes{}).value, 0);
}

}  // namespace
}  // namespace curbstop
