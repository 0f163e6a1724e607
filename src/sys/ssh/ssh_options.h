// How ssh is called, and what its last words mean.
//
// The pin: as long as the known_hosts file has no line for the machine, a new key is accepted and
// written there; from then on only that key is, whatever its kind (`accept-new` alone would take a
// key of another kind).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "sys/ssh/ssh_client.h"

namespace curbstop {

// The socket of the target's connection. `target.control_folder` is set.
std::filesystem::path ControlPath(const SshTarget& target);

// Starts the shared connection and returns when it stands.
std::vector<std::string> MasterArguments(const SshTarget& target);

// `command` over the shared connection, never over one of its own.
std::vector<std::string> ChannelArguments(const SshTarget& target, const std::string& command);

// `ssh` with all that a person's own session needs (`curbstop ssh`, `exec`, port forwarding): a
// connection that may be shared, the user's forwardings, no BatchMode. More options, then
// `user@host` and a command may follow.
std::vector<std::string> SessionArguments(const SshTarget& target);

// "user@host", to come after the options.
std::string DestinationOf(const SshTarget& target);

// The name by which the key is pinned.
std::string PinOf(const SshTarget& target);

// Whether a known_hosts file's text holds a key for that name.
bool HoldsKeyFor(std::string_view known_hosts, std::string_view name);

// Why a connection did not come about, from what ssh said. `said` is printed with care.
Error ConnectError(const SshTarget& target, std::string_view said);

// Errors: kInvalidInput. A host or user that starts with `-` would be an option.
Status CheckTarget(const SshTarget& target);

}  // namespace curbstop
