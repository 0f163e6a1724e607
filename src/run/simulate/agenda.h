// What is to happen in a simulated life, by time; and the places where it keeps what it is about.
#pragma once

#include <algorithm>
#include <cstdint>
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
};

struct Item {
  int64_t at = 0;
  uint32_t order = 0;  // of equal times the earlier scheduled comes first
  What what = What::kTick;
  int32_t a = 0;  // a machine's index, an effect's or event's slot
  int32_t b = 0;  // a supervisor's incarnation, a checkpoint's index
};

// A binary heap.
class Agenda {
 public:
  Agenda() { items_.reserve(64); }
  bool empty() const { return items_.empty(); }
  void Clear() {
    items_.clear();
    order_ = 0;
  }
  void Push(int64_t at, What what, int64_t a, int64_t b) {
    items_.push_back({at, order_++, what, static_cast<int32_t>(a), static_cast<int32_t>(b)});
    std::ranges::push_heap(items_, Later);
  }
  Item Pop() {
    std::ranges::pop_heap(items_, Later);
    const Item first = items_.back();
    items_.pop_back();
    return first;
  }

 private:
  static bool Later(const Item& a, const Item& b) {
    return (a.at > b.at) |
           ((a.at == b.at) & (a.order > b.order));  // no branch: it is anyone's guess
  }
  std::vector<Item> items_;
  uint32_t order_ = 0;
};

// Things by number; a number is free again once its thing is taken.
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
  Thing Take(int64_t slot) {
    free_.push_back(slot);
    return std::move(things_[static_cast<size_t>(slot)]);
  }
  void Clear() {
    things_.clear();
    free_.clear();
  }

 private:
  std::vector<Thing> things_;
  std::vector<int64_t> free_;
};

}  // namespace curbstop
