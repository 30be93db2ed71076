# coop itself: the program, its NixOS modules, the example fleet and every VM test.
{
  description = "Turns one coop.toml into a NixOS flake for a hosting co-operative, and proves it";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-26.05";

  outputs =
    { nixpkgs, ... }:
    let
      inherit (nixpkgs) lib;
      systems = [
        "x86_64-linux"
        "aarch64-linux"
      ];
      each = of: lib.genAttrs systems (system: of nixpkgs.legacyPackages.${system});

      coop =
        { lib, rustPlatform }:
        rustPlatform.buildRustPackage {
          pname = "coop";
          inherit ((lib.importTOML ./Cargo.toml).workspace.package) version;
          src = lib.fileset.toSource {
            root = ./.;
            fileset = lib.fileset.unions [
              ./Cargo.toml
              ./Cargo.lock
              (lib.fileset.maybeMissing ./benches)
              ./src
              ./modules
              ./tests/oracle
            ];
          };
          cargoLock.lockFile = ./Cargo.lock;
          cargoBuildFlags = [ "--package=coop" ];
          # The tests read the whole repository; CI runs them there.
          doCheck = false;
          postInstall = ''
            mkdir -p $out/share/bash-completion/completions $out/share/man/man1
            $out/bin/coop completions bash > $out/share/bash-completion/completions/coop
            $out/bin/coop man > $out/share/man/man1/coop.1
          '';
          meta = {
            description = "Turns one coop.toml into a NixOS flake for a hosting co-operative, and proves it";
            homepage = "https://git.coop/webarch/coop";
            license = [
              lib.licenses.mit
              lib.licenses.asl20
            ];
            mainProgram = "coop";
            platforms = lib.platforms.linux;
          };
        };
    in
    {
      packages = each (pkgs: {
        default = pkgs.callPackage coop { };
      });

      devShells = each (pkgs: {
        default = pkgs.mkShell {
          packages = [
            pkgs.cargo
            pkgs.clippy
            pkgs.deadnix
            pkgs.rustc
            pkgs.rustfmt
            pkgs.statix
          ];
        };
      });

      nixosModules.default = ./modules;

      # The example fleet, from the coop.toml beside this file.
      nixosConfigurations = lib.mapAttrs (
        host: _: lib.nixosSystem { modules = [ (./hosts + "/${host}") ]; }
      ) (lib.filterAttrs (_: type: type == "directory") (builtins.readDir ./hosts));

      checks = each (
        pkgs: import ./tests/vm { inherit pkgs; } // import ./tests/instances { inherit pkgs; }
      );
    };
}
