#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/csv.h"
#include "base/text.h"
#include "market/match.h"
#include "market/offer.h"

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

using Records = std::vector<std::vector<std::string>>;

Result<Records> ReadAll(std::string_view text) {
  CsvReader reader(text);
  Records records;
  std::vector<std::string_view> fields;
  for (;;) {
    TRY_ASSIGN(const bool more, reader.Next(fields));
    if (!more) return records;
    records.emplace_back(fields.begin(), fields.end());
  }
}

TEST(Csv, QuotesHoldCommasLineEndsAndDoubledQuotes) {
  const Result<Records> records = ReadAll(
      "\xEF\xBB\xBF"
      "a,\"b, c\"\r\n\r\n\"d\ne\",\"say \"\"f\"\"\"\n\"\",");
  ASSERT_TRUE(records.ok());
  EXPECT_THAT(*records, ElementsAre(ElementsAre("a", "b, c"), ElementsAre("d\ne", "say \"f\""),
                                    ElementsAre("", "")));
}

TEST(Csv, AnEmptyTextHasNoRecords) {
  for (const char* text : {"", "\n", "\r\n\n", "\xEF\xBB\xBF"})
    EXPECT_TRUE(ReadAll(text).ok() && ReadAll(text)->empty());
}

TEST(Csv, BrokenQuotesNameTheLine) {
  EXPECT_EQ(ReadAll("a\nb,\"c").error().message(), "line 2: a quote is not closed");
  for (const char* text : {"a\n\"b\"c", "a\nb\"c", "a\nb\rc"}) {
    EXPECT_THAT(ReadAll(text).error().message(), HasSubstr("line 2: ")) << text;
  }
}

TEST(Csv, AfterABrokenRecordTheNextLineIsRead) {
  CsvReader reader("a\n\"b\nc\nd\"e\nf\n");
  std::vector<std::string_view> fields;
  std::string seen;
  for (;;) {
    const Result<bool> more = reader.Next(fields);
    if (!more.ok()) {
      seen += fmt::format("broken {}, ", reader.line());
      reader.SkipBroken();
    } else if (*more) {
      seen += fmt::format("{} {}, ", fields[0], reader.line());
    } else {
      break;
    }
  }
  EXPECT_EQ(seen, "a 1, broken 2, c 3, broken 4, f 5, ");
}

TEST(Csv, ARecordBeyondTheLimitIsBroken) {
  for (const char* text : {"abcdefgh\nb", "\"abcdefgh\"\nb", "a,b,c,d,e,f\nb"}) {
    CsvReader reader(text, 7);
    std::vector<std::string_view> fields;
    EXPECT_FALSE(reader.Next(fields).ok()) << text;
    reader.SkipBroken();
    ASSERT_TRUE(*reader.Next(fields));
    EXPECT_THAT(fields, ElementsAre("b"));
  }
}

TEST(Csv, LinesInsideQuotesCountToo) {
  CsvReader reader("\"a\nb\"\nc\n");
  std::vector<std::string_view> fields;
  ASSERT_TRUE(*reader.Next(fields));
  ASSERT_TRUE(*reader.Next(fields));
  EXPECT_EQ(reader.line(), 3);
}

