// A machine under a bid through a recorded spot market, tick by tick, held against the trace's own
// rows, read here by other code; and its bill against the written rules.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.h"
#include "base/text.h"
#include "cloud/practice/practice_home.h"
#include "cloud/practice/practice_meter.h"

namespace curbstop {
namespace {

constexpr int64_t kStart = 1'796'000'000'000;  // a multiple of the market's tick
constexpr int64_t kDiskGb = 10;
constexpr int64_t kSomeTicks = 500;

struct Row {
  bool is_available = false;
  double usd = 0;
};

// What the zone's rows say of each tick, by hand and not by market/spot_trace.
std::vector<Row> TicksOf(const std::string& trace, const std::string& zone, int64_t ticks) {
  std::vector<Row> each;
  for (const std::string& line : Split(std::string(*BundledSpotTraceCsv(trace)), '\n')) {
    if (!line.starts_with(zone + ",")) continue;
    const std::vector<std::string> fields = Split(line, ',');
    const auto from = static_cast<size_t>(std::stoll(fields[1]));
    if (from > 0 && !each.empty()) each.resize(from, each.back());
    each.push_back({fields[2] == "1", std::stod(fields[3])});
  }
  each.resize(static_cast<size_t>(ticks), each.back());
  return each;
}

struct Replayed {
  std::string trace;
  std::string zone;
  double on_demand_usd = 0;
  double bid_of_list = 0;  // the bid, as a part of the host's list price
  int64_t ticks = 0;
};

class TraceReplay : public testing::TestWithParam<Replayed> {
 protected:
  static PracticeWorld World() {
    PracticeState state;
    state.settings = {.boot_ms = 0, .bad_percent = 0, .trace = GetParam().trace};
    state.settings.keeps_pace = false;
    state.key = "account";
    state.now_ms = state.script_from_ms = state.market_from_ms = kStart;
    return *WorldOf(state);
  }

  static const PracticeHost& HostInZone(const PracticeWorld& world) {
    for (const PracticeHost& host : world.hosts) {
      if (host.skin == PracticeSkin::kVast && host.gpus == 1 &&
          ZoneOf(*world.market.trace, host).name == GetParam().zone)
        return host;
    }
    ADD_FAILURE() << "no host in that zone";
    return world.hosts.front();
  }

  static int64_t BidFor(const PracticeHost& host) {
    return static_cast<int64_t>(static_cast<double>(host.micro_usd_per_hour) *
                                GetParam().bid_of_list);
  }

  // Rented on the day's first tick at which the bid wins.
  static void Rent(PracticeWorld& world, int64_t at_ms) {
    const PracticeHost& host = HostInZone(world);
    const PracticeReply reply =
        ServePractice(world,
                      {.method = "PUT",
                       .path = fmt::format("/api/v0/asks/{}/", host.id),
                       .query = {},
                       .authorization = "Bearer account",
                       .body = fmt::format(R"({{"image":"i","disk":{},"price":{:.6f}}})", kDiskGb,
                                           static_cast<double>(BidFor(host)) / 1e6)},
                      at_ms);
    ASSERT_EQ(reply.status, 200) << reply.body;
  }

  static bool Wins(const std::vector<Row>& rows, int64_t tick) {
    const Row& row = rows.at(static_cast<size_t>(tick));
    return row.is_available && row.usd / GetParam().on_demand_usd <= GetParam().bid_of_list;
  }
};

TEST_P(TraceReplay, AMachineUnderABidRunsExactlyWhileTheTraceLetsIt) {
  const std::vector<Row> rows = TicksOf(GetParam().trace, GetParam().zone, GetParam().ticks);
  int64_t first = 0;
  while (!Wins(rows, first)) ++first;
  PracticeWorld world = World();
  Rent(world, kStart + first * kMarketTickMs);
  const PracticeMachine& machine = world.state.machines.back();
  int64_t ran = 0;
  int64_t held = 1;  // while it boots, for a millisecond: a begun second
  int64_t changes = 0;
  bool before = true;
  for (int64_t tick = first + 1; tick < GetParam().ticks; ++tick) {
    AdvancePractice(world, kStart + tick * kMarketTickMs);
    const bool wins = Wins(rows, tick);
    ASSERT_EQ(machine.life, wins ? PracticeLife::kRunning : PracticeLife::kPaused) << tick;
    (before ? ran : held) += kMarketTickMs / 1000;
    changes += wins != before ? 1 : 0;
    before = wins;
  }
  EXPECT_GT(changes, 10) << "a trace without interruptions shows nothing";
  EXPECT_GT(held, 1);

  // Vast.ai: the bid by the second while it runs, its disk by the second always, 730 h a month.
  const PracticeHost& host = HostInZone(world);
  const auto gpu = static_cast<double>(ran) / 3600 * static_cast<double>(BidFor(host));
  const double disk = static_cast<double>(ran + held) / (730 * 3600.0) * kDiskGb *
                      static_cast<double>(host.disk_micro_usd_per_gb_month);
  EXPECT_NEAR(static_cast<double>(WholePracticeBill(world)), gpu + disk, 3);
}

// Whoever looks seldom sees the same market, machine and bill as who looks at each tick; and so
// does a server that was killed and started again.
TEST_P(TraceReplay, HowOftenSomebodyLooksChangesNothing) {
  const std::vector<Row> rows = TicksOf(GetParam().trace, GetParam().zone, GetParam().ticks);
  int64_t first = 0;
  while (!Wins(rows, first)) ++first;
  const int64_t from = kStart + first * kMarketTickMs;
  const int64_t to = from + kSomeTicks * kMarketTickMs;
  PracticeWorld often = World();
  PracticeWorld seldom = World();
  Rent(often, from);
  Rent(seldom, from);
  for (int64_t at = from; at <= to; at += 700) {
    AdvancePractice(often, at);
    if (at % 64 == 0) often = *WorldOf(often.state);
  }
  AdvancePractice(often, to);
  AdvancePractice(seldom, to);
  EXPECT_EQ(PracticeStateText(often.state), PracticeStateText(seldom.state));
}

// A bid that no price of the trace passes: in AWS's only the missing machine interrupts it.
INSTANTIATE_TEST_SUITE_P(
    Traces, TraceReplay,
    testing::Values(Replayed{"aws-v100-2023-02", "us-west-2a", 3.06, 0.9, 20'158},
                    Replayed{"aws-v100-2023-02", "us-east-2a", 3.06, 0.5, 20'158},
                    Replayed{"gcp-h100-2025-10", "us-west1-b", 82.525434, 0.5, 2114}),
    [](const auto& replayed) {
      std::string name = replayed.param.trace + "_" + replayed.param.zone;
      std::replace(name.begin(), name.end(), '-', '_');
      return name;
    });

TEST(TraceMarket, ABidAfterTheTracesEndMeetsItsBeginningAgain) {
  const SpotTrace& trace = **BundledSpotTrace("gcp-h100-2025-10");
  const PracticeMarket market{.trace = &trace, .trace_from_ms = kStart};
  const PracticeHost host{.id = 4'000'001, .micro_usd_per_hour = 60'000'000};
  const int64_t whole = trace.ticks * kMarketTickMs;
  for (int64_t tick = 0; tick < trace.ticks; tick += 97) {
    const int64_t at = kStart + tick * kMarketTickMs;
    EXPECT_EQ(BidPriceAt(market, host, at), BidPriceAt(market, host, at + whole)) << tick;
  }
}

}  // namespace
}  // namespace curbstop
