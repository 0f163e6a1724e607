// The four promises, checked after every event of a simulated life. Nothing here reads what the
// supervisor believes, except the books that it keeps: those are what the promise is about.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "run/simulate/memory_journal.h"
#include "run/simulate/provider.h"

namespace curbstop {

enum class Invariant {
  kNone,
  kOverReserve,
  kLostBeyondPrint,
  kUnseenMachines,
  kDoubleCommits,
  kUnfinished
};
std::string_view NameOf(Invariant invariant);  // "over_reserve"

struct Breach {
  Invariant invariant = Invariant::kNone;
  int64_t at_ms = 0;
  std::string what;  // in words
};

// A reserve that was taken, and what became of it.
struct Held {
  int64_t reserve = 0;  // 0: a stray's
  int64_t accrued = 0;
  bool open = true;
};

class Watch final : public JournalWitness {
 public:
  // `unwatched`: the time so far in which no supervisor lived or it could not reach out.
  Watch(const std::vector<ModelMachine>& machines, const int64_t& now, const int64_t& unwatched,
        Plants plants)
      : machines_(machines), now_(now), unwatched_(unwatched), plants_(plants) {}

  // After a record is in the journal.
  void Written(const Transition& transition, const RunState& state) override;

  // After a listing was booked: every machine in it is on the books.
  void LookBooked(const std::vector<SeenMachine>& seen);
  // What the caps leave for this run, as it was when a reserve was last asked for.
  void CapsLeave(int64_t micro_usd) { room_ = micro_usd; }
  void CapLowered(int64_t room);  // to what it leaves for this run
  void MachineMade(const ModelMachine& machine);
  // What the provider's breach of its contract allows beyond the reserve of a machine.
  void Allow(const std::string& machine, int64_t ms);
  // Until the next listing is booked: the journal lost what it had acknowledged.
  void JournalLost();
  // A machine was told to live so long: the reserve for it has to be there.
  void LeaseGiven(const ModelMachine& machine, int64_t lease_ms);
  void Lost(int64_t lost_ms, int64_t printed_ms, const std::string& how);
  void Committed(EffectId effect);
  void CheckMoney();
  void LifeOver(bool is_final);

  const Breach& breach() const { return breach_; }
  int64_t worst_excess() const { return worst_excess_; }

 private:
  void Break(Invariant invariant, std::string what);
  void CheckCap(const RunState& state);
  void CheckClosed(const Transition& transition);
  void CheckBooks();
  void CheckLoweredCap();
  int64_t Bill() const;
  int64_t Unwatched() const;  // all together, for whatever reason
  const Rental* OnBooks(const ModelMachine& machine) const;
  int64_t AllowedFor(const ModelMachine& machine) const;
  Held& HoldFor(int64_t rental);
  const Held* HeldFor(int64_t rental) const;
  const ModelMachine* Find(const std::string& name) const;

  const std::vector<ModelMachine>& machines_;
  const int64_t& now_;
  const int64_t& unwatched_;
  Plants plants_;
  std::vector<Rental> rentals_;            // as the journal has them
  std::vector<std::optional<Held>> held_;  // by rental
  std::map<std::string, int64_t> allowed_;
  std::vector<EffectId> commits_;
  bool journal_lost_ = false;
  int64_t room_ = INT64_MAX;
  int64_t lowered_room_ = -1;  // -1: not lowered
  int64_t bill_when_done_ = 0;
  int64_t unwatched_when_lowered_ = 0;
  int64_t worst_excess_ = 0;
  std::vector<int64_t> bills_;  // at this moment, by machine
  Breach breach_;
};

}  // namespace curbstop
