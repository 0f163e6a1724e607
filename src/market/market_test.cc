#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/csv.h"
#include "base/text.h"
#include "market/match.h"
#include "market/offer.h"
#include "sys/testing/fuzz_corpus.h"

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kHeader =
    "provider,region,zone,instance_type,gpu_name,gpu_count,gpu_memory_gib_per_gpu,vcpus,memory_gib,"
    "price_usd_per_hour,spot_price_usd_per_hour,source,as_of\n";

std::string File(std::string_view rows) { return std::string(kHeader) + std::string(rows); }

Offer OneOffer(std::string_view row) {
  const Result<std::vector<Offer>> offers = ParseOffers(File(row));
  EXPECT_TRUE(offers.ok()) << (offers.ok() ? "" : offers.error().Text());
  return offers.ok() && offers->size() == 1 ? offers->front() : Offer{};
}

std::string ErrorOf(std::string_view csv) {
  const Result<std::vector<Offer>> offers = ParseOffers(csv);
  return offers.ok() ? "no error" : offers.error().message();
}

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

TEST(OffersFuzz, TheCorpusPassesAgain) {
  EXPECT_GE(ReplayFuzzCorpus(CURBSTOP_SOURCE_DIR, "offers"), 25);
}

// Whatever the bytes, an answer or an error, never a crash; kept short so that it hits structure.
RC_GTEST_PROP(Offers, AnyBytesAreReadOrRefused, ()) {
  const auto byte = rc::gen::element(',', '"', '\n', '\r', '0', '.', '9', 'a', '\0', '\xFF');
  const std::string rows = *rc::gen::container<std::string>(byte);
  (void)ParseOffers(rows);
  (void)ParseOffers(File(rows));
}

