# The hosts and VM tests of a generated fleet, as its flake has them, of a nixpkgs in a folder that is not
# copied into the store: what the flake of nixpkgs adds is added here.
{
  nixpkgs, # its folder
  fleet, # the generated tree
  source, # the store path that nixpkgs would have
  date, # its lastModifiedDate
  hosts, # their names
  system ? "x86_64-linux",
}:
let
  self = {
    outPath = builtins.appendContext source { ${source}.path = true; };
    lastModifiedDate = date;
  };
  version = import (nixpkgs + "/lib/flake-version-info.nix") self;
  lib = (import (nixpkgs + "/lib")).extend version;
  host =
    name:
    (import (nixpkgs + "/nixos/lib/eval-config.nix") {
      inherit lib;
      system = null;
      modules = [
        (fleet + "/hosts/${name}")
        { nixpkgs.flake.source = self.outPath; }
      ];
    }).config.system.build.toplevel;
  pkgs = import nixpkgs {
    inherit system;
    overlays = [ (_: previous: { lib = previous.lib.extend version; }) ];
  };
  tests = import (fleet + "/tests/instances") { inherit pkgs; };
  under = prefix: name: value: {
    name = "${prefix} ${name}";
    inherit value;
  };
in
builtins.listToAttrs (
  map (name: under "host" name (host name)) hosts
  ++ builtins.attrValues (builtins.mapAttrs (name: under "test" "${system}/${name}") tests)
)
