#include "market/offers_file.h"

#include <map>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/text.h"
#include "sys/testing/fuzz_corpus.h"

namespace curbstop {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kHeader =
    "provider,region,zone,instance_type,gpu_name,gpu_count,gpu_memory_gib_per_gpu,vcpus,memory_gib,"
    "price_usd_per_hour,spot_price_usd_per_hour,source,as_of\n";

std::string File(std::string_view rows) { return std::string(kHeader) + std::string(rows); }

OffersFile Read(std::string_view rows) {
  Result<OffersFile> file = ReadOffers(File(rows), "2026-12-01");
  EXPECT_TRUE(file.ok()) << (file.ok() ? "" : file.error().Text());
  return file.ok() ? *std::move(file) : OffersFile{};
}

Offer OneOffer(std::string_view row) {
  const OffersFile file = Read(row);
  EXPECT_TRUE(file.refused.empty()) << Join(file.refused, "\n");
  return file.offers.size() == 1 ? file.offers.front() : Offer{};
}

std::string HeaderError(std::string_view csv) {
  const Result<OffersFile> file = ReadOffers(csv, "");
  return file.ok() ? "no error" : file.error().message();
}

TEST(OffersFuzz, TheCorpusPassesAgain) {
  EXPECT_GE(ReplayFuzzCorpus(CURBSTOP_SOURCE_DIR, "offers"), 35);
}

// Whatever the bytes, an answer or an error, never a crash; kept short so that it hits structure.
RC_GTEST_PROP(Offers, AnyBytesAreReadOrRefused, ()) {
  const auto byte = rc::gen::element(',', '"', '\n', '\r', '0', '.', '9', 'a', '\0', '\xFF');
  const std::string rows = *rc::gen::container<std::string>(byte);
  (void)ReadOffers(rows, "");
  (void)ReadOffers(File(rows), "");
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
  const Result<OffersFile> file = ReadOffers(
      "as_of,licence_note,source,spot_price_usd_per_hour,price_usd_per_hour,memory_gib,vcpus,gpu_"
      "memory_gib_per_gpu,"
      "gpu_count,gpu_name,instance_type,zone,region,provider\r\n2026-10-10,,s,,2.5,,,,,,t,,r,"
      "aws\r\n",
      "");
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(file->offers.at(0).provider, "aws");
  EXPECT_EQ(file->offers.at(0).per_hour, MicroUsd(2'500'000));
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
      {"aws,r,,t,,,,,,0,,s,2026-10-10", "`0` is not a price"},
      {"aws,r,,t,,,,,,1 EUR,,s,2026-10-10", "`1 EUR` is not a price in USD"},
      {"aws,r,,t,,,,,,\xE2\x82\xAC"
       "1,,s,2026-10-10",
       "1` is not a price in USD"},
      {"aws,r,,t,,,,,,1,,s,2026-12-02", "`2026-12-02` is not a date up to today"},
      {"aws,r,,t,,,,,,1,,s,9999-12-31", "it is in the future"},
      {"aws,r,,\"t,,,,,,1,,s,2026-10-10", "line 2: a quote is not closed"},
      {"aws,r,,t\"x\",,,,,,1,,s,2026-10-10", "line 2: a quote stands inside a field"},
      {"aws,r,,t,,,,,,1,,s", "line 2: 12 fields, expected 13 as in line 1"},
  };
  for (const Case& c : cases) {
    const OffersFile file = Read(c.row);
    EXPECT_TRUE(file.offers.empty()) << c.row;
    EXPECT_THAT(file.refused, ElementsAre(HasSubstr(c.message))) << c.row;
  }
}

TEST(Offers, AWrongHeaderIsRefused) {
  EXPECT_EQ(HeaderError(""), "line 1: the file is empty");
  EXPECT_EQ(HeaderError("provider,region\n"), "line 1: the column `zone` is missing");
  EXPECT_EQ(HeaderError("provider,regoin\n"),
            "line 1: `regoin` is not a column of an offers file (did you mean `region`?)");
  EXPECT_EQ(HeaderError("zone,zone\n"), "line 1: the column `zone` stands there twice");
}

