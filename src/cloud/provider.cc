#include "cloud/provider.h"

namespace curbstop {

std::string_view NameOf(RefusalClass refusal) {
  switch (refusal) {
    case RefusalClass::kNextOffer: return "next_offer";
    case RefusalClass::kFixRequest: return "fix_request";
    case RefusalClass::kNextRegion: return "next_region";
    case RefusalClass::kProviderOff: return "provider_off";
    case RefusalClass::kRetryAfter: return "retry_after";
  }
  return "";
}

std::string_view NameOf(MachineState state) {
  switch (state) {
    case MachineState::kStarting: return "starting";
    case MachineState::kRunning: return "running";
    case MachineState::kPaused: return "paused";
    case MachineState::kBroken: return "broken";
  }
  return "";
}

}  // namespace curbstop
