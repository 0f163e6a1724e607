#include "run/metrics_file.h"

#include <cmath>

#include <gtest/gtest.h>

#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

Result<Json> Read(std::string_view text) {
  const TemporaryFolder folder;
  return ReadMetrics(folder.WriteFile("metrics.json", text));
}

TEST(ReadMetrics, JoinsNestedNamesAndLeavesOutWhatIsNoNumber) {
  EXPECT_EQ(
      WriteJson(*Read(R"({"a": 1, "b": {"c": 0.5, "d": true}, "e": "x", "f": [1], "g": null})")),
      R"({"a":1,"b.c":0.5,"b.d":1.0})");
}

// What `json.dump({"loss": float("nan"), …})` of Python writes.
TEST(ReadMetrics, TakesWhatPythonWritesForNumbersThatAreNotFinite) {
  const Result<Json> read =
      Read(R"({"loss": NaN, "up": Infinity, "down": {"x": -Infinity}, "ok": 2})");
  ASSERT_TRUE(read.ok()) << read.error().Text();
  EXPECT_EQ(WriteJson(*read), R"({"loss":"NaN","up":"Infinity","down.x":"-Infinity","ok":2})");
  EXPECT_TRUE(std::isnan(MetricNumber(*read->Find("loss"))));
  EXPECT_EQ(MetricNumber(*read->Find("up")), HUGE_VAL);
  EXPECT_EQ(MetricNumber(*read->Find("down.x")), -HUGE_VAL);
  EXPECT_EQ(MetricNumber(*read->Find("ok")), 2);
}

TEST(ReadMetrics, ATextOfTheSameLettersIsNoNumber) {
  EXPECT_EQ(WriteJson(*Read(R"({"NaN": 1, "a": "NaN", "b": "say \"NaN\" \\", "c": NaN})")),
            R"({"NaN":1,"c":"NaN"})");
}

TEST(ReadMetrics, RefusesWhatIsNoJsonObject) {
  for (const char* text : {"", "[NaN]", "{\"a\": NaNa}", "{\"a\": \"NaN}", "{NaN: 1", "\"\\"}) {
    EXPECT_EQ(Read(text).error().kind(), ErrorKind::kInvalidInput) << text;
  }
}

}  // namespace
}  // namespace curbstop
