# The private side: containers reach the internet through the host, and never one another.
{ config, lib, ... }:
let
  tenants = config.coop.mastodon != { };
in
{
  config = lib.mkIf tenants {
    networking = {
      nat = {
        enable = true;
        # Without an address of its own the host has no way to the internet by IPv6 to share.
        enableIPv6 = import ./ipv6.nix { inherit config lib; };
        # By name: a set of nftables does not take every wildcard.
        internalInterfaces = map (cfg: "ve-${cfg.container.name}") (lib.attrValues config.coop.mastodon);
      };
      # Drops before NAT's own rules accept; an accept in another table does not undo a drop.
      nftables.tables.coop-tenants = {
        family = "inet";
        content = ''
          chain forward {
            type filter hook forward priority -10; policy accept;
            iifname "ve-*" oifname "ve-*" drop
            iifname "ve-*" ip daddr { 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 169.254.0.0/16 } ct state new drop
            iifname "ve-*" ip6 daddr { fc00::/7, fe80::/10 } ct state new drop
          }
          chain input {
            type filter hook input priority -10; policy accept;
            iifname "ve-*" meta l4proto { icmp, ipv6-icmp } accept
            iifname "ve-*" tcp dport { 80, 443 } accept
            iifname "ve-*" ct state new drop
          }
        '';
      };
    };
  };
}
