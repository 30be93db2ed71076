# A script of scripts/ as a command: its parameters come by environment, so that the very same file
# can be run without NixOS.
{ lib, pkgs }:
{
  name,
  script,
  inputs ? [ ],
  environment ? { },
  arguments ? [ ],
}:
pkgs.writeShellApplication {
  inherit name;
  runtimeInputs = [
    pkgs.bash
    pkgs.coreutils
    pkgs.findutils
    pkgs.gnugrep
    pkgs.gnused
  ]
  ++ inputs;
  runtimeEnv = environment;
  text = ''
    exec bash ${script} ${lib.escapeShellArgs arguments} "$@"
  '';
}
