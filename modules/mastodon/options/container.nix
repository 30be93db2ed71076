# The container: what is settled when an instance is first made, and never changes.
{ lib, name, ... }:
let
  inherit (lib) mkOption types;
in
{
  options.container = {
    name = mkOption {
      type = types.strMatching "[a-z0-9-]{1,11}";
      default = name;
      defaultText = lib.literalMD "the instance's name";
      example = "social";
      description = "The container's name. Its state lies under this name, so it can never be changed.";
    };
    hostAddress = mkOption {
      type = types.str;
      example = "10.233.0.5";
      description = "The host's address on the private link.";
    };
    localAddress = mkOption {
      type = types.str;
      example = "10.233.0.6";
      description = "The container's own address.";
    };
    uid = mkOption {
      type = types.ints.between 400 999;
      default = 900;
      example = 905;
      description = "User id of Mastodon inside the container, fixed so that restored files have the right owner.";
    };
    stateVersion = mkOption {
      type = types.strMatching "[0-9]{2}\\.(05|11)";
      example = "26.05";
      description = "The release whose ways of keeping state the container follows.";
    };
    postgresql = mkOption {
      type = types.ints.between 14 99;
      example = 17;
      description = "PostgreSQL's major version.";
    };
  };
}
