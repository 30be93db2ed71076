# A sealed copy of another instance.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  inherit (import ./types.nix { inherit lib; }) calendar secret;

  copy = {
    of = mkOption {
      type = types.str;
      example = "social";
      description = "Name of the instance that it copies, on this host or on another.";
    };
    repository = mkOption {
      type = types.singleLineStr;
      example = "sftp:coop@store.example:/coop";
      description = "The restic repository that the other instance backs up to.";
    };
    passwordSecret = mkOption {
      type = secret;
      example = "restic";
      description = "Secret with that repository's password.";
    };
    at = mkOption {
      type = calendar;
      example = "Mon 05:00";
      description = "When the latest backup replaces what is in the copy (systemd.time(7)).";
    };
    htpasswdSecret = mkOption {
      type = secret;
      example = "copy-htpasswd";
      description = "Secret with the names and passwords that open the copy, as `htpasswd -B` makes them.";
    };
  };
in
{
  options.staging = mkOption {
    type = types.nullOr (types.submodule { options = copy; });
    default = null;
    example = lib.literalExpression ''
      {
        of = "social";
        repository = "sftp:coop@store.example:/coop";
        passwordSecret = "restic";
        at = "Mon 05:00";
        htpasswdSecret = "copy-htpasswd";
      }
    '';
    description = "What it is a sealed copy of, restored on a calendar: no mail, no push, no federation, a password in front.";
  };
}
