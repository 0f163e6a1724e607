#include "run/supervisor/record.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace curbstop {
namespace {

void ExpectTheSame(const Event& event) {
  const JournalRecord record = EncodeEvent(event, 7);
  const Result<Event> read = DecodeRecord(record);
  ASSERT_TRUE(read.ok()) << record.body;
  EXPECT_EQ(read->kind, event.kind);
  EXPECT_EQ(read->effect, event.effect);
  EXPECT_EQ(read->facts, event.facts) << record.body;
  for (const auto& [name, value] : event.data.members()) {
    ASSERT_NE(read->data.Find(name), nullptr) << record.body;
    EXPECT_EQ(*read->data.Find(name), value) << record.body;
  }
}

Event Looked(const std::string& machine) {
  Event event;
  event.kind = EventKind::kLooked;
  event.facts.boot_ms = 5;
  event.facts.offer = machine;
  event.facts.seen = {{machine, 1, false, 300'000, 18}, {"m2", 0, true, INT64_MAX, INT64_MIN}};
  return event;
}

TEST(Record, WhateverAProviderCallsItsMachinesComesBack) {
  for (const char* machine :
       {"m1", "", "a\"b", "a\\", "\\\"},{", "\u00fc\u2713", "a\nb", "]}", "\x01"}) {
    ExpectTheSame(Looked(machine));
  }
}

RC_GTEST_PROP(Record, AnyEventComesBack, (const std::string& text, int64_t a, int64_t b)) {
  const std::string plain = WriteJson(Json(text));  // UTF-8, as a provider's answer is
  Event event = Looked(plain);
  event.facts.rental = a;
  event.facts.interval_ms = b;
  ExpectTheSame(event);
  event.data = Json::MakeObject({{"error", plain}, {"n", a}, {"flag", true}});
  ExpectTheSame(event);
}

TEST(Record, AccountsComeBack) {
  for (const char* account : {"runpod", "a\"b", "practice:vast"}) {
    Event event = Looked("m1");
    event.facts.account = account;
    event.facts.seen[1].account = account;
    ExpectTheSame(event);
    event.facts.listed = {{"", 0}, {account, 1'700'000'000'000}};
    ExpectTheSame(event);
    event.facts.seen.clear();
    ExpectTheSame(event);
  }
}

TEST(Record, AChangedByteIsSeenWhereverItIs) {
  const JournalRecord whole = EncodeEvent(Looked("m1"), 7);
  for (size_t i = 0; i < whole.body.size(); ++i) {
    JournalRecord changed = whole;
    changed.body[i] ^= 1;
    EXPECT_FALSE(DecodeRecord(changed).ok()) << i;
  }
  JournalRecord moved = whole;
  moved.seq = 8;
  EXPECT_FALSE(DecodeRecord(moved).ok());
}

JournalRecord OfVersion1(const std::string& body, const std::string& effect = "") {
  JournalRecord record;  // without a sum, so that nothing but the reading refuses it
  record.kind = EventKind::kTick;
  record.body = body;
  record.effect = effect;
  return record;
}

// Most bodies are read without the JSON parser; that must not show.
TEST(Record, ABodyIsReadAsTheJsonParserReadsIt) {
  for (const char* body :
       {R"({"kind":"safe","work_ms":-5,"complete":true})", R"({"a":0,"b":-0,"c":""})",
        R"({"a":9223372036854775807,"b":9223372036854775808})", R"({"a":1.0,"b":1e3})",
        R"({"a":"q\"uote","b":"\u00fc"})", "{\"a\":\"\u00fc\"}", R"({"a":1,"b":2,"a":3})",
        R"({"a":[1,{"b":null}]})", R"({ "a" : 1 })"}) {
    const Result<Event> event = DecodeRecord(OfVersion1(body));
    ASSERT_TRUE(event.ok()) << body;
    EXPECT_EQ(event->data, *ParseJson(body)) << body;
  }
  for (const char* body :
       {"", "{", R"({"a":007})", R"({"a":1,})", R"({"boot_ms":5,})", R"({"a":tru})", R"({"a":1}x)",
        R"({"a":})", R"({"a" 1})", "{\"a\":\"\x01\"}"}) {
    EXPECT_FALSE(DecodeRecord(OfVersion1(body)).ok()) << body;
  }
}

TEST(Record, AnEffectIsNamedByTwoNumbers) {
  const Result<Event> event = DecodeRecord(OfVersion1("{}", "12.3"));
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->effect, (EffectId{12, 3}));
  EXPECT_EQ(TextOf(event->effect), "12.3");
  for (const char* text : {"1", "1.", ".0", "x.0", "1.0 ", "1.x", "0.0", "-1.0", "1.-1", "1,0",
                           "99999999999999999999.0"}) {
    EXPECT_FALSE(DecodeRecord(OfVersion1("{}", text)).ok()) << text;
  }
}

// A later curbstop may tell more: keys are only added.
TEST(Record, AnUnknownKeyIsReadOver) {
  JournalRecord record;
  record.kind = EventKind::kTick;
  record.body = R"({"boot_ms":5,"of_a_later_version":[1,{"x":"y"}],"rental":3})";
  const Result<Event> event = DecodeRecord(record);
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->facts.boot_ms, 5);
  EXPECT_EQ(event->facts.rental, 3);
}

}  // namespace
}  // namespace curbstop
