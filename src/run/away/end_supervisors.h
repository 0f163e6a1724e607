// Ends every supervisor of this user on this computer, found by the locks of the runs' folders and
// the processes themselves: no database is needed.
#pragma once

#include "sys/clock.h"
#include "sys/directories.h"
#include "sys/file_store.h"

namespace curbstop {

// How many were ended. What does not end within a second is killed.
int EndSupervisors(const Directories& directories, Clock& clock);

// A file in the folder of a run on rented machines: whoever supervises it from now on ends it at
// once and rents no more.
inline constexpr const char* kPanicMark = "panic";
void LeavePanicMarks(const Directories& directories, FileStore& files);

}  // namespace curbstop
