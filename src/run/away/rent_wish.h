// What a run wants to rent, as decided before it began: `rent.json` in the run's folder, written
// once. Holds no secret. docs/formats/money-db.md describes the file.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/result.h"
#include "base/units.h"
#include "plan/bid.h"
#include "plan/decision.h"
#include "plan/interval.h"
#include "project/place.h"
#include "project/project.h"
#include "sys/file_store.h"

namespace curbstop {

// A named place as the user's settings have it; keys are looked up elsewhere.
struct PlaceWish {
  std::string url;  // "s3://bucket/prefix"; empty: none
  std::string endpoint;
  std::string region;
};

struct RentWish {
  Place place;                      // kProvider or kPractice
  std::vector<Place> also;          // other accounts for the machines after the first
  std::optional<HomeMachine> home;  // of a step with a deadline; its `work` is all of it
  bool bids_elsewhere = false;      // on them too: the plan reckoned with bids, or a policy does
  Need needs;
  SpotUse spot = SpotUse::kAuto;
  BidTerms bid;       // that the plan chose, where one can be made
  std::string image;  // of the container; empty: the provider's usual one
  Bytes disk{10'000'000'000};
  Bytes transfer;                // both ways, kept in reserve where it bills
  Millis write = kAssumedWrite;  // a checkpoint takes so long
  std::optional<Millis> every;   // between checkpoints, as the project says; empty: reckoned
  PlaceWish kept_at;
};

Json RentWishJson(const RentWish& wish);

// Errors: kCorrupt, naming the key.
Result<RentWish> ReadRentWish(const std::filesystem::path& run_folder);
Status WriteRentWish(const RentWish& wish, const std::filesystem::path& run_folder,
                     FileStore& files);

}  // namespace curbstop
