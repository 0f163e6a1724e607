// From words to a question: what an Ask means, and on which hardware.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "fit/answer.h"
#include "fit/ask.h"

namespace curbstop::fit {

// "40M", "1.5B", "2000000". Errors: kInvalidInput, naming `what`.
Result<int64_t> CountOfWords(const std::string& text, std::string_view what);

// How much work there is, is counted in what the model reads: of `tokens` and `images` the one that
// this one does not know, and the error that says so.
std::string_view StrangeCount(const ModelShape& shape);
Error StrangeCountError(const ModelShape& shape);

// As named; else of inference as the model's name says; else the usual one of method or engine.
// Errors: kInvalidInput, naming what was not understood.
Result<WeightFormat> FormatOf(const Ask& ask);

// Errors: kInvalidInput with what is allowed, kNotFound for a model of which nothing is known.
Result<FitQuestion> QuestionOf(const Ask& ask);

// The same of a model whose shape and format are known already.
Status PutWords(const Ask& ask, FitQuestion& question);

// The question on this hardware: the model takes all of its devices; in training they share
// weights, gradients and states.
void PutOn(const Hardware& hardware, FitQuestion& question);

}  // namespace curbstop::fit
