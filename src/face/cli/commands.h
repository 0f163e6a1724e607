// The written list of commands: page one first. Each Add function declares one command under its
// parent and returns what it does; app.cc calls them in this order.
#pragma once

#include "face/cli/command.h"

namespace curbstop {

Action AddAssess(CLI::App& parent);
Action AddOffers(CLI::App& parent);
Action AddPlan(CLI::App& parent);
Action AddRun(CLI::App& parent);
Action AddPs(CLI::App& parent);
Action AddPanic(CLI::App& parent);
Action AddPark(CLI::App& parent);
Action AddSsh(CLI::App& parent);
Action AddExec(CLI::App& parent);
Action AddPull(CLI::App& parent);
Action AddLogin(CLI::App& parent);
Action AddMachineLs(CLI::App& parent);
Action AddMachineSweep(CLI::App& parent);
Action AddInit(CLI::App& parent);
Action AddLogs(CLI::App& parent);
Action AddCancel(CLI::App& parent);
Action AddRuns(CLI::App& parent);
Action AddCost(CLI::App& parent);
Action AddDrill(CLI::App& parent);
Action AddSimulate(CLI::App& parent);
Action AddSimulateSpot(CLI::App& parent);
Action AddConfigSchema(CLI::App& parent);
Action AddConfigShow(CLI::App& parent);
Action AddSecretSet(CLI::App& parent);
Action AddSecretLs(CLI::App& parent);
Action AddSecretRm(CLI::App& parent);
Action AddDataAdd(CLI::App& parent);
Action AddDataStatus(CLI::App& parent);
Action AddDataCheckout(CLI::App& parent);
Action AddDataGc(CLI::App& parent);
Action AddDataDu(CLI::App& parent);
Action AddModelFit(CLI::App& parent);
Action AddPracticeStart(CLI::App& parent);
Action AddPracticeStatus(CLI::App& parent);
Action AddPracticeStop(CLI::App& parent);
Action AddPracticeMachine(CLI::App& parent);
Action AddPracticeServe(CLI::App& parent);
Action AddPaths(CLI::App& parent);
Action AddSupervise(CLI::App& parent);

}  // namespace curbstop