RC_GTEST_PROP(Csv, WhatIsQuotedComesBack, (std::vector<std::vector<std::string>> records)) {
  std::erase_if(records, [](const auto& fields) { return fields.empty(); });
  std::string text;
  for (const auto& fields : records) {
    for (size_t i = 0; i < fields.size(); ++i) {
      text += i > 0 ? "," : "";
      text += '"';
      for (const char c : fields[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += '"';
    }
    text += "\n";
  }
  const Result<Records> read = ReadAll(text);
  RC_ASSERT(read.ok());
  RC_ASSERT(*read == records);
}

TEST(Arch, IsReadFromTheNamesOfTheProviders) {
  struct Case {
    const char* provider;
    const char* type;
    const char* gpu;
    const char* arch;
  };
  const Case cases[] = {
      {"aws", "t4g.medium", "", "arm64"},           {"aws", "m7g.large", "", "arm64"},
      {"aws", "im4gn.large", "", "arm64"},          {"aws", "is4gen.large", "", "arm64"},
      {"aws", "g5g.xlarge", "T4G", "arm64"},        {"aws", "a1.large", "", "arm64"},
      {"aws", "g5.xlarge", "A10G", "x86_64"},       {"aws", "m7i.large", "", "x86_64"},
      {"aws", "g4dn.xlarge", "T4", "x86_64"},       {"azure", "Standard_D2ps_v6", "", "arm64"},
      {"azure", "Standard_D2as_v6", "", "x86_64"},  {"azure", "Standard_NP10s", "", "x86_64"},
      {"gcp", "c4a-standard-4", "", "arm64"},       {"gcp", "n2-standard-4", "", "x86_64"},
      {"lambda", "gpu_1x_gh200", "GH200", "arm64"}, {"vast", "m7g", "", "x86_64"},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(ArchOf(Offer{.provider = c.provider, .type = c.type, .gpu_name = c.gpu}), c.arch)
        << c.type;
  }
}

Offer Card(double count, int64_t memory_gib) {
  return {.provider = "x",
          .type = "t",
          .gpu_name = "A10",
          .gpu_count = count,
          .gpu_memory = GiB(memory_gib),
          .vcpus = 8,
          .memory = GiB(32),
          .per_hour = MicroUsd(1)};
}

TEST(Match, EachNeedIsHeldAgainstWhatIsListed) {
  const Need gpu{.gpu = GpuNeed{.count = 1, .memory = Bytes{10'000'000'000}}};
  struct Case {
    Need need;
    Offer offer;
    const char* reason = "";  // with the offer's figure
  };
  const Offer plain{
      .provider = "x", .type = "t", .vcpus = 8, .memory = GiB(32), .per_hour = MicroUsd(1)};
  const Case cases[] = {
      {{}, plain, ""},
      {gpu, plain, "no GPU"},
      {gpu, Card(1, 24), ""},
      {gpu, Card(1, 8), "GPU memory 8 GiB, below 10 GB"},
      {gpu, Card(0.5, 24), ""},  // half a 24 GiB card: 12 GiB
      {gpu, Card(0.25, 24), "GPU memory 6 GiB, below 10 GB"},
      {{.gpu = GpuNeed{.count = 2}}, Card(1, 24), "1 GPU, below 2"},
      {{.gpu = GpuNeed{.name = "a 10"}}, Card(1, 24), ""},
      {{.gpu = GpuNeed{.name = "L4"}}, Card(1, 24), "GPU is A10, not `L4`"},
      {{.cpus = 9}, plain, "8 CPUs, below 9"},
      {{.cpus = 8}, plain, ""},
      {{.memory = GiB(33)}, plain, "memory 32 GiB, below 33 GiB"},
      {{.arch = "arm64"}, plain, "CPU is x86_64, not arm64"},
  };
  for (const Case& c : cases) {
    const Mismatch mismatch = FindMismatch(c.need, SpotUse::kAuto, c.offer);
    EXPECT_EQ(ReasonText(mismatch, c.need, SpotUse::kAuto, c.offer), c.reason);
  }
}

TEST(Match, WhatIsNotListedIsKeptAndSaid) {
  const Offer offer{
      .provider = "x", .type = "t", .gpu_name = "A10", .gpu_count = 1, .per_hour = MicroUsd(1)};
  const Need need{.gpu = GpuNeed{.memory = GiB(10)}, .cpus = 4, .memory = GiB(16)};
  EXPECT_EQ(FindMismatch(need, SpotUse::kAuto, offer), Mismatch::kNone);
  EXPECT_EQ(UnlistedText(need, offer), "GPU memory, CPUs, memory not listed");
  EXPECT_EQ(UnlistedText({}, offer), "");
}

TEST(Match, ThePriceIsOnDemandUnlessTheStepWantsSpotOnly) {
  Offer offer{
      .provider = "x", .type = "t", .per_hour = MicroUsd(100), .spot_per_hour = MicroUsd(40)};
  EXPECT_EQ(PriceFor(SpotUse::kAuto, offer), MicroUsd(100));
  EXPECT_EQ(PriceFor(SpotUse::kNever, offer), MicroUsd(100));
  EXPECT_EQ(PriceFor(SpotUse::kOnly, offer), MicroUsd(40));
  offer.per_hour.reset();
  EXPECT_EQ(ReasonText(FindMismatch({}, SpotUse::kAuto, offer), {}, SpotUse::kAuto),
            "sold as spot only, or no price known");
}

TEST(Match, AGpuIsNamedByItsChipInAnySpelling) {
  EXPECT_TRUE(IsGpuNamed("RTX-4090", "rtx 4090"));
  EXPECT_TRUE(IsGpuNamed("RTX 4090", "RTX4090"));
  EXPECT_TRUE(IsGpuNamed("A100-SXM4-80GB", "A100"));
  EXPECT_TRUE(IsGpuNamed("A100-SXM4-80GB", "a100_sxm4"));
  EXPECT_TRUE(IsGpuNamed("RTX-3080-12GB", "RTX-3080"));
  EXPECT_FALSE(IsGpuNamed("A100-PCIE-40GB", "A100-SXM4"));
  EXPECT_FALSE(IsGpuNamed("RTX-3080-Ti", "RTX-3080"));
  EXPECT_FALSE(IsGpuNamed("RTX-3080-Laptop", "RTX-3080"));
  EXPECT_FALSE(IsGpuNamed("RTX-4090", "RTX-409"));
  EXPECT_FALSE(IsGpuNamed("RTX-4090", "RTX-40900"));
  EXPECT_FALSE(IsGpuNamed("L40S", "L40"));
  EXPECT_FALSE(IsGpuNamed("A10G", "A10"));
}

TEST(Covers, WhatAsksForNoMoreIsServed) {
  const Need rented{.gpu = GpuNeed{2, "A100-SXM4-80GB", GiB(80)}, .cpus = 8, .memory = GiB(64)};
  EXPECT_TRUE(Covers(rented, rented));
  EXPECT_TRUE(Covers(rented, {}));
  EXPECT_TRUE(Covers(rented, {.gpu = GpuNeed{1, "A100", GiB(40)}, .cpus = 4}));
  EXPECT_TRUE(Covers({}, {.disk = GiB(900), .time = Millis(1)}));  // looked at elsewhere
  EXPECT_FALSE(Covers(rented, {.gpu = GpuNeed{3, "", {}}}));
  EXPECT_FALSE(Covers(rented, {.gpu = GpuNeed{1, "H100", {}}}));
  EXPECT_FALSE(Covers(rented, {.gpu = GpuNeed{1, "", GiB(81)}}));
  EXPECT_FALSE(Covers(rented, {.cpus = 9}));
  EXPECT_FALSE(Covers(rented, {.memory = GiB(65)}));
  EXPECT_FALSE(Covers(rented, {.arch = "arm64"}));
  EXPECT_FALSE(Covers({.gpu = GpuNeed{}}, {.gpu = GpuNeed{1, "", GiB(1)}}));  // nobody asked
}

}  // namespace
}  // namespace curbstop
