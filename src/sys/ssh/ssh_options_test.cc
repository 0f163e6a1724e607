#include "sys/ssh/ssh_options.h"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sys/testing/temporary_folder.h"

namespace curbstop {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

SshTarget Box(const TemporaryFolder& folder) {
  SshTarget target;
  target.host = "box.example";
  target.port = 2222;
  target.user = "root";
  target.identity = folder / "key";
  target.known_hosts = folder / "known_hosts";
  target.control_folder = "/tmp/c";
  return target;
}

TEST(SshOptions, TheFirstContactAcceptsAKeyAndTheNextOnlyThatOne) {
  const TemporaryFolder folder;
  const SshTarget target = Box(folder);
  EXPECT_THAT(MasterArguments(target), Contains("StrictHostKeyChecking=accept-new"));
  folder.WriteFile("known_hosts", "other ssh-ed25519 AAAA\n");
  EXPECT_THAT(MasterArguments(target), Contains("StrictHostKeyChecking=accept-new"));
  folder.WriteFile("known_hosts", "other ssh-ed25519 AAAA\n[box.example]:2222 ssh-ed25519 BBBB\n");
  EXPECT_THAT(MasterArguments(target), Contains("StrictHostKeyChecking=yes"));
}

TEST(SshOptions, APinIsTheMachinesNotTheAddresses) {
  const TemporaryFolder folder;
  SshTarget target = Box(folder);
  folder.WriteFile("known_hosts", "machine-7 ssh-ed25519 AAAA\n");
  target.pinned_as = "machine-8";
  EXPECT_THAT(MasterArguments(target), Contains("StrictHostKeyChecking=accept-new"));
  target.pinned_as = "machine-7";
  EXPECT_THAT(MasterArguments(target), Contains("StrictHostKeyChecking=yes"));
  EXPECT_THAT(MasterArguments(target), Contains("HostKeyAlias=machine-7"));
}

TEST(SshOptions, AKnownHostsFileThatCannotBeReadAcceptsNothing) {
  const TemporaryFolder folder;
  SshTarget target = Box(folder);
  target.known_hosts = folder.path();
  EXPECT_THAT(MasterArguments(target), Contains("StrictHostKeyChecking=yes"));
}

TEST(SshOptions, PathsMayHoldBlanksAndPercents) {
  const TemporaryFolder folder;
  SshTarget target = Box(folder);
  target.identity = "/a b/100%";
  EXPECT_THAT(MasterArguments(target), Contains("IdentityFile=\"/a b/100%%\""));
}

TEST(SshOptions, DifferentTargetsHaveDifferentSockets) {
  const TemporaryFolder folder;
  SshTarget target = Box(folder);
  const std::filesystem::path first = ControlPath(target);
  EXPECT_LT(first.filename().string().size(), 17u);
  target.pinned_as = "machine-8";
  EXPECT_NE(ControlPath(target), first);
}

TEST(SshOptions, WhatIsNoTargetIsRefused) {
  const TemporaryFolder folder;
  EXPECT_TRUE(CheckTarget(Box(folder)).ok());
  const auto refused = [&](auto change) {
    SshTarget target = Box(folder);
    change(target);
    return !CheckTarget(target).ok();
  };
  EXPECT_TRUE(refused([](SshTarget& target) { target.host = "-oProxyCommand=touch /tmp/x"; }));
  EXPECT_TRUE(refused([](SshTarget& target) { target.host = "a b"; }));
  EXPECT_TRUE(refused([](SshTarget& target) { target.host = ""; }));
  EXPECT_TRUE(refused([](SshTarget& target) { target.user = "$(id)"; }));
  EXPECT_TRUE(refused([](SshTarget& target) { target.port = 0; }));
  EXPECT_TRUE(refused([](SshTarget& target) { target.pinned_as = "a,b"; }));
  EXPECT_TRUE(refused([](SshTarget& target) { target.identity = "relative"; }));
  EXPECT_TRUE(refused([](SshTarget& target) { target.known_hosts = "/a\"b"; }));
  EXPECT_TRUE(refused([](SshTarget& target) { target.identity = "/a/${HOME}"; }));
}

TEST(ConnectError, HasAKindForEachCause) {
  const TemporaryFolder folder;
  const auto kind = [&](std::string_view said) { return ConnectError(Box(folder), said).kind(); };
  EXPECT_EQ(kind("ssh: connect to host x port 1: Connection refused"), ErrorKind::kUnavailable);
  EXPECT_EQ(kind("ssh: connect to host x port 1: Connection timed out"), ErrorKind::kUnavailable);
  EXPECT_EQ(kind("Connection timed out during banner exchange"), ErrorKind::kUnavailable);
  EXPECT_EQ(kind("ssh: Could not resolve hostname x"), ErrorKind::kUnavailable);
  EXPECT_EQ(kind("root@x: Permission denied (publickey)."), ErrorKind::kDenied);
  EXPECT_EQ(kind("@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @"), ErrorKind::kDenied);
  EXPECT_EQ(kind("Host key verification failed."), ErrorKind::kDenied);
  EXPECT_EQ(kind("/root/.ssh/config: line 1: Bad configuration option: x"),
            ErrorKind::kInvalidInput);
  EXPECT_EQ(kind(""), ErrorKind::kUnavailable);
}

TEST(ConnectError, AnotherHostKeyIsSaidClearly) {
  const TemporaryFolder folder;
  EXPECT_EQ(ConnectError(Box(folder), "Host key verification failed.").Text(),
            "cannot reach `box.example` port 2222 by ssh\n"
            "  because its host key is not the one of the first contact\n"
            "hint: somebody may stand between you and the machine, or another machine has its "
            "address; end it and rent another");
}

}  // namespace
}  // namespace curbstop
