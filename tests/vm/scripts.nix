# The Python of every VM test, as the test driver gets it, and the names it finds there.
{
  nixpkgs ? <nixpkgs>,
}:
let
  pkgs = import nixpkgs { system = "x86_64-linux"; };
  tests = import ./. { inherit pkgs; } // import ../instances { inherit pkgs; };
in
pkgs.lib.mapAttrs (_: test: {
  # Instantiated, so that what it is made of is evaluated as well.
  inherit (test) drvPath;
  script = test.config.testScriptString;
  inherit (test.config.driverConfiguration) vlans;
  machines = builtins.attrNames test.config.driverConfiguration.vms;
}) tests
