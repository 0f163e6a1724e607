// What was measured on this computer, kept in `calibration.json`
// (docs/formats/calibration.md).
#pragma once

#include <filesystem>
#include <optional>

#include "base/json.h"
#include "base/result.h"
#include "machine/machine.h"
#include "sys/file_store.h"

namespace curbstop {

Json CalibrationJson(const Calibration& calibration);

// Empty if nothing was measured yet. Errors: kCorrupt, kDenied.
Result<std::optional<Calibration>> ReadCalibration(const std::filesystem::path& file);

// Either the old or the new file is there after a crash. Folders on the way are made.
Status WriteCalibration(const std::filesystem::path& file, const Calibration& calibration,
                        FileStore& files);

// Puts what is in `file` into the machine; a broken file becomes an entry of `unreadable`. So does
// one measured on another CPU (a home folder on two computers), of which only the model runs are
// taken: each names the device it ran on.
void AddCalibration(const std::filesystem::path& file, Machine& machine);

}  // namespace curbstop
