// A project, a computer and offers, from which tests of the plan make plans.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "plan/plan.h"

namespace curbstop {

inline constexpr Millis kMinute{60'000};
inline constexpr Millis kHour{3'600'000};

inline Gpu Card(std::string name, int64_t gib, int64_t free_gib) {
  Gpu gpu;
  gpu.name = std::move(name);
  gpu.memory_total = GiB(gib);
  gpu.memory_free = GiB(free_gib);
  return gpu;
}

// The reference box: 8 cores, 32 GB, an RTX 3080 of 10 GB.
inline Machine Box() {
  Machine machine;
  machine.cpu.model = "i7-11700KF";
  machine.cpu.arch = "x86_64";
  machine.cpu.cores = 8;
  machine.cpu.threads = 16;
  machine.memory.total = GiB(32);
  machine.memory.available = GiB(20);
  machine.disks.push_back({.mount = "/", .free = GiB(100)});
  machine.disks.push_back({.mount = "/home", .free = GiB(10)});
  machine.gpus.push_back(Card("RTX-3080", 10, 9));
  return machine;
}

inline Offer Rented(std::string provider, std::string type, int64_t per_hour,
                    std::string region = "us") {
  return {.provider = std::move(provider),
          .region = std::move(region),
          .type = std::move(type),
          .vcpus = 8,
          .memory = GiB(32),
          .per_hour = MicroUsd(per_hour),
          .source = "test",
          .as_of = "2026-10-10"};
}

struct World {
  Project project;
  Machine machine = Box();
  std::vector<Offer> offers;
  PlanFacts facts;

  World() {
    project.name = "triage";
    project.root = "/home/me/triage";
    AddStep("train");
  }
  Step& AddStep(std::string name) {
    Step step;
    step.name = std::move(name);
    facts.history.emplace_back();
    return project.steps.emplace_back(std::move(step));
  }
  Step& step() { return project.steps[0]; }
  PlanFacts Facts() {
    facts.project = &project;
    facts.machine = &machine;
    facts.offers = &offers;
    return facts;
  }
  Plan Compare(bool every_row = false) {
    Result<Plan> plan = ComparePlaces(Facts(), every_row);
    EXPECT_TRUE(plan.ok()) << (plan.ok() ? "" : plan.error().Text());
    return plan.ok() ? *std::move(plan) : Plan{};
  }
  Error Refusal() {
    Result<Plan> plan = MakePlan(Facts(), false);
    return plan.ok() ? Internal("no refusal") : plan.error();
  }
};

inline std::vector<std::string> Places(const Plan& plan) {
  std::vector<std::string> places;
  for (const PlanRow& row : plan.rows) places.push_back((row.chosen ? "*" : "") + row.place);
  return places;
}

inline std::vector<std::string> Reasons(const Plan& plan) {
  std::vector<std::string> reasons;
  for (const LeftOut& left : plan.left_out)
    reasons.push_back(fmt::format("{} {}", left.count, left.reason));
  return reasons;
}

inline RentalRules UnprovenRules() {
  RentalRules rules{.disk_per_gb_month = MicroUsd(720'000), .room_percent = 10};
  rules.terms.grade = LeaseGrade::kBStar;
  rules.terms.boot_limit = 10 * kMinute;
  return rules;
}

inline World RentingWorld() {
  World world;
  world.step().needs = {.gpu = GpuNeed{.memory = GiB(24)}, .time = kHour};
  world.offers = {Rented("vast", "t", 990'000), Rented("gcp", "t", 10'000)};
  for (Offer& offer : world.offers) offer.gpu_name = "A10", offer.gpu_count = 1;
  world.facts.drivers = {"vast"};
  world.facts.rentals = {{"vast", UnprovenRules()}};
  world.project.budget.cap = MicroUsd(100'000'000);
  return world;
}

inline Offer OnSale(std::string provider, std::string gpu, int64_t per_hour) {
  Offer offer = Rented(std::move(provider), "1x-" + gpu, per_hour);
  offer.gpu_name = gpu;
  offer.gpu_count = 1;
  return offer;
}

// One GPU with so much memory, at Vast in the US.
inline Offer On(const char* type, const char* gpu, int64_t gib, int64_t per_hour) {
  Offer offer = OnSale("vast", gpu, per_hour);
  offer.type = type;
  offer.gpu_memory = GiB(gib);
  return offer;
}

// Two steps of an hour on an A10 at 0.40 USD, of 20 minutes on an H100 at 1.00 USD.
inline World TwoCards() {
  World world;
  world.step().needs = {.gpu = GpuNeed{.memory = GiB(24)}, .time = kHour};
  const Need needs = world.step().needs;
  world.AddStep("tune").needs = needs;
  world.offers = {OnSale("vast", "A10", 400'000), OnSale("vast", "H100", 1'000'000)};
  world.facts.drivers = {"vast"};
  world.project.budget.cap = MicroUsd(100'000'000);
  for (const char* step : {"train", "tune"}) {
    world.facts.times_on.push_back(
        {step, "H100", 1, {20 * kMinute, 20 * kMinute, "the model", "", {}}});
  }
  return world;
}

inline std::vector<std::string> Chosen(const Plan& plan) {
  std::vector<std::string> chosen;
  for (const PlanRow& row : plan.rows)
    if (row.chosen) chosen.push_back(row.place);
  return chosen;
}

}  // namespace curbstop
