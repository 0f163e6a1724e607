#include "machine/accelerators.h"

#include <gtest/gtest.h>

namespace curbstop {
namespace {

std::string NameOfSpelling(std::string_view spelling, std::optional<Bytes> memory = {}) {
  const Accelerator* found = BundledAccelerators().Find(spelling, memory);
  return found == nullptr ? "" : found->name;
}

TEST(Accelerators, TheBundledCatalogueHolds173Rows) {
  EXPECT_EQ(BundledAccelerators().all().size(), 173u);  // catalog/README.md
}

// Figures from catalog/gpus.csv.
TEST(Accelerators, ARowHasMemoryBandwidthPowerAndCapability) {
  const Accelerator* card = BundledAccelerators().Find("RTX-3080");
  ASSERT_NE(card, nullptr);
  EXPECT_EQ(card->memory, GiB(10));
  EXPECT_EQ(card->bandwidth_gbps, 760);
  EXPECT_EQ(card->tdp_watts, 320);
  EXPECT_EQ(card->compute_capability, "8.6");
}

TEST(Accelerators, DriversAndProvidersSpellingsLeadToOneName) {
  EXPECT_EQ(NameOfSpelling("NVIDIA GeForce RTX 3080"), "RTX-3080");
  EXPECT_EQ(NameOfSpelling("rtx_3080"), "RTX-3080");
  EXPECT_EQ(NameOfSpelling("NVIDIA A100-SXM4-80GB"), "A100-SXM4-80GB");
  EXPECT_EQ(NameOfSpelling("Tesla T4"), "T4");
  EXPECT_EQ(NameOfSpelling("NVIDIA GeForce RTX 4070 Ti SUPER"), "RTX-4070-Ti-SUPER");
  EXPECT_EQ(NameOfSpelling("NVIDIA GeForce RTX 4060 Laptop GPU"), "RTX-4060-Laptop");
  EXPECT_EQ(NameOfSpelling("Apple M2 Pro"), "APPLE-M2-PRO");
  EXPECT_EQ(NameOfSpelling("AMD Radeon RX 7900 XTX"), "RX-7900-XTX");
  EXPECT_EQ(NameOfSpelling("Intel Arc A770"), "ARC-A770");
}

TEST(Accelerators, MemoryDecidesBetweenCardsOfOneSpelling) {
  EXPECT_EQ(NameOfSpelling("NVIDIA GeForce RTX 3080", MiB(10240)), "RTX-3080");
  EXPECT_EQ(NameOfSpelling("NVIDIA GeForce RTX 3080", MiB(12288)), "RTX-3080-12GB");
  EXPECT_EQ(NameOfSpelling("NVIDIA GeForce RTX 4060 Ti", MiB(16380)), "RTX-4060-Ti-16GB");
  EXPECT_EQ(NameOfSpelling("NVIDIA GeForce RTX 4060 Ti", MiB(8188)), "RTX-4060-Ti-8GB");
}

TEST(Accelerators, AnUnknownSpellingIsNotGuessed) {
  EXPECT_EQ(NameOfSpelling("NVIDIA GeForce RTX 9999"), "");
  EXPECT_EQ(NameOfSpelling(""), "");
  EXPECT_EQ(NameOfSpelling("NVIDIA"), "");
}

TEST(Accelerators, AMistypedNameHasASuggestion) {
  EXPECT_EQ(BundledAccelerators().DidYouMeanName("RTX-308O"), " (did you mean `RTX-3080`?)");
}

TEST(Accelerators, ACatalogueWithAMissingColumnOrCellIsRefused) {
  EXPECT_FALSE(AcceleratorCatalogue::Parse("", "").ok());
  EXPECT_FALSE(AcceleratorCatalogue::Parse("name,vendor\nA,b\n", "spelling,gpu_name\n").ok());
  const Result<AcceleratorCatalogue> cut = AcceleratorCatalogue::Parse(
      "name,vendor,class,memory_gib,usable_memory_mib,memory_bandwidth_gbps,bf16_dense_tflops,"
      "fp16_dense_tflops,tdp_w,arch,compute_capability,source\nA,b,c\n",
      "spelling,gpu_name\n");
  ASSERT_FALSE(cut.ok());
  EXPECT_EQ(cut.error().message(), "`gpus.csv` line 2 has 3 cells, expected 12");
}

TEST(Accelerators, EveryAliasButTheKnownExceptionHasItsRow) {
  // catalog/README.md: QUALCOMM-AI100 is a target that gpus.csv does not have.
  EXPECT_EQ(NameOfSpelling("qualcomm-ai100"), "");
  for (const char* spelling : {"a10g", "h100", "nvidia-tesla-v100", "AMD Instinct MI300X OAM"}) {
    EXPECT_NE(NameOfSpelling(spelling), "") << spelling;
  }
}

}  // namespace
}  // namespace curbstop
