# Who may join at once, who may ask, and whether people may invite.
{ lib, ... }:
let
  inherit (lib) mkOption types;
  inherit (import ./types.nix { inherit lib; }) domain;

  list = who: {
    anyone = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether everybody may ${who}.";
    };
    domains = mkOption {
      type = types.listOf domain;
      default = [ ];
      example = [ "example.coop" ];
      description = "E-mail domains whose people may ${who}: these domains exactly, without what is below them.";
    };
    domainsWithSubdomains = mkOption {
      type = types.listOf domain;
      default = [ ];
      example = [ "example.ac.uk" ];
      description = "E-mail domains whose people may ${who}, with every domain below them.";
    };
  };
in
{
  options.signup = {
    join = list "join at once";
    apply = list "ask, and wait for a moderator";
    invites = mkOption {
      type = types.bool;
      default = false;
      example = true;
      description = "Whether people may invite others. A valid invitation bypasses every list. Without, no role but the Owner's may invite, and invitations that are still open are ended.";
    };
  };
}
