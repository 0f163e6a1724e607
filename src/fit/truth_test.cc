// Truth rows: free text understood, figures counted rightly.
#include "fit/truth.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include "base/units.h"
#include "fit/hardware.h"
#include "fit/verify.h"

namespace curbstop::fit {
namespace {

Hardware Understood(std::string_view text) {
  return UnderstandHardware(text, BundledAccelerators());
}

struct Spelled {
  std::string_view text, name;
  int64_t count;
};

TEST(Hardware, IsUnderstoodAsPeopleWriteIt) {
  constexpr Spelled kSpelled[] = {{"1x RTX 4090 24GB", "RTX-4090", 1},
                                  {"8x A100 80GB", "A100-SXM4-80GB", 8},
                                  {"1x A100 40GB SXM", "A100-SXM4-40GB", 1},
                                  {"A100 PCIe 80GB * 4", "A100-PCIE-80GB", 4},
                                  {"3090 24GB * 2", "RTX-3090", 2},
                                  {"3070 8GB", "RTX-3070", 1},
                                  {"3080 Ti 12GB", "RTX-3080-Ti", 1},
                                  {"1x RTX 5000 Ada Generation", "RTX-5000-Ada", 1},
                                  {"M1 7-Core GPU 8GB", "APPLE-M1", 1},
                                  {"M2 Ultra 76-Core GPU 192GB", "APPLE-M2-ULTRA", 1},
                                  {"Apple M4 Pro 24GB", "APPLE-M4-PRO", 1},
                                  {"512x H100 80GB", "H100-SXM5", 512},
                                  {"1x H100 PCIe", "H100-PCIE", 1},
                                  {"4x Tesla T4 60GB", "T4", 4},
                                  {"B200 180GB TP1", "B200", 1},
                                  {"8x H200 TP8", "H200-SXM", 8},
                                  {"RTX-3080:2", "RTX-3080", 2},
                                  {"NVIDIA GB10 121.6GB", "GB10", 1},
                                  {"1x L40S 48GB", "L40S", 1},
                                  {"RX 7900 XTX 24GB", "RX-7900-XTX", 1},
                                  {"RTX 3070 Laptop 8GB", "RTX-3070-Laptop", 1},
                                  {"RTX PRO 6000 Blackwell Server TP1", "RTX-PRO-6000-Server", 1},
                                  {"4x A10G 24GB", "A10G", 4}};
  for (const Spelled& one : kSpelled) {
    const Hardware hardware = Understood(one.text);
    EXPECT_EQ(hardware.accelerator == nullptr ? "none" : hardware.accelerator->name, one.name)
        << one.text;
    EXPECT_EQ(hardware.count, one.count) << one.text;
  }
  EXPECT_EQ(Understood("1 GPU").accelerator, nullptr);
  EXPECT_EQ(Understood("CUDA 6 GPUs").count, 6);
}

TEST(Verify, CountsEveryRowAndNamesWhatItDidNotUnderstand) {
  const auto rows = ReadTruth(
      "id,model,params_b,dtype_quant,technique,seq_len,batch,ctx,hardware,metric,value,unit,grade,source,notes\n"
      "a,llama-3-8b,8.03,Q4_K_M,llama.cpp b2824,,1,8192,CUDA 1 GPU,kv_buffer:CUDA0,1024,MiB,A,x,\n"
      "b,llama-3-8b,8.03,Q4_K_M,llama.cpp b2824,,1,8192,CUDA 1 GPU,kv_buffer,2048,MiB,A,x,\n"
      "c,nobody,,Q4_K_M,llama.cpp b2824,,1,8192,CUDA 1 GPU,kv_buffer,1,MiB,A,x,\n"
      "d,llama-3-8b,8.03,F16,llama.cpp b2824 no FA,,1,8192,1x RTX 4080 16GB,oom,1,bool,A,x,\n",
      "t.csv");
  ASSERT_TRUE(rows.ok());
  const Verification found = Verify(*rows);
  ASSERT_EQ(found.metrics.size(), 2U);
  EXPECT_EQ(found.metrics[0].metric, "kv_buffer");
  EXPECT_EQ(found.metrics[0].rows, 3);
  EXPECT_EQ(found.metrics[0].understood, 2);
  EXPECT_EQ(found.metrics[0].worst, 50);
  EXPECT_EQ(found.metrics[0].coverage, 50);
  EXPECT_EQ(found.metrics[1].false_fits, 0);
  ASSERT_EQ(found.not_understood.size(), 1U);
  EXPECT_EQ(found.not_understood[0].id, "c");
}

// Whatever a row says: an estimate in order, or a reason.
RC_GTEST_PROP(Predict, AnyRowIsAnsweredOrNamed, ()) {
  const auto piece = rc::gen::element<std::string>(
      "llama-3-8b", "qwen3-30b-a3b", "1e308b", "0b", "-7b", "999999999999b", "bf16", "Q4_K_M",
      "nf4-dq", "AWQ g0", "EXL2 99", "llama.cpp b2824", "vLLM", "LoRA r", "full finetune",
      "FSDP 8 TP 0 PP 8", "-ub ", "-ngl 3", "-c 99999999999999999999", "8192", "0", "-1", "1e400",
      "nan", "8x", "RTX 3080", "H100 80GB", "M1", "tg128 @ depth", "ZeRO-3", "litgpt generate", "",
      " ", ",", "\xFF", "99999999999999999999999x A100");
  const auto text = [&] { return *piece + " " + *piece; };
  TruthRow row{.id = "r",
               .model = text(),
               .dtype = text(),
               .technique = text(),
               .seq = text(),
               .batch = text(),
               .ctx = text(),
               .hardware = text()};
  row.metric = *rc::gen::element<std::string>(
      "peak_alloc", "oom", "kv_buffer", "decode_tps", "prefill_tps", "output_tps_total", "mfu",
      "train_runtime", "kv_pool", "file_size", "bits_per_weight", "peak_cpu",
      "act_copies_per_layer", "ms_per_iter", "activation_peak", "alloc_avg");
  row.device = *piece;
  row.unit = *rc::gen::element<std::string>("GiB", "GB", "tok/s", "tokens", "bool", "");
  row.params = *rc::gen::element(0.0, 7e9, 1e300, -5.0, std::nan(""));
  row.value = 1;
  const Result<Prediction> prediction = Predict(row);
  if (!prediction.ok()) {
    RC_ASSERT(!prediction.error().OneLine().empty());
    return;
  }
  RC_ASSERT(prediction->low <= prediction->mid && prediction->mid <= prediction->high);
}

TEST(Verify, AFileWithoutTheColumnsIsRefused) {
  EXPECT_FALSE(ReadTruth("a,b\n1,2\n", "t.csv").ok());
  EXPECT_FALSE(ReadTruth("", "t.csv").ok());
}

// A hand-held loop while rules are written: FIT_TRUTH=file.csv fit_test prints the table.
TEST(Verify, PrintsATableForAFileGivenByHand) {
  const char* path = std::getenv("FIT_TRUTH");
  if (path == nullptr) GTEST_SKIP() << "set FIT_TRUTH to a truth file";
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  const auto rows = ReadTruth(text.str(), path);
  ASSERT_TRUE(rows.ok());
  if (const char* id = std::getenv("FIT_ROWS")) {
    for (const TruthRow& row : *rows) {
      if (row.metric.find(id) == std::string::npos && row.id != id) continue;
      const auto p = Predict(row);
      if (p.ok())
        std::printf("%s %s %s '%s' s%s b%s c%s %s %s: %g..%g..%g measured %s %+.1f%% v%d\n",
                    row.id.c_str(), row.model.c_str(), row.dtype.c_str(), row.technique.c_str(),
                    row.seq.c_str(), row.batch.c_str(), row.ctx.c_str(), row.hardware.c_str(),
                    row.metric.c_str(), p->low, p->mid, p->high, row.value_text.c_str(),
                    (p->mid / row.value - 1) * 100, static_cast<int>(p->verdict));
    }
  }
  std::printf("%s", VerificationText(Verify(*rows)).c_str());
}

}  // namespace
}  // namespace curbstop::fit
