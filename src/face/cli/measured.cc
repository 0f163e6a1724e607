#include "face/cli/measured.h"

#include "machine/calibration.h"
#include "machine/read_machine.h"

namespace curbstop {
namespace {

Calibration KnownCalibration(const CommandContext& context) {
  const auto calibration = ReadCalibration(context.directories.Calibration());
  return calibration.ok() && *calibration ? **calibration : Calibration{};
}

}  // namespace

std::vector<fit::MeasuredRun> KnownRuns(const CommandContext& context) {
  return fit::ReadRuns(KnownCalibration(context).runs);
}

Status Remember(const std::vector<fit::MeasuredRun>& runs, CommandContext& context) {
  if (runs.empty()) return {};
  Calibration calibration = KnownCalibration(context);
  if (calibration.cpu_model.empty()) {
    TRY_ASSIGN(const Machine machine, ReadMachine("/", context.processes, ReadDepth::kForPlanning));
    calibration.cpu_model = machine.cpu.model;
  }
  calibration.runs = fit::RunsJson(fit::Merge(fit::ReadRuns(calibration.runs), runs));
  Status stored = WriteCalibration(context.directories.Calibration(), calibration, context.files);
  if (stored.ok()) return {};
  return std::move(stored).error().While("cannot keep what was measured");
}

}  // namespace curbstop
