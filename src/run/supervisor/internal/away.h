// The parts of a run's life on rented machines, for each other: away.cc hands each event to one of
// them. A namespace of its own, because their names are those of what happens (Seen, Lost, Saved).
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>

#include "run/supervisor/internal/step.h"

namespace curbstop::away {

inline constexpr int64_t kSecond = 1000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kSaveLimit =
    10 * kMinute;  // to save; after it the machine is ended anyway
inline constexpr int64_t kLeaseMargin =
    15 * kMinute;  // before a lease's end: time to decide and save; of a short one a quarter
inline constexpr int64_t kLostLook = 2 * kMinute;   // so long a lost connection is looked after
inline constexpr int64_t kAskAgain = 5 * kMinute;   // within it: an estimate may turn out too short
inline constexpr int64_t kHearFirst = kMinute;      // after sleep, before deadlines count
inline constexpr int64_t kCalmLook = 10 * kMinute;  // between looks while all is well
inline constexpr int64_t kLongestLook = 2 * kMinute;
inline constexpr int64_t kBusyLook = 10 * kSecond;  // after an answer that there are too many calls
inline constexpr int64_t kMarketPatience = 60 * kMinute;
inline constexpr int64_t kPlaceFirst = 5 * kMinute;  // a checkpoint's, to be at the named place
inline constexpr int64_t kPlacePatience = 24 * (60 * kMinute);  // with a place that is out of reach
inline constexpr int64_t kParkTime = 48 * (60 * kMinute);       // ARCHITECTURE §4: `park 48 h`

// away_renting.cc
void AskForDecision(StepContext& context);
void DecideAfterMachine(StepContext& context);
void Decided(StepContext& context);
void Admitted(StepContext& context);
void Refused(StepContext& context);
void NothingMade(StepContext& context, int64_t number, const std::string& why);
bool PriceRose(StepContext& context, Rental& rental, int64_t per_hour);
void GiveUpCurrent(StepContext& context, const std::string& why);
void AddStray(StepContext& context, const SeenMachine& seen);
void MachineKnown(StepContext& context, Rental& rental, const std::string& machine,
                  int64_t per_hour);
void CreateAnswered(StepContext& context);
void CreateRefused(StepContext& context);
void CreateUnknown(StepContext& context);

// away_looking.cc
void Lost(StepContext& context, int64_t number, const std::string& why);
void GoOnWithout(StepContext& context);
void RecallIsOver(RunState& state);
void Looked(StepContext& context);
void SendDestroy(StepContext& context, Rental& rental);
void DestroyAnswered(StepContext& context);

// away_warm.cc
void EndWarm(StepContext& context);
void ShortenLease(StepContext& context);
void LeaseNotShortened(StepContext& context);
void LeaseShortened(StepContext& context, Rental& rental);
void HandedOver(StepContext& context);

// away_working.cc
void Save(StepContext& context, Phase verdict, std::string why);
void Drain(StepContext& context, const std::string& why);
void Saved(StepContext& context);
void CheckpointSafe(StepContext& context);
void AgentReport(StepContext& context);
void Fetched(StepContext& context);
void FetchFailed(StepContext& context);
void Marked(StepContext& context);
void Extended(StepContext& context);
void NotExtended(StepContext& context);
void Paused(StepContext& context);
void PauseFailed(StepContext& context);
void UserAsked(StepContext& context);

// away.cc
Rental* Current(StepContext& context);
Rental* ByNumber(StepContext& context, int64_t number);
bool IsOneOf(Phase phase, std::initializer_list<Phase> phases);
bool WorksOnMachine(Phase phase);
// Between two looks at whether another machine would do better by the deadline.
int64_t PolicyEvery(const RunState& state);
// A longer lease is being decided on, or is on its way to the machine.
bool DecidesOnLease(const RunState& state);
// Of an account that the run rents from; made where there is none yet.
AccountView& ViewOf(StepContext& context, const std::string& account);
// A listing of it from then on shows all that was made.
void SettlesAt(StepContext& context, const std::string& account, int64_t at_ms);
int64_t ListedFrom(const Rental& rental);
int64_t LeaseEnd(const Rental& rental);
// Before the lease's end it is decided whether there is more time.
int64_t LeaseMargin(const Rental& rental);
// Of a taken one more is asked for early: where there is none it has the time that it has.
bool HasTime(StepContext& context);
void LookSoon(StepContext& context, int64_t in_ms);

}  // namespace curbstop::away
