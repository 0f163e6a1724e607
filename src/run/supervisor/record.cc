#include "run/supervisor/record.h"

#include <charconv>

#include <fmt/format.h>
#include <xxhash.h>

namespace curbstop {
namespace {

struct NamedFact {
  std::string_view name;
  int64_t Facts::* member;
};

constexpr NamedFact kNumbers[] = {
    {"boot_ms", &Facts::boot_ms},
    {"date_ms", &Facts::date_ms},
    {"rental", &Facts::rental},
    {"decision", &Facts::decision},
    {"decision_reason", &Facts::reason},
    {"lease_ms", &Facts::lease_ms},
    {"reserve_micro_usd", &Facts::reserve_micro_usd},
    {"limit_micro_usd", &Facts::limit_micro_usd},
    {"micro_usd_per_hour", &Facts::micro_usd_per_hour},
    {"disk_micro_usd_per_hour", &Facts::disk_micro_usd_per_hour},
    {"fixed_micro_usd", &Facts::fixed_micro_usd},
    {"grain_ms", &Facts::grain_ms},
    {"minimum_ms", &Facts::minimum_ms},
    {"grade", &Facts::grade},
    {"guard", &Facts::guard},
    {"spot", &Facts::spot},
    {"boot_limit_ms", &Facts::boot_limit_ms},
    {"create_limit_ms", &Facts::create_limit_ms},
    {"list_lag_ms", &Facts::list_lag_ms},
    {"destroy_delay_ms", &Facts::destroy_delay_ms},
    {"reads", &Facts::reads},
    {"read_spacing_ms", &Facts::read_spacing_ms},
    {"interval_ms", &Facts::interval_ms},
};

void AddNumber(std::string& out, std::string_view name, int64_t value) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  if (out.back() != '{') out += ',';
  out.append("\"").append(name).append("\":").append(digits, end);
}

void AddText(std::string& out, std::string_view name, const std::string& text) {
  if (out.back() != '{') out += ',';
  out.append("\"").append(name).append("\":").append(WriteJson(Json(text)));
}

Json JsonOf(const SeenMachine& seen) {
  return Json::MakeObject({{"machine", seen.machine},
                           {"rental", seen.rental},
                           {"paused", seen.paused},
                           {"micro_usd_per_hour", seen.micro_usd_per_hour},
                           {"made_at_ms", seen.made_at_ms}});
}

SeenMachine SeenOf(const Json& json) {
  return {json.StringOr("machine", ""), json.IntOr("rental", 0), json.BoolOr("paused", false),
          json.IntOr("micro_usd_per_hour", 0), json.IntOr("made_at_ms", 0)};
}

void AddFacts(std::string& out, const Facts& facts) {
  for (const NamedFact& fact : kNumbers) {
    if (facts.*fact.member != 0) AddNumber(out, fact.name, facts.*fact.member);
  }
  if (!facts.machine.empty()) AddText(out, "machine", facts.machine);
  if (!facts.offer.empty()) AddText(out, "offer", facts.offer);
  if (facts.seen.empty()) return;
  Json list = Json::MakeArray();
  for (const SeenMachine& seen : facts.seen) list.Push(JsonOf(seen));
  if (out.back() != '{') out += ',';
  out.append("\"seen\":").append(WriteJson(list));
}

std::string BodyOf(const Event& event) {
  std::string out = event.data.members().empty() ? "{" : WriteJson(event.data);
  if (out.size() > 1) out.pop_back();
  AddFacts(out, event.facts);
  out += '}';
  return out;
}

Facts FactsOf(const Json& body) {
  Facts facts;
  for (const NamedFact& fact : kNumbers) facts.*fact.member = body.IntOr(fact.name, 0);
  facts.machine = body.StringOr("machine", "");
  facts.offer = body.StringOr("offer", "");
  if (const Json* seen = body.Find("seen")) {
    for (const Json& machine : seen->items()) facts.seen.push_back(SeenOf(machine));
  }
  return facts;
}

uint64_t SumOf(const JournalRecord& record) {
  const int64_t head[] = {record.seq, static_cast<int64_t>(record.kind), record.at_ms,
                          record.awake_ms, record.agent_seq};
  uint64_t sum = XXH3_64bits(head, sizeof head);
  sum = XXH3_64bits_withSeed(record.effect.data(), record.effect.size(), sum);
  sum = XXH3_64bits_withSeed(record.body.data(), record.body.size(), sum);
  return sum == 0 ? 1 : sum >> 1;  // 63 bits: SQLite's integers have a sign
}

}  // namespace

JournalRecord EncodeEvent(const Event& event, int64_t seq) {
  JournalRecord record{seq,          event.kind,      event.at_ms,   event.awake_ms,
                       event.effect, event.agent_seq, BodyOf(event), 0};
  record.sum = SumOf(record);
  return record;
}

bool SumIsRight(const JournalRecord& record) {
  return record.sum == 0 || record.sum == SumOf(record);
}

Result<Event> DecodeRecord(const JournalRecord& record) {
  if (!SumIsRight(record)) {
    return Corrupt(fmt::format("record {} of the journal does not match its sum", record.seq));
  }
  Event event{record.kind, record.at_ms, record.awake_ms, record.effect, record.agent_seq, {}, {}};
  Result<Json> body = ParseJson(record.body);
  if (!body.ok()) return Corrupt(fmt::format("record {} of the journal is no JSON", record.seq));
  event.facts = FactsOf(*body);
  event.data = *std::move(body);
  return event;
}

}  // namespace curbstop
