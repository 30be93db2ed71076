# What runs inside an instance's container.
{ instance }:
{
  imports = map (part: import part { inherit instance; }) [
    ./server.nix
    ./guard.nix
    ./reconcile.nix
    ./cache.nix
    ./bucket.nix
    ./staging.nix
  ];
}
