// What is to happen in a simulated life, by time; and the places where it keeps what it is about.
#pragma once

#include <cstdint>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

namespace curbstop {

enum class What : uint8_t {
  kPerform,  // a supervisor performs an effect
  kOutcome,  // and hears of it
  kTick,
  kDeliver,  // a spool line reaches a supervisor
  kMade,
  kBorn,  // the machine's agent starts
  kCheckpointBegun,
  kCheckpointWritten,
  kUploaded,
  kBrought,
  kStepDone,
  kStepCrashes,
  kStepHangs,
  kHangSeen,
  kSaveAsked,
  kSaved,
  kLeaseMargin,
  kLeaseEnd,
  kGuard,
  kGone,
  kPausedNow,
  kPreempted,
  kZombie,
  kStartSupervisor,
  kHomeDown,
  kHomeUp,
  kWallJump,
  kDiskFull,
  kDiskFree,
  kCapLowered,
  kUserAsks,
  kAgentKilled,
  kAlone,           // a step has ended: the agent looks whether anybody is there
  kHandOver,        // another run takes the machine that stays
  kSpooled,         // its spools are at the named place, and the outputs of a step that is done
  kAccountChanges,  // falls silent, or answers again
};

struct Item {
  int64_t at = 0;
  What what = What::kTick;
  int32_t a = 0;  // a machine's index, an effect's or event's slot
  int32_t b = 0;  // a supervisor's incarnation, a checkpoint's index
};

// Sorted, the next one last. There are a dozen or two, and most of what is put in comes soon, so
// that it is quicker than a heap.
class Agenda {
 public:
  bool empty() const { return items_.empty(); }
  void Clear() { items_.clear(); }
  // Of equal times the earlier scheduled comes first.
  void Push(int64_t at, What what, int64_t a, int64_t b) {
    auto place = items_.end();
    while (place != items_.begin() && std::prev(place)->at <= at) --place;
    items_.insert(place, {at, what, static_cast<int32_t>(a), static_cast<int32_t>(b)});
  }
  Item Pop() {
    const Item next = items_.back();
    items_.pop_back();
    return next;
  }

 private:
  std::vector<Item> items_;
};

// Things by number. A thing stays where it is until its number is given back.
template <typename Thing>
class Slots {
 public:
  template <typename Some>
  int64_t Put(Some&& thing) {
    if (free_.empty()) {
      things_.push_back(std::forward<Some>(thing));
      return static_cast<int64_t>(things_.size()) - 1;
    }
    const int64_t slot = free_.back();
    free_.pop_back();
    things_[static_cast<size_t>(slot)] = std::forward<Some>(thing);
    return slot;
  }
  Thing& At(int64_t slot) { return things_[static_cast<size_t>(slot)]; }
  void GiveBack(int64_t slot) { free_.push_back(slot); }
  void Clear() {
    free_.clear();
    for (size_t slot = things_.size(); slot > 0; --slot) GiveBack(static_cast<int64_t>(slot) - 1);
  }

 private:
  std::deque<Thing> things_;
  std::vector<int64_t> free_;
};

}  // namespace curbstop
