// What happens to practice machines, in no provider's words. Each change is at the state's time.
#pragma once

#include <optional>
#include <string>

#include "base/json.h"
#include "cloud/practice/practice_world.h"

namespace curbstop {

struct PracticeOrder {
  std::string name;
  std::string image;
  std::string birth;
  std::vector<PracticeVariable> environment;
  int64_t gpus = 1;
  int64_t disk_gb = 10;
  int64_t bid = 0;
  bool refused = false;  // it exists all the same, and does not run
  bool bad = false;
  bool has_ssh = false;
};

PracticeMachine& MakeMachine(PracticeWorld& world, const PracticeHost& host,
                             const PracticeOrder& order);
void AcceptEnd(PracticeWorld& world, PracticeMachine& machine);
void StopMachine(PracticeWorld& world, PracticeMachine& machine);
void StartMachine(PracticeWorld& world, PracticeMachine& machine);

// The variables of a create request's `env` object that a process can have.
std::vector<PracticeVariable> VariablesIn(const Json& body);

// Null: there is none, or it is gone.
PracticeMachine* FindMachine(PracticeWorld& world, int64_t id);
const PracticeHost* FindHost(const PracticeWorld& world, PracticeSkin skin, int64_t id);
int64_t FreeOn(const PracticeWorld& world, const PracticeHost& host);

// Newest last, as a lagging listing shows them.
std::vector<const PracticeMachine*> ListedMachines(const PracticeWorld& world, PracticeSkin skin);

// The next fault of the script for that kind of request, which is used up by it.
std::optional<FaultDo> TakeFault(PracticeWorld& world, FaultOn on);

// One request at its route.
struct PracticeCall {
  const PracticeRequest& request;
  int64_t number = 0;            // of the machine or offer in the path, 0: none there
  std::optional<FaultDo> fault;  // the one that the script has for it
};

// What comes back where the answer was lost on the way: the request was served.
PracticeReply LostAnswer();

// Whose key it is: the account's, or one machine's own.
enum class KeyOf { kNobody, kAccount, kMachine };
KeyOf OwnerOf(const PracticeWorld& world, std::string_view key, int64_t machine);

// The key in "Bearer KEY"; empty: none.
std::string BearerOf(const PracticeRequest& request);

PracticeReply ServeVast(PracticeWorld& world, const PracticeRequest& request);
PracticeReply ServeRunpod(PracticeWorld& world, const PracticeRequest& request);

}  // namespace curbstop
