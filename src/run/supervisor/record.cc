#include "run/supervisor/record.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>

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
    {"date_age_ms", &Facts::date_age_ms},
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

// Appends members to the JSON text of an object; there are millions of them in a simulation.
class Members {
 public:
  explicit Members(std::string& out) : out_(out) {}
  void Number(std::string_view name, int64_t value) {
    char text[64];
    char* end = Name(text, name);
    out_.append(text, std::to_chars(end, text + sizeof text, value).ptr);
  }
  void Text(std::string_view name, const std::string& value) {
    char text[64];
    out_.append(text, Name(text, name));
    const bool is_plain = std::ranges::all_of(value, IsPlain);
    if (is_plain) ((out_ += '"') += value) += '"';
    else out_ += WriteJson(Json(value));
  }
  void Flag(std::string_view name, bool value) {
    char text[64];
    out_.append(text, Name(text, name)).append(value ? "true" : "false");
  }

 private:
  static bool IsPlain(char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; }
  char* Name(char* text, std::string_view name) const {
    if (out_.back() != '{') *text++ = ',';
    *text++ = '"';
    text = std::ranges::copy(name, text).out;
    *text++ = '"';
    *text++ = ':';
    return text;
  }
  std::string& out_;
};

void AddSeen(std::string& out, const std::vector<SeenMachine>& machines) {
  if (out.back() != '{') out += ',';
  out += "\"seen\":[";
  for (const SeenMachine& seen : machines) {
    out += out.back() == '[' ? "{" : ",{";
    Members members(out);
    members.Text("machine", seen.machine);
    members.Number("rental", seen.rental);
    members.Flag("paused", seen.paused);
    members.Number("micro_usd_per_hour", seen.micro_usd_per_hour);
    members.Number("made_at_ms", seen.made_at_ms);
    out += '}';
  }
  out += ']';
}

SeenMachine SeenOf(const Json& json) {
  return {json.StringOr("machine", ""), json.IntOr("rental", 0), json.BoolOr("paused", false),
          json.IntOr("micro_usd_per_hour", 0), json.IntOr("made_at_ms", 0)};
}

void AddFacts(std::string& out, const Facts& facts) {
  Members members(out);
  for (const NamedFact& fact : kNumbers) {
    if (facts.*fact.member != 0) members.Number(fact.name, facts.*fact.member);
  }
  if (!facts.machine.empty()) members.Text("machine", facts.machine);
  if (!facts.offer.empty()) members.Text("offer", facts.offer);
  if (!facts.seen.empty()) AddSeen(out, facts.seen);
}

std::string BodyOf(const Event& event) {
  std::string out;
  out.reserve(96);
  if (event.data.members().empty()) out = '{';
  else out = WriteJson(event.data), out.pop_back();
  AddFacts(out, event.facts);
  out += '}';
  return out;
}

Facts FactsOf(const Json& body) {
  Facts facts;
  for (const auto& [name, value] : body.members()) {
    const auto fact = std::ranges::find(kNumbers, name, &NamedFact::name);
    if (fact != std::end(kNumbers)) facts.*fact->member = value.AsInt().value_or(0);
  }
  facts.machine = body.StringOr("machine", "");
  facts.offer = body.StringOr("offer", "");
  if (const Json* seen = body.Find("seen")) {
    for (const Json& machine : seen->items()) facts.seen.push_back(SeenOf(machine));
  }
  return facts;
}

// Reads what AddFacts writes, and nothing else: most bodies are that, and recovery reads them all.
class FactsScanner {
 public:
  explicit FactsScanner(std::string_view body) : at_(body.data()), end_(at_ + body.size()) {}

  // Empty: the body is another one.
  std::optional<Facts> Scan() {
    Facts facts;
    bool is_known = Takes("{");
    for (std::string_view name; is_known && Name(name);) {
      is_known = Member(facts, name) && (Takes(",") || Sees('}'));
    }
    if (!is_known || !Takes("}") || at_ != end_) return std::nullopt;
    return facts;
  }

 private:
  bool Sees(char c) const { return at_ != end_ && *at_ == c; }
  bool Takes(std::string_view text) {
    if (!std::string_view(at_, end_).starts_with(text)) return false;
    at_ += text.size();
    return true;
  }
  bool Quoted(std::string_view& text) {
    if (!Takes("\"")) return false;
    const char* const quote = std::find(at_, end_, '"');
    text = {at_, quote};
    at_ = quote;
    return text.find('\\') == std::string_view::npos && Takes("\"");
  }
  bool Name(std::string_view& name) { return Quoted(name) && Takes(":"); }
  bool Number(int64_t& value) {
    const auto [next, error] = std::from_chars(at_, end_, value);
    at_ = next;
    return error == std::errc();
  }
  bool Text(std::string& text) {
    std::string_view plain;
    if (!Quoted(plain)) return false;
    text = plain;
    return true;
  }
  bool Member(Facts& facts, std::string_view name) {
    if (name == "machine") return Text(facts.machine);
    if (name == "offer") return Text(facts.offer);
    if (name == "seen") return Seen(facts.seen);
    const auto fact = std::ranges::find(kNumbers, name, &NamedFact::name);
    return fact != std::end(kNumbers) && Number(facts.*fact->member);
  }
  bool Seen(std::vector<SeenMachine>& machines) {
    if (!Takes("[")) return false;
    do {
      SeenMachine& seen = machines.emplace_back();
      const bool is_whole = Takes("{\"machine\":") && Text(seen.machine) && Takes(",\"rental\":") &&
                            Number(seen.rental) && Takes(",\"paused\":") && Flag(seen.paused) &&
                            Takes(",\"micro_usd_per_hour\":") && Number(seen.micro_usd_per_hour) &&
                            Takes(",\"made_at_ms\":") && Number(seen.made_at_ms) && Takes("}");
      if (!is_whole) return false;
    } while (Takes(","));
    return Takes("]");
  }
  bool Flag(bool& value) {
    value = Takes("true");
    return value || Takes("false");
  }

  const char* at_;
  const char* end_;
};

uint64_t SumOf(const JournalRecord& record) {
  const int64_t head[] = {record.seq, static_cast<int64_t>(record.kind), record.at_ms,
                          record.awake_ms, record.agent_seq};
  uint64_t sum = XXH3_64bits(head, sizeof head);
  sum = XXH3_64bits_withSeed(record.effect.data(), record.effect.size(), sum);
  sum = XXH3_64bits_withSeed(record.body.data(), record.body.size(), sum);
  return std::max<uint64_t>(sum >> 1, 1);  // 63 bits: SQLite's integers have a sign
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
  if (std::optional<Facts> facts = FactsScanner(record.body).Scan()) {
    event.data = Json::MakeObject();
    event.facts = *std::move(facts);
    return event;
  }
  Result<Json> body = ParseJson(record.body);
  if (!body.ok()) return Corrupt(fmt::format("record {} of the journal is no JSON", record.seq));
  event.facts = FactsOf(*body);
  event.data = *std::move(body);
  return event;
}

}  // namespace curbstop
