// The search for a technique: every combination of what can be chosen, each asked of the estimator
// itself, so that its saving and its price are worked out and not looked up.
//
//   training   method and weights' format, rank, checkpointing, loss in parts, optimizer (in the
//              backward pass too), micro-batch x accumulation of the same batch, CPU offload,
//              sharding over the GPUs that there are
//   inference  format, the cache's type; where the whole does not fit also shorter contexts, layers
//              in RAM, experts in RAM
//
// Of those that fit surely, the front: none is beaten in peak memory, speed and quality at once.
// Quality is compared choice by choice and only where the order is sure: the same choice; 16 bit,
// full training, AdamW beside what approximates them; the larger rank of two; published figures
// (fit/quality.h); of the same format more bits. What nothing is published about beats nothing.
//
// Bounded: at most some 10^4 questions, 10^5 answers a second (bench/estimates).
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "fit/answer.h"
#include "fit/quality.h"

namespace curbstop::fit {

// What a choice costs in quality.
struct QualityLoss {
  std::string what;                       // "--quant Q4_K_M"
  const QualityFigure* figure = nullptr;  // null: nothing is published
};

struct Technique {
  std::string options;  // what makes it, as the command line has it
  FitAnswer answer;
  std::vector<QualityLoss> losses;  // beside 16 bit, full training with AdamW; empty: none
  int changed = 0;                  // choices that differ from those asked
};

struct TechniqueSearch {
  FitAnswer asked;
  int64_t tried = 0;
  int64_t fitting = 0;                // surely
  std::vector<Technique> front;       // best quality first, then the fastest
  std::optional<Technique> smallest;  // change that makes it fit; none needed: empty
  std::optional<Technique> nearest;   // to fitting, where nothing does: the least peak
};

// `held`: options that stay as asked ("--rank"). `--batch` and `--accumulate` are held together,
// `--method` never: it says that it is training.
// Errors: as QuickFit; kInvalidInput where there is no memory to compare with.
Result<TechniqueSearch> SearchTechniques(const FitQuestion& question,
                                         const std::set<std::string>& held);

// Those that differ by more than estimates can tell, at most `most` of them.
std::vector<Technique> Distinct(const std::vector<Technique>& front, size_t most);

Json SearchJson(const TechniqueSearch& search);
std::string SearchText(const TechniqueSearch& search, bool explain);

}  // namespace curbstop::fit
