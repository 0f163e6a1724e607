#include "cloud/practice/practice_places.h"

#include <algorithm>
#include <unistd.h>

#include <fmt/format.h>

#include "sys/ssh_server/ssh_connection.h"

namespace curbstop {
namespace {

constexpr int64_t kFirstPort = 20'000;
constexpr uint64_t kPorts = 12'000;
constexpr int64_t kMostTries = 500;

MachineWant WantOf(PracticeLife life) {
  if (life == PracticeLife::kRunning) return MachineWant::kRuns;
  return life == PracticeLife::kOffline ? MachineWant::kOutOfReach : MachineWant::kHalted;
}

bool IsFree(int64_t port) {
  const Result<int> listener = ListenOnLoopback(port);
  if (listener.ok()) close(*listener);
  return listener.ok();
}

bool IsGiven(const PracticeState& state, int64_t port) {
  return std::any_of(state.machines.begin(), state.machines.end(), [&](const auto& machine) {
    return machine.Exists() && machine.ssh_port == port;
  });
}

// By what differs between two practice clouds on one computer. 0: all that were tried are taken.
int64_t FindPort(const PracticeWorld& world, int64_t id) {
  const int64_t seed = world.state.port;
  for (int64_t i = 0; i < kMostTries; ++i) {
    const int64_t port = kFirstPort + static_cast<int64_t>(PracticeHash(seed, id, i) % kPorts);
    if (!IsGiven(world.state, port) && IsFree(port)) return port;
  }
  return 0;
}

void Set(EnvironmentList& list, const std::string& name, const std::string& value) {
  const auto known =
      std::find_if(list.begin(), list.end(), [&](const auto& pair) { return pair.first == name; });
  if (known == list.end()) list.emplace_back(name, value);
}

}  // namespace

// Source: docs.vast.ai "Instance environment", docs.runpod.io "Environment variables", 2026-08.
EnvironmentList EnvironmentOf(const PracticeMachine& machine, const PracticeHost& host) {
  const std::string id = PracticeId(machine, host);
  const std::string port = fmt::format("{}", machine.ssh_port);
  const std::string gpus = fmt::format("{}", machine.gpus);
  EnvironmentList list;
  if (host.skin == PracticeSkin::kVast) {
    list = {{"CONTAINER_ID", id},           {"CONTAINER_API_KEY", machine.key},
            {"CONTAINER_LABEL", "C." + id}, {"PUBLIC_IPADDR", "127.0.0.1"},
            {"VAST_TCP_PORT_22", port},     {"GPU_COUNT", gpus}};
  } else {
    list = {{"RUNPOD_POD_ID", id},
            {"RUNPOD_API_KEY", machine.key},
            {"RUNPOD_PUBLIC_IP", "127.0.0.1"},
            {"RUNPOD_TCP_PORT_22", port},
            {"RUNPOD_GPU_COUNT", gpus}};
  }
  for (const PracticeVariable& asked : machine.environment) Set(list, asked.name, asked.value);
  return list;
}

int64_t DiskBytes(const PracticeSettings& settings, const PracticeMachine& machine) {
  constexpr int64_t kMb = 1'000'000;
  const int64_t asked = machine.disk_gb * 1000;
  return kMb * (settings.disk_mb > 0 ? std::min(settings.disk_mb, asked) : asked);
}

std::vector<WantedMachine> WantedMachines(const PracticeWorld& world) {
  std::vector<WantedMachine> wanted;
  for (const PracticeMachine& machine : world.state.machines) {
    if (!machine.Exists()) continue;
    const PracticeHost& host = HostOf(world, machine);
    wanted.push_back({.id = PracticeId(machine, host),
                      .want = WantOf(machine.life),
                      .boot = machine.boots,
                      .port = machine.ssh_port,
                      .environment = EnvironmentOf(machine, host),
                      .start = machine.birth,
                      .disk_bytes = DiskBytes(world.state.settings, machine)});
  }
  return wanted;
}

void GivePorts(PracticeWorld& world) {
  for (PracticeMachine& machine : world.state.machines) {
    if (!machine.Exists()) continue;
    const bool lost = machine.life == PracticeLife::kBooting && machine.boots == 0 &&
                      machine.ssh_port != 0 && !IsFree(machine.ssh_port);
    if (machine.ssh_port == 0 || lost) machine.ssh_port = FindPort(world, machine.id);
  }
}

}  // namespace curbstop
