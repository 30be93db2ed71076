# Whether the host has a public IPv6 address, and so its containers a way out by IPv6.
{ config, lib }: lib.any (lib.hasInfix ":") config.coop.host.addresses
