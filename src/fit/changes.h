// What would make it fit: edits of the question, each tried on the estimator itself, so that its
// saving and its cost in speed are worked out and not looked up.
#pragma once

#include <vector>

#include "fit/answer.h"

namespace curbstop::fit {

// The edits that lead to `fits`, those that lose the least speed and quality first; where no single
// one does, pairs. At most four.
std::vector<Change> ChangesFor(const FitAnswer& answer);

// Every combination of method, format, checkpointing, optimizer and micro-batch that fits and that
// no other one beats in memory, speed and quality at once; the fastest first. `quality` orders
// methods only: full, LoRA over 16 bit, LoRA over 4 bit; for inference, bits for each weight.
struct Technique {
  std::string text;
  FitAnswer answer;
  int quality = 0;  // higher is better
};
std::vector<Technique> TechniquesFor(const FitQuestion& question);

}  // namespace curbstop::fit
