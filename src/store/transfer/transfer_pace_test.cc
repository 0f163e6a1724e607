#include "store/transfer/internal/transfer_pace.h"

#include <algorithm>
#include <deque>

#include <gtest/gtest.h>

namespace curbstop {
namespace {

using std::chrono::milliseconds;

// A link of one rate and delay that is always given what the window allows, for `seconds`; each
// 64 KiB is answered as it arrives. How many bytes arrived.
int64_t Drive(TransferPace& pace, double bytes_per_s, milliseconds there_and_back, int seconds) {
  constexpr int64_t kPiece = 64 << 10;
  const Ticks on_line(static_cast<int64_t>(kPiece / bytes_per_s * 1e9));
  struct Answer {
    Ticks at;
    int64_t taken;
  };
  std::deque<Answer> answers;
  int64_t sent = 0;
  int64_t taken = 0;
  Ticks now{0};
  Ticks line_free{0};
  while (now < std::chrono::seconds(seconds)) {
    if (sent - taken + kPiece <= pace.window()) {
      sent += kPiece;
      pace.Sent(now, sent);
      line_free = std::max(line_free, now) + on_line;
      answers.push_back({line_free + there_and_back, sent});
      continue;
    }
    now = answers.front().at;
    taken = answers.front().taken;
    answers.pop_front();
    pace.Taken(now, taken);
  }
  return taken;
}

TEST(TransferPace, BeginsSmall) { EXPECT_EQ(TransferPace().window(), kLeastWindow); }

// 100 Mbit/s and 50 ms: 12.5 MB/s * 0.05 s = 625 kB are on their way; twice that.
TEST(TransferPace, FillsALinkWithTwiceWhatIsOnItsWay) {
  TransferPace pace;
  const int64_t arrived = Drive(pace, 12.5e6, milliseconds(50), 10);
  EXPECT_GT(static_cast<double>(arrived), 0.97 * 12.5e6 * 10);
  EXPECT_GT(pace.window(), 1'250'000);
  EXPECT_LT(pace.window(), 1'600'000);
}

// 400 Mbit/s and 80 ms: 4 MB on their way; the least window alone would give 12.5 MB/s.
TEST(TransferPace, GrowsUntilALongLinkIsFull) {
  TransferPace pace;
  const int64_t arrived = Drive(pace, 50e6, milliseconds(80), 10);
  EXPECT_GT(static_cast<double>(arrived), 0.9 * 50e6 * 10);
  EXPECT_GT(pace.window(), 7'000'000);
}

TEST(TransferPace, StaysWithinItsBounds) {
  TransferPace slow;
  Drive(slow, 1e6, milliseconds(10), 10);
  EXPECT_EQ(slow.window(), kLeastWindow);
  TransferPace fast;
  Drive(fast, 1e9, milliseconds(200), 2);
  EXPECT_EQ(fast.window(), kMostWindow);
}

TEST(TransferPace, AnAnswerAtOnceIsNoDivisionByZero) {
  TransferPace pace;
  pace.Sent(Ticks(5), 1000);
  pace.Taken(Ticks(5), 1000);
  pace.Taken(Ticks(5), 1000);
  EXPECT_EQ(pace.window(), kLeastWindow);
}

}  // namespace
}  // namespace curbstop
