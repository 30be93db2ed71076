# Mastodon, each instance in a NixOS container of its own behind the host's nginx.
{
  imports = [
    ./options.nix
    ./assertions.nix
    ./backup.nix
    ./container.nix
    ./proxy.nix
  ];
}
