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
