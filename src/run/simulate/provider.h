// A modelled provider: machines that exist and bill, listings that lag, ends that take their time.
//
// It keeps its contract (run/supervisor/supervisor.h, plan/lease.h) except where a fault says
// otherwise. Its meter is written from the provider's side and shares no code with ours.
// Times: the true clock of the simulated life, in ms.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "plan/lease.h"
#include "run/supervisor/event.h"

namespace curbstop {

struct ModelMachine {
  std::string name;
  std::string account;   // Facts::account
  int64_t rental = 0;    // what its mark says
  bool orphan = false;   // the disk at home lost the record that it was asked for
  bool twin = false;     // made beside another by one call: the provider's fault
  bool refused = false;  // the answer was an error
  LeaseTerms terms;
  int64_t micro_usd_per_hour = 0;
  int64_t made_ms = 0;
  int64_t listed_from_ms = 0;
  int64_t leased_until_ms = 0;  // grade A: by the provider itself
  int64_t ends_ms = kNever;     // an end on its way: destroyed, or by its lease
  int64_t gone_ms = kNever;
  int64_t paused_ms = kNever;                    // not running since
  std::vector<std::pair<int64_t, int64_t>> ran;  // spans before the latest pause
  int64_t started_ms = 0;                        // of the span that runs
  int64_t looks = 0;                             // that its account answered
  int64_t last_missed_look = -2;                 // no two of them in a row miss it

  int64_t paid_before = 0;     // by the run that it was taken over from
  int64_t handed_ms = kNever;  // to another run, which pays from then on

  bool ended_unasked = false;   // by its lease, its provider or the guard
  int64_t noticed_ms = kNever;  // that it is gone, by a supervisor at home

  // How the provider breaks its contract with this one; what follows is not the supervisor's fault.
  int64_t agreed_per_hour = 0;             // the price may have risen
  bool lease_broken = false;               // it never comes up, or cannot end itself
  int64_t heard_ms = kNever;               // when its agent's first word was heard
  int64_t unwatched_at_heard_ms = kNever;  // and could be acted on: from then on it is our fault
  int64_t unwatched_at_made_ms = 0;
  int64_t silent_ms = 0;  // time of its life in which its account answered nothing
  int64_t zombie_since_ms = kNever;
  int64_t refused_since_ms = kNever;  // destroys are answered 500
  int64_t refused_ms = 0;             // for how long they were
  int64_t unwatched_at_refusal_ms = 0;

  static constexpr int64_t kNever = INT64_MAX;
  bool Exists(int64_t now) const { return made_ms <= now && now < gone_ms; }
  void Unheard() { heard_ms = unwatched_at_heard_ms = kNever; }
  bool Runs(int64_t now) const { return Exists(now) && paused_ms == kNever; }
};

// What the provider's bill says for that machine by then, as far as it is this run's.
int64_t BillAt(const ModelMachine& machine, int64_t now_ms);

void PauseMachine(ModelMachine& machine, int64_t now_ms);
void ResumeMachine(ModelMachine& machine, int64_t now_ms);
void EndMachine(ModelMachine& machine, int64_t now_ms);

}  // namespace curbstop