TEST(Offers, ARowIsReadWithItsUnits) {
  const Offer offer = OneOffer(
      "vastai,\"Ohio, "
      "US\",z1,1x-RTX_4090,RTX-4090,0.5,24,16,62.5,0.402219,0.000001,gpi,2026-10-10\n");
  EXPECT_EQ(offer.provider, "vast");
  EXPECT_EQ(offer.region, "Ohio, US");
  EXPECT_EQ(offer.zone, "z1");
  EXPECT_EQ(offer.gpu_count, 0.5);
  EXPECT_EQ(offer.gpu_memory, GiB(24));
  EXPECT_EQ(offer.vcpus, 16);
  EXPECT_EQ(offer.memory, Bytes{67'108'864'000});  // 62.5 x 2^30
  EXPECT_EQ(offer.per_hour, MicroUsd(402'219));
  EXPECT_EQ(offer.spot_per_hour, MicroUsd(1));
  EXPECT_EQ(offer.source, "gpi");
  EXPECT_EQ(offer.as_of, "2026-10-10");
}

TEST(Offers, EmptyFieldsAreUnknown) {
  const Offer offer = OneOffer("thundercompute,us,,cpu,,,,,,1,,tce,2026-06-21");
  EXPECT_EQ(offer.provider, "thunder");
  EXPECT_EQ(offer.gpu_count, 0);
  EXPECT_FALSE(offer.gpu_memory || offer.vcpus || offer.memory || offer.spot_per_hour);
  EXPECT_EQ(offer.per_hour, MicroUsd(1'000'000));
}

TEST(Offers, ColumnsMayStandInAnyOrderWithTheLicenceNoteOrWithout) {
  const Result<std::vector<Offer>> offers = ParseOffers(
      "as_of,licence_note,source,spot_price_usd_per_hour,price_usd_per_hour,memory_gib,vcpus,gpu_"
      "memory_gib_per_gpu,"
      "gpu_count,gpu_name,instance_type,zone,region,provider\r\n2026-10-10,,s,,2.5,,,,,,t,,r,"
      "aws\r\n");
  ASSERT_TRUE(offers.ok());
  EXPECT_EQ(offers->at(0).provider, "aws");
  EXPECT_EQ(offers->at(0).per_hour, MicroUsd(2'500'000));
}

TEST(Offers, AWrongFieldNamesLineColumnAndWhatIsAllowed) {
  struct Case {
    const char* row;
    const char* message;
  };
  const Case cases[] = {
      {"aws,r,,t,,,,,,-1,,s,2026-10-10",
       "line 2, column `price_usd_per_hour`: `-1` is not a price in USD per hour"},
      {"aws,r,,t,,,,,,nan,,s,2026-10-10",
       "line 2, column `price_usd_per_hour`: `nan` is not a price"},
      {"aws,r,,t,,,,,,1e308,,s,2026-10-10", "`1e308` is not a price"},
      {"aws,r,,t,,,,,,0.1234567,,s,2026-10-10", "`0.1234567` is not a price"},
      {"aws,r,,t,,,,,,1000000.000001,,s,2026-10-10", "is not a price"},
      {"aws,r,,t,,,,,,9999999999999999999999,,s,2026-10-10", "is not a price"},
      {"aws,r,,t,,,,,,1.,,s,2026-10-10", "`1.` is not a price"},
      {"aws,r,,t,,,,,,,$1,s,2026-10-10", "column `spot_price_usd_per_hour`: `$1` is not a price"},
      {"aws,r,,t,A10,inf,,,,1,,s,2026-10-10",
       "column `gpu_count`: `inf` is not a number above 0 and up to 4096"},
      {"aws,r,,t,A10,0,,,,1,,s,2026-10-10", "column `gpu_count`: `0` is not a number above 0"},
      {"aws,r,,t,A10,,,,,1,,s,2026-10-10",
       "column `gpu_count`: `` is not the number of GPUs that `gpu_name` needs"},
      {"aws,r,,t,,2,,,,1,,s,2026-10-10", "column `gpu_count`: `2` is not empty, as `gpu_name` is"},
      {"aws,r,,t,,,,0x10,,1,,s,2026-10-10", "column `vcpus`: `0x10` is not a number"},
      {"aws,r,,t,,,,,1e30,1,,s,2026-10-10", "column `memory_gib`: `1e30` is not a number"},
      {",r,,t,,,,,,1,,s,2026-10-10", "column `provider`: `` is not a name: it is empty"},
      {"aws,r,,t\x1b[2J,,,,,,1,,s,2026-10-10",
       "column `instance_type`: `t\\x1b[2J` is not printable UTF-8"},
      {"aws,\xff,,t,,,,,,1,,s,2026-10-10", "column `region`: `\\xff` is not printable UTF-8"},
      {"aws,r,,t,,,,,,1,,s,2026-13-10",
       "column `as_of`: `2026-13-10` is not a date like 2026-10-31"},
      {"aws,r,,t,,,,,,1,,s", "line 2: 12 fields, expected 13 as in line 1"},
  };
  for (const Case& c : cases) EXPECT_THAT(ErrorOf(File(c.row)), HasSubstr(c.message)) << c.row;
}

TEST(Offers, AWrongHeaderIsRefused) {
  EXPECT_EQ(ErrorOf(""), "line 1: the file is empty");
  EXPECT_EQ(ErrorOf("provider,region\n"), "line 1: the column `zone` is missing");
  EXPECT_EQ(ErrorOf("provider,regoin\n"),
            "line 1: `regoin` is not a column of an offers file (did you mean `region`?)");
  EXPECT_EQ(ErrorOf("zone,zone\n"), "line 1: the column `zone` stands there twice");
}

TEST(Offers, ARowWhoseSpotPriceIsAboveOnDemandIsSetAsideAndCounted) {
  Result<std::vector<Offer>> offers =
      ParseOffers(File("aws,r,,a,,,,,,1,1.000001,s,2026-10-10\n"
                       "aws,r,,b,,,,,,1,1,s,2026-10-10\n"
                       "aws,r,,c,,,,,,,2,s,2026-10-10\n"));
  ASSERT_TRUE(offers.ok());
  EXPECT_EQ(SetAsideContradictions(*offers), 1);
  ASSERT_EQ(offers->size(), 2u);
  EXPECT_EQ(offers->at(0).type, "b");
}

TEST(Offers, AreSortedByTheirPriceOnDemandAndEqualOnesKeepTheirOrder) {
  Result<std::vector<Offer>> offers =
      ParseOffers(File("aws,r,,none,,,,,,,1,s,2026-10-10\n"
                       "aws,r,,dear,,,,,,2,,s,2026-10-10\n"
                       "aws,r,,z,,,,,,1,,s,2026-10-10\n"
                       "aws,r,,a,,,,,,1,,s,2026-10-10\n"));
  ASSERT_TRUE(offers.ok());
  SortByPrice(*offers);
  std::string order;
  for (const Offer& offer : *offers) order += offer.type + " ";
  EXPECT_EQ(order, "z a dear none ");
}

// Counts from catalog/README.md.
TEST(BundledOffers, AreThoseOfTheCatalogue) {
  Result<std::vector<Offer>> offers = ParseOffers(BundledOffersCsv());
  ASSERT_TRUE(offers.ok()) << offers.error().Text();
  EXPECT_EQ(offers->size(), 5360u);
  std::map<std::string, int> by_source;
  for (const Offer& offer : *offers) ++by_source[offer.source];
  EXPECT_EQ(by_source["anycloud-azure"], 1969);
  EXPECT_EQ(by_source["cyclenerd-gcp"], 1363);
  EXPECT_EQ(by_source.count("sky"), 0u);
  EXPECT_EQ(SetAsideContradictions(*offers), 0);
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

}  // namespace
}  // namespace curbstop