TEST(Offers, WhatIsWrongWithARowTakesNoOtherWithIt) {
  const OffersFile file = Read(
      "aws,r,,a,,,,,,1,,s,2026-10-10\n"
      "aws,r,,\"b,,,,,,1,,s,2026-10-10\n"
      "aws,r,,c,,,,,,-1,,s,2026-10-10\n"
      "\x7f"
      "ELF\x02\n"
      "aws,r,,d,,,,,,2,,s,2026-10-10\r\n"
      "aws,r\n"
      "aws,r,,e,,,,,,3,,s,2026-10-10");
  std::string kept;
  for (size_t i = 0; i < file.offers.size(); ++i)
    kept += fmt::format("{}{} ", file.offers[i].type, file.lines[i]);
  EXPECT_EQ(kept, "a2 d6 e8 ");
  EXPECT_EQ(file.refused_count, 4);
  EXPECT_THAT(file.refused, ElementsAre(HasSubstr("line 3: "), HasSubstr("line 4, column"),
                                        HasSubstr("line 5: "), HasSubstr("line 7: ")));
}

TEST(Offers, TheFirstOfTwoRowsWithOneKeyStays) {
  const OffersFile file = Read(
      "vastai,r,z,t,,,,,,1,,s,2026-10-10\n"
      "vastai,r,,t,,,,,,2,,s,2026-10-10\n"
      "vast,r,z,t,,,,,,0.1,,s,2026-10-10\n");
  EXPECT_EQ(file.offers.size(), 2u);
  EXPECT_THAT(file.refused,
              ElementsAre("line 4: provider, region, zone and type are those of line 2"));
}

// More keys than the table was made for: it grows, and still knows the first of them.
TEST(Offers, KeysAreKnownHoweverManyThereAre) {
  std::string rows;
  for (int i = 0; i < 5000; ++i) rows += fmt::format("a,,,{},,,,,,1,,s,2026-10-10\n", i);
  const OffersFile file = Read(rows + rows);
  EXPECT_EQ(file.offers.size(), 5000u);
  EXPECT_EQ(file.refused_count, 5000);
  EXPECT_EQ(file.refused.size(), kMostRefusedTold);
  EXPECT_THAT(file.refused[0], HasSubstr("line 5002: provider"));
}

TEST(Offers, AnErrorShowsNoMoreOfAFieldThanAPersonReads) {
  const OffersFile file = Read("aws,r,,t,,,,,," + std::string(3000, '9') + ",,s,2026-10-10");
  ASSERT_EQ(file.refused.size(), 1u);
  EXPECT_LT(file.refused[0].size(), 250u);
  EXPECT_LT(HeaderError(std::string(4000, '\x01')).size(), 250u);
  EXPECT_THAT(HeaderError(std::string(5000, ',')), HasSubstr("longer than 4096 bytes"));
}

// Counts from catalog/README.md.
TEST(BundledOffers, AreThoseOfTheCatalogue) {
  const Result<OffersFile> file = ReadOffers(BundledOffersCsv(), "2026-11-22");
  ASSERT_TRUE(file.ok()) << file.error().Text();
  EXPECT_TRUE(file->refused.empty()) << Join(file->refused, "\n");
  EXPECT_EQ(file->offers.size(), 5360u);
  std::map<std::string, int> by_source;
  for (const Offer& offer : file->offers) ++by_source[offer.source];
  EXPECT_EQ(by_source["anycloud-azure"], 1969);
  EXPECT_EQ(by_source["cyclenerd-gcp"], 1363);
  EXPECT_EQ(by_source.count("sky"), 0u);
}

}  // namespace
}  // namespace curbstop
