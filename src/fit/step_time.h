// What a step of training takes beside computing its tokens.
//
//   step      = accumulation * max(micro-batch, exchange of weights) + exchange of gradients
//               + optimizer + paging
//   optimizer   weights, gradients and states read, weights and states written, at the device's
//               bandwidth * 0.7
//   paging      states from RAM and back
//   exchange    gradients 2G(N-1)/N once a step; ZeRO-3 instead W(N-1)/N for each pass over the
//               weights and G(N-1)/N for each micro-batch, hidden behind the computing as far as
//               that lasts
//
// Adapters are too small for their gradients and optimizer to show.
//
// The computing's own rate (fit/training_speed.h) holds what trainers lose in datacentres, links
// between GPUs of one board included: exchange counts where GPUs talk over PCIe. 25e9 bytes/s is
// PCIe 4.0 x16 in one direction.
#pragma once

#include "fit/answer.h"

namespace curbstop::fit {

struct StepParts {
  double compute = 0;  // seconds, all of one step
  double optimizer = 0;
  double paging = 0;
  double exchange = 0;  // what the computing does not hide

  double Sum() const { return compute + optimizer + paging + exchange; }
};

// `rate`: tokens a second of all devices, computing alone.
StepParts StepPartsOf(const FitQuestion& question, double rate);

// The rate with all that a step takes.
Rate WithSteps(const FitQuestion& question, const Rate& rate);

}  // namespace curbstop::fit
