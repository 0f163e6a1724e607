#include "market/drivers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace curbstop {
namespace {

Place At(std::string region, std::string type) {
  return {.kind = PlaceKind::kProvider,
          .provider = "vast",
          .region = std::move(region),
          .type = std::move(type)};
}

Offer Sold(std::string region, std::string type) {
  return {.provider = "vast", .region = std::move(region), .type = std::move(type)};
}

TEST(Drivers, AreListedWhereAPlaceHasNone) {
  EXPECT_TRUE(CheckPlaceWorks(At("", ""), ProvidersWithDriver()).ok());
  EXPECT_TRUE(CheckPlaceWorks({.kind = PlaceKind::kCloud}, ProvidersWithDriver()).ok());
  const Status none =
      CheckPlaceWorks({.kind = PlaceKind::kProvider, .provider = "aws"}, ProvidersWithDriver());
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().hint(), "places that work: auto, local, cloud, runpod, vast");
}

// Spellings of the price list (vastai) and of the providers' own answers.
TEST(Drivers, ARegionIsKnownByOneOfItsParts) {
  EXPECT_TRUE(IsSoldAt(At("", ""), Sold("Alberta, CA, NA", "x")));
  for (const char* wanted : {"CA", "ca", "alberta", "NA", "any"})
    EXPECT_TRUE(IsSoldAt(At(wanted, ""), Sold("Alberta, CA, NA", "x"))) << wanted;
  EXPECT_TRUE(IsSoldAt(At("British-Columbia", ""), Sold("British Columbia, CA, NA", "x")));
  EXPECT_TRUE(IsSoldAt(At("EU-RO-1", ""), Sold("EU-RO-1", "x")));
  EXPECT_TRUE(IsSoldAt(At("EU-RO-1", ""), Sold("any", "x")));
  EXPECT_TRUE(IsSoldAt(At("US", ""), Sold("global", "x")));
  for (const char* wanted : {"C", "US", "berta", "Alberta-CA", "EU-RO-1"})
    EXPECT_FALSE(IsSoldAt(At(wanted, ""), Sold("Alberta, CA, NA", "x"))) << wanted;
  EXPECT_FALSE(IsSoldAt(At("CA", ""), Sold("", "x")));
}

TEST(Drivers, ATypeIsKnownWithAndWithoutItsSizes) {
  const char* const listed = "8x-RTX_5090-32-65536";
  for (const char* wanted : {"8x-RTX_5090", "8x-rtx-5090", "8x-RTX_5090-32-65536"}) {
    EXPECT_TRUE(IsSoldAt(At("", wanted), Sold("", listed))) << wanted;
    EXPECT_TRUE(IsSoldAt(At("", wanted), Sold("", "8x RTX_5090"))) << wanted;
  }
  EXPECT_TRUE(IsSoldAt(At("", "NVIDIA-A40"), Sold("", "NVIDIA A40")));
  EXPECT_FALSE(IsSoldAt(At("", "NVIDIA-GeForce-RTX-3080"), Sold("", "NVIDIA GeForce RTX 3080 Ti")));
  for (const char* wanted : {"1x-RTX_5090", "8x-RTX_509", "8x-RTX_5090-Ti", "RTX_5090"})
    EXPECT_FALSE(IsSoldAt(At("", wanted), Sold("", listed))) << wanted;
}

}  // namespace
}  // namespace curbstop
