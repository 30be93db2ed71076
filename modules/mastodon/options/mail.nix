# How its mail gets out.
{ lib, config, ... }:
let
  inherit (lib) mkOption types;
  inherit (import ./types.nix { inherit lib; }) plain secret;
in
{
  options.mail = {
    host = mkOption {
      type = types.nullOr plain;
      default = null;
      example = "smtp.example.coop";
      description = "The relay. Without one a local Postfix delivers.";
    };
    port = mkOption {
      type = types.port;
      default = 587;
      example = 465;
      description = "The relay's port.";
    };
    user = mkOption {
      type = types.nullOr plain;
      default = null;
      example = "fleet";
      description = "Name to log in to the relay with.";
    };
    passwordSecret = mkOption {
      type = types.nullOr secret;
      default = null;
      example = "relay";
      description = "Secret with the relay's password, of letters and digits only.";
    };
    fromAddress = mkOption {
      type = plain;
      default = "notifications@${config.domain}";
      defaultText = lib.literalMD "`notifications@«domain»`";
      example = "social@example.coop";
      description = "Sender of its mail.";
    };
  };
}
