import { BlockList, isIP, isIPv6 } from "node:net";

const refused = new BlockList();
refused.addSubnet("0.0.0.0", 8, "ipv4");
refused.addSubnet("169.254.0.0", 16, "ipv4");
refused.addSubnet("224.0.0.0", 4, "ipv4");
refused.addAddress("255.255.255.255", "ipv4");
// The unspecified address, and IPv4 addresses in their oldest IPv6 form.
refused.addSubnet("::", 96, "ipv6");
// Where clouds serve instance metadata over IPv6.
refused.addAddress("fd00:ec2::254", "ipv6");
refused.addSubnet("fe80::", 10, "ipv6");
refused.addSubnet("ff00::", 8, "ipv6");
// NAT64 and 6to4 carry IPv4 addresses inside, which would have to be judged in their turn.
refused.addSubnet("64:ff9b::", 96, "ipv6");
refused.addSubnet("64:ff9b:1::", 48, "ipv6");
refused.addSubnet("2002::", 16, "ipv6");

const loopback = new BlockList();
loopback.addSubnet("127.0.0.0", 8, "ipv4");
loopback.addAddress("::1", "ipv6");

/**
 * Whether traffic may go to a pod's address: no loopback, link-local, multicast or unspecified address, nor an IPv6
 * form of one (CVE-2021-25737 and its kin). The embedded cluster's pods live on loopback and are let through there.
 */
export function isPodAddress(address: string, allowLoopback = false): boolean {
  if (isIP(address) === 0) return false;
  const family = isIPv6(address) ? "ipv6" : "ipv4";
  if (loopback.check(address, family)) return allowLoopback;
  return !refused.check(address, family);
}
