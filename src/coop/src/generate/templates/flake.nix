# Written by coop from coop.toml: change it there, and run `coop generate`.
{
  description = {{ description | nix }};

  inputs.nixpkgs.url = {{ nixpkgs | nix }};

  outputs =
    { nixpkgs, ... }:
    let
      inherit (nixpkgs) lib;
      hosts = {{ hosts | nix(indent=6) }};
      systems = {{ systems | nix(indent=6) }};
    in
    {
      nixosModules.default = ./modules;

      nixosConfigurations = lib.genAttrs hosts (
        host: lib.nixosSystem { modules = [ (./hosts + "/${host}") ]; }
      );

      checks = lib.genAttrs systems (
        system: import ./tests/instances { pkgs = nixpkgs.legacyPackages.${system}; }
      );
    };
}
