# Mastodon, each instance in a NixOS container of its own behind the host's nginx.
{
  imports = [
    ./options.nix
    ./assertions.nix
    ./backup.nix
    ./bucket.nix
    ./cache.nix
    ./container.nix
    ./drill.nix
    ./owner.nix
    ./proxy.nix
    ./staging.nix
    ./upgrade.nix
  ];
}
