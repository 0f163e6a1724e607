// The simulated life's shell: a supervisor process with the product's Runner inside. It performs
// effects against the modelled provider and brings their outcomes back as events.
#pragma once

#include <cstdint>
#include <string>

#include "run/simulate/life.h"

namespace curbstop {

class Supervisor final : public EffectSink {
 public:
  Supervisor(Life& life, int64_t number);

  // The first one writes kCreated; whoever follows folds the journal and takes over.
  void Start();
  void Begin(const Effect& effect) override;
  void Perform(const Effect& effect);
  void Hear(const Event& event);  // an event for the journal, now
  void Outcome(Event& event);     // of an effect, unless the world has moved on meanwhile
  void Ask(const std::string& what);
  void HandOver();
  void Deliver(int64_t machine);
  void Tick(int64_t token);
  void Rearm();        // for the next tick
  void LinkChanged();  // home, network or machine: can the agent be heard?

  bool Follows(int64_t machine) const;  // hears its agent now

  bool alive() const { return alive_; }
  void Die() { alive_ = false; }
  const RunState& state() const { return runner_.state(); }
  int64_t number() const { return number_; }

 private:
  Event MakeEvent(EventKind kind) const;
  void Answer(const Effect& effect, int64_t in_ms, Event&& event);
  void Noted(const Event& event, Phase before);
  void Create(const std::string& boot);
  bool DiesHere(const char* where) { return life_.kill_in_ != 0 && Dies(where); }
  bool Dies(const char* where);
  bool LinkUp() const;
  int64_t MachineOf(const Rental& rental) const;  // its index; -1: none
  std::string AccountOf(int64_t number) const;
  std::vector<ListedAccount> AskAccounts() const;

  void Decide(const Effect& effect);
  Event DecidedEvent(const Decision& decision, const std::vector<Candidate>& candidates) const;
  void Admit(const Effect& effect);
  bool CapsLeaveRoom();
  void Create(const Effect& effect);
  void AnswerTwice(const Effect& effect, int64_t in_ms, int64_t twin, int64_t per_hour);
  void Look(const Effect& effect);
  void Destroy(const Effect& effect);
  void Extend(const Effect& effect);
  void Tell(const Effect& effect);
  void Keep(const Effect& effect);
  void Fetch(const Effect& effect);
  void Recall(const Effect& effect);
  void HearPlaced(int64_t machine, int64_t rental);
  void Pause(const Effect& effect);
  void Commit(const Effect& effect);

  Life& life_;
  int64_t number_;
  Runner runner_;
  bool alive_ = true;
  bool linked_ = false;
  std::vector<EffectKind> begun_;  // by the latest event; kept for a drawing only
  int64_t tick_at_ = INT64_MAX;
  int64_t tick_token_ = 0;  // of the latest one that was asked for
};

}  // namespace curbstop
