# All of coop's modules. A host imports this file and sets `coop.*`.
{
  imports = [
    ./common/host.nix
    ./common/network.nix
    ./common/ports.nix
    ./common/secrets.nix
    ./mastodon
  ];
}
